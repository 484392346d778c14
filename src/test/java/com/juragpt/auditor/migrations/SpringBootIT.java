package com.juragpt.auditor.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.testing.Maven;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.Run;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
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

    private static final Path SAMPLE = Path.of("src/it/spring-boot");
    private static final String HISTORY =
            "SELECT id, author, filename, md5sum, tag, exectype FROM databasechangelog ORDER BY orderexecuted";

    @TempDir
    Path folder;

    @Test
    @Tag("exhaustive")
    void applicationThatDoesNotDeployRefusesToStartOnAnOldSchema(TestDatabase old) {
        copySample();

        Run refused = Maven.in(folder)
                .with("SPRING_LIQUIBASE_ENABLED", "false")
                .with("SPRING_DATASOURCE_URL", old.jdbcUrl())
                .with("SPRING_DATASOURCE_USERNAME", old.user())
                .with("SPRING_DATASOURCE_PASSWORD", old.password())
                .mvn("compile", "spring-boot:run").fails();

        assertThat(refused.output()).contains("'schemaIsCurrent'").contains("[not-current] 12 changesets are pending in ");
        assertThat(old.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")).isEmpty();
    }

    @Test
    void springBootRecordsTheSameHistoryAndStatusAgrees(TestDatabase deployedBySpring) {
        copySample();
        Run run = Maven.in(folder)
                .with("SPRING_DATASOURCE_URL", deployedBySpring.jdbcUrl())
                .with("SPRING_DATASOURCE_USERNAME", deployedBySpring.user())
                .with("SPRING_DATASOURCE_PASSWORD", deployedBySpring.password())
                .mvn("compile", "spring-boot:run").succeeds();
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
        copySample();

        Run run = Maven.in(folder).mvn("compile", "spring-boot:run").fails();

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

    private void copySample() {
        try (Stream<Path> files = Files.walk(SAMPLE)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = folder.resolve(SAMPLE.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.writeString(copy, Files.readString(file)
                        .replace("@project.version@", Maven.projectVersion())
                        .replace("@spring-boot.version@", System.getProperty("it.spring-boot.version")));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
