package com.juragpt.auditor.migrations.maven;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnBlankRollback;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.RehearsalReport.FailOn;
import com.juragpt.auditor.migrations.render.ProgressText;
import com.juragpt.auditor.migrations.render.RehearsalText;
import java.util.Set;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Applies the pending changesets to the connected database, rolls each back and applies it again, in one transaction that is
 * always rolled back, and reports what each locks and rewrites, what data its rollback deletes, and whether it is reversible. It
 * takes the real locks while it runs.
 */
@Mojo(name = "rehearse", requiresProject = false, threadSafe = true, configurator = SecretKeepingConfigurator.NAME)
public final class RehearseMojo extends AbstractCheckedMojo {

    private enum From { PRESENT, BASE }

    /** present rehearses what is pending, on the live schema; base the whole changelog, in an empty schema. */
    @Parameter(property = "migrations.from", defaultValue = "present")
    private String from;

    /** What fails the build, separated by commas: irreversible, rewrite, blocks-writes, destroys-data. Without it, nothing does. */
    @Parameter(property = "migrations.failOn")
    private String failOn;

    /** What to do when a rollback block is blank: refuse, or nothing where that is what it is meant to do. */
    @Parameter(property = "migrations.blankRollback", defaultValue = "refuse")
    private String blankRollback;

    /** How long a statement may take here: seconds, or ISO 8601 as in PT5M; 0 for any time. */
    @Parameter(property = "migrations.statementTimeout", defaultValue = "300")
    private String statementTimeout;

    /** false goes on without looking at the changelog's files first. */
    @Parameter(property = "migrations.check", defaultValue = "true")
    private String check;

    @Override
    void run() {
        From start = new ParameterValue("migrations.from", from).oneOf(From.class);
        Set<FailOn> gate = new ParameterValue("migrations.failOn", failOn).allOf(FailOn.class);
        OnBlankRollback blank = new ParameterValue("migrations.blankRollback", blankRollback).oneOf(OnBlankRollback.class);
        MigrationOptions options = checking(options(), new ParameterValue("migrations.check", check).flag())
                .withOnBlankRollback(blank).withStatementTimeout(
                        new ParameterValue("migrations.statementTimeout", statementTimeout).time())
                .withProgress(logging(ProgressText.ofRehearsal()));
        Migrations migrations = migrations(options);
        RehearsalReport report = start == From.BASE ? migrations.rehearseFromBase() : migrations.rehearse();
        log(RehearsalText.of(report));
        report.requireGate(gate);
    }
}
