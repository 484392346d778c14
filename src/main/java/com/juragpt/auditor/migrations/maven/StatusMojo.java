package com.juragpt.auditor.migrations.maven;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.DriftReport;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.render.ResultText;
import com.juragpt.auditor.migrations.render.StatusJson;
import com.juragpt.auditor.migrations.render.StatusTable;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Shows the state of the database: its revision and tags, every changeset with the deployment that ran it, and who is
 * deploying now. Writes nothing to the database and needs only SELECT.
 */
@Mojo(name = "status", requiresProject = false, threadSafe = true, configurator = SecretKeepingConfigurator.NAME)
public final class StatusMojo extends AbstractCheckedMojo {

    private enum Format { TABLE, JSON }

    /** table, or json as docs/status-json.md describes it. */
    @Parameter(property = "migrations.format", defaultValue = "table")
    private String format;

    /** Write it to this file, relative to the folder, instead of the log. */
    @Parameter(property = "migrations.outputFile")
    private File outputFile;

    /** true fails the build when changesets are pending or were edited; those that their precondition skips are not pending. */
    @Parameter(property = "migrations.failOnPending", defaultValue = "false")
    private String failOnPending;

    /**
     * true compares the schema with what the applied changesets build, in a schema that is rolled back. Needs the privilege
     * to create a schema.
     */
    @Parameter(property = "migrations.drift", defaultValue = "false")
    private String drift;

    /** true compares as well, and fails the build when there is a difference. */
    @Parameter(property = "migrations.failOnDrift", defaultValue = "false")
    private String failOnDrift;

    /** How long a statement may take that builds the schema to compare with: seconds, or ISO 8601 as in PT5M; 0 for any time. */
    @Parameter(property = "migrations.statementTimeout", defaultValue = "300")
    private String statementTimeout;

    @Override
    void run() {
        Format chosen = new ParameterValue("migrations.format", format).oneOf(Format.class);
        boolean mustBeCurrent = new ParameterValue("migrations.failOnPending", failOnPending).flag();
        boolean mustNotDrift = new ParameterValue("migrations.failOnDrift", failOnDrift).flag();
        boolean compare = new ParameterValue("migrations.drift", drift).flag() || mustNotDrift;
        MigrationOptions options = checking(options(), true).withStatementTimeout(
                new ParameterValue("migrations.statementTimeout", statementTimeout).time());
        Migrations migrations = migrations(options);
        Status status = migrations.status();
        show(chosen == Format.JSON ? StatusJson.of(status) : StatusTable.of(status));
        ResultText.branches(Migrations.check(options)).ifPresent(this::warn);
        if (compare) {
            DriftReport report = migrations.drift();
            log(ResultText.of(report));
            if (mustNotDrift) {
                report.requireNone();
            }
        }
        if (mustBeCurrent) {
            status.requireNothingPending();
        }
    }

    private void show(String text) {
        if (outputFile == null) {
            log(text);
            return;
        }
        try {
            Files.createDirectories(outputFile.toPath().toAbsolutePath().getParent());
            Files.writeString(outputFile.toPath(), text + "\n");
            log("status: " + outputFile);
        } catch (IOException e) {
            throw Diagnosis.of(Problem.OUTPUT_FILE, "Cannot write the status to " + outputFile)
                    .line(e.toString()).cause(e).help("-Dmigrations.outputFile=target/status.json");
        }
    }
}
