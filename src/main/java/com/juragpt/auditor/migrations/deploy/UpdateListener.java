package com.juragpt.auditor.migrations.deploy;

import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.changelog.ChangesetSql;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.changelog.RememberedSearchPath;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.connection.SessionSettings;
import com.juragpt.auditor.migrations.connection.Stopwatch;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import liquibase.change.Change;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.visitor.AbstractChangeExecListener;
import liquibase.database.Database;
import liquibase.exception.LiquibaseException;
import liquibase.exception.PreconditionErrorException;
import liquibase.exception.PreconditionFailedException;
import liquibase.precondition.core.PreconditionContainer;

/** Reports each changeset that an update runs, and lets the transaction survive failures that Liquibase tolerates. */
final class UpdateListener extends AbstractChangeExecListener {

    private final Deployment deployment;
    private final MigrationContext context;
    private final UpdateLosses losses;
    private final RememberedSearchPath searchPath;
    private final int total;
    private final List<String> done;
    private int number;
    private Stopwatch time;
    private ChangeSet running;
    private boolean ended = true;

    /**
     * @param chosen the number of changesets to run now
     * @param earlier the losses of the attempt before; null for the first
     */
    UpdateListener(Deployment deployment, MigrationContext context, int chosen, UpdateLosses earlier) throws SQLException {
        this.deployment = deployment;
        this.context = context;
        done = new ArrayList<>(deployment.kept());
        losses = new UpdateLosses(deployment, context, this::done, earlier);
        searchPath = RememberedSearchPath.in(context.database());
        number = done.size();
        total = number + chosen;
    }

    /** The ids of the changesets that now have a row in the history, including those of the deployment's earlier attempts. */
    List<String> done() {
        return List.copyOf(done);
    }

    /** What the changesets have deleted, and what of it is archived. */
    UpdateLosses losses() {
        return losses;
    }

    /** The changeset that was begun last; null before the first. */
    ChangeSet running() {
        return running;
    }

    @Override
    public void willRun(ChangeSet changeset, DatabaseChangeLog changelog, Database database, ChangeSet.RunStatus status) {
        end();
        running = changeset;
        ended = false;
        number++;
        time = Stopwatch.start();
        tell(new Progress.Started(number, total, changeset.getId()));
        try {
            context.history().writeFor(changeset);
            searchPath.begin(changeset);
            losses.begin(changeset);
            if (ChangesetSql.mayFailAndBeSurvived(changeset)) {
                deployment.guard();
            }
            if (isUnhurried()) {
                SessionSettings.setLockTimeout(context.connection(), Duration.ZERO);
            }
        } catch (LiquibaseException | SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void willRun(Change change, ChangeSet changeset, DatabaseChangeLog changelog, Database database) {
        try {
            losses.willRun(changeset);
        } catch (LiquibaseException | SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void ran(ChangeSet changeset, DatabaseChangeLog changelog, Database database, ChangeSet.ExecType outcome) {
        deployment.refused().ifPresent(refused -> {
            // With failOnError: false Liquibase would go on, but nobody may end the transaction.
            throw Failures.transactionControl(changeset.getId(), context.databaseName(), changeset.getFilePath(),
                    deployment.whatStays(), refused);
        });
        // With failOnError: false a changeset may end as FAILED. Liquibase records nothing of it, and it stays pending.
        if (outcome != ChangeSet.ExecType.FAILED) {
            done.add(changeset.getId());
            deployment.did(changeset.getId());
        }
        try {
            context.history().writeFor(changeset);
            losses.ran(changeset, Outcome.valueOf(outcome.name()));
        } catch (LiquibaseException | SQLException e) {
            throw new IllegalStateException(e);
        }
        finished(Outcome.valueOf(outcome.name()));
    }

    /** Liquibase does not report the end of a changeset that it skips because of a precondition. */
    void end() {
        if (!ended) {
            finished(Outcome.SKIPPED);
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

    private void note(String reasons, String answer) {
        tell(new Progress.Note(running.getId() + " (" + answer + "), " + reasons));
    }

    private void finished(Outcome outcome) {
        ended = true;
        try {
            deployment.unguard();
            if (!running.isRunInTransaction()) {
                deployment.keep();
            }
            if (isUnhurried()) {
                SessionSettings.setLockTimeout(context.connection(), context.options().limits().lockTimeout());
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        tell(new Progress.Finished(number, total, running.getId(), outcome, time.elapsed()));
    }

    // It waits for every older transaction, but nobody queues behind it; a time-out would leave an invalid index.
    private boolean isUnhurried() {
        return context.onPostgres() && !running.isRunInTransaction()
                && ChangesetSql.buildsConcurrently(running, context.database());
    }

    private void tell(Progress event) {
        context.options().progress().accept(event);
    }
}
