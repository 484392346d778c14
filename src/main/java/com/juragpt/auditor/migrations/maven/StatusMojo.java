package com.juragpt.auditor.migrations.maven;

import com.juragpt.auditor.migrations.MigrationException;
import com.juragpt.auditor.migrations.Problem;
import com.juragpt.auditor.migrations.Status;
import com.juragpt.auditor.migrations.render.StatusJson;
import com.juragpt.auditor.migrations.render.StatusTable;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Shows what the database has of the changelog: its revision and tags, every changeset with the deployment that brought it,
 * and who is deploying now. Writes nothing to the database and needs no more than SELECT.
 */
@Mojo(name = "status", requiresProject = false, threadSafe = true, configurator = SecretKeepingConfigurator.NAME)
public final class StatusMojo extends AbstractMigrationsMojo {

    private enum Format { TABLE, JSON }

    /** table, or json as docs/status-json.md describes it. */
    @Parameter(property = "migrations.format", defaultValue = "table")
    private String format;

    /** Write it to this file, relative to the folder, instead of the log. */
    @Parameter(property = "migrations.outputFile")
    private File outputFile;

    /** true fails the build when changesets are pending. */
    @Parameter(property = "migrations.failOnPending", defaultValue = "false")
    private String failOnPending;

    @Override
    void run() {
        Format chosen = new ParameterValue("migrations.format", format).oneOf(Format.class);
        boolean mustBeCurrent = new ParameterValue("migrations.failOnPending", failOnPending).flag();
        Status status = migrations().status();
        show(chosen == Format.JSON ? StatusJson.of(status) : StatusTable.of(status));
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
            throw new MigrationException(Problem.OUTPUT_FILE, "Cannot write the status to " + outputFile
                    + ". Nothing was changed.\n  " + e + "\n  help: -Dmigrations.outputFile=target/status.json", e);
        }
    }
}
