package com.juragpt.auditor.migrations.archive;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Archive;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnConflict;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RestoreResult;
import com.juragpt.auditor.migrations.api.RollbackResult;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a rollback has archived comes back by one call, into the schema as it is then, or nothing is written. */
class RestoreTest extends DeploymentFixture {

    private static final String ARCHIVES = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'rollback%' ORDER BY 1";
    private static final String MOOD = """
            id: 'add-mood'
            changes:
              - addColumn: {tableName: one, columns: [{column: {name: mood, type: text}}]}
            rollback:
              - dropColumn: {tableName: one, columnName: mood}
            """;

    @Override
    protected MigrationOptions options() {
        return super.options().withOnDataLoss(OnDataLoss.ARCHIVE);
    }

    private Migrations keeping() {
        return Migrations.of(database.dataSource(), options().withOnConflict(OnConflict.KEEP));
    }

    private List<List<String>> rows(String table) {
        return database.query("SELECT t::text FROM " + table + " t ORDER BY 1");
    }

    /** Makes and drops again what stands in {@code sql}. */
    private static String create(String table, String definition) {
        return sql("create-" + table, "CREATE TABLE " + table + " (" + definition + ")", null)
                + "rollback:\n  - dropTable: {tableName: "
                + table + "}\n";
    }

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
        deploy(START, create("one", "id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text,"
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
        assertThat(Migrations.of(reader.dataSource(), options()).status().archives()).isEqualTo(migrations().status().archives());
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
    void whatIsInTheWayByAnotherKeyIsAConflictToo() {
        deploy(START, create("one", "id int PRIMARY KEY, mail text UNIQUE"));
        database.execute("INSERT INTO one VALUES (1, 'a'), (2, 'b')");
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        database.execute("INSERT INTO one VALUES (9, 'a')");
        assertThat(refused(Problem.RESTORE_CONFLICT, () -> migrations().restore(archive))).contains("one: id = 1\n");
        keeping().restore(archive);
        assertThat(rows("one")).containsExactly(List.of("(2,b)"), List.of("(9,a)"));
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
    void anotherArchiveThanThereIsIsRefusedWithThoseThatThereAre() {
        deploy(START, table("one"));
        database.execute("INSERT INTO one VALUES (1, 'x'); CREATE SCHEMA rollback_20250101_000000");
        String archive = rollbackTo("start").archiveSchema();
        assertThat(refused(Problem.UNKNOWN_ARCHIVE, () -> migrations().restore("public"))).contains(
                "archives, oldest first: rollback_20250101_000000, " + archive);
        migrations().update();
        migrations().restore(archive);
        assertThat(refused(Problem.UNKNOWN_ARCHIVE, () -> migrations().restore(archive)))
                .contains("no archive '" + archive + "'", "archives, oldest first: rollback_20250101_000000\n");
        assertThat(refused(Problem.UNREADABLE_ARCHIVE, () -> migrations().restore("rollback_20250101_000000")))
                .contains("an earlier version made it", "docs/restore-archived-rows.md");
        assertThat(migrations().status().archives()).singleElement().satisfies(old -> {
            assertThat(old.format()).isZero();
            assertThat(old.rows()).isEqualTo(-1);
        });
    }

    @Test
    void beforeTheNextUpdateThereIsNothingToRestoreInto() {
        deploy(table("one"), START, MOOD, table("two"));
        database.execute("INSERT INTO one VALUES (1, 'x', 'calm'); INSERT INTO two VALUES (1, 'x')");
        String archive = rollbackTo("start").archiveSchema();
        assertThat(refused(Problem.CANNOT_RESTORE, () -> migrations().restore(archive)))
                .contains("one.mood is not there", "two is not there", "help: mvn migrations:update, then restore again");
    }

    @Test
    void valuesThatATypeDoesNotTakeAnyMoreAreNamed() {
        deploy(START, create("one", "id int PRIMARY KEY, mood varchar(10), size numeric(6,2)"));
        database.execute("INSERT INTO one VALUES (1, 'calm', 1.25), (2, 'irritated', 7)");
        String archive = rollbackTo("start").archiveSchema();
        database.execute("CREATE TYPE mood AS ENUM ('calm')");
        changelog.of(START, create("one", "id bigint PRIMARY KEY, mood mood, size int"));
        migrations().update();
        assertThat(refused(Problem.CANNOT_RESTORE, () -> migrations().restore(archive)))
                .contains("one.mood is mood now, which does not take 'irritated'",
                        "one.size is integer now, which would not keep '1.25'");
        database.execute("ALTER TYPE mood ADD VALUE 'irritated'; ALTER TABLE one ALTER size TYPE numeric");
        RestoreResult restored = migrations().restore(archive);
        assertThat(restored.notes()).contains("one.id was integer and is bigint now",
                "one.mood was character varying(10) and is mood now");
        assertThat(rows("one")).containsExactly(List.of("(1,calm,1.25)"), List.of("(2,irritated,7.00)"));
    }

    @Test
    void aTriggerThatChangesWhatIsWrittenIsNamedAndNothingIsWritten() {
        String table = create("one", "id int PRIMARY KEY, note text");
        deploy(START, table);
        database.execute("INSERT INTO one VALUES (1, 'x'), (2, 'y')");
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        database.execute("CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS"
                + " $$BEGIN NEW.note = NEW.note || '!'; RETURN NEW; END$$;"
                + "CREATE TRIGGER touch_it BEFORE INSERT ON one FOR EACH ROW WHEN (NEW.id = 2) EXECUTE FUNCTION touch()");
        assertThat(refused(Problem.CANNOT_RESTORE, () -> migrations().restore(archive))).contains("1 row\n", "touch_it",
                "DISABLE TRIGGER USER");
        database.execute("ALTER TABLE one DISABLE TRIGGER USER");
        migrations().restore(archive);
        assertThat(rows("one")).containsExactly(List.of("(1,x)"), List.of("(2,y)"));
    }

    @Test
    void tablesThatReferToEachOtherComeBackInTheOrderOfTheirKeys() {
        deploy(START, create("parent", "id int PRIMARY KEY, boss int REFERENCES parent"),
                create("child", "id int PRIMARY KEY, of int NOT NULL REFERENCES parent"));
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
    void tablesInACircleOfKeysAreRefusedAndDeferrableOnesAreNot() {
        String circle = create("a", "id int PRIMARY KEY, b int");
        String other = create("b", "id int PRIMARY KEY, a int");
        String keys = sql("keys", "ALTER TABLE a ADD CONSTRAINT ab FOREIGN KEY (b) REFERENCES b; "
                + "ALTER TABLE b ADD CONSTRAINT ba FOREIGN KEY (a) REFERENCES a", null) + """
                        rollback:
                          - dropForeignKeyConstraint: {baseTableName: a, constraintName: ab}
                          - dropForeignKeyConstraint: {baseTableName: b, constraintName: ba}
                        """;
        deploy(START, circle, other, keys);
        database.execute("INSERT INTO a VALUES (1, NULL); INSERT INTO b VALUES (1, 1); UPDATE a SET b = 1");
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        assertThat(refused(Problem.CANNOT_RESTORE, () -> migrations().restore(archive)))
                .contains("in a circle").contains("a, b");
        database.execute("ALTER TABLE a ALTER CONSTRAINT ab DEFERRABLE");
        migrations().restore(archive);
        assertThat(rows("a")).containsExactly(List.of("(1,1)"));
    }

    @Test
    void whatAConstraintRefusesIsNamedAndNothingIsWritten() {
        deploy(START, create("one", "id int PRIMARY KEY, size int"));
        database.execute("INSERT INTO one VALUES (1, 5), (2, -5)");
        String archive = rollbackTo("start").archiveSchema();
        changelog.of(START, create("one", "id int PRIMARY KEY, size int CHECK (size > 0)"));
        migrations().update();
        assertThat(refused(Problem.CANNOT_RESTORE, () -> migrations().restore(archive)))
                .contains("one refuses rows", "one_size_check");
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
    void partitionsAreArchivedOnceAndRestoredThroughTheirTable() {
        deploy(START, create("log", "id int, day date, note text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day"),
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
                + "rollback:\n  - empty: {}\n", create("one", "id int PRIMARY KEY, mood mood[], pair pair"));
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
    void anArchiveOfAnotherRoleIsRefused() {
        deploy(START, table("one"));
        database.execute("INSERT INTO one VALUES (1, 'x')");
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        TestDatabase other = database.createRole("other");
        database.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO " + other.user() + "; GRANT CREATE ON SCHEMA public TO "
                + other.user());
        assertThat(refused(Problem.UNREADABLE_ARCHIVE, () -> Migrations.of(other.dataSource(), options()).restore(archive)))
                .contains("it belongs to another role").contains(database.user());
    }
}
