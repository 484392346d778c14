package com.juragpt.auditor.migrations.maven;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.CheckReport;
import com.juragpt.auditor.migrations.render.ResultText;
import org.apache.maven.plugins.annotations.Mojo;

/**
 * Looks for mistakes in the changelog's files that Liquibase does not mention, and for broken conventions: all findings at once,
 * each with its file, its line and the repair to copy. Needs no database.
 */
@Mojo(name = "check", requiresProject = false, threadSafe = true, configurator = SecretKeepingConfigurator.NAME)
public final class CheckMojo extends AbstractCheckedMojo {

    @Override
    void run() {
        CheckReport report = Migrations.check(checking(options(), true));
        report.requireNone();
        log(ResultText.of(report));
    }
}
