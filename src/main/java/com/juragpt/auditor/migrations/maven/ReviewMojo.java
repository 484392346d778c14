package com.juragpt.auditor.migrations.maven;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnBlankRollback;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Review;
import com.juragpt.auditor.migrations.render.ProgressText;
import com.juragpt.auditor.migrations.render.ReviewFiles;
import com.juragpt.auditor.migrations.render.ReviewText;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Writes what the next deployment would do, for somebody to read and to approve: a page, the same for programs, and two scripts for
 * psql. It ends with the digest that lets an update deploy that and nothing else. Changes nothing in the database.
 */
@Mojo(name = "review", requiresProject = false, threadSafe = true, configurator = SecretKeepingConfigurator.NAME)
public final class ReviewMojo extends AbstractCheckedMojo {

    /** Review only up to this revision: a tag that the changelog sets. */
    @Parameter(property = "migrations.to")
    private String to;

    /** true rehearses as well: it measures locks and times, and takes the real locks while it runs. */
    @Parameter(property = "migrations.rehearse", defaultValue = "false")
    private String rehearse;

    /** true works without a database, from migrations.from. */
    @Parameter(property = "migrations.offline", defaultValue = "false")
    private String offline;

    /** With migrations.offline, the revision that a database is said to be at. Without it, an empty one. */
    @Parameter(property = "migrations.from")
    private String from;

    /** The folder to write to. */
    @Parameter(property = "migrations.outputDirectory", defaultValue = "${project.build.directory}/migrations/review")
    private File outputDirectory;

    /** What to do when a rollback block is blank: refuse to call it a rollback, or nothing where that is what it is meant to do. */
    @Parameter(property = "migrations.blankRollback", defaultValue = "refuse")
    private String blankRollback;

    /** How long a statement may take that is rehearsed: seconds, or ISO 8601 as in PT5M; 0 for any time. */
    @Parameter(property = "migrations.statementTimeout", defaultValue = "300")
    private String statementTimeout;

    /** false leaves out what a check of the changelog's files finds. */
    @Parameter(property = "migrations.check", defaultValue = "true")
    private String check;

    @Override
    void run() {
        boolean withoutDatabase = new ParameterValue("migrations.offline", offline).flag();
        boolean rehearsed = new ParameterValue("migrations.rehearse", rehearse).flag();
        OnBlankRollback blank = new ParameterValue("migrations.blankRollback", blankRollback).oneOf(OnBlankRollback.class);
        refuseContradictions(withoutDatabase, rehearsed);
        MigrationOptions options = checking(options(), new ParameterValue("migrations.check", check).flag())
                .withOnBlankRollback(blank).withStatementTimeout(
                        new ParameterValue("migrations.statementTimeout", statementTimeout).time())
                .withProgress(logging(ProgressText.ofRehearsal()));
        Review review = withoutDatabase ? Migrations.reviewWithoutDatabase(options, from, to)
                : migrations(options).review(new Review.Request(to, rehearsed));
        write(ReviewFiles.of(review));
        log(ReviewText.of(review));
    }

    private void refuseContradictions(boolean withoutDatabase, boolean rehearsed) {
        if (withoutDatabase && rehearsed) {
            throw Diagnosis.of(Problem.INVALID_PARAMETER, "Cannot rehearse without a database")
                    .line("given: -Dmigrations.offline=true, -Dmigrations.rehearse=true").help("leave one of them out");
        }
        if (from != null && !withoutDatabase) {
            throw Diagnosis.of(Problem.INVALID_PARAMETER, "Cannot review from a revision: a database says itself where it is")
                    .line("given: -Dmigrations.from=" + from).help("-Dmigrations.offline=true beside it, or leave it out");
        }
    }

    private void write(Map<String, String> files) {
        Path folder = outputDirectory.toPath();
        try {
            for (Map.Entry<String, String> file : files.entrySet()) {
                Files.createDirectories(folder);
                Files.writeString(folder.resolve(file.getKey()), file.getValue());
            }
            if (!files.isEmpty()) {
                log("written to " + folder + ": " + String.join(", ", files.keySet()));
            }
        } catch (IOException e) {
            throw Diagnosis.of(Problem.OUTPUT_FILE, "Cannot write the review to " + folder)
                    .line(e.toString()).cause(e).help("-Dmigrations.outputDirectory=target/migrations/review");
        }
    }
}
