package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RehearsalReport.Place;
import com.juragpt.auditor.migrations.catalog.FollowedCatalog;
import com.juragpt.auditor.migrations.changelog.ChangesetSql;
import com.juragpt.auditor.migrations.changelog.CreatingChanges;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.changelog.RememberedSearchPath;
import com.juragpt.auditor.migrations.changelog.SeenStructure;
import com.juragpt.auditor.migrations.connection.ConnectionSource;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.connection.SqlAction;
import com.juragpt.auditor.migrations.connection.SqlFunction;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import liquibase.change.Change;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.RanChangeSet;
import liquibase.changelog.visitor.AbstractChangeExecListener;
import liquibase.database.Database;
import liquibase.exception.LiquibaseException;

/** Runs changesets where everything is rolled back, so that their effects can be inspected. */
public final class Scratch {

    private final ScratchSpace space;
    private final ScratchFailures failures;
    private final MigrationContext context;
    private final RememberedSearchPath searchPath;
    private FollowedCatalog catalog;
    // Null until it is asked, and after something that may have changed it.
    private Boolean triggers;
    private final Map<ChangeSet, Boolean> seen = new IdentityHashMap<>();

    private Scratch(ScratchSpace space) {
        this.space = space;
        failures = new ScratchFailures(space);
        context = space.context();
        searchPath = RememberedSearchPath.in(context.database());
    }

    /**
     * Works in the live schema, see {@link PostgresScratch#inPlace}. PostgreSQL only.
     *
     * @param connection with an open transaction, after which the next can only read
     */
    public static <T> T inPlace(Connection connection, MigrationOptions options, SqlFunction<Scratch, T> work)
            throws LiquibaseException, SQLException {
        return PostgresScratch.inPlace(connection, options, space -> work.apply(new Scratch(space)));
    }

    /** Works in an empty schema, on H2 in a database of its own in memory. */
    public static <T> T inEmptySchema(ConnectionSource source, MigrationOptions options, SqlFunction<Scratch, T> work)
            throws LiquibaseException, SQLException {
        try (Connection connection = source.connect()) {
            return connection.getMetaData().getDatabaseProductName().equals("PostgreSQL")
                    ? PostgresScratch.inEmptySchema(connection, options, space -> work.apply(new Scratch(space)))
                    : H2Scratch.inMemory(connection, options, space -> work.apply(new Scratch(space)));
        }
    }

    public MigrationContext context() {
        return context;
    }

    public Place place() {
        return space.place();
    }

    Connection connection() {
        return context.connection();
    }

    /** The catalog, from the first call on. */
    FollowedCatalog catalog() throws SQLException {
        if (catalog == null) {
            catalog = FollowedCatalog.read(connection());
        }
        return catalog;
    }

    /** Marks this point. */
    ScratchSpace.Mark mark() throws LiquibaseException, SQLException {
        Runnable restoreHistory = context.history().remember();
        int moment = catalog == null ? 0 : catalog.moment();
        ScratchSpace.Mark mark = space.mark();
        return new ScratchSpace.Mark() {
            @Override
            public void rollBack() throws LiquibaseException, SQLException {
                mark.rollBack();
                restoreMemory();
            }

            @Override
            public void undo() throws LiquibaseException, SQLException {
                mark.undo();
                restoreMemory();
            }

            private void restoreMemory() {
                restoreHistory.run();
                searchPath.forget();
                triggers = null;
                if (catalog != null) {
                    catalog.goBackTo(moment);
                }
            }

            @Override
            public void release() throws SQLException {
                mark.release();
            }
        };
    }

    /**
     * Whether the changeset creates structure and does nothing else, nor does the server at that of its own accord. Then nothing
     * that it writes is rolled back before it has ended, and the catalog tells of all of it without a savepoint.
     */
    boolean createsStructureAlone(ChangeSet changeset) throws SQLException {
        if (!context.onPostgres() || changeset.getPreconditions() != null || !CreatingChanges.areAllOf(changeset)) {
            return false;
        }
        if (triggers == null) {
            triggers = space.hasTriggers(context.history().table());
        }
        return !triggers;
    }

    /**
     * Whether moreover its rollback does nothing but drop structure, and all of both is in the catalog of this schema, which tells of it
     * without a savepoint.
     */
    boolean touchesSeenStructureAlone(ChangeSet changeset) throws SQLException {
        return isSeen(changeset) && createsStructureAlone(changeset);
    }

    private boolean isSeen(ChangeSet changeset) {
        return seen.computeIfAbsent(changeset, SeenStructure::isAllOf);
    }

    /** Checks the constraints now that would be checked at the commit. */
    void checkDeferred() throws SQLException {
        space.checkDeferred();
    }

    /**
     * Lets Liquibase check the changelog as an update would.
     *
     * @throws MigrationException {@link Problem#INVALID_CHANGELOG}
     */
    void validate() throws SQLException {
        try {
            // A precondition of the changelog may cause an SQL error and yet let the update go on.
            space.guard();
            context.changelog().validate();
            space.unguard();
        } catch (LiquibaseException e) {
            throw failures.invalid(e);
        }
    }

    /**
     * Runs changesets, in the order of the changelog, those outside of transactions without the word CONCURRENTLY.
     *
     * @return the outcome of those that have a row in the history now
     * @throws MigrationException {@link Problem#CHANGESET_FAILED}, {@link Problem#STATEMENT_TIMEOUT}
     */
    Map<ChangeSet, Outcome> run(Collection<ChangeSet> changesets) {
        if (changesets.isEmpty()) {
            return Map.of();
        }
        if (!changesets.stream().allMatch(CreatingChanges::areAllOf)) {
            triggers = null;
        }
        Listener listener = new Listener();
        try (ChangesetSql.Plain plain = new ChangesetSql.Plain(changesets)) {
            if (context.onPostgres()) {
                context.history().writeLater();
            }
            if (changesets.size() == 1) {
                context.changelog().runAlone(changesets.iterator().next(), listener);
            } else {
                context.changelog().run(plain.changesets(), listener);
            }
            space.unguard();
            return listener.outcomes;
        } catch (LiquibaseException | SQLException | RuntimeException e) {
            throw failures.explain(listener.running, "", e);
        }
    }

    /**
     * Writes what waits to be written into the history.
     *
     * @throws MigrationException {@link Problem#CHANGESET_FAILED}
     */
    void writeHistory() throws SQLException {
        try {
            context.history().writeNow();
        } catch (LiquibaseException e) {
            throw failures.explain(null, "", e);
        }
    }

    /** Rolls a changeset back, without the word CONCURRENTLY as well, and deletes its history row. */
    void rollBack(ChangeSet changeset) throws LiquibaseException, SQLException {
        context.history().writeNow();
        searchPath.forget();
        boolean structureAlone = isSeen(changeset);
        if (!structureAlone) {
            triggers = null;
        }
        try (ChangesetSql.Plain plain = new ChangesetSql.Plain(List.of(changeset))) {
            for (ChangeSet one : plain.changesets()) {
                one.rollback(context.database(), null);
            }
        }
        if (!structureAlone) {
            requireIntact("The rollback of ", changeset);
        }
        forget(changeset);
    }

    /** Deletes the changeset's row from the history. */
    void forget(ChangeSet changeset) throws LiquibaseException, SQLException {
        if (context.changelog().isAlone(changeset)) {
            context.history().deleteRowsOf(changeset);
            return;
        }
        for (RanChangeSet row : context.history().rows()) {
            if (context.changelog().find(row).filter(found -> found == changeset).isPresent()) {
                context.history().delete(row);
            }
        }
        context.history().reread();
    }

    /**
     * Runs a step; if it fails, its effects are rolled back and the work can go on.
     *
     * @return why it failed; empty if it did not
     * @throws MigrationException if the cause was not the step itself, for instance a lock time-out
     */
    Optional<String> attempt(ChangeSet changeset, String what, SqlAction attempt) throws LiquibaseException, SQLException {
        ScratchSpace.Mark here = mark();
        Optional<String> failure = failureOf(changeset, what, attempt);
        if (failure.isPresent()) {
            here.undo();
        } else {
            here.release();
        }
        return failure;
    }

    /**
     * Runs a step; if it fails, what was done since a mark has to be rolled back before the work can go on.
     *
     * @return why it failed; empty if it did not
     * @throws MigrationException if the cause was not the step itself, for instance a lock time-out
     */
    Optional<String> failureOf(ChangeSet changeset, String what, SqlAction step) throws LiquibaseException, SQLException {
        try {
            step.run();
            return Optional.empty();
        } catch (LiquibaseException | SQLException | RuntimeException e) {
            if (ScratchFailures.endsTheWork(e)) {
                throw failures.explain(changeset, what, e);
            }
            return Optional.of(Failures.evidence(e).replace("\n", "\n  "));
        }
    }

    private void requireIntact(String what, ChangeSet changeset) throws SQLException {
        if (!space.isIntact()) {
            throw failures.endsTheTransaction(what + changeset.getId(), changeset, null);
        }
    }

    /** Lets the transaction survive failures that Liquibase tolerates, and remembers the outcome of each changeset. */
    private final class Listener extends AbstractChangeExecListener {

        private final Map<ChangeSet, Outcome> outcomes = new IdentityHashMap<>();
        private ChangeSet running;

        @Override
        public void willRun(ChangeSet changeset, DatabaseChangeLog changelog, Database database, ChangeSet.RunStatus status) {
            running = changeset;
            searchPath.begin(changeset);
            guarding(() -> context.history().writeFor(changeset));
            if (ChangesetSql.mayFailAndBeSurvived(changeset)) {
                guarding(space::guard);
            }
        }

        @Override
        public void ran(ChangeSet changeset, DatabaseChangeLog changelog, Database database, ChangeSet.ExecType outcome) {
            outcomes.put(changeset, Outcome.valueOf(outcome.name()));
            guarding(() -> context.history().writeFor(changeset));
            guarding(space::unguard);
        }

        @Override
        public void ran(Change change, ChangeSet changeset, DatabaseChangeLog changelog, Database database) {
            // One that does nothing but create structure ends no transaction.
            if (!CreatingChanges.areAllOf(changeset)) {
                guarding(() -> requireIntact("", changeset));
            }
        }

        private void guarding(SqlAction step) {
            try {
                step.run();
            } catch (LiquibaseException | SQLException e) {
                throw failures.explain(running, "", e);
            }
        }
    }
}
