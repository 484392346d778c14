package com.juragpt.auditor.migrations.rollback;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.api.RollbackResult;
import com.juragpt.auditor.migrations.changelog.Session;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.deploy.Deployment;
import com.juragpt.auditor.migrations.deploy.Update;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;
import liquibase.exception.LiquibaseException;

/** Carries a {@link RollbackPlan} out in a deployment: all of it, or nothing. */
public final class Rollback {

    private final RollbackPlan shown;
    // What of the archive is committed outlives an attempt, because a step outside of transactions committed it.
    private RollbackArchive kept;

    private Deployment deployment;
    private Session session;
    private String databaseName;
    private RollbackArchive archive;
    private boolean began;

    /** @param shown the plan as its reader knows it */
    public Rollback(RollbackPlan shown) {
        this.shown = shown;
    }

    /** Called again, with a fresh session, when the transaction had to give way to others. */
    public RollbackResult run(Deployment inDeployment, Session inSession, String name) throws LiquibaseException, SQLException {
        deployment = inDeployment;
        session = inSession;
        databaseName = name;
        Instant start = Instant.now();
        List<RanChangeSet> expected = new RollbackPlanner(session, databaseName).kept(shown.tag());
        archive = new RollbackArchive(session, databaseName, kept);
        while (undoUpToSplit()) {
            // What follows a split is looked at anew: its tables were free for others to write to.
            session.rereadHistory();
            if (!archive.tables().isEmpty()) {
                kept = archive;
                archive = new RollbackArchive(session, databaseName, kept);
            }
        }
        session.rereadHistory();
        refuseIncomplete(shown.tag(), expected);
        return new RollbackResult(databaseName, shown.tag(), shown.steps().stream().map(RollbackPlan.Step::id).toList(),
                archive.tables().isEmpty() ? null : archive.schema(), archive.tables(), Duration.between(start, Instant.now()));
    }

    /** Undoes what is left of the plan, but no more than up to the next split; returns whether it came to one. */
    private boolean undoUpToSplit() throws LiquibaseException, SQLException {
        RollbackPlanner planner = new RollbackPlanner(session, databaseName);
        RollbackPlan plan = planner.plan(shown.tag());
        refuseOutdated(plan);
        if (session.onPostgres()) {
            new RollbackLosses(session).lock(plan.losses());
            plan = planner.plan(shown.tag());
        }
        refuseDataLoss(plan.realLosses());
        if (session.options().onDataLoss() == OnDataLoss.ARCHIVE) {
            List<String> next = upToSplit(plan.steps()).stream().map(RollbackPlan.Step::id).toList();
            archive.copy(plan.realLosses().stream().filter(loss -> next.contains(loss.changeset())).toList());
        }
        return undo(plan, planner.rowsAfter(plan.tag()));
    }

    private void refuseOutdated(RollbackPlan now) {
        int done = deployment.kept().size();
        List<RollbackPlan.Step> planned = shown.steps().subList(done, shown.steps().size());
        if (!planned.equals(now.steps()) || done == 0 && !shown.tagsRemoved().equals(now.tagsRemoved())) {
            throw new MigrationException(Problem.PLAN_OUTDATED, "Cannot roll back to '" + shown.tag() + "': " + databaseName
                    + " was deployed to, tagged or rolled back since the plan was made. " + whatStays() + "\n  planned: "
                    + inWords(planned, shown.tagsRemoved()) + "\n  now: " + inWords(now.steps(), now.tagsRemoved())
                    + "\n  help: plan again");
        }
    }

    private void refuseDataLoss(List<DataLoss> losses) {
        OnDataLoss answer = session.options().onDataLoss();
        boolean unknown = losses.stream().anyMatch(loss -> loss.kind() == DataLoss.Kind.UNKNOWN);
        if (losses.isEmpty() || answer == OnDataLoss.ACCEPT || answer == OnDataLoss.ARCHIVE && !unknown) {
            return;
        }
        String help = unknown
                ? "-Dmigrations.onDataLoss=accept, after a backup: what cannot be foreseen cannot be archived"
                : "-Dmigrations.onDataLoss=archive keeps a copy in schema rollback_<time>, =accept lets it go";
        throw new MigrationException(Problem.DESTROYS_DATA, "Rolling back to '" + shown.tag() + "' " + (unknown ? "may" : "would")
                + " delete data in " + databaseName + ". " + whatStays() + "\n  "
                + losses.stream().map(DataLoss::toString).collect(Collectors.joining("\n  ")) + "\n  help: " + help);
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
        return session.onPostgres() && step.ownTransaction();
    }

    private boolean undo(RollbackPlan plan, List<RanChangeSet> rows) throws LiquibaseException, SQLException {
        int total = shown.steps().size();
        int number = total - plan.steps().size();
        int next = 0;
        for (RanChangeSet row : rows) {
            if (Session.isInternal(row)) {
                deleteRow(row);
                continue;
            }
            RollbackPlan.Step step = plan.steps().get(next++);
            number++;
            Instant started = Instant.now();
            session.options().progress().accept(new Progress.Started(number, total, row.getId()));
            if (!step.forget()) {
                ChangeSet changeset = session.find(row).orElseThrow();
                refuseUnplannedLoss(plan, changeset);
                began = true;
                undo(changeset, step);
            }
            deleteRow(row);
            deployment.did(row.getId());
            if (splits(step)) {
                deployment.keep();
            }
            session.options().progress().accept(new Progress.Finished(number, total, row.getId(),
                    step.forget() ? "FORGOTTEN" : "ROLLED_BACK", Duration.between(started, Instant.now())));
            if (splits(step)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Looks before each leap: the steps before this one may have brought rows to where there were none when the plan was made.
     */
    private void refuseUnplannedLoss(RollbackPlan plan, ChangeSet changeset) throws LiquibaseException, SQLException {
        if (session.options().onDataLoss() == OnDataLoss.ACCEPT) {
            return;
        }
        RollbackSql way;
        try {
            way = RollbackSql.of(changeset, session);
        } catch (RollbackSql.NoneException e) {
            throw new IllegalStateException("the plan has a way back for " + changeset, e);
        }
        List<DataLoss> unplanned = new RollbackLosses(session).find(changeset.getId(), way).stream()
                .filter(DataLoss::isReal)
                .filter(loss -> plan.realLosses().stream().noneMatch(planned -> planned.changeset().equals(loss.changeset())
                        && planned.kind() == loss.kind() && planned.rows() >= loss.rows()))
                .toList();
        refuseDataLoss(unplanned);
        if (!unplanned.isEmpty()) {
            throw new MigrationException(Problem.DESTROYS_DATA, "Rolling back to '" + plan.tag() + "' would delete data in "
                    + databaseName + " that was not there to be archived when it began. " + whatStays() + "\n  "
                    + unplanned.stream().map(DataLoss::toString).collect(Collectors.joining("\n  "))
                    + "\n  help: plan and roll back again");
        }
    }

    private String whatStays() {
        return session.onPostgres() || began ? deployment.whatStays() : "Nothing was changed.";
    }

    private void undo(ChangeSet changeset, RollbackPlan.Step step) throws SQLException {
        boolean unhurried = session.onPostgres() && step.ownTransaction() && Update.isConcurrent(step.sql());
        if (unhurried) {
            Session.setLockTimeout(session.connection(), Duration.ZERO);
        }
        try {
            changeset.rollback(session.database(), null);
            if (unhurried) {
                Session.setLockTimeout(session.connection(), session.options().lockTimeout());
            }
        } catch (LiquibaseException | RuntimeException e) {
            if (Failures.isConnectionLost(e)) {
                throw Failures.connectionLost("The connection to the database was lost while " + changeset.getId()
                        + " was rolled back.", deployment.whatStays(), e);
            }
            throw new MigrationException(Problem.CHANGESET_FAILED, "The rollback of " + changeset.getId() + " failed in "
                    + databaseName + ". " + deployment.whatStays() + "\n  " + Failures.evidence(e) + "\n  file: "
                    + changeset.getFilePath() + "\n  help: "
                    + Failures.help(e, "mend its rollback block (its checksum stays), then roll back again"), e);
        }
    }

    private void deleteRow(RanChangeSet row) throws SQLException {
        String sql = "DELETE FROM " + session.historyTable() + " WHERE id = ? AND author = ? AND filename = ?"
                + " AND orderexecuted = ?";
        try (PreparedStatement statement = session.connection().prepareStatement(sql)) {
            statement.setString(1, row.getId());
            statement.setString(2, row.getAuthor());
            statement.setString(3, row.getStoredChangeLog());
            statement.setInt(4, row.getOrderExecuted());
            statement.executeUpdate();
        }
    }

    /** The check that no rollback passes by: what is left of the history is exactly what was there at the tag. */
    private void refuseIncomplete(String tag, List<RanChangeSet> expected) throws LiquibaseException {
        List<String> wanted = expected.stream().map(Rollback::identity).toList();
        List<String> found = session.history().stream().map(Rollback::identity).toList();
        if (!found.equals(wanted)) {
            List<String> left = new ArrayList<>(found);
            left.removeAll(wanted);
            throw new MigrationException(Problem.ROLLBACK_INCOMPLETE, "The rollback did not reach '" + tag + "' in "
                    + databaseName + (session.onPostgres() ? ", so it was taken back. " : ". ") + whatStays()
                    + "\n  still in the history: " + left + "\n  help: report this with the output of mvn migrations:status");
        }
    }

    private static String identity(RanChangeSet row) {
        return row.getStoredChangeLog() + "::" + row.getId() + "::" + row.getAuthor() + "::" + row.getOrderExecuted();
    }

    private static String inWords(List<RollbackPlan.Step> steps, List<String> tags) {
        return (steps.isEmpty() ? "nothing" : steps.stream().map(RollbackPlan.Step::id).collect(Collectors.joining(", ")))
                + (tags.isEmpty() ? "" : "; tags removed: " + String.join(", ", tags));
    }
}
