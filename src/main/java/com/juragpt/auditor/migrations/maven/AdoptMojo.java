package com.juragpt.auditor.migrations.maven;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.render.ResultText;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Adopts a database that Alembic or a person has built: finds the revision whose schema, built from the changelog and rolled
 * back, equals the live one, and marks its changesets as run. If there is a difference, it is printed and nothing is changed.
 */
@Mojo(name = "adopt", requiresProject = false, threadSafe = true, configurator = SecretKeepingConfigurator.NAME)
public final class AdoptMojo extends AbstractMigrationsMojo {

    /** The revision of the database, for when its schema alone does not determine it. */
    @Parameter(property = "migrations.revision")
    private String revision;

    /** How long a statement may take that builds a schema to compare with: seconds, or ISO 8601 as in PT5M; 0 for any time. */
    @Parameter(property = "migrations.statementTimeout", defaultValue = "300")
    private String statementTimeout;

    @Override
    void run() {
        Migrations migrations = migrations(options().withStatementTimeout(
                new ParameterValue("migrations.statementTimeout", statementTimeout).time()));
        log(ResultText.of(revision == null ? migrations.adopt()
                : migrations.adoptAs(new ParameterValue("migrations.revision", revision).given("001"))));
    }
}
