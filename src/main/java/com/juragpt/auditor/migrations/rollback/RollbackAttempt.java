package com.juragpt.auditor.migrations.rollback;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.archive.DataArchive;
import com.juragpt.auditor.migrations.changelog.ChangesetSql;
import com.juragpt.auditor.migrations.changelog.History;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.connection.SessionSettings;
import com.juragpt.auditor.migrations.connection.Sql;
import com.juragpt.auditor.migrations.connection.Stopwatch;
import com.juragpt.auditor.migrations.deploy.Deployment;
import com.juragpt.auditor.migrations.loss.StatementLosses;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;
import liquibase.exception.LiquibaseException;

/** One attempt of a rollback, in one transaction or, where steps run outside of transactions, in several. */
final class RollbackAttempt {

    private final RollbackPlan shown;
    private final Deployment deployment;
    private final MigrationContext context;
    private final OnDataLoss onDataLoss;
    private boolean began;

    /** @param shown the plan as it was shown */
    RollbackAttempt(RollbackPlan shown, Deployment deployment, MigrationContext context) {
        this.shown = shown;
        this.deployment = deployment;
        this.context = context;
        onDataLoss = context.options().onDataLoss();
    }

    /** Rolls back what is left of the plan, at most up to the next split; returns whether it stopped at one. */
    boolean rollBackUpToSplit(DataArchive archive) throws LiquibaseException, SQLException {
        RollbackPlanner planner = new RollbackPlanner(context);
        RollbackPlan plan = planner.plan(shown.tag());
        refuseOutdated(plan);
        refuseObstacles(plan);
        deployment.expectSplits(plan.steps().stream().filter(this::splits).map(RollbackPlan.Step::id).toList());
        if (context.onPostgres()) {
            lock(plan.losses());
            plan = planner.plan(shown.tag());
        }
        refuseDataLoss(plan.realLosses());
        refuseLossOutside(plan, planner);
        PlannedLosses planned = new PlannedLosses(context, plan.realLosses());
        if (onDataLoss == OnDataLoss.ARCHIVE) {
            Set<String> next = upToSplit(plan.steps()).stream().map(RollbackPlan.Step::id).collect(Collectors.toSet());
            archive.copy(plan.realLosses().stream().filter(loss -> next.contains(loss.changeset())).toList());
        }
        return rollBack(plan, planned, planner.rowsAfter(plan.tag()));
    }

    /** The final check of every rollback: the history is exactly as it was at the tag. */
    void requireComplete(List<RanChangeSet> expected) throws LiquibaseException, SQLException {
        List<String> wanted = expected.stream().map(RollbackAttempt::identity).toList();
        List<String> found = context.history().rows().stream().map(RollbackAttempt::identity).toList();
        if (!found.equals(wanted)) {
            List<String> left = new ArrayList<>(found);
            left.removeAll(wanted);
            throw Diagnosis.of(Problem.ROLLBACK_INCOMPLETE, "The rollback did not reach '" + shown.tag() + "' in "
                    + context.databaseName() + (context.onPostgres() ? ", so it was rolled back" : ""))
                    .whatStays(whatStays()).line("still in the history: " + left)
                    .help("report this with the output of mvn migrations:status");
        }
    }

    private static String identity(RanChangeSet row) {
        return row.getStoredChangeLog() + "::" + row.getId() + "::" + row.getAuthor() + "::" + row.getOrderExecuted();
    }

    private void refuseOutdated(RollbackPlan now) {
        int done = deployment.kept().size();
        List<RollbackPlan.Step> planned = shown.steps().subList(done, shown.steps().size());
        if (!planned.equals(now.steps()) || done == 0 && !shown.tagsRemoved().equals(now.tagsRemoved())) {
            throw Diagnosis.of(Problem.PLAN_OUTDATED, "Cannot roll back to '" + shown.tag() + "': " + context.databaseName()
                    + " was deployed to, tagged or rolled back since the plan was made")
                    .whatStays(whatStays())
                    .line("planned: " + inWords(planned, shown.tagsRemoved()))
                    .line("now: " + inWords(now.steps(), now.tagsRemoved()))
                    .help("plan again");
        }
    }

    private void refuseObstacles(RollbackPlan plan) {
        if (!plan.obstacles().isEmpty()) {
            throw Diagnosis.of(Problem.DEPENDENT_OBJECTS, "Cannot roll back to '" + shown.tag() + "': other objects in "
                    + context.databaseName() + " depend on what it drops")
                    .whatStays(whatStays()).lines(plan.obstacles())
                    .help("drop them, or move them out of the way, then roll back again");
        }
    }

    private static String inWords(List<RollbackPlan.Step> steps, List<String> tags) {
        return (steps.isEmpty() ? "nothing" : steps.stream().map(RollbackPlan.Step::id).collect(Collectors.joining(", ")))
                + (tags.isEmpty() ? "" : "; tags removed: " + String.join(", ", tags));
    }

    /** Keeps other sessions from writing to the tables of the losses, so that the counts stay true. */
    private void lock(List<DataLoss> losses) throws SQLException {
        for (String table : losses.stream().map(DataLoss::table).filter(t -> t != null).distinct().toList()) {
            Sql.execute(context.connection(), "LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
        }
    }

    private void refuseDataLoss(List<DataLoss> losses) {
        boolean unknown = losses.stream().anyMatch(loss -> loss.kind() == DataLoss.Kind.UNKNOWN);
        if (losses.isEmpty() || onDataLoss == OnDataLoss.ACCEPT || onDataLoss == OnDataLoss.ARCHIVE && !unknown) {
            return;
        }
        throw Diagnosis.of(Problem.DESTROYS_DATA, "Rolling back to '" + shown.tag() + "' " + (unknown ? "may " : "would ")
                + StatementLosses.verb(losses) + " data in " + context.databaseName())
                .whatStays(whatStays()).lines(losses)
                .help(unknown
                        ? "-Dmigrations.onDataLoss=accept, after a backup: what cannot be foreseen cannot be archived"
                        : "-Dmigrations.onDataLoss=archive keeps a copy in schema rollback_<time>, =accept lets it go");
    }

    private List<RollbackPlan.Step> upToSplit(List<RollbackPlan.Step> steps) {
        for (int i = 0; i < steps.size(); i++) {
            if (splits(steps.get(i))) {
                return steps.subList(0, i + 1);
            }
        }
        return steps;
    }

    private boolean splits(RollbackPlan.Step step) {
        return context.onPostgres() && step.ownTransaction();
    }

    private boolean rollBack(RollbackPlan plan, PlannedLosses planned, List<RanChangeSet> rows)
            throws LiquibaseException, SQLException {
        int total = shown.steps().size();
        int number = total - plan.steps().size();
        int next = 0;
        for (RanChangeSet row : rows) {
            if (History.isInternal(row)) {
                context.history().delete(row);
                continue;
            }
            RollbackPlan.Step step = plan.steps().get(next++);
            number++;
            Stopwatch time = Stopwatch.start();
            tell(new Progress.Started(number, total, row.getId()));
            if (!step.forget()) {
                ChangeSet changeset = context.changelog().find(row).orElseThrow();
                refuseUnplannedLoss(planned, changeset);
                began = true;
                rollBack(changeset, step);
            }
            context.history().delete(row);
            deployment.did(row.getId());
            if (splits(step)) {
                deployment.keep();
            }
            tell(new Progress.Finished(number, total, row.getId(), step.forget() ? Outcome.FORGOTTEN : Outcome.ROLLED_BACK,
                    time.elapsed()));
            if (splits(step)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Checks again before each step: the steps before it may have written rows to tables that were empty when the plan was made.
     */
    private void refuseUnplannedLoss(PlannedLosses planned, ChangeSet changeset) throws LiquibaseException, SQLException {
        if (onDataLoss == OnDataLoss.ACCEPT) {
            return;
        }
        List<DataLoss> unplanned = new ArrayList<>();
        for (DataLoss loss : losses(changeset)) {
            if (loss.isReal() && !planned.cover(loss)) {
                unplanned.add(loss);
            }
        }
        refuseDataLoss(unplanned);
        if (!unplanned.isEmpty()) {
            throw Diagnosis.of(Problem.DESTROYS_DATA, "Rolling back to '" + shown.tag() + "' would delete data in "
                    + context.databaseName() + " that was not there to be archived when it began")
                    .whatStays(whatStays()).lines(unplanned).help("plan and roll back again");
        }
    }

    private List<DataLoss> losses(ChangeSet changeset) throws LiquibaseException, SQLException {
        try {
            return new StatementLosses(context).find(changeset.getId(), RollbackSql.of(changeset, context));
        } catch (RollbackSql.NoneException e) {
            throw new IllegalStateException("the plan has a rollback of " + changeset, e);
        }
    }

    /**
     * Outside of the transaction nobody can be kept from writing to a table between the last look at it and the statement that
     * deletes it. So what runs there must delete nothing at all, not even from what is empty now.
     */
    private void refuseLossOutside(RollbackPlan plan, RollbackPlanner planner) throws LiquibaseException, SQLException {
        if (onDataLoss == OnDataLoss.ACCEPT || !context.onPostgres()) {
            return;
        }
        List<DataLoss> outside = new ArrayList<>();
        Iterator<RollbackPlan.Step> steps = plan.steps().iterator();
        for (RanChangeSet row : planner.rowsAfter(plan.tag())) {
            if (!History.isInternal(row) && steps.next().ownTransaction()) {
                outside.addAll(losses(context.changelog().find(row).orElseThrow()));
            }
        }
        if (!outside.isEmpty()) {
            throw Diagnosis.of(Problem.DESTROYS_DATA, "Rolling back to '" + shown.tag() + "' may delete data in "
                    + context.databaseName() + " outside of the one transaction, where others can write in between")
                    .whatStays(whatStays()).lines(outside)
                    .help("move what deletes data into a changeset without runInTransaction: false, or after a backup "
                            + "-Dmigrations.onDataLoss=accept");
        }
    }

    private void rollBack(ChangeSet changeset, RollbackPlan.Step step) throws SQLException {
        boolean unhurried = splits(step) && ChangesetSql.isConcurrent(step.sql());
        if (unhurried) {
            SessionSettings.setLockTimeout(context.connection(), Duration.ZERO);
        }
        deployment.keepTogether(!splits(step));
        try {
            changeset.rollback(context.database(), null);
            deployment.keepTogether(false);
            if (unhurried) {
                SessionSettings.setLockTimeout(context.connection(), context.options().limits().lockTimeout());
            }
        } catch (LiquibaseException | RuntimeException e) {
            throw failure(changeset, e);
        }
    }

    private MigrationException failure(ChangeSet changeset, Exception e) {
        if (Failures.isConnectionLost(e)) {
            return Failures.connectionLost("The connection to the database was lost while " + changeset.getId()
                    + " was rolled back", deployment.whatStays(), e);
        }
        if (Failures.isTransactionControl(e)) {
            return Failures.transactionControl("The rollback of " + changeset.getId(), context.databaseName(),
                    changeset.getFilePath(), deployment.whatStays(), e);
        }
        return Diagnosis.of(Problem.CHANGESET_FAILED,
                "The rollback of " + changeset.getId() + " failed in " + context.databaseName())
                .whatStays(deployment.whatStays()).line(Failures.evidence(e)).line("file: " + changeset.getFilePath()).cause(e)
                .help(Failures.help(e, "fix its rollback block (its checksum stays), then roll back again"));
    }

    private String whatStays() {
        return context.onPostgres() || began ? deployment.whatStays() : "Nothing was changed.";
    }

    private void tell(Progress event) {
        context.options().progress().accept(event);
    }
}
