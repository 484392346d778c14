package com.juragpt.auditor.migrations.testing;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Finding;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Rule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import liquibase.resource.DirectoryResourceAccessor;

/** What is wrong in a folder's changelog when every convention counts. */
public final class ChangelogFindings {

    private ChangelogFindings() {
    }

    /** @param root the folder that holds {@code changelog/} */
    public static List<Finding> in(Path root) throws IOException {
        return Migrations.check(MigrationOptions.defaults()
                .withChangelog(ChangelogRunner.MASTER, new DirectoryResourceAccessor(root))
                .withCheck(true, EnumSet.allOf(Rule.class))).findings();
    }
}
