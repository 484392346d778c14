package com.juragpt.auditor.migrations.rollback;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.RollbackResult;
import com.juragpt.auditor.migrations.testing.ChangelogRunner;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import com.juragpt.auditor.migrations.testing.Rows;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;

/** What a rollback archives, and under which names; the documented statements restore it by hand. */
class RollbackArchiveTest extends DeploymentFixture {

    private static final Path DOCUMENTATION = ChangelogRunner.CHECKOUT.resolve("docs/restore-archived-rows.md");
    private static final String MOOD = """
            id: 'add-mood'
            changes:
              - addColumn: {tableName: one, columns: [{column: {name: mood, type: text}}]}
            rollback:
              - dropColumn: {tableName: one, columnName: mood}
            """;
    private static final String ARCHIVES = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'rollback%' ORDER BY 1";

    @Test
    void rowsAndColumnsComeBackByHandByWhatTheDocumentationShows() throws Exception {
        deploy(sql("make", "CREATE TABLE source_label (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, label text,"
                + " twice text GENERATED ALWAYS AS (label || label) STORED)", "DROP TABLE source_label"), START, """
                        id: 'seed'
                        changes:
                          - sql: {sql: "INSERT INTO source_label (label) VALUES ('a'), ('b')"}
                        rollback:
                          - delete: {tableName: source_label, where: label = 'a'}
                        """, MOOD.replace("tableName: one", "tableName: source_label"));
        database.execute("UPDATE source_label SET mood = 'calm ✅'");
        RollbackResult result = rollbackTo("start");
        assertThat(result.archivedTables()).containsExactly(result.archiveSchema() + ".source_label__mood",
                result.archiveSchema() + ".source_label");
        database.execute("ALTER TABLE source_label ADD mood text");
        String byHand = documented("By hand");
        assertThat(byHand).contains("rollback_20261122_101530");
        database.execute(byHand.replace("rollback_20261122_101530", result.archiveSchema()));
        assertThat(database.query("SELECT * FROM source_label ORDER BY id"))
                .containsExactly(List.of("1", "a", "aa", "calm ✅"), List.of("2", "b", "bb", "calm ✅"));
        database.execute("INSERT INTO source_label (label) VALUES ('c')");
        assertThat(database.query("SELECT max(id) FROM source_label")).containsExactly(List.of("3"));
        assertThat(database.query(ARCHIVES)).isEmpty();
    }

    @Test
    void tablesAndColumnsThatGoInOneRollbackAreCopiedAsTheyWereBefore() {
        deploy(START, table("one"), MOOD, table("empty"));
        database.execute("INSERT INTO one VALUES (1, 'x', 'calm')");
        RollbackResult result = rollbackTo("start");
        String schema = result.archiveSchema();
        assertThat(result.archivedTables()).containsExactlyInAnyOrder(schema + ".one", schema + ".one__mood");
        assertThat(database.query("SELECT * FROM " + schema + ".one")).containsExactly(List.of("1", "x", "calm"));
        assertThat(database.query("SELECT * FROM " + schema + ".one__mood")).containsExactly(List.of("1", "calm"));
    }

    @Test
    void tablesOfOneNameInTwoSchemasAreBothKept() {
        database.execute("CREATE SCHEMA other; CREATE SCHEMA \"o.t\"");
        deploy(START, table("one"), inSchema("other"), inSchema("o.t"));
        database.execute("INSERT INTO one VALUES (1); INSERT INTO other.one VALUES (2); INSERT INTO \"o.t\".one VALUES (3)");
        List<String> values = new ArrayList<>();
        for (String copy : rollbackTo("start").archivedTables()) {
            values.add(database.query("SELECT id FROM " + copy).get(0).get(0));
        }
        assertThat(values).containsExactlyInAnyOrder("1", "2", "3");
    }

    @Test
    void namesThatAreTooLongTogetherAreCut() {
        String longName = "t".repeat(60);
        deploy(table(longName).replace(longName + "_pkey", "pk"), START, MOOD.replace("tableName: one", "tableName: " + longName),
                MOOD.replace("tableName: one", "tableName: " + longName).replace("mood", "mood2"));
        database.execute("INSERT INTO " + longName + " VALUES (1, NULL, 'calm', 'wild')");
        List<String> copies = rollbackTo("start").archivedTables();
        assertThat(copies).hasSize(2).doesNotHaveDuplicates();
        assertThat(database.query("SELECT mood2 FROM " + copies.get(0))).containsExactly(List.of("wild"));
        assertThat(database.query("SELECT mood FROM " + copies.get(1))).containsExactly(List.of("calm"));
    }

    @Test
    void aTableWithoutAKeyIsKnownByItsWholeRows() {
        deploy(sql("make", "CREATE TABLE one (id int, note text)", "DROP TABLE one"), START, MOOD);
        database.execute("INSERT INTO one VALUES (1, 'x', 'calm')");
        List<Progress> events = new ArrayList<>();
        Migrations telling = Migrations.of(database.dataSource(), options().withProgress(events::add));
        RollbackResult result = telling.rollback(telling.planRollbackTo("start"));
        assertThat(database.query("SELECT * FROM " + result.archivedTables().get(0))).containsExactly(List.of("1", "x", "calm"));
        assertThat(events).contains(new Progress.Note("one has no key without NULL, so the values of mood are archived with their"
                + " rows, which a restore knows by their content alone"));
    }

    @Test
    void largeObjectsAreNamedAsNoPartOfTheArchive() {
        deploy(START, sql("make", "CREATE TABLE one (id int PRIMARY KEY, scan oid, lost oid)", null)
                + "rollback:\n  - dropTable: {tableName: one}\n");
        database.execute("INSERT INTO one VALUES (1, lo_from_bytea(0, 'x'), NULL)");
        List<Progress> events = new ArrayList<>();
        Migrations telling = Migrations.of(database.dataSource(), options().withProgress(events::add));
        String archive = telling.rollback(telling.planRollbackTo("start")).archiveSchema();
        String note = "one.scan holds numbers of large objects; those themselves are not part of ";
        assertThat(events).contains(new Progress.Note(note + "the archive"));
        telling.update();
        assertThat(telling.restore(archive).notes()).contains(note + "an archive");
        assertThat(database.query("SELECT convert_from(lo_get(scan), 'UTF8') FROM one")).containsExactly(List.of("x"));
    }

    @Test
    void aRollbackThatFailsLaterTakesTheArchiveBack() {
        deploy(START, table("one"), table("two"));
        database.execute("INSERT INTO two VALUES (1);"
                + " CREATE FUNCTION f(one) RETURNS int LANGUAGE sql AS 'SELECT 1'");
        List<String> before = Contents.of(database);
        assertThatThrownBy(() -> rollbackTo("start")).isInstanceOf(MigrationException.class)
                .hasMessageStartingWith("[changeset-failed]").hasMessageContaining("Nothing was changed.");
        assertThat(Contents.of(database)).isEqualTo(before);
    }

    @Test
    void severalRollbacksInOneSecondArchiveToSchemasOfTheirOwn() {
        deploy(START, table("one"));
        List<String> schemas = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            migrations().update();
            database.execute("INSERT INTO one VALUES (" + i + ")");
            schemas.add(rollbackTo("start").archiveSchema());
        }
        assertThat(schemas).doesNotHaveDuplicates().allMatch(name -> name.matches("rollback_\\d{8}_\\d{6}(_\\d)?"));
        assertThat(database.query(ARCHIVES)).hasSize(4);
    }

    @Test
    void aRoleThatMayNotCreateASchemaIsToldSo() {
        TestDatabase role = database.createRole("deployer");
        database.execute("GRANT CREATE ON SCHEMA public TO " + role.user());
        Migrations migrations = Migrations.of(role.dataSource(),
                changelog.of(START, table("one")).options().withOnDataLoss(OnDataLoss.ARCHIVE));
        migrations.update();
        role.execute("INSERT INTO one VALUES (1)");
        List<String> before = Contents.of(database);
        assertThatThrownBy(() -> migrations.rollback(migrations.planRollbackTo("start"))).isInstanceOf(MigrationException.class)
                .hasMessage("""
                        [missing-privilege] Cannot archive: the role may not create a schema in %2$s. Nothing was changed.
                          ERROR: permission denied for database %3$s
                          help: GRANT CREATE ON DATABASE %3$s TO %1$s""", role.user(), migrations.status().database(),
                        role.name());
        assertThat(Contents.of(database)).isEqualTo(before);
    }

    @Test
    void onH2RowsAreArchivedToo() throws Exception {
        JdbcDataSource h2 = new JdbcDataSource();
        h2.setUrl("jdbc:h2:mem:" + database.name() + ";MODE=PostgreSQL;DB_CLOSE_DELAY=-1");
        Migrations migrations = Migrations.of(h2,
                changelog.of(START, table("one").replace("type: int,", "type: int, autoIncrement: true,"), MOOD).options()
                        .withOnDataLoss(OnDataLoss.ARCHIVE));
        migrations.update();
        try (Connection connection = h2.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO one VALUES (1, 'x', 'calm ✅')");
            RollbackResult result = migrations.rollback(migrations.planRollbackTo("start"));
            List<List<String>> rows = new ArrayList<>();
            for (String copy : result.archivedTables()) {
                rows.addAll(Rows.of(connection, "SELECT * FROM " + copy));
            }
            assertThat(rows).containsExactlyInAnyOrder(List.of("1", "calm ✅"), List.of("1", "x", "calm ✅"));
            migrations.update();
            statement.execute("INSERT INTO one SELECT * FROM " + result.archiveSchema() + ".one");
            statement.execute("ALTER TABLE one ALTER COLUMN id RESTART WITH 2");
            statement.execute("INSERT INTO one (note) VALUES ('y')");
            assertThat(Rows.of(connection, "SELECT * FROM one ORDER BY id"))
                    .containsExactly(List.of("1", "x", "calm ✅"), Arrays.asList("2", "y", null));
        }
    }

    /** The SQL block below the heading. */
    private static String documented(String heading) throws IOException {
        Matcher block = Pattern.compile("(?is)\n## [^\n]*" + heading + ".*?```sql\n(.*?)```")
                .matcher(Files.readString(DOCUMENTATION));
        assertThat(block.find()).as("an SQL block under " + heading).isTrue();
        return block.group(1);
    }

    private static String inSchema(String schema) {
        return table("one").replace("create-one", "create-" + schema)
                .replace("tableName: one\n", "tableName: one\n      schemaName: " + schema + "\n")
                .replace("{tableName: one}", "{tableName: one, schemaName: " + schema + "}");
    }

    @Override
    protected MigrationOptions options() {
        return super.options().withOnDataLoss(OnDataLoss.ARCHIVE);
    }
}
