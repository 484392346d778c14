package com.juragpt.auditor.migrations.maven;

import com.juragpt.auditor.migrations.api.OnConflict;
import com.juragpt.auditor.migrations.api.RestoreResult;
import com.juragpt.auditor.migrations.render.ResultText;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Puts what a rollback has archived back into its tables, as they are after the next update: all of it in one transaction, or
 * nothing. The archive goes when every row is accounted for. PostgreSQL only.
 */
@Mojo(name = "restore", requiresProject = false, threadSafe = true, configurator = SecretKeepingConfigurator.NAME)
public final class RestoreMojo extends AbstractMigrationsMojo {

    /** The archive's name, which the rollback has named and the goal status lists. */
    @Parameter(property = "migrations.archive")
    private String archive;

    /**
     * What to do when a row is there already with another content: refuse; or keep, which leaves it as it is, and the archived one
     * in the archive.
     */
    @Parameter(property = "migrations.onConflict", defaultValue = "refuse")
    private String onConflict;

    @Override
    void run() {
        String name = new ParameterValue("migrations.archive", archive).given("rollback_20261122_101530");
        OnConflict answer = new ParameterValue("migrations.onConflict", onConflict).oneOf(OnConflict.class);
        RestoreResult result = migrations(options().withOnConflict(answer)).restore(name);
        log(ResultText.of(result));
        ResultText.leftInArchive(result).ifPresent(this::warn);
    }
}
