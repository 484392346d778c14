package com.juragpt.auditor.migrations.deploy;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.UpdateResult;
import com.juragpt.auditor.migrations.changelog.Session;
import com.juragpt.auditor.migrations.changelog.StatusReader;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.rollback.RollbackSql;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import liquibase.Scope;
import liquibase.change.Change;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.RanChangeSet;
import liquibase.changelog.visitor.AbstractChangeExecListener;
import liquibase.database.Database;
import liquibase.exception.LiquibaseException;
import liquibase.exception.PreconditionErrorException;
import liquibase.exception.PreconditionFailedException;
import liquibase.exception.ValidationFailedException;
import liquibase.precondition.core.PreconditionContainer;
import liquibase.statement.SqlStatement;

/** Lets Liquibase run pending changesets in a deployment and tells of each. */
public final class Update {

    private final Deployment deployment;
    private final Session session;
    private final String databaseName;

    public Update(Deployment deployment, Session session, String databaseName) {
        this.deployment = deployment;
        this.session = session;
        this.databaseName = databaseName;
    }

    /**
     * Says how many of the pending changesets to run; may refuse. An earlier attempt of the same deployment may have run some
     * for good, which are pending no more.
     */
    @FunctionalInterface
    public interface HowMany {
        int of(List<ChangeSet> pending, int alreadyRun);
    }

    public UpdateResult run(HowMany howMany) throws LiquibaseException, SQLException {
        Instant start = Instant.now();
        refuseChanged(session, databaseName);
        List<ChangeSet> pending = session.pending();
        List<String> kept = deployment.kept();
        List<ChangeSet> chosen = pending.subList(0, howMany.of(pending, kept.size()));
        Listener listener = new Listener(kept, chosen.size());
        if (!chosen.isEmpty()) {
            try {
                // A precondition of the changelog may fail in the database and be passed over.
                deployment.guard();
                session.validate();
                deployment.unguard();
                session.run(chosen, listener);
                listener.end();
            } catch (LiquibaseException | RuntimeException e) {
                throw listener.failure(e);
            }
        }
        session.rereadHistory();
        return new UpdateResult(databaseName, List.copyOf(listener.done),
                listener.done.isEmpty() ? null : Scope.getCurrentScope().getDeploymentId(),
                StatusReader.revision(session).orElse(null), Duration.between(start, Instant.now()));
    }

    /** @throws MigrationException {@link Problem#CHANGED_CHANGESET} */
    public static void refuseChanged(Session session, String databaseName) throws LiquibaseException {
        List<String> changed = new ArrayList<>();
        for (RanChangeSet row : session.history()) {
            Optional<ChangeSet> changeset = session.find(row);
            if (changeset.isPresent() && session.isChanged(changeset.get(), row)) {
                changed.add(row.getId() + " (" + changeset.get().getFilePath() + ")");
            }
        }
        if (!changed.isEmpty()) {
            throw new MigrationException(Problem.CHANGED_CHANGESET, "Cannot update " + databaseName + ": "
                    + (changed.size() == 1 ? "a changeset was" : changed.size() + " changesets were")
                    + " edited after deployment. Nothing was changed.\n  " + String.join("\n  ", changed)
                    + "\n  help: take the edit back (git log -p on the file) and put the change into a new changeset");
        }
    }

    /** Tells the progress, times each changeset, and keeps survivable failures survivable. */
    private final class Listener extends AbstractChangeExecListener {

        private final int total;
        private final List<String> done;
        private int number;
        private Instant started;
        private ChangeSet running;
        private boolean ended = true;

        Listener(List<String> kept, int chosen) {
            total = kept.size() + chosen;
            done = new ArrayList<>(kept);
            number = kept.size();
        }

        @Override
        public void willRun(ChangeSet changeset, DatabaseChangeLog changelog, Database database, ChangeSet.RunStatus status) {
            end();
            running = changeset;
            ended = false;
            number++;
            started = Instant.now();
            session.options().progress().accept(new Progress.Started(number, total, changeset.getId()));
            try {
                if (mayFailAndBeSurvived(changeset)) {
                    deployment.guard();
                }
                if (session.onPostgres() && buildsConcurrently(changeset)) {
                    // It waits for every older transaction, but nobody queues behind it; a time-out would leave an invalid index.
                    Session.setLockTimeout(session.connection(), Duration.ZERO);
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void ran(ChangeSet changeset, DatabaseChangeLog changelog, Database database, ChangeSet.ExecType outcome) {
            // With failOnError: false a changeset may end as FAILED. Liquibase records nothing of it, and it stays pending.
            if (outcome != ChangeSet.ExecType.FAILED) {
                done.add(changeset.getId());
                deployment.did(changeset.getId());
            }
            finished(outcome.name());
        }

        /** Liquibase does not tell of the end of a changeset that its precondition lets it pass over. */
        void end() {
            if (!ended) {
                finished(ChangeSet.ExecType.SKIPPED.name());
            }
        }

        @Override
        public void preconditionFailed(PreconditionFailedException error, PreconditionContainer.FailOption onFail) {
            note(Failures.reasons(error), onFail.name());
        }

        @Override
        public void preconditionErrored(PreconditionErrorException error, PreconditionContainer.ErrorOption onError) {
            note(Failures.reasons(error), onError.name());
        }

        private void note(String message, String answer) {
            session.options().progress().accept(new Progress.Note(running.getId() + " (" + answer + "), " + message));
        }

        private void finished(String outcome) {
            ended = true;
            try {
                deployment.unguard();
                if (!running.isRunInTransaction()) {
                    deployment.keep();
                }
                if (session.onPostgres() && buildsConcurrently(running)) {
                    Session.setLockTimeout(session.connection(), session.options().lockTimeout());
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
            session.options().progress().accept(new Progress.Finished(number, total, running.getId(), outcome,
                    Duration.between(started, Instant.now())));
        }

        /** A lock time-out stays what it is, for the deployment to try again. */
        private RuntimeException failure(Exception e) {
            if (e instanceof MigrationException explained) {
                return explained;
            }
            if (Failures.isConnectionLost(e)) {
                return Failures.connectionLost("The connection to the database was lost"
                        + (running == null ? "." : " while " + running.getId() + " ran."), deployment.whatStays(), e);
            }
            if (e instanceof ValidationFailedException) {
                return new MigrationException(Problem.INVALID_CHANGELOG, "Cannot update " + databaseName
                        + ": the changelog is not valid. Nothing was changed.\n  " + e.getMessage().strip().replace("\n", "\n  ")
                        + "\n  help: mend the changelog, then run the update again", e);
            }
            String what = running == null ? "The update failed in " + databaseName + " before its first changeset."
                    : running.getId() + " failed in " + databaseName + ".";
            return new MigrationException(Problem.CHANGESET_FAILED, what + " " + deployment.whatStays() + "\n  "
                    + Failures.evidence(e) + (running == null ? "" : "\n  file: " + running.getFilePath())
                    + (running != null && !running.isRunInTransaction()
                            ? "\n  it ran outside of a transaction: look for an invalid index (\\d in psql) before the next try"
                            : "")
                    + "\n  help: " + Failures.help(e, "mend the changeset, then run the update again"), e);
        }
    }

    /** Whether Liquibase goes on after an SQL error in the changeset. */
    public static boolean mayFailAndBeSurvived(ChangeSet changeset) {
        return Boolean.FALSE.equals(changeset.getFailOnError()) || changeset.getPreconditions() != null
                && !changeset.getPreconditions().getNestedPreconditions().isEmpty();
    }

    private boolean buildsConcurrently(ChangeSet changeset) {
        if (changeset.isRunInTransaction()) {
            return false;
        }
        return isConcurrent(statementsOf(changeset, session));
    }

    /** Whether the SQL has a statement that lets others read and write while it waits for them. */
    public static boolean isConcurrent(List<String> sql) {
        return String.join(" ", sql).toUpperCase(Locale.ROOT).contains("CONCURRENTLY");
    }

    /** The SQL of the changeset, as far as it does not depend on the moment. */
    public static List<String> statementsOf(ChangeSet changeset, Session session) {
        List<String> sql = new ArrayList<>();
        for (Change change : changeset.getChanges()) {
            if (!change.generateStatementsVolatile(session.database())) {
                for (SqlStatement statement : change.generateStatements(session.database())) {
                    sql.addAll(RollbackSql.sqlOf(statement, session.database()));
                }
            }
        }
        return sql;
    }
}
