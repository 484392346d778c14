package com.juragpt.auditor.migrations.rollback;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.api.RollbackResult;
import com.juragpt.auditor.migrations.archive.DataArchive;
import com.juragpt.auditor.migrations.changelog.AlembicVersion;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Stopwatch;
import com.juragpt.auditor.migrations.deploy.Deployment;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import liquibase.changelog.RanChangeSet;
import liquibase.exception.LiquibaseException;

/** Carries out a {@link RollbackPlan} in a deployment: all of it, or nothing. */
public final class Rollback {

    private final RollbackPlan shown;
    // The part of the archive that a step outside of transactions has committed outlives an attempt.
    private DataArchive committed;
    private List<String> deployments;

    /** @param shown the plan as it was shown */
    public Rollback(RollbackPlan shown) {
        this.shown = shown;
    }

    private String staleAlembicVersion(MigrationContext context) throws SQLException {
        return AlembicVersion.of(context).orElse(List.of()).stream().filter(shown.tagsRemoved()::contains).findFirst()
                .orElse(null);
    }

    /**
     * Called again, with a fresh context, when the transaction was cancelled by a lock time-out.
     *
     * @throws MigrationException {@link Problem#PLAN_OUTDATED}, {@link Problem#DESTROYS_DATA}, {@link Problem#CHANGESET_FAILED},
     *     {@link Problem#ROLLBACK_INCOMPLETE}
     */
    public RollbackResult run(Deployment deployment, MigrationContext context) throws LiquibaseException, SQLException {
        Stopwatch time = Stopwatch.start();
        List<RanChangeSet> expected = new RollbackPlanner(context).kept(shown.tag());
        if (deployments == null) {
            deployments = deploymentsOfShown(context);
        }
        DataArchive.Origin origin = new DataArchive.Origin(shown.tag(), deployments,
                shown.steps().stream().map(RollbackPlan.Step::id).toList());
        DataArchive archive = DataArchive.ofRollback(context, origin, committed);
        RollbackAttempt attempt = new RollbackAttempt(shown, deployment, context);
        while (attempt.rollBackUpToSplit(archive)) {
            // After a split the rest is planned again: its tables were free for others to write to.
            if (!archive.tables().isEmpty()) {
                committed = archive;
                archive = DataArchive.ofRollback(context, origin, committed);
            }
        }
        attempt.requireComplete(expected);
        archive.finish();
        return new RollbackResult(context.databaseName(), shown.tag(),
                shown.steps().stream().map(RollbackPlan.Step::id).toList(),
                archive.tables().isEmpty() ? null : archive.schema(), archive.tables(), staleAlembicVersion(context),
                time.elapsed());
    }

    /** Read while the history still has them. */
    private List<String> deploymentsOfShown(MigrationContext context) throws LiquibaseException, SQLException {
        Set<String> changesets = shown.steps().stream().map(RollbackPlan.Step::id).collect(Collectors.toSet());
        return context.history().rows().stream().filter(row -> changesets.contains(row.getId()))
                .map(RanChangeSet::getDeploymentId).filter(Objects::nonNull).distinct().toList();
    }
}
