package com.juragpt.auditor.migrations.testing;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Finding;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Rule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import liquibase.resource.DirectoryResourceAccessor;

/** What is wrong in a folder's changelog when every convention counts. */
public final class ChangelogFindings {

    private ChangelogFindings() {
    }

    /** @param root the folder that holds {@code changelog/} */
    public static List<Finding> in(Path root) throws IOException {
        return in(root, EnumSet.allOf(Rule.class));
    }

    /** The same without what the statements would do to the users of a running server. */
    public static List<Finding> besideStalls(Path root) throws IOException {
        return in(root, EnumSet.range(Rule.UNREADABLE_FILE, Rule.PLAIN_FILES));
    }

    private static List<Finding> in(Path root, Set<Rule> conventions) throws IOException {
        return Migrations.check(MigrationOptions.defaults()
                .withChangelog(ChangelogRunner.MASTER, new DirectoryResourceAccessor(root))
                .withCheck(true, conventions)).findings();
    }
}
