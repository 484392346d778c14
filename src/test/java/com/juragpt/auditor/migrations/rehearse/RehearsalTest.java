package com.juragpt.auditor.migrations.rehearse;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.RehearsalReport.Blocks;
import com.juragpt.auditor.migrations.api.RehearsalReport.FailOn;
import com.juragpt.auditor.migrations.api.RehearsalReport.Lock;
import com.juragpt.auditor.migrations.api.RehearsalReport.Step;
import com.juragpt.auditor.migrations.database.DatabaseUrl;
import com.juragpt.auditor.migrations.testing.Aside;
import com.juragpt.auditor.migrations.testing.ChildJvm;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.PgDump;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.Rows;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(PostgresExtension.class)
class RehearsalTest {

    private static final String TABLES_OF_PUBLIC = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace";

    @TempDir
    Path folder;

    @Test
    void theModulesOwnChangelogComesBackFromEveryChangeset(TestDatabase database) {
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults());
        assertThat(migrations.rehearse().steps()).hasSize(12).allMatch(Step::isReversible);
        assertThat(migrations.rehearseFromBase().steps()).hasSize(12).allMatch(Step::isReversible);
        assertThat(database.query(TABLES_OF_PUBLIC)).isEmpty();
    }

    @Test
    void reportsWhatEachChangesetDoesToRowsAndLeavesThemAsTheyWere(TestDatabase database) {
        assertReportsWhatEachDoes(100_000, database);
    }

    @Test
    @Tag("exhaustive")
    void reportsWhatEachChangesetDoesToAMillionRowsAndLeavesThemAsTheyWere(TestDatabase database) {
        assertReportsWhatEachDoes(1_000_000, database);
    }

    private void assertReportsWhatEachDoes(int rows, TestDatabase database) {
        SampleChangelog sample = new SampleChangelog(folder).of(table("small"));
        Migrations migrations = Migrations.of(database.dataSource(), sample.options());
        migrations.update();
        database.execute("""
                INSERT INTO small SELECT i, 'note' FROM generate_series(1, 100) i;
                CREATE TABLE big AS SELECT i AS id, i % 100 + 1 AS small_id, 'note ' || i AS note
                    FROM generate_series(1, ROWS) i;
                CREATE TABLE added AS SELECT * FROM small;
                CREATE TABLE required AS SELECT * FROM small;
                CREATE TABLE checked AS SELECT * FROM small;
                CREATE TABLE doomed AS SELECT * FROM small;
                CREATE SEQUENCE drawn;
                CREATE SEQUENCE altered;
                CREATE SEQUENCE busy""".replace("ROWS", String.valueOf(rows)));
        sample.of(table("small"),
                sql("index", "CREATE INDEX ix_big ON big (note)", "DROP INDEX ix_big"),
                outsideTransactions(sql("concurrently", "CREATE INDEX CONCURRENTLY ix_checked ON checked (note)",
                        "DROP INDEX CONCURRENTLY ix_checked")),
                sql("key", "ALTER TABLE big ADD CONSTRAINT fk FOREIGN KEY (small_id) REFERENCES small",
                        "ALTER TABLE big DROP CONSTRAINT fk"),
                sql("type", "ALTER TABLE big ALTER id TYPE bigint", "ALTER TABLE big ALTER id TYPE int"),
                sql("column", "ALTER TABLE added ADD level int DEFAULT 7", "ALTER TABLE added DROP level"),
                sql("not-null", "ALTER TABLE required ALTER note SET NOT NULL", "ALTER TABLE required ALTER note DROP NOT NULL"),
                sql("data", "UPDATE added SET note = 'new'; INSERT INTO added SELECT nextval('drawn'), 'x' FROM"
                        + " generate_series(1, 3)",
                        "DELETE FROM added WHERE note = 'x'"),
                sql("sequence", "ALTER SEQUENCE altered INCREMENT 5", "ALTER SEQUENCE altered INCREMENT 1"),
                """
                id: 'drop'
                changes:
                  - createIndex: {indexName: ix_doomed, tableName: doomed, columns: [{column: {name: id}}]}
                rollback:
                  - dropTable: {tableName: doomed}
                """);
        List<List<String>> digest = database.query("SELECT pg_relation_filenode('big'), count(*), sum(hashtext(b::text)) FROM"
                + " big b");
        List<String> rest = Contents.withoutRowsOf("big", database);
        String dump = PgDump.digest(database).orElse(null);

        // What others draw meanwhile is not the rehearsal's.
        Migrations watched = Migrations.of(database.dataSource(), sample.options().withProgress(event -> {
            if (event instanceof Progress.Finished) {
                database.query("SELECT nextval('busy')");
            }
        }));
        RehearsalReport report = watched.rehearse();

        Map<String, Step> steps = report.steps().stream().collect(Collectors.toMap(Step::id, step -> step));
        assertThat(report.place()).isEqualTo(RehearsalReport.Place.LIVE);
        assertThat(report.steps()).extracting(Step::id).containsExactly("index", "concurrently", "key", "type", "column",
                "not-null",
                "data", "sequence", "drop");
        assertThat(steps.get("index").locks()).containsExactly(new Lock("big", "ShareLock", Blocks.WRITES));
        assertThat(steps.get("index").up()).isGreaterThan(Duration.ofMillis(50));
        assertThat(steps.get("concurrently").plain()).isTrue();
        assertThat(steps.get("concurrently").locks()).containsExactly(new Lock("checked", "ShareLock", Blocks.WRITES));
        assertThat(steps.get("key").locks()).containsExactly(new Lock("big", "ShareRowExclusiveLock", Blocks.WRITES),
                new Lock("small", "ShareRowExclusiveLock", Blocks.WRITES));
        assertThat(steps.get("type").locks()).containsExactly(new Lock("big", "AccessExclusiveLock", Blocks.READS_AND_WRITES));
        assertThat(steps.get("type").rewritten()).containsExactly("big");
        assertThat(steps.get("column").locks()).containsExactly(new Lock("added", "AccessExclusiveLock",
                Blocks.READS_AND_WRITES));
        assertThat(steps.get("not-null").locks())
                .containsExactly(new Lock("required", "AccessExclusiveLock", Blocks.READS_AND_WRITES));
        assertThat(report.steps()).filteredOn(step -> !step.rewritten().isEmpty()).extracting(Step::id).containsExactly("type");
        assertThat(steps.get("data").locks()).containsExactly(new Lock("added", "RowExclusiveLock", Blocks.NOTHING));
        assertThat(report.sequencesDrawn()).containsExactly("drawn");
        assertThat(steps.get("drop").losses()).extracting(DataLoss::toString)
                .containsExactly("drop  drops table doomed (100 rows)");
        assertThat(steps.get("drop").faults()).containsExactly("after its rollback table doomed is missing");
        assertThat(report.steps()).filteredOn(step -> !step.isReversible()).extracting(Step::id).containsExactly("drop");

        assertThat(report.gateFailures(EnumSet.allOf(FailOn.class))).containsExactly(
                "index blocks writes to big (ShareLock)",
                "key blocks writes to big (ShareRowExclusiveLock)", "key blocks writes to small (ShareRowExclusiveLock)",
                "type rewrites big", "type blocks reads and writes of big (AccessExclusiveLock)",
                "column blocks reads and writes of added (AccessExclusiveLock)",
                "not-null blocks reads and writes of required (AccessExclusiveLock)",
                "data  overwrites column note of added (100 rows with a value)",
                "sequence blocks writes to altered (ShareRowExclusiveLock)",
                "drop after its rollback table doomed is missing", "drop blocks writes to doomed (ShareLock)");
        assertThat(report.gateFailures(EnumSet.of(FailOn.REWRITE))).containsExactly("type rewrites big");
        assertThat(report.gateFailures(Set.of())).isEmpty();

        assertThat(database.query("SELECT pg_relation_filenode('big'), count(*), sum(hashtext(b::text)) FROM big b"))
                .isEqualTo(digest);
        assertThat(database.query("SELECT last_value FROM drawn")).isNotEqualTo(List.of(List.of("1")));
        database.execute("SELECT setval('drawn', 1, false), setval('busy', 1, false)");
        assertThat(Contents.withoutRowsOf("big", database)).isEqualTo(rest);
        assertThat(PgDump.digest(database).orElse(null)).isEqualTo(dump);
    }

    @Test
    void whatCannotRunInATransactionAtAllIsSaid(TestDatabase database) {
        SampleChangelog sample = new SampleChangelog(folder).of(table("one"));
        Migrations migrations = Migrations.of(database.dataSource(), sample.options());
        migrations.update();
        sample.of(table("one"), outsideTransactions(sql("index", "CREATE INDEX CONCURRENTLY i ON one (note)",
                "DROP INDEX CONCURRENTLY i")),
                outsideTransactions(sql("vacuumed", "VACUUM one", "SELECT 1")));

        assertThatThrownBy(migrations::rehearse).isInstanceOf(MigrationException.class)
                .hasMessageContaining("[changeset-failed] vacuumed failed when it was rehearsed in ")
                .hasMessageContaining("VACUUM cannot run inside a transaction block");
    }

    @Test
    void valueThatAnEnumGetsOutsideOfTransactionsCannotBeUsedInARehearsal(TestDatabase database) {
        database.execute("CREATE TYPE mood AS ENUM ('calm')");
        SampleChangelog sample = new SampleChangelog(folder).of(
                outsideTransactions(sql("value", "ALTER TYPE mood ADD VALUE 'stern'", "SELECT 1")),
                sql("use", "CREATE TABLE law (feeling mood DEFAULT 'stern')", "DROP TABLE law"));
        assertThatThrownBy(Migrations.of(database.dataSource(), sample.options())::rehearse)
                .hasMessageContaining("[changeset-failed] use failed").hasMessageContaining("unsafe use of new value \"stern\"");
    }

    @Test
    void roleThatMayDeployMayRehearse(TestDatabase database) {
        TestDatabase deployer = database.createRole("deployer");
        database.execute("GRANT CREATE ON SCHEMA public TO " + deployer.user());
        Migrations migrations = Migrations.of(deployer.dataSource(), MigrationOptions.defaults());
        assertThat(migrations.rehearse().steps()).hasSize(12).allMatch(Step::isReversible);

        database.execute("REVOKE TEMPORARY ON DATABASE " + database.name() + " FROM PUBLIC");
        assertThatThrownBy(migrations::rehearse)
                .hasMessageContaining("[missing-privilege] The role may not create a temporary table in ");
    }

    static Stream<Arguments> rollbacksThatLeaveSomethingBehind() {
        return Stream.of(
                broken("CREATE INDEX i ON law (title)", "SELECT 1", "index i is there, but not expected"),
                broken("ALTER TABLE law ALTER rank SET DEFAULT 2", "ALTER TABLE law ALTER rank DROP DEFAULT",
                        "column law.rank has no default, expected 1"),
                broken("ALTER TABLE law ALTER title DROP NOT NULL", "SELECT 1",
                        "column law.title is nullable, expected NOT NULL"),
                broken("COMMENT ON TABLE law IS 'new'", "COMMENT ON TABLE law IS NULL", "table law has no comment, expected old"),
                broken("GRANT INSERT ON law TO pg_monitor", "SELECT 1",
                        "grant insert on law to pg_monitor is there, but not expected"),
                broken("REVOKE SELECT ON law FROM PUBLIC", "SELECT 1", "grant select on law to public is missing"),
                broken("DROP INDEX ix_law_title", "CREATE INDEX ix_law_title ON law (title DESC)",
                        "index ix_law_title is CREATE INDEX ix_law_title ON law USING btree (title DESC),"
                                + " expected CREATE INDEX ix_law_title ON law USING btree (title)"),
                broken("DROP INDEX ix_law_title", "CREATE INDEX IF NOT EXISTS ix_law_titel ON law (title)",
                        "index ix_law_titel is there, but not expected", "index ix_law_title is missing"),
                broken("ALTER SEQUENCE law_id_seq OWNED BY NONE", "SELECT 1",
                        "sequence law_id_seq has no owner, expected law.id"),
                broken("ALTER TABLE law DROP title", "ALTER TABLE law ADD title varchar(20) NOT NULL DEFAULT ''",
                        "column law.title has default ''::character varying, expected none",
                        "index ix_law_title is missing",
                        "table law has its columns in another order: rank stands where title is expected"),
                broken("ALTER TABLE law ADD CONSTRAINT c CHECK (rank > 0)", "ALTER TABLE law DROP CONSTRAINT IF EXISTS cc",
                        "constraint law.c is there, but not expected"),
                broken("ALTER TABLE law RENAME rank TO position", "SELECT 1",
                        "column law.\"position\" is there, but not expected",
                        "column law.rank is missing"),
                broken("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "SELECT 1",
                        "function f() is there, but not expected"),
                broken("CREATE OR REPLACE VIEW one AS SELECT 2 AS x", "SELECT 1",
                        "view one is  SELECT 2 AS x;, expected  SELECT 1 AS x;"),
                broken("ALTER TABLE law OWNER TO pg_monitor", "SELECT 1",
                        "table law is owned by role pg_monitor, expected the"
                                + " role in use",
                        "sequence law_id_seq is owned by role pg_monitor, expected the role in use"),
                broken("ALTER TABLE law DISABLE TRIGGER USER", "SELECT 1", "trigger law.same is disabled"));
    }

    private static Arguments broken(String up, String down, String... faults) {
        return Arguments.of(up, down, Stream.of(faults).map("after its rollback "::concat).toList());
    }

    /** Each passes a check of exit codes: it can be rolled back and applied again without an error. */
    @ParameterizedTest(name = "{0} … {1}")
    @MethodSource("rollbacksThatLeaveSomethingBehind")
    void rollbackThatLeavesSomethingBehindIsCaughtByName(String up, String down, List<String> faults, TestDatabase database) {
        database.execute("""
                CREATE TABLE law (id SERIAL PRIMARY KEY, title varchar(20) NOT NULL, rank int DEFAULT 1);
                CREATE INDEX ix_law_title ON law (title);
                CREATE VIEW one AS SELECT 1 AS x;
                CREATE TRIGGER same BEFORE UPDATE ON law FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
                COMMENT ON TABLE law IS 'old';
                GRANT SELECT ON law TO PUBLIC""");
        SampleChangelog sample = new SampleChangelog(folder).of(table("before"), sql("broken", up, down), table("after"));

        List<Step> steps = Migrations.of(database.dataSource(), sample.options()).rehearse().steps();

        assertThat(steps).extracting(Step::isReversible).containsExactly(true, false, true);
        assertThat(steps.get(1).faults()).containsExactlyInAnyOrderElementsOf(faults);
    }

    @Test
    void everyBrokenRollbackOfOneChangelogIsReportedAndTheGoodOnesAreNot(TestDatabase database) {
        List<String> before = Contents.of(database);
        List<Step> steps = Migrations.of(database.dataSource(), brokenInManyWays().options()).rehearse().steps();

        assertAllFaultsAreFound(steps);
        assertThat(steps).filteredOn(step -> step.id().equals("twice")).flatExtracting(Step::faults)
                .containsExactly("could not be applied again after its rollback: "
                        + "ERROR: duplicate key value violates unique constraint \"one_pkey\"\n    Detail: Key (id)=(1) already"
                        + " exists."
                        + "\n  statement: INSERT INTO one (id) VALUES (1)");
        assertThat(Contents.of(database)).isEqualTo(before);
    }

    @Test
    void everyBrokenRollbackIsReportedOnH2AsWell() {
        JdbcDataSource h2 = new JdbcDataSource();
        h2.setURL("jdbc:h2:mem:rehearsed;MODE=PostgreSQL;DB_CLOSE_DELAY=-1");
        RehearsalReport report = Migrations.of(h2, brokenInManyWays().options()).rehearse();

        assertThat(report.place()).isEqualTo(RehearsalReport.Place.MEMORY);
        assertAllFaultsAreFound(report.steps());
        assertThat(Migrations.of(h2, MigrationOptions.defaults()).rehearse().steps()).hasSize(12).allMatch(Step::isReversible);
    }

    private SampleChangelog brokenInManyWays() {
        return new SampleChangelog(folder).of(table("one"),
                sql("liar", "CREATE TABLE two (id int)", "SELECT 1"),
                sql("twice", "INSERT INTO one (id) VALUES (1)", "SELECT 1"),
                sql("none", "CREATE TABLE three (id int)", null),
                sql("failing", "CREATE TABLE four (id int)", "DROP TABLE five"),
                sql("too-much", "CREATE TABLE six (id int)", "DROP TABLE six; DROP TABLE three"),
                table("seven"));
    }

    private static void assertAllFaultsAreFound(List<Step> steps) {
        assertThat(steps).extracting(Step::id).containsExactly("create-one", "liar", "twice", "none", "failing", "too-much",
                "create-seven");
        assertThat(steps).filteredOn(Step::isReversible).extracting(Step::id).containsExactly("create-one", "create-seven");
        assertThat(steps.get(1).faults()).containsExactly("after its rollback table two is there, but not expected");
        assertThat(steps.get(2).faults()).hasSize(1)
                .allMatch(fault -> fault.startsWith("could not be applied again after its rollback"));
        assertThat(steps.get(3).faults()).hasSize(1).allMatch(fault -> fault.startsWith("has no rollback: "));
        assertThat(steps.get(4).faults()).hasSize(1).allMatch(fault -> fault.startsWith("its rollback failed: "));
        assertThat(steps.get(5).faults()).containsExactly("after its rollback table three is missing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"COMMIT", "ROLLBACK; CREATE TABLE kept (id int); COMMIT"})
    void changesetThatEndsTheTransactionItselfKeepsNothing(String ending, TestDatabase database) {
        assertKeepsNothing(ending, database);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {"END; CREATE TABLE kept (id int)", "ROLLBACK", "ABORT; DROP TABLE one; COMMIT", "COMMIT AND CHAIN",
        "ROLLBACK AND CHAIN; CREATE TABLE kept (id int)", "BEGIN; CREATE TABLE kept (id int); COMMIT",
        "CREATE TABLE kept (id int); PREPARE TRANSACTION 'kept'"})
    void norDoesOneThatEndsItInAnyOtherWay(String ending, TestDatabase database) {
        assertKeepsNothing(ending, database);
    }

    private void assertKeepsNothing(String ending, TestDatabase database) {
        SampleChangelog sample = new SampleChangelog(folder).of(table("one"));
        Migrations migrations = Migrations.of(database.dataSource(), sample.options());
        migrations.update();
        List<String> before = Contents.of(database);
        for (boolean atOnce : new boolean[] {false, true}) {
            String split = "splitStatements: " + !atOnce;
            sample.of(table("one"), table("two"), sql("ending", ending, "SELECT 1")
                    .replace("sql: {sql", "sql: {" + split + ", sql"),
                    table("three"));
            assertThatThrownBy(migrations::rehearse).isInstanceOf(MigrationException.class)
                    .hasMessageContaining("Nothing was changed.");
            assertThatThrownBy(migrations::rehearseFromBase).isInstanceOf(MigrationException.class)
                    .hasMessageContaining("Nothing was changed.");
            sample.of(table("one"), table("two"), sql("ending", "SELECT 1", ending)
                    .replace("sql: {sql", "sql: {" + split + ", sql"));
            assertThatThrownBy(migrations::rehearse).isInstanceOf(MigrationException.class)
                    .hasMessageContaining("Nothing was changed.");
            assertThat(Contents.of(database)).isEqualTo(before);
        }
        assertThat(database.query("SELECT 1 FROM pg_locks JOIN pg_database ON database = pg_database.oid"
                + " WHERE locktype = 'advisory' AND datname = current_database()")).isEmpty();
    }

    @Test
    void changesetThatEndsTheTransactionIsNamed(TestDatabase database) {
        SampleChangelog sample = new SampleChangelog(folder).of(table("one"), sql("commits", "COMMIT", "SELECT 1"));
        String named = "commits ends the transaction by itself, so it cannot be rolled back and was stopped in ";
        assertThatThrownBy(Migrations.of(database.dataSource(), sample.options())::rehearse).hasMessageContaining(named);
        sample.of(table("one"), sql("commits", "ROLLBACK", "SELECT 1"));
        assertThatThrownBy(Migrations.of(database.dataSource(), sample.options())::rehearse).hasMessageContaining(named);
        sample.of(table("one"), sql("commits", "SELECT 1", "COMMIT"));
        assertThatThrownBy(Migrations.of(database.dataSource(), sample.options())::rehearse)
                .hasMessageContaining("The rollback of " + named);
    }

    @Test
    void whatAPreconditionOrAContextKeepsOutIsNotJudged(TestDatabase database) {
        database.execute("CREATE TABLE three (id int)");
        String markRan = "preConditions:\n  - onFail: MARK_RAN\n  - not:\n      - tableExists: {tableName: three}\n";
        String onError = "preConditions:\n  - onError: MARK_RAN\n  - sqlCheck: {expectedResult: 1, sql: 'SELECT 1 FROM"
                + " nowhere'}\n";
        String onSkip = "preConditions:\n  - onFail: CONTINUE\n  - tableExists: {tableName: nowhere}\n";
        SampleChangelog sample = new SampleChangelog(folder).of(table("one"), table("three") + markRan, table("four") + onError,
                table("five") + onSkip, table("six") + "context: test\n", sql("may-fail", "SELECT nonsense", null)
                        + "failOnError: false\n",
                table("seven"));

        List<Step> steps = Migrations.of(database.dataSource(), sample.options().withFilter("prod", null)).rehearse().steps();

        assertThat(steps).allMatch(Step::isReversible);
        assertThat(steps).extracting(step -> step.id() + " " + step.outcome()).containsExactly("create-one EXECUTED",
                "create-three MARK_RAN", "create-four MARK_RAN", "create-five SKIPPED", "may-fail FAILED",
                "create-seven EXECUTED");
        assertThat(database.query("SELECT count(*) FROM three")).containsExactly(List.of("0"));
    }

    @Test
    void failingChangesetIsNamedAndNothingIsLeftButTheNumbersItDrew(TestDatabase database) {
        database.execute("CREATE SEQUENCE numbers");
        List<String> before = Contents.of(database);
        SampleChangelog sample = new SampleChangelog(folder).of(table("one"),
                sql("draws", "SELECT nextval('numbers')", "SELECT 1"),
                sql("bad", "INSERT INTO one VALUES (1), (1)", "SELECT 1"));
        Migrations migrations = Migrations.of(database.dataSource(), sample.options());

        assertThatThrownBy(migrations::rehearse).isInstanceOf(MigrationException.class)
                .hasMessageContaining("[changeset-failed] bad failed when it was rehearsed in " + database.name() + " on ")
                .hasMessageContaining("Nothing was changed.\n  ERROR: duplicate key value")
                .hasMessageContaining("file: changelog/sample.yaml")
                .hasMessageContaining("PostgreSQL does not roll back the numbers drawn from: numbers");
        assertThatThrownBy(migrations::rehearseFromBase).isInstanceOf(MigrationException.class)
                .hasMessageContaining("in an empty schema of");
        database.execute("SELECT setval('numbers', 1, false)");
        assertThat(Contents.of(database)).isEqualTo(before);
    }

    @Test
    void whatOnlyTheCommitWouldFindIsFound(TestDatabase database) {
        SampleChangelog sample = new SampleChangelog(folder).of(table("one"),
                sql("refer", "CREATE TABLE two (id int REFERENCES one DEFERRABLE INITIALLY DEFERRED)", "DROP TABLE two"),
                sql("orphan", "INSERT INTO two VALUES (7)", "DELETE FROM two"));
        Migrations migrations = Migrations.of(database.dataSource(), sample.options());
        assertThatThrownBy(migrations::update).isInstanceOf(MigrationException.class);

        assertThatThrownBy(migrations::rehearse).isInstanceOf(MigrationException.class)
                .hasMessageContaining("The commit would fail in ")
                .hasMessageContaining("Key (id)=(7) is not present in table \"one\"");
    }

    @Test
    void changesetThatWasEditedAfterItsDeploymentIsRefusedAsAnUpdateWould(TestDatabase database) {
        SampleChangelog sample = new SampleChangelog(folder).of(sql("one", "SELECT 1", "SELECT 1"));
        Migrations migrations = Migrations.of(database.dataSource(), sample.options());
        migrations.update();
        sample.of(sql("one", "SELECT 2", "SELECT 1"), table("two"));

        assertThatThrownBy(migrations::rehearse).isInstanceOf(MigrationException.class)
                .hasMessageContaining("[changed-changeset]");
    }

    @Test
    void changelogThatAnUpdateWouldRefuseIsRefused(TestDatabase database) {
        SampleChangelog sample = new SampleChangelog(folder).of(table("one"), table("one"),
                "id: 'drop'\nchanges:\n  - dropTable: {cascadeConstraints: true}\n");
        Migrations migrations = Migrations.of(database.dataSource(), sample.options().withCheck(false, Set.of()));
        for (ThrowingCallable rehearsal : List.<ThrowingCallable>of(migrations::rehearse, migrations::rehearseFromBase)) {
            assertThatThrownBy(rehearsal).hasMessageContaining("[invalid-changelog] Cannot run the changelog in ")
                    .hasMessageContaining("tableName is required").hasMessageContaining("Nothing was changed.");
        }
        assertThat(database.query(TABLES_OF_PUBLIC)).isEmpty();
    }

    @Test
    void databaseThatIsNotManagedStaysSo(TestDatabase database) {
        database.execute("CREATE TABLE theirs (id int); INSERT INTO theirs VALUES (7)");
        List<String> before = Contents.of(database);
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults());
        migrations.rehearse();
        migrations.rehearseFromBase();
        assertThat(Contents.of(database)).isEqualTo(before);
    }

    @Test
    void rehearsalFromBaseDoesNotWaitForWhoeverHasLockedTheLiveTables(TestDatabase database) throws SQLException {
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults()
                .withLockTimeout(Duration.ofMillis(200), 0));
        migrations.update();
        try (Connection other = database.connect(); Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE verification_log, embedding_cache, source_fingerprints, databasechangelog IN ACCESS"
                    + " EXCLUSIVE MODE");

            MigrationOptions watching = MigrationOptions.defaults()
                    .withProgress(event -> assertThat(locksOnLiveTables(database)).isEmpty());
            RehearsalReport report = Migrations.of(database.dataSource(), watching).rehearseFromBase();

            assertThat(report.place()).isEqualTo(RehearsalReport.Place.EMPTY_SCHEMA);
            assertThat(report.steps()).hasSize(12).allMatch(Step::isReversible).allMatch(step -> step.locks().isEmpty());
        }
    }

    private static List<List<String>> locksOnLiveTables(TestDatabase database) {
        return database.query("SELECT c.relname, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
                + " WHERE c.relnamespace = 'public'::regnamespace AND l.mode <> 'AccessExclusiveLock'");
    }

    @Test
    void statementThatTakesTooLongIsCancelled(TestDatabase database) {
        SampleChangelog sample = new SampleChangelog(folder).of(sql("slow", "SELECT pg_sleep(60)", "SELECT 1"));
        Migrations migrations = Migrations.of(database.dataSource(), sample.options()
                .withStatementTimeout(Duration.ofSeconds(1)));
        String message = "[statement-timeout] slow was cancelled in ";
        assertThatThrownBy(migrations::rehearse).hasMessageContaining(message)
                .hasMessageContaining("after at most 1 s. Nothing was changed.");
        assertThatThrownBy(migrations::rehearseFromBase).hasMessageContaining(message);

        sample.of(sql("slow", "SELECT 1", "SELECT pg_sleep(60)"));
        assertThatThrownBy(migrations::rehearse).hasMessageContaining("[statement-timeout] The rollback of slow was cancelled");
        assertThat(database.query(TABLES_OF_PUBLIC)).isEmpty();
    }

    @Test
    @Tag("exhaustive")
    void lockThatIsNotToBeHadIsNotTakenForAFaultOfTheRollback(TestDatabase database) throws SQLException {
        SampleChangelog sample = new SampleChangelog(folder).of(table("one"));
        Migrations migrations = Migrations.of(database.dataSource(), sample.options().withLockTimeout(Duration.ofMillis(200), 1));
        migrations.update();
        List<String> before = Contents.of(database);
        try (Connection other = database.connect(); Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE one IN ACCESS SHARE MODE");
            for (String changeset : List.of(sql("two", "ALTER TABLE one ADD x int", "ALTER TABLE one DROP x"),
                    sql("two", "SELECT 1", "ALTER TABLE one ADD x int"))) {
                sample.of(table("one"), changeset);
                assertThatThrownBy(migrations::rehearse).isInstanceOf(MigrationException.class)
                        .hasMessageContaining("[lock-timeout]");
            }
        }
        assertThat(Contents.of(database)).isEqualTo(before);
    }

    @Test
    void nothingIsLeftOfARehearsalWhoseSessionWasEnded(TestDatabase database) {
        List<String> before = Contents.of(database);
        SampleChangelog sample = new SampleChangelog(folder).of(table("one"), sql("slow", "SELECT pg_sleep(60)", "SELECT 1"));
        for (boolean live : new boolean[] {true, false}) {
            Migrations migrations = Migrations.of(database.dataSource(), sample.options());
            CompletableFuture<RehearsalReport> running =
                    Aside.run(live ? migrations::rehearse : migrations::rehearseFromBase);
            await(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                    + " AND query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()");

            assertThatThrownBy(() -> running.get(1, TimeUnit.MINUTES)).hasRootCauseInstanceOf(SQLException.class);
            assertNothingIsLeft(database, before);
        }
    }

    @Test
    void nothingIsLeftOfARehearsalThatWasKilled(TestDatabase database) {
        List<String> before = Contents.of(database);
        SampleChangelog sample = new SampleChangelog(folder).of(table("one"), table("two"));
        for (String place : List.of("live", "base")) {
            try (ChildJvm child = ChildJvm.run(Stopping.class, List.of(place, database.url(), sample.root().toString()))) {
                child.awaitLine(Stopping.HALF_WAY);
                child.kill();
            }
            assertNothingIsLeft(database, before);
        }
    }

    /** A process that begins a rehearsal and stops in the middle of it. */
    static final class Stopping {

        static final String HALF_WAY = "half-way";

        private Stopping() {
        }

        public static void main(String[] arguments) {
            MigrationOptions options = new SampleChangelog(Path.of(arguments[2])).options().withProgress(event -> {
                if (event instanceof Progress.Finished finished && finished.number() == 2) {
                    System.out.println(HALF_WAY);
                    new CompletableFuture<Void>().join();
                }
            });
            Migrations migrations = Migrations.of(DatabaseUrl.parse(arguments[1]), options);
            if (arguments[0].equals("live")) {
                migrations.rehearse();
            } else {
                migrations.rehearseFromBase();
            }
        }
    }

    private static void assertNothingIsLeft(TestDatabase database, List<String> before) {
        await(database, "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
                + " AND pid <> pg_backend_pid())");
        assertThat(Contents.of(database)).isEqualTo(before);
        assertThat(database.query("SELECT 1 FROM pg_locks JOIN pg_database ON database = pg_database.oid"
                + " WHERE locktype = 'advisory' AND datname = current_database()"
                + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")).isEmpty();
        assertThat(Migrations.of(database.dataSource(), MigrationOptions.defaults().withLockWait(Duration.ZERO)).rehearse()
                .steps())
                .hasSize(12);
    }

    private static void await(TestDatabase database, String query) {
        for (int i = 0; i < 600; i++) {
            if (!database.query(query).isEmpty()) {
                return;
            }
            CompletableFuture.runAsync(() -> {}, CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS)).join();
        }
        throw new AssertionError("never came true: " + query);
    }

    @Test
    void tellsOfEachChangesetUpAndDown(TestDatabase database) {
        List<String> told = new ArrayList<>();
        SampleChangelog sample = new SampleChangelog(folder).of(table("one"),
                sql("liar", "CREATE TABLE two (id int)", "SELECT 1"));
        Migrations.of(database.dataSource(), sample.options().withProgress(event -> {
            if (event instanceof Progress.Finished finished) {
                told.add(finished.number() + "/" + finished.total() + " " + finished.changeset() + " " + finished.outcome());
            }
        })).rehearse();
        assertThat(told).containsExactly("1/2 create-one EXECUTED", "2/2 liar EXECUTED", "1/2 liar NOT_REVERSIBLE",
                "2/2 create-one ROLLED_BACK");
    }

    @Test
    void sessionGoesBackToItsPoolAsItCame(TestDatabase database) throws SQLException {
        try (Connection pooled = database.connect(); Statement statement = pooled.createStatement()) {
            statement.execute("SET lock_timeout = '7s'; SET statement_timeout = '8s'");
            Migrations migrations = Migrations.of(alwaysGiving(pooled), MigrationOptions.defaults());
            migrations.rehearseFromBase();
            migrations.drift();

            assertThat(Rows.of(pooled, "SELECT current_setting('lock_timeout'),"
                    + " current_setting('statement_timeout'), current_setting('default_transaction_read_only'),"
                    + " current_setting('search_path')")).containsExactly(List.of("7s", "8s", "off", "\"$user\", public"));
            assertThat(Rows.of(pooled, "SELECT name FROM pg_prepared_statements WHERE name LIKE 'migrations%'")).isEmpty();
            assertThat(pooled.getAutoCommit()).isTrue();
        }
    }

    private static DataSource alwaysGiving(Connection pooled) {
        Connection kept = (Connection) Proxy.newProxyInstance(Connection.class.getClassLoader(),
                new Class<?>[] {Connection.class},
                (proxy, method, arguments) -> method.getName().equals("close") ? null : method.invoke(pooled, arguments));
        return (DataSource) Proxy.newProxyInstance(DataSource.class.getClassLoader(), new Class<?>[] {DataSource.class},
                (proxy, method, arguments) -> kept);
    }
}
