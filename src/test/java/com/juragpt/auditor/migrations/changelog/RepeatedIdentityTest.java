package com.juragpt.auditor.migrations.changelog;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.testing.Deployed;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.StockLiquibase;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real changelogs repeat id, author and file, told apart by context or label: a changeset is an object, not its identity. */
@ExtendWith(PostgresExtension.class)
class RepeatedIdentityTest {

    private TestDatabase database;
    private SampleChangelog changelog;

    @BeforeEach
    void open(TestDatabase empty, @TempDir Path folder) {
        database = empty;
        changelog = new SampleChangelog(folder);
    }

    /** The variant for tests comes first, and its checksum is another one. */
    private void write(String attribute) {
        changelog.of(revision("start"), variant("test", attribute), variant("production", attribute), revision("r1"),
                table("two"), revision("r2"), table("three"), revision("r3"));
    }

    private static String variant(String name, String attribute) {
        return """
                id: 'create-settings'
                %s: '%s'
                changes:
                  - createTable:
                      tableName: settings
                      columns:
                        - column: {name: id, type: int, constraints: {primaryKey: true, primaryKeyName: settings_pkey}}
                        - column: {name: for_%s, type: int}
                rollback:
                  - dropTable: {tableName: settings}
                """.formatted(attribute, name, name);
    }

    private MigrationOptions options(String attribute, String value) {
        return changelog.options().withFilter(attribute.equals("context") ? value : null,
                attribute.equals("context") ? null : value);
    }

    @Test
    void theVariantThatRanIsTheOneThatIsJudged(TestDatabase same, TestDatabase theirs) {
        assertJudgesTheVariantThatRan("context", theirs);
    }

    @Test
    @Tag("exhaustive")
    void theVariantThatRanIsTheOneThatIsJudgedByItsLabelsToo(TestDatabase same, TestDatabase theirs) {
        assertJudgesTheVariantThatRan("labels", theirs);
    }

    private void assertJudgesTheVariantThatRan(String attribute, TestDatabase theirs) {
        write(attribute);
        MigrationOptions options = options(attribute, "production");
        Migrations migrations = Migrations.of(database.dataSource(), options);
        migrations.update();
        new StockLiquibase(theirs, options).update();
        assertThat(Deployed.in(database).differencesFrom(Deployed.in(theirs))).isEmpty();

        assertThat(migrations.status().changesets()).extracting(c -> c.id() + " " + c.state()).containsExactly(
                "tag-start APPLIED", "create-settings EXCLUDED", "create-settings APPLIED", "tag-r1 APPLIED",
                "create-two APPLIED", "tag-r2 APPLIED", "create-three APPLIED", "tag-r3 APPLIED");
        assertThat(migrations.update().changesets()).isEmpty();
        assertThat(migrations.drift().differences()).isEmpty();
        assertThat(migrations.rollback(migrations.planRollbackTo("start")).changesets()).hasSize(6).endsWith("create-settings");
    }

    @ParameterizedTest
    @ValueSource(strings = {"context", "labels"})
    void anUpdateToARevisionEndsThere(String attribute) {
        write(attribute);
        Migrations migrations = Migrations.of(database.dataSource(), options(attribute, "production"));
        assertThat(migrations.updateTo("r1").changesets()).containsExactly("tag-start", "create-settings", "tag-r1");
        assertThat(database.query("SELECT tablename FROM pg_tables WHERE tablename IN ('two', 'three')")).isEmpty();
        assertThat(migrations.updateTo("r2").changesets()).containsExactly("create-two", "tag-r2");
        assertThat(migrations.updateTo("r3").changesets()).containsExactly("create-three", "tag-r3");
    }

    @ParameterizedTest
    @ValueSource(strings = {"context", "labels"})
    void anUpdateToTheLastRevisionOrByACountRunsWhatIsPending(String attribute, TestDatabase same, TestDatabase counted) {
        write(attribute);
        MigrationOptions options = options(attribute, "production");
        assertThat(Migrations.of(database.dataSource(), options).updateTo("r3").changesets()).hasSize(7);
        assertThat(Migrations.of(counted.dataSource(), options).updateBy(2).changesets())
                .containsExactly("tag-start", "create-settings");
        assertThat(counted.query("SELECT column_name FROM information_schema.columns WHERE table_name = 'settings'"))
                .contains(List.of("for_production"));
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {"context", "labels"})
    void aRehearsalAndAnAdoptionTakeTheVariantForThisDatabase(String attribute, TestDatabase same, TestDatabase live) {
        write(attribute);
        MigrationOptions options = options(attribute, "production");
        assertThat(Migrations.of(database.dataSource(), options).rehearse().steps()).hasSize(7).allMatch(s -> s.isReversible());

        new StockLiquibase(live, options).update();
        Deployed stock = Deployed.in(live);
        live.execute("DROP TABLE databasechangelog, databasechangeloglock");
        assertThat(Migrations.of(live.dataSource(), options).adopt().revision()).isEqualTo("r3");
        new StockLiquibase(live, options).update();
        assertThat(Deployed.in(live).differencesFrom(stock)).isEmpty();
    }
}
