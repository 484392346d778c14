package com.juragpt.auditor.migrations.changelog;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What nobody should write, in a changelog or a history, is told with a code and a sentence, and changes nothing. */
@ExtendWith(PostgresExtension.class)
class HostileChangelogTest {

    private TestDatabase database;
    private SampleChangelog changelog;

    @BeforeEach
    void open(TestDatabase empty, @TempDir Path folder) {
        database = empty;
        changelog = new SampleChangelog(folder).of(revision("start"), table("one"));
    }

    @Test
    void aFileThatIncludesItselfIsNamed() {
        write("databaseChangeLog:\n  - include: {file: changelog/sample.yaml}\n");
        assertRefused(Migrations::status, "invalid-changelog", "changelog/sample.yaml", "include");
        assertRefused(Migrations::update, "invalid-changelog", "changelog/sample.yaml", "include");
    }

    @Test
    void filesThatIncludeEachOtherAreNamed() throws IOException {
        write("databaseChangeLog:\n  - include: {file: changelog/other.yaml}\n");
        Files.writeString(changelog.root().resolve("changelog/other.yaml"),
                "databaseChangeLog:\n  - include: {file: changelog/sample.yaml}\n");
        assertRefused(Migrations::update, "invalid-changelog", "changelog/other.yaml", "include");
    }

    @Test
    void anAliasBombIsRefused() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 9; i++) {
            bomb.append("a%d: &a%1$d [".formatted(i)).append(("*a" + (i - 1) + ", ").repeat(9)).append("*a" + (i - 1) + "]\n");
        }
        write(bomb + "databaseChangeLog: *a8\n");
        assertTimeoutPreemptively(Duration.ofSeconds(30),
                () -> assertRefused(Migrations::update, "invalid-changelog", "changelog/sample.yaml"));
    }

    @Test
    void anAliasBombInAChangesetIsRefused() {
        StringBuilder bomb = new StringBuilder("a0: &a0 {column: {name: x, type: int}}\na1: &a1 [");
        bomb.append("*a0, ".repeat(9)).append("*a0]\n");
        for (int i = 2; i < 9; i++) {
            bomb.append("a%d: &a%1$d [".formatted(i)).append(("*a" + (i - 1) + ", ").repeat(9)).append("*a" + (i - 1) + "]\n");
        }
        write(bomb + """
                databaseChangeLog:
                  - changeSet:
                      id: 'bomb'
                      author: test
                      changes:
                        - createTable: {tableName: t, columns: *a8}
                """);
        assertTimeoutPreemptively(Duration.ofSeconds(30),
                () -> assertRefused(Migrations::update, "invalid-changelog", "changelog/sample.yaml"));
    }

    @Test
    void aChangesetWithoutAnAuthorIsNamed() {
        write("databaseChangeLog:\n  - changeSet:\n      id: 'nobodys'\n      changes:\n        - sql: {sql: SELECT 1}\n");
        assertRefused(Migrations::update, "invalid-changelog", "nobodys", "author");
    }

    @Test
    void anIdThatTheHistoryHasNoRoomForIsNamed() {
        String longest = "x".repeat(255);
        changelog.of(revision("start"), table("one"), table("two").replace("create-two", longest + "y"));
        assertRefused(Migrations::update, "invalid-changelog", longest, "255");
        changelog.of(revision("start"), table("one"), table("two").replace("create-two", longest));
        assertThat(migrations().update().changesets()).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "UPDATE databasechangelog SET exectype = 'ODD' WHERE id = 'create-one'",
        "ALTER TABLE databasechangelog ALTER id DROP NOT NULL; UPDATE databasechangelog SET id = NULL WHERE id = 'create-one'",
        "INSERT INTO databasechangelog SELECT * FROM databasechangelog WHERE id = 'create-one'"})
    void aDamagedRowOfTheHistoryIsNamed(String damage) {
        assertNamesTheDamagedRow(damage);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {
        "ALTER TABLE databasechangelog ALTER orderexecuted DROP NOT NULL; UPDATE databasechangelog SET orderexecuted = NULL"
                + " WHERE id = 'create-one'",
        "ALTER TABLE databasechangelog ALTER exectype DROP NOT NULL; UPDATE databasechangelog SET exectype = NULL"
                + " WHERE id = 'create-one'",
        "ALTER TABLE databasechangelog ALTER author DROP NOT NULL; UPDATE databasechangelog SET author = NULL"
                + " WHERE id = 'create-one'",
        "ALTER TABLE databasechangelog ALTER filename DROP NOT NULL; UPDATE databasechangelog SET filename = NULL"
                + " WHERE id = 'create-one'",
        "ALTER TABLE databasechangelog ALTER dateexecuted DROP NOT NULL; UPDATE databasechangelog SET dateexecuted = NULL"
                + " WHERE id = 'create-one'"})
    void aRowOfTheHistoryThatIsDamagedElsewhereIsNamedToo(String damage) {
        assertNamesTheDamagedRow(damage);
    }

    private void assertNamesTheDamagedRow(String damage) {
        migrations().update();
        database.execute(damage);
        for (Consumer<Migrations> verb : List.<Consumer<Migrations>>of(Migrations::status, Migrations::update,
                m -> m.planRollbackTo("start"), m -> m.tag("v1"))) {
            assertRefused(verb, "damaged-history", "databasechangelog", damage.contains("id = NULL") ? "id" : "create-one");
        }
    }

    /** Liquibase does not need it, and older versions wrote none. */
    @Test
    void aRowWithoutDescriptionChecksumAndDeploymentIsNotDamaged() {
        migrations().update();
        database.execute("UPDATE databasechangelog SET description = NULL, comments = NULL, liquibase = NULL, contexts = NULL,"
                + " labels = NULL, deployment_id = NULL, md5sum = NULL WHERE id = 'create-one'");
        assertThatCode(() -> migrations().status()).doesNotThrowAnyException();
        assertThat(migrations().update().changesets()).isEmpty();
        assertThat(migrations().planRollbackTo("start").steps()).hasSize(1);
    }

    private void assertRefused(Consumer<Migrations> verb, String code, String... parts) {
        List<String> before = Contents.of(database);
        Throwable refusal = catchThrowable(() -> verb.accept(migrations()));
        assertThat(refusal).isInstanceOf(MigrationException.class);
        assertThat(refusal.getMessage()).startsWith("[" + code + "] ").contains("Nothing was changed.").contains(parts)
                .contains("\n  help: ");
        assertThat(refusal.getMessage().lines()).hasSizeLessThan(12);
        assertThat(Contents.of(database)).isEqualTo(before);
    }

    private void write(String yaml) {
        try {
            Files.writeString(changelog.root().resolve("changelog/sample.yaml"), yaml);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private Migrations migrations() {
        return Migrations.of(database.dataSource(), changelog.options());
    }
}
