package com.juragpt.auditor.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.testing.Maven;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.Run;
import com.juragpt.auditor.migrations.testing.SpringSample;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** An application of Spring Boot that has this module's jar on its class path. */
@ExtendWith(PostgresExtension.class)
class SpringBootIT {

    private static final String HISTORY =
            "SELECT id, author, filename, md5sum, tag, exectype FROM databasechangelog ORDER BY orderexecuted";

    @TempDir
    Path folder;

    @Test
    @Tag("exhaustive")
    void applicationThatDoesNotDeployRefusesToStartOnAnOldSchema(TestDatabase old) {
        Run refused =
                SpringSample.in(folder, old).with("SPRING_LIQUIBASE_ENABLED", "false").mvn("compile", "spring-boot:run").fails();

        assertThat(refused.output()).contains("'schemaIsCurrent'").contains("[not-current] 12 changesets are pending in ");
        assertThat(old.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")).isEmpty();
    }

    @Test
    void springBootRecordsTheSameHistoryAndStatusAgrees(TestDatabase deployedBySpring) {
        Run run = SpringSample.in(folder, deployedBySpring).mvn("compile", "spring-boot:run").succeeds();
        assertThat(classPath(run)).contains("com.juragpt", "org.liquibase", "org.postgresql")
                .doesNotContain("com.h2database").noneMatch(group -> group.startsWith("org.apache.maven"))
                .noneMatch(group -> group.startsWith("org.codehaus.plexus"));
        List<List<String>> bySpring = deployedBySpring.query(HISTORY);

        Migrations migrations = Migrations.of(deployedBySpring.dataSource(), MigrationOptions.defaults());
        Status status = migrations.status();
        assertThat(status.revision()).isEqualTo("001");
        assertThat(status.changesets()).hasSize(12).allMatch(changeset -> changeset.state() == Status.State.APPLIED);
        assertThat(migrations.drift().differences()).isEmpty();

        migrations.rollback(migrations.planRollbackTo("base"));
        migrations.update();
        assertThat(deployedBySpring.query(HISTORY)).isEqualTo(bySpring);
    }

    @Test
    @Tag("exhaustive")
    void withoutAUrlTheApplicationRefusesToStartInsteadOfFillingAnEmbeddedDatabase() {
        Run run = SpringSample.copiedTo(folder).mvn("compile", "spring-boot:run").fails();

        assertThat(run.output()).contains("'url' attribute is not specified and no embedded datasource could be configured")
                .doesNotContain("jdbc:h2:");
    }

    /** The groups of the libraries that the application was started with. */
    private static List<String> classPath(Run run) {
        String repository = Maven.repository() + File.separator;
        return run.output().lines().filter(line -> line.contains("class path: "))
                .flatMap(line -> Stream.of(line.replaceFirst(".*class path: ", "").split(File.pathSeparator)))
                .filter(entry -> entry.startsWith(repository))
                .map(entry -> Path.of(entry.substring(repository.length())).getParent().getParent().getParent())
                .map(group -> group.toString().replace(File.separatorChar, '.')).distinct().toList();
    }
}
