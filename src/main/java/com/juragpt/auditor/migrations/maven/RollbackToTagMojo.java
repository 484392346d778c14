package com.juragpt.auditor.migrations.maven;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.OnBlankRollback;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.api.RollbackResult;
import com.juragpt.auditor.migrations.render.PlanText;
import com.juragpt.auditor.migrations.render.ResultText;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Rolls the database back to a tag: shows in full which changesets are rolled back and what data is deleted, then does it, on
 * PostgreSQL in one transaction, or refuses and changes nothing.
 */
@Mojo(name = "rollback-to-tag", requiresProject = false, threadSafe = true, configurator = SecretKeepingConfigurator.NAME)
public final class RollbackToTagMojo extends AbstractMigrationsMojo {

    /**
     * The tag to roll back to: a revision such as 001, a tag that was set, -1 for the revision before the present one, or base for
     * the point before everything.
     */
    @Parameter(property = "migrations.tag")
    private String tag;

    /** true shows the plan and stops. */
    @Parameter(property = "migrations.dryRun", defaultValue = "false")
    private String dryRun;

    /**
     * What to do when data would be deleted or overwritten: refuse; archive, which first copies it into a schema named in the output; or
     * accept.
     */
    @Parameter(property = "migrations.onDataLoss", defaultValue = "refuse")
    private String onDataLoss;

    /** What to do when a rollback block is blank: refuse, or nothing where that is what it is meant to do. */
    @Parameter(property = "migrations.blankRollback", defaultValue = "refuse")
    private String blankRollback;

    @Override
    void run() {
        String target = new ParameterValue("migrations.tag", tag).given("001");
        boolean planOnly = new ParameterValue("migrations.dryRun", dryRun).flag();
        OnDataLoss answer = new ParameterValue("migrations.onDataLoss", onDataLoss).oneOf(OnDataLoss.class);
        OnBlankRollback blank = new ParameterValue("migrations.blankRollback", blankRollback).oneOf(OnBlankRollback.class);
        Migrations migrations = migrations(options().withOnDataLoss(answer).withOnBlankRollback(blank));
        RollbackPlan plan = migrations.planRollbackTo(target);
        log(PlanText.of(plan));
        if (planOnly) {
            log("Dry run: nothing was changed.");
            return;
        }
        RollbackResult result = migrations.rollback(plan);
        log(ResultText.of(result));
        ResultText.deletedData(plan, result).ifPresent(this::warn);
    }
}
