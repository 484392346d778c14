package com.juragpt.auditor.migrations.maven;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.UpdateResult;
import com.juragpt.auditor.migrations.render.ResultText;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Deploys the pending changesets: on PostgreSQL all of them in one transaction, or none. Waits for another deployment to end.
 * Where other sessions use the tables, it is cancelled by the lock time-out and retried.
 */
@Mojo(name = "update", requiresProject = false, threadSafe = true, configurator = SecretKeepingConfigurator.NAME)
public final class UpdateMojo extends AbstractCheckedMojo {

    /** Only up to this revision, for instance 001; or +1 for the one after the present one. Without it, to the last. */
    @Parameter(property = "migrations.to")
    private String to;

    /** Only this many changesets. */
    @Parameter(property = "migrations.count")
    private String count;

    /** What to do when a changeset would delete or overwrite data: accept; archive, which first copies it into a schema named in the output; or refuse. */
    @Parameter(property = "migrations.onDataLoss", defaultValue = "accept")
    private String onDataLoss;

    /** false goes on without looking at the changelog's files first. */
    @Parameter(property = "migrations.check", defaultValue = "true")
    private String check;

    /** The digest that mvn migrations:review ended with: deploys what was reviewed, or nothing. */
    @Parameter(property = "migrations.reviewed")
    private String reviewed;

    @Override
    void run() {
        UpdateResult result = update();
        log(ResultText.of(result));
        ResultText.deletedData(result).ifPresent(this::warn);
    }

    private UpdateResult update() {
        OnDataLoss answer = new ParameterValue("migrations.onDataLoss", onDataLoss).oneOf(OnDataLoss.class);
        if (to != null && count != null) {
            throw Diagnosis.of(Problem.INVALID_PARAMETER, "Cannot update both to a revision and by a count")
                    .line("given: -Dmigrations.to=" + to + ", -Dmigrations.count=" + count)
                    .help("mvn migrations:update -Dmigrations.to=" + to);
        }
        Migrations migrations = migrations(checking(options().withOnUpdateDataLoss(answer).withReviewed(reviewed),
                new ParameterValue("migrations.check", check).flag()));
        if (to != null) {
            return migrations.updateTo(to);
        }
        if (count != null) {
            int changesets = new ParameterValue("migrations.count", count).count();
            return migrations.updateBy(changesets);
        }
        return migrations.update();
    }
}
