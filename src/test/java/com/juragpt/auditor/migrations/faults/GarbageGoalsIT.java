package com.juragpt.auditor.migrations.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.testing.Checkout;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.Run;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is garbage ends a real run of Maven with a code: without a stack trace, and without the password in any output or file. */
@Tag("faults")
@ExtendWith(PostgresExtension.class)
class GarbageGoalsIT {

    private static final String PASSWORD = "Pa55-of-the-test";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"postgresql://u:Pa55-of-the-test@localhost:99999/db", "postgresql://u:Pa55-of-the-test@[::1/db",
        "postgres//u:Pa55-of-the-test@localhost/db", "jdbc:postgresql://u:Pa55-of-the-test@localhost:1/db",
        "postgresql://u:Pa55-of-the-test@localhost:1/db", "mysql://u:Pa55-of-the-test@localhost/db",
        "postgresql://u:Pa55-of-the-test%ZZ@localhost/db", "postgresql://u:Pa55-of-the-test@local host/db",
        "jdbc:postgresql://localhost:1/db?user=u&password=Pa55-of-the-test",
        "postgresql://localhost:1/db?password=Pa55-of-the-test",
        "postgresql://u:Pa55-of-the-test@localhost/db?sslmode=nonsense", "Pa55-of-the-test"})
    void anOddUrlIsRefused(String url) throws IOException {
        Checkout checkout = Checkout.in(folder);
        Run run = checkout.with("DATABASE_URL", url).mvn("migrations:status").fails();
        assertThat(run.output()).containsPattern("\\[(invalid-database-url|cannot-connect)\\] ");
        assertNothingShows(run);
        assertThat(checkout.h2File()).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"databaseChangeLog: [", "",
        "databaseChangeLog:\n  - include: {file: changelog/db.changelog-master.yaml}\n",
        "databaseChangeLog:\n  - changeSet: {id: '1'}\n", "\u0000\u0001"})
    void anOddChangelogIsRefusedByEachGoal(String yaml, TestDatabase database) throws IOException {
        TestDatabase role = role(database);
        Checkout checkout = Checkout.in(folder);
        checkout.write("changelog/db.changelog-master.yaml", yaml);
        List<String> before = Contents.of(database);
        for (String goal : List.of("migrations:update", "migrations:check", "migrations:rehearse")) {
            Run run = checkout.with("DATABASE_URL", role.url()).mvn(goal).fails();
            assertThat(run.output()).containsPattern("\\[(invalid-changelog|unsound-changelog)\\] ");
            assertNothingShows(run);
        }
        assertThat(Contents.of(database)).isEqualTo(before);
    }

    @Test
    void aHostileTagIsRefused(TestDatabase database) throws IOException {
        TestDatabase role = role(database);
        Checkout checkout = Checkout.in(folder);
        checkout.with("DATABASE_URL", role.url()).mvn("migrations:update").succeeds();
        List<String> before = Contents.of(database);
        for (String tag : List.of("a\u00A0b\u202E", "x".repeat(10_000), " ")) {
            Run run = checkout.with("DATABASE_URL", role.url()).mvn("migrations:tag", "-Dmigrations.tag=" + tag).fails();
            assertThat(run.output()).contains("[invalid-tag] ");
            assertNothingShows(run);
        }
        Run run = checkout.with("DATABASE_URL", role.url()).mvn("migrations:rollback-to-tag",
                "-Dmigrations.tag='; DROP TABLE databasechangelog; --").fails();
        assertThat(run.output()).contains("[unknown-tag] ");
        assertNothingShows(run);
        assertThat(Contents.of(database)).isEqualTo(before);
    }

    private static TestDatabase role(TestDatabase database) {
        TestDatabase role = database.createRole("deployer");
        database.execute("ALTER DATABASE " + database.name() + " OWNER TO " + role.user() + "; ALTER SCHEMA public OWNER TO "
                + role.user());
        return role;
    }

    private void assertNothingShows(Run run) throws IOException {
        assertThat(run.printedAStackTrace()).as(run.toString()).isFalse();
        // What Maven prints of the command is the caller's own; the tests' role has the second password.
        for (String secret : List.of(PASSWORD, "p@ss/deployer", "p%40ss%2Fdeployer")) {
            assertThat(run.output()).doesNotContain(secret);
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)).as(file.toString())
                            .doesNotContain(secret);
                }
            }
        }
    }
}
