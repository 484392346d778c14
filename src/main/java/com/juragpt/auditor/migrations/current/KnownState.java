package com.juragpt.auditor.migrations.current;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.changelog.AskedFiles;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.changelog.ReadFiles;
import com.juragpt.auditor.migrations.changelog.StatusReader;
import com.juragpt.auditor.migrations.connection.ReadOnlyTransaction;
import com.juragpt.auditor.migrations.lock.LockRow;
import java.lang.ref.SoftReference;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import liquibase.change.Change;
import liquibase.change.custom.CustomChangeChecksum;
import liquibase.change.custom.CustomChangeWrapper;
import liquibase.changelog.RanChangeSet;
import liquibase.exception.LiquibaseException;

/**
 * The status of a PostgreSQL database that has nothing pending, as this JVM has found it before. It holds as long as nothing has
 * changed that it was found by: each file of the changelog that was looked for or read, the {@link Surroundings}, and every row of
 * the history.
 */
public final class KnownState {

    private static final int KEPT = 64;

    // Of the others either something is to be done, or the next look at the database may find another state.
    private static final Set<Status.State> SETTLED = EnumSet.of(Status.State.APPLIED, Status.State.MARKED_RAN,
            Status.State.EXCLUDED, Status.State.UNKNOWN);

    private record Key(String surroundings, String session) {}

    /** @param updated whether an update has found it, which has then done what a status leaves alone: old checksums, for one */
    private record Found(SettledState state, Status status, boolean updated) {}

    // One for each changelog and session, the least used one first.
    private static final Map<Key, SoftReference<Found>> FOUND = new LinkedHashMap<>(KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, SoftReference<Found>> eldest) {
            return size() > KEPT;
        }
    };

    private final Connection connection;
    private final MigrationOptions options;
    // Null where there is no PostgreSQL, of which nothing is kept.
    private final String session;
    private final String surroundings;

    private KnownState(Connection connection, MigrationOptions options, String session) {
        this.connection = connection;
        this.options = options;
        this.session = session;
        surroundings = session == null ? null : Surroundings.of(options);
    }

    /** Whether any database, whichever it is, is known to have everything of this changelog. */
    public static boolean isAnythingOf(MigrationOptions options) {
        String surroundings = Surroundings.of(options);
        synchronized (FOUND) {
            return FOUND.keySet().stream().anyMatch(key -> key.surroundings().equals(surroundings));
        }
    }

    /** @param transaction in which nothing was read so far */
    public static KnownState of(ReadOnlyTransaction transaction, MigrationOptions options) throws SQLException {
        Connection connection = transaction.own();
        if (!connection.getMetaData().getDatabaseProductName().equals("PostgreSQL")) {
            return new KnownState(connection, options, null);
        }
        return new KnownState(connection, options, DatabaseState.session(transaction, options.limits().lockTimeout()));
    }

    /** @param context of a deployment, which has the lock */
    public static KnownState of(MigrationContext context, MigrationOptions options) throws SQLException {
        return new KnownState(context.connection(), options,
                context.onPostgres() ? DatabaseState.session(context.connection()) : null);
    }

    /** The status, if it is known and still so, and nobody deploys at this moment; without archives. */
    public Optional<Status> find() throws SQLException {
        return find(false);
    }

    /** The same of a database to which an update would do nothing at all. */
    public Optional<Status> findUpdated() throws SQLException {
        return find(true);
    }

    private Optional<Status> find(boolean updated) throws SQLException {
        Found found = session == null ? null : found();
        if (found == null || updated && !found.updated()) {
            return Optional.empty();
        }
        return found.state().isStill(connection, options.selection().resources()) ? Optional.of(found.status())
                : Optional.empty();
    }

    private Found found() {
        synchronized (FOUND) {
            SoftReference<Found> reference = FOUND.get(new Key(surroundings, session));
            return reference == null ? null : reference.get();
        }
    }

    /**
     * Keeps a status.
     *
     * @param context that the status was read by, in a transaction that sees one state of the history
     * @param status without archives
     */
    public void keep(MigrationContext context, Status status) throws LiquibaseException, SQLException {
        if (mayLast(context) && context.changelog().pending().isEmpty()) {
            keep(context, status, DatabaseState.read(connection, tables(context)), false, Optional.empty());
        }
    }

    /**
     * Keeps what an update leaves that has nothing more to run.
     *
     * @param context of the update, which has the lock; somebody who asks for no lock may still change the history
     * @param sound whether the whole changelog has passed its check, or no check of the whole is asked for
     */
    public void keepUpdated(MigrationContext context, boolean sound) throws LiquibaseException, SQLException {
        if (!mayLast(context)) {
            return;
        }
        Optional<DatabaseState> before = DatabaseState.read(connection, tables(context));
        // Liquibase says what is pending by the rows that were read last: these.
        List<RanChangeSet> history = context.history().rows();
        // Of a pending changeset a status asks the precondition, whose failing SQL would end the update's transaction.
        if (before.isPresent() && context.changelog().pending().isEmpty()) {
            Status status = new StatusReader(context).readUnderLock(history);
            if (before.equals(DatabaseState.read(connection, tables(context)))) {
                keep(context, status, before, true, sound ? Notes.of(options) : Optional.empty());
            }
        }
    }

    private boolean mayLast(MigrationContext context) throws SQLException {
        return session != null && context.changelog().changesets().stream()
                .flatMap(changeset -> changeset.getChanges().stream()).noneMatch(KnownState::mayDifferByItself);
    }

    // Code of somebody else's may take its checksum from anywhere.
    private static boolean mayDifferByItself(Change change) {
        return change instanceof CustomChangeWrapper wrapper ? wrapper.getCustomChange() instanceof CustomChangeChecksum
                : !change.getClass().getName().startsWith("liquibase.");
    }

    private static DatabaseState.Tables tables(MigrationContext context) {
        return new DatabaseState.Tables(context.history().table(), LockRow.of(context.database()).table());
    }

    private void keep(MigrationContext context, Status status, Optional<DatabaseState> now, boolean updated,
            Optional<Notes> notes) {
        Optional<ReadFiles> files = ReadFiles.current(options.selection().resources());
        Optional<AskedFiles> asked = files.flatMap(ReadFiles::asked);
        if (now.isEmpty() || asked.isEmpty() || status.lock() != null
                || !status.changesets().stream().allMatch(changeset -> SETTLED.contains(changeset.state()))) {
            return;
        }
        SettledState state = new SettledState(tables(context), now.get().history(), asked.get());
        synchronized (FOUND) {
            FOUND.put(new Key(surroundings, session), new SoftReference<>(new Found(state, status, updated)));
        }
        notes.ifPresent(folder -> folder.write(session, state, files.get(), status.revision()));
    }
}
