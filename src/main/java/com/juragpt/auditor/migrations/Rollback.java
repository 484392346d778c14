package com.juragpt.auditor.migrations;

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
final class Rollback {

    private final Deployment deployment;
    private final Session session;
    private final String databaseName;

    Rollback(Deployment deployment, Session session, String databaseName) {
        this.deployment = deployment;
        this.session = session;
        this.databaseName = databaseName;
    }

    RollbackResult run(RollbackPlan shown) throws LiquibaseException, SQLException {
        Instant start = Instant.now();
        RollbackPlanner planner = new RollbackPlanner(session, databaseName);
        RollbackPlan plan = planner.plan(shown.tag());
        refuseOutdated(shown, plan);
        if (session.onPostgres()) {
            new DataLossFinder(session).lock(plan.losses());
            plan = planner.plan(shown.tag());
        }
        Archive archive = answerDataLoss(plan);
        List<RanChangeSet> expected = session.history().subList(0, planner.kept(plan.tag()));
        List<String> undone = undo(plan, planner.rowsAfter(plan.tag()));
        session.rereadHistory();
        refuseIncomplete(plan.tag(), expected);
        return new RollbackResult(databaseName, plan.tag(), undone, archive == null ? null : archive.schema(),
                archive == null ? List.of() : archive.tables(), Duration.between(start, Instant.now()));
    }

    private void refuseOutdated(RollbackPlan shown, RollbackPlan now) {
        if (!shown.steps().equals(now.steps())) {
            throw new MigrationException(Problem.PLAN_OUTDATED, "Cannot roll back to '" + shown.tag() + "': " + databaseName
                    + " was deployed to or rolled back since the plan was made. Nothing was changed.\n  planned: "
                    + ids(shown.steps()) + "\n  now: " + ids(now.steps()) + "\n  help: plan again");
        }
    }

    private Archive answerDataLoss(RollbackPlan plan) throws SQLException {
        List<DataLoss> losses = plan.realLosses();
        OnDataLoss answer = session.options().onDataLoss();
        if (losses.isEmpty() || answer == OnDataLoss.ACCEPT) {
            return null;
        }
        boolean unknown = losses.stream().anyMatch(loss -> loss.kind() == DataLoss.Kind.UNKNOWN);
        if (answer == OnDataLoss.REFUSE || unknown) {
            String help = unknown
                    ? "-Dmigrations.onDataLoss=accept, after a backup: what cannot be foreseen cannot be archived"
                    : "-Dmigrations.onDataLoss=archive keeps a copy in schema rollback_<time>, =accept lets it go";
            throw new MigrationException(Problem.DESTROYS_DATA, "Rolling back to '" + plan.tag() + "' "
                    + (unknown ? "may" : "would") + " delete data in " + databaseName + ". Nothing was changed.\n  "
                    + losses.stream().map(DataLoss::toString).collect(Collectors.joining("\n  ")) + "\n  help: " + help);
        }
        Archive archive = new Archive(session);
        archive.copy(losses);
        return archive;
    }

    private List<String> undo(RollbackPlan plan, List<RanChangeSet> rows) throws LiquibaseException, SQLException {
        List<String> undone = new ArrayList<>();
        int total = plan.steps().size();
        for (RanChangeSet row : rows) {
            if (Session.isInternal(row)) {
                deleteRow(row);
                continue;
            }
            RollbackPlan.Step step = plan.steps().get(undone.size());
            Instant started = Instant.now();
            session.options().progress().accept(new Progress.Started(undone.size() + 1, total, row.getId()));
            if (!step.forget()) {
                undo(session.find(row).orElseThrow(), step);
            }
            deleteRow(row);
            undone.add(row.getId());
            deployment.did(row.getId());
            session.options().progress().accept(new Progress.Finished(undone.size(), total, row.getId(),
                    step.forget() ? "FORGOTTEN" : "ROLLED_BACK", Duration.between(started, Instant.now())));
        }
        return undone;
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
            throw new MigrationException(Problem.CHANGESET_FAILED, "The rollback of " + changeset.getId() + " failed in "
                    + databaseName + ". " + deployment.whatStays() + "\n  " + Failures.evidence(e) + "\n  file: "
                    + changeset.getFilePath() + "\n  help: mend its rollback block (its checksum stays), then roll back again", e);
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
            throw new MigrationException(Problem.ROLLBACK_INCOMPLETE, "The rollback did not reach '" + tag + "' in " + databaseName
                    + ", so it was taken back. " + deployment.whatStays() + "\n  still in the history: " + left
                    + "\n  help: report this with the output of mvn migrations:status");
        }
    }

    private static String identity(RanChangeSet row) {
        return row.getStoredChangeLog() + "::" + row.getId() + "::" + row.getAuthor() + "::" + row.getOrderExecuted();
    }

    private static String ids(List<RollbackPlan.Step> steps) {
        return steps.isEmpty() ? "nothing" : steps.stream().map(RollbackPlan.Step::id).collect(Collectors.joining(", "));
    }
}
