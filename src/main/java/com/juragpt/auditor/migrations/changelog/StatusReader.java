package com.juragpt.auditor.migrations.changelog;

import com.juragpt.auditor.migrations.api.LockHolder;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.connection.ReadAccess;
import com.juragpt.auditor.migrations.lock.AdvisoryLock;
import com.juragpt.auditor.migrations.lock.LockRow;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;
import liquibase.exception.LiquibaseException;

/** Reads the {@link Status} of a database and writes nothing. */
public final class StatusReader {

    private final MigrationContext context;
    private final Changelog changelog;

    public StatusReader(MigrationContext context) throws SQLException {
        this.context = context;
        changelog = context.changelog();
    }

    public Status read() throws LiquibaseException, SQLException {
        return read(context.history().rows(), lock().orElse(null));
    }

    /**
     * The same for the deployment that holds the lock itself, which then counts as free.
     *
     * @param history all of its rows, oldest first
     */
    public Status readUnderLock(List<RanChangeSet> history) throws LiquibaseException, SQLException {
        return read(history, null);
    }

    private Status read(List<RanChangeSet> history, LockHolder lock) throws LiquibaseException, SQLException {
        DatabaseMetaData server = context.connection().getMetaData();
        List<String> tags = history.stream().map(RanChangeSet::getTag).filter(tag -> tag != null).toList();
        Optional<String> revision = History.revision(changelog, history);
        return new Status(context.databaseName(), server.getDatabaseProductName() + " " + server.getDatabaseProductVersion(),
                revision.orElse(null), appliedAfter(revision, history), tags, changesets(history), lock);
    }

    private static int appliedAfter(Optional<String> revision, List<RanChangeSet> history) {
        int after = 0;
        for (RanChangeSet row : history) {
            if (revision.isPresent() && revision.get().equals(row.getTag())) {
                after = 0;
            } else if (!History.isInternal(row)) {
                after++;
            }
        }
        return after;
    }

    private List<Status.Changeset> changesets(List<RanChangeSet> history) throws LiquibaseException {
        Map<ChangeSet, Integer> rowOf = new IdentityHashMap<>();
        List<Status.Changeset> unknown = new ArrayList<>();
        for (int i = 0; i < history.size(); i++) {
            RanChangeSet row = history.get(i);
            Optional<ChangeSet> changeset = changelog.find(row);
            if (changeset.isPresent()) {
                rowOf.put(changeset.get(), i);
            } else if (!History.isInternal(row)) {
                unknown.add(applied(history, i, Status.State.UNKNOWN));
            }
        }
        Set<ChangeSet> pending = Changelog.setOf(changelog.pending());
        List<ChangeSet> all = changelog.changesets();
        int lastApplied = -1;
        for (int i = 0; i < all.size(); i++) {
            if (rowOf.containsKey(all.get(i))) {
                lastApplied = i;
            }
        }
        List<Status.Changeset> result = new ArrayList<>();
        SkippingPreconditions preconditions = new SkippingPreconditions(context.database());
        boolean othersRunFirst = false;
        for (int i = 0; i < all.size(); i++) {
            ChangeSet changeset = all.get(i);
            Integer row = rowOf.get(changeset);
            Status.State state = row != null ? stateOf(changeset, history.get(row), pending)
                    : !pending.contains(changeset) ? Status.State.EXCLUDED
                            : i < lastApplied ? Status.State.PENDING_OUT_OF_ORDER : Status.State.PENDING;
            if (state.isPending()) {
                // One that a deployment has met was skipped by it. Another is asked only if nothing that its precondition may look
                // at will have changed by then.
                boolean met = row != null || i < lastApplied;
                if ((met || !othersRunFirst) && preconditions.skip(changeset)) {
                    state = Status.State.SKIPPED;
                } else {
                    othersRunFirst = true;
                }
            }
            result.add(row != null ? applied(history, row, state)
                    : new Status.Changeset(changeset.getId(), changeset.getAuthor(), changeset.getFilePath(), state, null, null,
                            List.of()));
        }
        result.addAll(unknown);
        return result;
    }

    private Status.State stateOf(ChangeSet changeset, RanChangeSet row, Set<ChangeSet> pending) {
        if (row.getExecType() == ChangeSet.ExecType.FAILED) {
            return Status.State.FAILED;
        }
        if (pending.contains(changeset) && !changeset.shouldAlwaysRun()) {
            return Status.State.PENDING;
        }
        if (changelog.isEdited(changeset, row)) {
            return Status.State.CHANGED;
        }
        return row.getExecType() == ChangeSet.ExecType.MARK_RAN ? Status.State.MARKED_RAN : Status.State.APPLIED;
    }

    private static Status.Changeset applied(List<RanChangeSet> history, int at, Status.State state) {
        RanChangeSet row = history.get(at);
        LocalDateTime executed = row.getDateExecuted() == null ? null
                : LocalDateTime.ofInstant(row.getDateExecuted().toInstant(), ZoneId.systemDefault());
        List<String> tags = new ArrayList<>();
        int i = at;
        do {
            if (history.get(i).getTag() != null && TagRow.isInPlace(history, i)) {
                tags.add(history.get(i).getTag());
            }
            i++;
        } while (i < history.size() && History.isInternal(history.get(i)));
        return new Status.Changeset(row.getId(), row.getAuthor(), row.getChangeLog(), state, executed, row.getDeploymentId(),
                tags);
    }

    private Optional<LockHolder> lock() throws LiquibaseException, SQLException {
        if (!context.onPostgres()) {
            return LockRow.of(context.database()).holder();
        }
        Optional<LockHolder> holder = AdvisoryLock.holder(context.connection());
        if (holder.isPresent()) {
            return holder;
        }
        LockRow row = LockRow.of(context.database());
        ReadAccess.require(context.connection(), row.table());
        // Marked rows belong to the advisory lock: nobody holds that, so their writer is dead and they block nobody.
        return row.holder().filter(writer -> !LockRow.isMarked(writer));
    }
}
