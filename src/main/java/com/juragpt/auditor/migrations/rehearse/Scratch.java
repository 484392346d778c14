package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RehearsalReport.Place;
import com.juragpt.auditor.migrations.changelog.ChangesetSql;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
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

/** Lets Liquibase run changesets for the sake of what can be seen then, where everything is rolled back. */
public final class Scratch {

    private final ScratchSpace space;
    private final ScratchFailures failures;
    private final MigrationContext context;

    private Scratch(ScratchSpace space) {
        this.space = space;
        failures = new ScratchFailures(space);
        context = space.context();
    }

    /**
     * Works in the live schema, see {@link PostgresScratch#inPlace}. PostgreSQL only.
     *
     * @param connection with an open transaction, in a session that is read-only by default
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

    /** Remembers this point. @return what rolls everything back that happened since, later marks included */
    SqlAction mark() throws SQLException {
        SqlAction back = space.mark();
        return () -> {
            back.run();
            context.history().reread();
        };
    }

    /** Checks now what would be checked at the commit. */
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
            // A precondition of the changelog may fail in the database and be passed over.
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
     * @return what became of those that have a row in the history now
     * @throws MigrationException {@link Problem#CHANGESET_FAILED}, {@link Problem#STATEMENT_TIMEOUT}
     */
    Map<ChangeSet, Outcome> run(Collection<ChangeSet> changesets) {
        if (changesets.isEmpty()) {
            return Map.of();
        }
        Listener listener = new Listener();
        try (ChangesetSql.Plain plain = new ChangesetSql.Plain(changesets)) {
            context.changelog().run(plain.changesets(), listener);
            space.unguard();
            return listener.outcomes;
        } catch (LiquibaseException | SQLException | RuntimeException e) {
            throw failures.explain(listener.running, "", e);
        }
    }

    /** Rolls a changeset back, plainly as well, and forgets that it ran. */
    void undo(ChangeSet changeset) throws LiquibaseException, SQLException {
        try (ChangesetSql.Plain plain = new ChangesetSql.Plain(List.of(changeset))) {
            for (ChangeSet one : plain.changesets()) {
                one.rollback(context.database(), null);
            }
        }
        requireIntact("The rollback of ", changeset);
        forget(changeset);
    }

    /** Deletes the changeset's row from the history. */
    void forget(ChangeSet changeset) throws LiquibaseException, SQLException {
        for (RanChangeSet row : context.history().rows()) {
            if (context.changelog().find(row).filter(found -> found == changeset).isPresent()) {
                context.history().delete(row);
            }
        }
        context.history().reread();
    }

    /**
     * Tries something and survives its failing; what it did is then rolled back.
     *
     * @return why it failed, or nothing if it did not
     * @throws MigrationException if it was not its own fault, say a lock time-out
     */
    Optional<String> attempt(ChangeSet changeset, String what, SqlAction attempt) throws LiquibaseException, SQLException {
        SqlAction backToHere = mark();
        try {
            attempt.run();
            return Optional.empty();
        } catch (LiquibaseException | SQLException | RuntimeException e) {
            if (ScratchFailures.endsTheWork(e)) {
                throw failures.explain(changeset, what, e);
            }
            backToHere.run();
            return Optional.of(Failures.evidence(e).replace("\n", "\n  "));
        }
    }

    private void requireIntact(String what, ChangeSet changeset) throws SQLException {
        if (!space.isIntact()) {
            throw failures.endsTheTransaction(what + changeset.getId(), changeset, null);
        }
    }

    /** Keeps survivable failures survivable and remembers what became of each changeset. */
    private final class Listener extends AbstractChangeExecListener {

        private final Map<ChangeSet, Outcome> outcomes = new IdentityHashMap<>();
        private ChangeSet running;

        @Override
        public void willRun(ChangeSet changeset, DatabaseChangeLog changelog, Database database, ChangeSet.RunStatus status) {
            running = changeset;
            if (ChangesetSql.mayFailAndBeSurvived(changeset)) {
                guarding(space::guard);
            }
        }

        @Override
        public void ran(ChangeSet changeset, DatabaseChangeLog changelog, Database database, ChangeSet.ExecType outcome) {
            outcomes.put(changeset, Outcome.valueOf(outcome.name()));
            guarding(space::unguard);
        }

        @Override
        public void ran(Change change, ChangeSet changeset, DatabaseChangeLog changelog, Database database) {
            guarding(() -> requireIntact("", changeset));
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
