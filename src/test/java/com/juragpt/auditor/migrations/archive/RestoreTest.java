package com.juragpt.auditor.migrations.archive;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Archive;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RestoreResult;
import com.juragpt.auditor.migrations.api.RollbackResult;
import com.juragpt.auditor.migrations.testing.Aside;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a rollback has archived comes back by one call, into the schema as it is then, or nothing is written. */
class RestoreTest extends RestoreFixture {

    @Test
    void theServicesOwnTableComesBackWithItsSequence() throws Exception {
        Migrations migrations = Migrations.of(database.dataSource(),
                MigrationOptions.defaults().withOnDataLoss(OnDataLoss.ARCHIVE));
        migrations.update();
        database.execute("""
                INSERT INTO verification_log (verification_id, created_at, answer_text, answer_hash, confidence_score,
                    trust_label, citations, extra_metadata, is_valid)
                VALUES ('a', '2026-01-02 03:04:05.678901', 'Der Käufer hätte''s wissen müssen. ⚖️', 'h1', 0.1,
                        '✅ Verified', '[{"§": "433", "z": 1.10,  "a": null}]', NULL, true),
                       ('b', '2026-01-02 03:04:06', repeat('Ä', 100000), 'h2', 0.30000000000000004, '❌ Rejected',
                        'null', '{}', NULL);
                SELECT nextval('verification_log_id_seq') FROM generate_series(1, 5);
                UPDATE verification_log SET id = 41 WHERE verification_id = 'b'""");
        List<String> before = Contents.of(database);
        List<List<String>> rows = rows("verification_log");

        RollbackResult back = migrations.rollback(migrations.planRollbackTo("base"));
        assertThat(migrations.update().archives()).containsExactly(back.archiveSchema());
        RestoreResult restored = migrations.restore(back.archiveSchema());

        assertThat(rows("verification_log")).isEqualTo(rows);
        assertThat(restored.parts()).containsExactly(new RestoreResult.Part("verification_log", null, 2, 0, 0, 0));
        assertThat(restored.archiveStays()).isFalse();
        assertThat(database.query(ARCHIVES)).isEmpty();
        assertThat(
                Contents.of(database).stream().filter(line -> !line.contains("databasechangelog") && !line.contains("value of"))
                        .toList())
                .isEqualTo(before.stream().filter(line -> !line.contains("databasechangelog")
                        && !line.contains("value of")).toList());
        assertThat(database.query("SELECT nextval('verification_log_id_seq')")).containsExactly(List.of("42"));
    }

    @Test
    void aSequenceIsNotBelowWhereItStoodThoughNoRowHasSuchAnId() {
        deploy(START, table("one", "id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text,"
                + " twice text GENERATED ALWAYS AS (note || note) STORED"));
        database.execute("INSERT INTO one (note) SELECT 'x' FROM generate_series(1, 9); DELETE FROM one WHERE id > 2");
        RollbackResult back = rollbackTo("start");
        migrations().update();
        migrations().restore(back.archiveSchema());
        database.execute("INSERT INTO one (note) VALUES ('new')");
        assertThat(database.query("SELECT * FROM one ORDER BY id")).containsExactly(List.of("1", "x", "xx"),
                List.of("2", "x", "xx"), List.of("10", "new", "newnew"));
    }

    @Test
    void anArchiveSaysItselfWhatItIsAndTheStatusListsIt() {
        deploy(START, table("one"), MOOD);
        database.execute("INSERT INTO one VALUES (1, 'x', 'calm'), (2, 'y', NULL)");
        String deployment = database.query("SELECT deployment_id FROM databasechangelog WHERE id = 'create-one'").get(0).get(0);
        RollbackResult back = rollbackTo("start");
        List<Archive> archives = migrations().status().archives();
        assertThat(archives).singleElement().satisfies(archive -> {
            assertThat(archive.name()).isEqualTo(back.archiveSchema());
            assertThat(archive.tag()).isEqualTo("start");
            assertThat(archive.role()).isEqualTo(database.user());
            assertThat(archive.deployments()).containsExactly(deployment);
            assertThat(archive.changesets()).containsExactly("add-mood", "create-one");
            assertThat(archive.tables()).isEqualTo(2);
            assertThat(archive.rows()).isEqualTo(4);
            assertThat(archive.age()).isLessThan(Duration.ofMinutes(5));
        });
        assertThat(migrations().planRollbackTo("start").archives()).containsExactly(back.archiveSchema());
        TestDatabase reader = database.createRole("reader");
        database.execute("GRANT SELECT ON databasechangelog, databasechangeloglock TO " + reader.user());
        assertThat(Migrations.of(reader.dataSource(), options()).status().archives())
                .usingRecursiveFieldByFieldElementComparatorIgnoringFields("age").isEqualTo(migrations().status().archives());
    }

    @Test
    void nobodyElseMayReadAnArchive() {
        TestDatabase reader = database.createRole("reader");
        database.execute("ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO PUBLIC;"
                + "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC");
        deploy(START, table("one"));
        database.execute("INSERT INTO one VALUES (1, 'x')");
        String archive = rollbackTo("start").archiveSchema();
        assertThat(reader.query("SELECT has_schema_privilege(?, 'USAGE')", archive)).containsExactly(List.of("f"));
    }

    @Test
    void aColumnComesBackToTheRowsThatAreStillThere() {
        deploy(table("one"), START, MOOD);
        database.execute("INSERT INTO one VALUES (1, 'x', 'calm ✅'), (2, 'y', NULL), (3, 'z', 'wild'), (4, 'gone', NULL)");
        String archive = rollbackTo("start").archiveSchema();
        database.execute("DELETE FROM one WHERE id > 2; INSERT INTO one VALUES (5, 'new')");
        migrations().update();
        RestoreResult restored = migrations().restore(archive);
        assertThat(database.query("SELECT * FROM one ORDER BY id")).containsExactly(List.of("1", "x", "calm ✅"),
                Arrays.asList("2", "y", null), Arrays.asList("5", "new", null));
        assertThat(restored.parts()).containsExactly(new RestoreResult.Part("one", "mood", 1, 2, 0, 1));
        assertThat(restored.archiveStays()).isTrue();
        assertThat(database.query("SELECT * FROM " + archive + ".one__mood")).containsExactly(List.of("3", "wild"));
        assertThat(migrations().status().archives().get(0).rows()).isEqualTo(1);
        assertThat(migrations().restore(archive).left()).isEqualTo(1);
    }

    @Test
    void aColumnOfATableWithoutAKeyComesBackToRowsOfTheSameContent() {
        deploy(sql("make", "CREATE TABLE one (id int, note json)", "DROP TABLE one"), START, MOOD);
        database.execute("INSERT INTO one VALUES (1, '[1]', 'calm'), (1, '[1]', 'wild'), (1, '[1]', NULL), (NULL, NULL, 'null'),"
                + " (2, '[2]', 'two')");
        List<List<String>> before = rows("one");
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        migrations().restore(archive);
        assertThat(rows("one")).isEqualTo(before);
        assertThat(database.query(ARCHIVES)).isEmpty();
    }

    @Test
    void rowsThatAreThereAreKeptAndCountedAndOthersOfTheirKeyRefuseIt() {
        deploy(START, table("one"));
        database.execute("INSERT INTO one VALUES (1, 'same'), (2, 'old'), (3, NULL)");
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        database.execute("INSERT INTO one VALUES (1, 'same'), (2, 'new')");
        assertThat(refused(Problem.RESTORE_CONFLICT, () -> migrations().restore(archive))).isEqualTo("""
                [restore-conflict] Cannot restore %s in %s: 1 row is there with another content, or with another's key. \
                Nothing was changed.
                  one: id = 2
                  help: -Dmigrations.onConflict=keep keeps them as they are, and the archived ones in the archive"""
                .formatted(archive, migrations().status().database()));

        RestoreResult kept = keeping().restore(archive);

        assertThat(kept.parts()).containsExactly(new RestoreResult.Part("one", null, 1, 1, 1, 0));
        assertThat(rows("one")).containsExactly(List.of("(1,same)"), List.of("(2,new)"), List.of("(3,)"));
        assertThat(database.query("SELECT * FROM " + archive + ".one")).containsExactly(List.of("2", "old"));
        database.execute("DELETE FROM one WHERE id = 2");
        assertThat(migrations().restore(archive).archiveStays()).isFalse();
        assertThat(rows("one")).contains(List.of("(2,old)"));
    }

    @Test
    void whatTheUpdateItselfHasWrittenAndNobodySinceGivesWayToWhatWasArchived() {
        String seed = """
                id: 'seed'
                changes:
                  - insert: {tableName: one, columns: [{column: {name: id, value: 1}}, {column: {name: note, value: seed}}]}
                  - insert: {tableName: one, columns: [{column: {name: id, value: 2}}, {column: {name: note, value: seed}}]}
                rollback:
                  - delete: {tableName: one}
                """;
        deploy(table("two"), START, table("one"), seed, MOOD, sql("fill", "UPDATE two SET note = 'filled'",
                "UPDATE two SET note = NULL"));
        database.execute("UPDATE one SET note = 'changed', mood = 'm' WHERE id = 1; INSERT INTO two VALUES (1, 'mine')");
        List<List<String>> one = rows("one");
        List<List<String>> two = rows("two");
        String archive = rollbackTo("start").archiveSchema();
        assertThat(rows("two")).containsExactly(List.of("(1,)"));
        migrations().update();
        assertThat(rows("one")).contains(List.of("(1,seed,)"));
        assertThat(rows("two")).containsExactly(List.of("(1,filled)"));
        migrations().restore(archive);
        assertThat(rows("one")).isEqualTo(one);
        assertThat(rows("two")).isEqualTo(two);
        assertThat(database.query(ARCHIVES)).isEmpty();
    }

    @Test
    void onlyTheRowsThatWereDeletedAreArchived() {
        deploy(sql("make", "CREATE TABLE label (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, label text)",
                "DROP TABLE label"), START, """
                        id: 'seed'
                        changes:
                          - sql: {sql: "INSERT INTO label (label) VALUES ('a'), ('b')"}
                        rollback:
                          - delete: {tableName: label, where: label = 'a'}
                        """);
        String archive = rollbackTo("start").archiveSchema();
        assertThat(database.query("SELECT * FROM " + archive + ".label")).containsExactly(List.of("1", "a"));
        database.execute("DELETE FROM label");
        migrations().restore(archive);
        assertThat(rows("label")).containsExactly(List.of("(1,a)"));
    }

    @Test
    void tablesThatReferToEachOtherComeBackInTheOrderOfTheirKeys() {
        deploy(START, table("parent", "id int PRIMARY KEY, boss int REFERENCES parent"),
                table("child", "id int PRIMARY KEY, of int NOT NULL REFERENCES parent"));
        database.execute("INSERT INTO parent VALUES (2, NULL), (1, 2); INSERT INTO child VALUES (7, 1)");
        database.execute("UPDATE parent SET boss = 1 WHERE id = 2");
        List<List<String>> before = rows("parent");
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        migrations().restore(archive);
        assertThat(rows("parent")).isEqualTo(before);
        assertThat(rows("child")).containsExactly(List.of("(7,1)"));
    }

    @Test
    void aParentAndItsHeirsKeepTheirOwnValues() {
        deploy(sql("make", "CREATE TABLE one (id int PRIMARY KEY, note text);"
                + "CREATE TABLE heir (more text, PRIMARY KEY (id)) INHERITS (one)", null), START, MOOD);
        database.execute("INSERT INTO one VALUES (1, 'p', 'calm'); INSERT INTO heir (id, note, mood) VALUES (1, 'h', 'wild')");
        RollbackResult back = rollbackTo("start");
        assertThat(back.archivedTables()).hasSize(2);
        migrations().update();
        migrations().restore(back.archiveSchema());
        assertThat(database.query("SELECT mood FROM ONLY one")).containsExactly(List.of("calm"));
        assertThat(database.query("SELECT mood FROM heir")).containsExactly(List.of("wild"));
    }

    @Test
    void aParentThatGoesTogetherWithItsHeirGetsItsOwnRowsBack() {
        deploy(START, table("one", "id int PRIMARY KEY, note text"),
                sql("heir", "CREATE TABLE heir (PRIMARY KEY (id)) INHERITS (one)",
                        null) + "rollback:\n  - dropTable: {tableName: heir}\n");
        database.execute("INSERT INTO one VALUES (1, 'p'); INSERT INTO heir VALUES (1, 'h')");
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        migrations().restore(archive);
        assertThat(rows("ONLY one")).containsExactly(List.of("(1,p)"));
        assertThat(rows("heir")).containsExactly(List.of("(1,h)"));
    }

    @Test
    void tablesOfOneNameInTwoSchemasGetTheirOwnRowsBack() {
        database.execute("CREATE SCHEMA other");
        deploy(START, table("one"), table("one").replace("create-one", "other").replace("tableName: one\n",
                "tableName: one\n      schemaName: other\n").replace("{tableName: one}", "{tableName: one, schemaName: other}"));
        database.execute("INSERT INTO one VALUES (1, 'here'); INSERT INTO other.one VALUES (1, 'there')");
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        migrations().restore(archive);
        assertThat(rows("one")).containsExactly(List.of("(1,here)"));
        assertThat(rows("other.one")).containsExactly(List.of("(1,there)"));
    }

    @Test
    void partitionsAreArchivedOnceAndRestoredThroughTheirTable() {
        deploy(START, table("log", "id int, day date, note text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day"),
                sql("part", "CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')", null)
                        + "rollback:\n  - dropTable: {tableName: log_1}\n",
                MOOD.replace("one", "log"));
        database.execute("INSERT INTO log VALUES (1, '2026-02-03', 'x', 'calm')");
        RollbackResult back = rollbackTo("start");
        assertThat(back.archivedTables()).hasSize(2);
        migrations().update();
        assertThat(migrations().restore(back.archiveSchema()).archiveStays()).isFalse();
        assertThat(rows("log_1")).containsExactly(List.of("(1,2026-02-03,x,calm)"));
    }

    @Test
    void typesThatGoWithTheRollbackAreNoHindrance() {
        deploy(START, sql("types", "CREATE TYPE mood AS ENUM ('calm', 'wild'); CREATE TYPE pair AS (a int, b text[])", null)
                + "rollback:\n  - empty: {}\n", table("one", "id int PRIMARY KEY, mood mood[], pair pair"));
        database.execute("INSERT INTO one VALUES (1, '{calm,wild}', ROW(NULL, '{\"a,b\",NULL}')), (2, NULL, NULL),"
                + " (3, '{}', ROW(NULL, NULL))");
        List<List<String>> before = rows("one");
        String archive = rollbackTo("start").archiveSchema();
        database.execute("DROP TYPE mood; DROP TYPE pair");
        migrations().update();
        migrations().restore(archive);
        assertThat(rows("one")).isEqualTo(before);
    }

    @Test
    void aCompositeValueWithANullFieldCountsAsOne() {
        deploy(sql("make", "CREATE TYPE pair AS (a int, b int); CREATE TABLE one (id int PRIMARY KEY, note text)", null), START,
                MOOD.replace("type: text", "type: pair"));
        database.execute("INSERT INTO one VALUES (1, 'x', ROW(1, NULL)), (2, 'y', ROW(NULL, NULL)), (3, 'z', NULL)");
        List<List<String>> before = rows("one");
        assertThat(migrations().planRollbackTo("start").losses()).singleElement()
                .satisfies(loss -> assertThat(loss.rows()).isEqualTo(2));
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        migrations().restore(archive);
        assertThat(rows("one")).isEqualTo(before);
    }

    @Test
    void hostileNamesAreOnlyNames() {
        database.execute("CREATE TABLE \"o'n\"\"e\\\" (\"i'd\"\"\\\" int PRIMARY KEY, \"no\nte\" text)");
        deploy(START, """
                id: 'hostile'
                changes:
                  - addColumn: {tableName: "o'n\\"e\\\\", columns: [{column: {name: "ev'il\\"; x", type: text}}]}
                rollback:
                  - dropColumn: {tableName: "o'n\\"e\\\\", columnName: "ev'il\\"; x"}
                objectQuotingStrategy: QUOTE_ALL_OBJECTS
                """);
        database.execute("INSERT INTO \"o'n\"\"e\\\" VALUES (1, 'x', 'y')");
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        migrations().restore(archive);
        assertThat(rows("\"o'n\"\"e\\\"")).containsExactly(List.of("(1,x,y)"));
    }

    @Test
    void namesOfManyBytesDoNotCollide() {
        String longName = "ä".repeat(30);
        database.execute("CREATE TABLE " + longName + " (id int PRIMARY KEY)");
        List<String> changesets = new ArrayList<>(List.of(START));
        for (String column : List.of("mood1", "mood2")) {
            changesets.add(MOOD.replace("tableName: one", "tableName: " + longName).replace("mood", column));
        }
        deploy(changesets.toArray(String[]::new));
        database.execute("INSERT INTO " + longName + " VALUES (1, 'a', 'b')");
        RollbackResult back = rollbackTo("start");
        assertThat(back.archivedTables()).hasSize(2).doesNotHaveDuplicates();
        migrations().update();
        migrations().restore(back.archiveSchema());
        assertThat(rows(longName)).containsExactly(List.of("(1,a,b)"));
    }

    @Test
    void whatOthersHaveBuiltOnAnArchiveStays() {
        deploy(START, table("one"));
        database.execute("INSERT INTO one VALUES (1, 'x')");
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        database.execute("CREATE VIEW mine AS SELECT * FROM " + archive + ".one");
        RestoreResult restored = migrations().restore(archive);
        assertThat(restored.archiveStays()).isTrue();
        assertThat(restored.notes()).singleElement().asString().contains("view mine depends on");
        assertThat(rows("one")).containsExactly(List.of("(1,x)"));
        assertThat(rows("mine")).isEmpty();
    }

    @Test
    void whatTheSessionsSettingsAreDoesNotMatter() {
        deploy(sql("type", "CREATE TYPE span AS (d date, i interval, f float8, b bytea, t timestamptz)", null), START,
                table("one", "id int PRIMARY KEY, d date, i interval, s span[]"));
        database.execute("INSERT INTO one VALUES (1, '2026-02-03', '1 mon -2 days 03:04:05', ARRAY[ROW('2026-02-03', "
                + "'1 mon -2 days 03:04:05', 0.1, '\\x00ff', '2026-02-03 04:05:06+02')::span])");
        List<List<String>> before = rows("one");
        set("datestyle = 'German'", "intervalstyle = 'sql_standard'", "extra_float_digits = -10", "bytea_output = 'escape'",
                "timezone = 'Asia/Tokyo'");
        String archive = rollbackTo("start").archiveSchema();
        set("datestyle = 'SQL, MDY'", "intervalstyle = 'iso_8601'", "extra_float_digits = 0", "timezone = 'America/New_York'");
        migrations().update();
        migrations().restore(archive);
        set("datestyle = 'ISO, MDY'", "intervalstyle = 'postgres'", "extra_float_digits = 1", "bytea_output = 'hex'");
        database.execute("ALTER DATABASE " + database.name() + " RESET timezone");
        assertThat(rows("one")).isEqualTo(before);
    }

    private void set(String... settings) {
        for (String setting : settings) {
            database.execute("ALTER DATABASE " + database.name() + " SET " + setting);
        }
    }

    @Test
    void anOrdinaryRoleArchivesAndRestores() {
        TestDatabase role = database.createRole("deployer");
        database.execute(
                "GRANT CREATE ON SCHEMA public TO " + role.user() + "; GRANT CREATE ON DATABASE " + database.name() + " TO "
                        + role.user());
        changelog.of(table("two", "id serial PRIMARY KEY, note text"), START,
                table("one", "id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text"), MOOD.replace("one", "two"));
        Migrations migrations = Migrations.of(role.dataSource(), options());
        migrations.update();
        role.execute("INSERT INTO one (note) VALUES ('x'); INSERT INTO two (note, mood) VALUES ('y', 'calm')");
        String archive = migrations.rollback(migrations.planRollbackTo("start")).archiveSchema();
        migrations.update();
        assertThat(migrations.restore(archive).archiveStays()).isFalse();
        assertThat(rows("one")).containsExactly(List.of("(1,x)"));
        assertThat(rows("two")).containsExactly(List.of("(1,y,calm)"));
    }

    @Test
    void aWriterIsWaitedForAndWhatItWroteIsSeen() throws Exception {
        deploy(START, table("one"));
        database.execute("INSERT INTO one VALUES (1, 'x'), (2, 'y')");
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        try (Connection writer = database.connect(); Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute("INSERT INTO one VALUES (1, 'x')");
            CompletableFuture<RestoreResult> restored = Aside.run(() -> migrations().restore(archive));
            while (database.query("SELECT FROM pg_locks WHERE NOT granted").isEmpty()) {
                assertThat(restored).isNotDone();
                Thread.sleep(20);
            }
            writer.commit();
            assertThat(restored.get().parts()).containsExactly(new RestoreResult.Part("one", null, 1, 1, 0, 0));
        }
    }

    @Test
    void anArchiveOfARollbackThatFailsAfterASplitCanBeRestored() {
        String outside = outsideTransactions(
                sql("outside", "SELECT 1", null) + "rollback:\n  - sql: {sql: DROP INDEX CONCURRENTLY i}\n");
        database.execute("CREATE TABLE keep (id int); CREATE INDEX i ON keep (id); CREATE TABLE blocked (id int PRIMARY KEY);"
                + "CREATE FUNCTION f(blocked) RETURNS int LANGUAGE sql AS 'SELECT 1'");
        deploy(START, sql("blocked", "SELECT 1", null) + "rollback:\n  - dropTable: {tableName: blocked}\n", outside,
                table("one"));
        database.execute("INSERT INTO one VALUES (1, 'x'); INSERT INTO blocked VALUES (1)");
        assertThatThrownBy(() -> rollbackTo("start")).isInstanceOf(MigrationException.class);
        Archive archive = migrations().status().archives().get(0);
        assertThat(archive.tag()).isEqualTo("start");
        migrations().update();
        migrations().restore(archive.name());
        assertThat(rows("one")).containsExactly(List.of("(1,x)"));
    }
}
