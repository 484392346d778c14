package com.juragpt.auditor.migrations;

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
final class Update {

    private final Deployment deployment;
    private final Session session;
    private final String databaseName;

    Update(Deployment deployment, Session session, String databaseName) {
        this.deployment = deployment;
        this.session = session;
        this.databaseName = databaseName;
    }

    /** Says how many of the pending changesets to run; may refuse. */
    @FunctionalInterface
    interface HowMany {
        int of(List<ChangeSet> pending);
    }

    UpdateResult run(HowMany howMany) throws LiquibaseException, SQLException {
        Instant start = Instant.now();
        refuseChanged();
        List<ChangeSet> pending = session.pending();
        List<ChangeSet> chosen = pending.subList(0, howMany.of(pending));
        Listener listener = new Listener(chosen.size());
        if (!chosen.isEmpty()) {
            try {
                session.run(chosen, listener);
            } catch (LiquibaseException | RuntimeException e) {
                throw listener.failure(e);
            }
        }
        session.rereadHistory();
        return new UpdateResult(databaseName, List.copyOf(listener.done),
                chosen.isEmpty() ? null : Scope.getCurrentScope().getDeploymentId(),
                StatusReader.revision(session).orElse(null), Duration.between(start, Instant.now()));
    }

    private void refuseChanged() throws LiquibaseException {
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
        private final List<String> done = new ArrayList<>();
        private Instant started;
        private ChangeSet running;

        Listener(int total) {
            this.total = total;
        }

        @Override
        public void willRun(ChangeSet changeset, DatabaseChangeLog changelog, Database database, ChangeSet.RunStatus status) {
            running = changeset;
            started = Instant.now();
            session.options().progress().accept(new Progress.Started(done.size() + 1, total, changeset.getId()));
            try {
                if (mayFailAndBeSurvived(changeset)) {
                    deployment.guard();
                }
                if (session.onPostgres() && buildsConcurrently(changeset)) {
                    // It waits for every older transaction, but nobody queues behind it; a time-out would leave an invalid index.
                    Session.setLockTimeout(session.connection(), Duration.ZERO);
                }
            } catch (SQLException e) {
                throw Failures.explain(e);
            }
        }

        @Override
        public void ran(ChangeSet changeset, DatabaseChangeLog changelog, Database database, ChangeSet.ExecType outcome) {
            finished(changeset, outcome.name());
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

        private void finished(ChangeSet changeset, String outcome) {
            try {
                deployment.unguard();
                if (session.onPostgres() && buildsConcurrently(changeset)) {
                    Session.setLockTimeout(session.connection(), session.options().lockTimeout());
                }
            } catch (SQLException e) {
                throw Failures.explain(e);
            }
            done.add(changeset.getId());
            deployment.did(changeset.getId());
            session.options().progress().accept(new Progress.Finished(done.size(), total, changeset.getId(), outcome,
                    Duration.between(started, Instant.now())));
        }

        /** A lock time-out stays what it is, for the deployment to try again. */
        private RuntimeException failure(Exception e) {
            if (e instanceof MigrationException explained) {
                return explained;
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
                    + "\n  help: mend the changeset, then run the update again", e);
        }
    }

    private static boolean mayFailAndBeSurvived(ChangeSet changeset) {
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
    static boolean isConcurrent(List<String> sql) {
        return String.join(" ", sql).toUpperCase(Locale.ROOT).contains("CONCURRENTLY");
    }

    /** The SQL of the changeset, as far as it does not depend on the moment. */
    static List<String> statementsOf(ChangeSet changeset, Session session) {
        List<String> sql = new ArrayList<>();
        for (Change change : changeset.getChanges()) {
            if (!change.generateStatementsVolatile(session.database())) {
                for (SqlStatement statement : change.generateStatements(session.database())) {
                    sql.addAll(WayBack.sqlOf(statement, session.database()));
                }
            }
        }
        return sql;
    }
}
