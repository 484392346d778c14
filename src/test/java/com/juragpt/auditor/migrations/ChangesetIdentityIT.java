package com.juragpt.auditor.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.testing.ChangelogRunner;
import com.juragpt.auditor.migrations.testing.Checkout;
import com.juragpt.auditor.migrations.testing.Maven;
import com.juragpt.auditor.migrations.testing.Rows;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import liquibase.Scope;
import liquibase.UpdateSummaryOutputEnum;
import liquibase.command.CommandScope;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.resource.ClassLoaderResourceAccessor;
import liquibase.ui.LoggerUIService;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** However the changelog is run, its changesets are recorded with the same identity, so that none runs a second time. */
class ChangesetIdentityIT {

    private static List<List<String>> recordedByMaven;

    @BeforeAll
    static void deployFromTheCheckout(@TempDir Path folder) throws Exception {
        Checkout checkout = Checkout.in(folder);
        checkout.mvn("liquibase:update").succeeds();
        try (Connection h2 = checkout.connectToH2()) {
            recordedByMaven = recorded(h2);
        }
    }

    @Test
    void mavenRecordsPathsFromTheCheckout() {
        assertThat(recordedByMaven).hasSize(StockGoals.HISTORY.size());
        assertThat(recordedByMaven.get(0)).startsWith("000-tag-base", "juragpt", "changelog/000-base.yaml");
        assertThat(recordedByMaven.get(1))
                .startsWith("001-create-verification-log", "juragpt", "changelog/001-initial-schema/verification_log.yaml");
    }

    @Test
    void theJarOnTheClassPathRecordsTheSame() throws Exception {
        Path jar = Path.of("target", "auditor-migrations-maven-plugin-" + Maven.projectVersion() + ".jar");
        assertThat(recordedFromTheClassPath(jar)).isEqualTo(recordedByMaven);
    }

    @Test
    void theCompiledFolderOnTheClassPathRecordsTheSame() throws Exception {
        assertThat(recordedFromTheClassPath(Path.of("target", "classes"))).isEqualTo(recordedByMaven);
    }

    @Test
    @Tag("exhaustive")
    void liquibasesCommandLineRecordsTheSameWithTheSameProperties(@TempDir Path folder) throws Exception {
        Checkout checkout = Checkout.in(folder);
        checkout.liquibase("update", "--changelog-file=" + ChangelogRunner.MASTER).succeeds();
        try (Connection h2 = checkout.connectToH2()) {
            assertThat(recorded(h2)).isEqualTo(recordedByMaven);
        }
        assertThat(checkout.strayFiles()).isEmpty();
    }

    private static List<List<String>> recordedFromTheClassPath(Path entry) throws Exception {
        URL[] classPath = {entry.toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(classPath, ClassLoader.getPlatformClassLoader());
                Connection h2 = ChangelogRunner.openH2()) {
            Map<String, Object> scope = Map.of(Scope.Attr.resourceAccessor.name(), new ClassLoaderResourceAccessor(loader),
                    Scope.Attr.ui.name(), new LoggerUIService());
            Scope.child(scope, () -> {
                Database database = DatabaseFactory.getInstance().findCorrectDatabaseImplementation(new JdbcConnection(h2));
                new CommandScope("update")
                        .addArgumentValue("database", database)
                        .addArgumentValue("changelogFile", ChangelogRunner.MASTER)
                        .addArgumentValue("showSummaryOutput", UpdateSummaryOutputEnum.LOG)
                        .execute();
            });
            return recorded(h2);
        }
    }

    private static List<List<String>> recorded(Connection connection) throws Exception {
        return Rows.of(connection, "SELECT id, author, filename, md5sum FROM databasechangelog ORDER BY orderexecuted");
    }
}
