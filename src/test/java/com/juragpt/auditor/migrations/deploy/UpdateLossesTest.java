package com.juragpt.auditor.migrations.deploy;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.api.UpdateResult;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import liquibase.util.LiquibaseUtil;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What going up deletes is said before the commit, counted, and refused where that is asked for. */
class UpdateLossesTest extends DeploymentFixture {

    private static final String ROWS = "INSERT INTO one VALUES (1, 'ab'), (2, NULL), (3, 'abc')";

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "dropTable: {tableName: one} | drops table one (3 rows)",
        "delete: {tableName: one, where: id < 3} | deletes from one (up to 2 rows)",
        "modifyDataType: {tableName: one, columnName: note, newDataType: varchar(2)} | changes the type of column note of one"
                + " (1 row whose value is cut or rounded)",
        "sql: {sql: \"DO 'BEGIN DELETE FROM one WHERE id > 1; END'\"} | deletes from one (up to 2 rows)",
        "sql: {sql: \"DO 'BEGIN DROP TABLE one; END'\"} | drops table one (about 3 rows)",
        "sql: {sql: \"UPDATE one SET id = id + 10, note = NULL WHERE note > 'ab'\"} | overwrites column id of one"
                + " (1 row with a value); clears column note of one (1 row with a value)",
        "sql: {sql: \"INSERT INTO one VALUES (1, 'x'), (9, 'y') ON CONFLICT (id) DO UPDATE SET note = excluded.note\"} |"
                + " overwrites values of one (up to 1 row)",
        "sql: {sql: \"ALTER TABLE one ALTER COLUMN note TYPE varchar(2) USING left(note, 2)\"} | overwrites column note of one"
                + " (1 row with a value)"})
    void whateverDeletesIsCountedAndCanBeRefused(String change, String lost) {
        assertCountedAndRefused(change, lost);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @CsvSource(delimiter = '|', value = {
        "dropColumn: {tableName: one, columnName: note} | drops column note of one (2 rows with a value)",
        "sql: {sql: UPDATE one SET note = NULL} | clears column note of one (2 rows with a value)",
        "sql: {sql: \"DELETE FROM one WHERE note = lower('AB')\"} | deletes from one (up to 1 row)",
        "sql: {sql: \"WITH gone AS (DELETE FROM one RETURNING *) SELECT count(*) FROM gone\"} | deletes from one (up to 3 rows)",
        "sql: {sql: \"DO 'BEGIN TRUNCATE one; END'\"} | deletes from one (up to about 3 rows)",
        "update: {tableName: one, columns: [{column: {name: note, value: x}}]} | overwrites column note of one (2 rows with a value)",
        "update: {tableName: one, columns: [{column: {name: note, value: x}}], where: id = 3} | overwrites column note of one"
                + " (1 row with a value)",
        "sql: {sql: \"UPDATE one SET note = 'ab' WHERE id < 9 -- all\"} | overwrites column note of one (1 row with a value)",
        "sql: {sql: \"UPDATE one AS o SET note = upper(o.note) FROM (VALUES (1), (1), (2)) t (id) WHERE t.id = o.id\"} |"
                + " overwrites column note of one (1 row with a value)",
        "sql: {sql: \"UPDATE one SET (note) = ROW('x')\"} | overwrites values of one (up to 3 rows)",
        "sql: {sql: \"WITH x AS (UPDATE one SET note = 'x' RETURNING id) SELECT * FROM x\"} | overwrites values of one (up to 3 rows)",
        "sql: {sql: \"DO 'BEGIN UPDATE one SET note = id WHERE id > 1; END'\"} | overwrites values of one (up to 2 rows)",
        "sql: {sql: \"ALTER TABLE one ALTER note TYPE bool USING note = 'ab'\"} | overwrites column note of one"
                + " (2 rows with a value)",
        "sql: {sql: \"DO 'BEGIN ALTER TABLE one ALTER note TYPE varchar(2) USING left(note, 2); END'\"} |"
                + " changes the type of column note of one (about 3 rows whose value is cut or rounded)",
        "sql: {sql: \"SELECT 1; ALTER TABLE one ALTER note TYPE varchar(2) USING note::varchar(2)\"} |"
                + " changes the type of column note of one (1 row whose value is cut or rounded)",
        "sql: {sql: \"DO 'BEGIN ALTER TABLE one DROP note; END'\"} | drops column note of one (about 3 rows with a value)"})
    void whateverElseDeletesIsCountedAndCanBeRefusedToo(String change, String lost) {
        assertCountedAndRefused(change, lost);
    }

    private void assertCountedAndRefused(String change, String lost) {
        deploy(table("one"));
        database.execute(ROWS + "; ANALYZE one");
        List<List<String>> before = database.query("SELECT * FROM one ORDER BY id");
        changelog.of(table("one"), changeset("wipe", change));

        RehearsalReport rehearsal = migrations().rehearse();
        assertThat(rehearsal.steps().get(0).deleted()).extracting(DataLoss::effect).containsExactly(lost.split("; "));
        assertThat(rehearsal.gateFailures(Set.of(RehearsalReport.FailOn.DESTROYS_DATA))).containsExactly(lines(lost));

        assertThat(refused(Problem.DESTROYS_DATA, () -> updating(OnDataLoss.REFUSE).update()))
                .contains(lost.startsWith("overwrites") && !lost.contains("clears") ? "] wipe would overwrite data in "
                        : "] wipe would delete data in ", ". Nothing was changed.")
                .contains(lines(lost));
        assertThat(database.query("SELECT * FROM one ORDER BY id")).isEqualTo(before);

        List<String> said = new ArrayList<>();
        UpdateResult result = Migrations.of(database.dataSource(), options().withProgress(event -> {
            if (event instanceof Progress.Note note) {
                said.add(note.text());
            }
        })).update();
        assertThat(said).containsExactly(lines(lost));
        assertThat(result.losses()).extracting(DataLoss::toString).containsExactly(lines(lost));
    }

    private static String[] lines(String lost) {
        return Stream.of(lost.split("; ")).map("wipe  "::concat).toArray(String[]::new);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "insert: {tableName: one, columns: [{column: {name: id, value: 9}}]}",
        "sql: {sql: \"UPDATE one SET note = 'x' WHERE note IS NULL\"}",
        "addColumn: {tableName: one, columns: [{column: {name: n, type: int, defaultValueNumeric: 1}}]}\n"
                + "  - update: {tableName: one, columns: [{column: {name: n, valueNumeric: 2}}]}",
        "sql: {sql: \"ALTER TABLE one ALTER note TYPE varchar(9) USING left(note, 9)\"}",
        "sql: {sql: \"DO 'BEGIN CREATE TABLE two (id int); INSERT INTO two VALUES (1); ALTER TABLE one ALTER id TYPE bigint; END'\"}",
        "sql: {sql: \"CREATE TEMP TABLE t AS SELECT * FROM one; DELETE FROM t; DROP TABLE t\"}"})
    void whatKeepsDataPassesTheStrictestAnswer(String change) {
        assertPassesTheStrictestAnswer(change);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {
        "sql: {sql: INSERT INTO one VALUES (9)}",
        "addColumn: {tableName: one, columns: [{column: {name: n, type: int, defaultValueNumeric: 1}}]}",
        "update: {tableName: one, columns: [{column: {name: note, value: x}}], where: note IS NULL AND id > 0}",
        "addNotNullConstraint: {tableName: one, columnName: note, defaultNullValue: x}",
        "sql: {sql: \"UPDATE one SET note = coalesce(note, 'x')\"}",
        "sql: {sql: \"UPDATE one SET note = note || '' WHERE note IN (SELECT lower('AB'))\"}",
        "sql: {sql: \"UPDATE one SET note = own(id) WHERE note IS NULL\"}",
        "sql: {sql: \"SELECT own(1); UPDATE one SET note = 'x' WHERE note IS NULL\"}",
        "sql: {sql: \"UPDATE one SET note = 'x' WHERE note IS NULL; UPDATE one SET facts = to_json(note) WHERE facts IS NULL\"}",
        "sql: {sql: \"ALTER TABLE one ALTER note TYPE mood USING note::mood\"}",
        "sql: {sql: \"DO 'BEGIN ALTER TABLE one ALTER note TYPE varchar(9), ALTER id TYPE numeric; END'\"}",
        "sql: {sql: \"CREATE TABLE two (id int PRIMARY KEY, n int); INSERT INTO two VALUES (1, 1);"
                + " INSERT INTO two VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET n = 2\"}",
        "modifyDataType: {tableName: one, columnName: id, newDataType: bigint}",
        "modifyDataType: {tableName: one, columnName: facts, newDataType: text}"})
    void whatElseKeepsDataPassesTheStrictestAnswerToo(String change) {
        assertPassesTheStrictestAnswer(change);
    }

    private void assertPassesTheStrictestAnswer(String change) {
        deploy(table("one"));
        database.execute(
                ROWS + "; ALTER TABLE one ADD facts json DEFAULT '{ \"a\" : 1 }'; ALTER TABLE one ALTER note TYPE varchar(5);"
                        + " CREATE FUNCTION own(int) RETURNS text LANGUAGE sql AS 'SELECT $1::text'; CREATE TYPE mood AS ENUM ('ab', 'abc')");
        changelog.of(table("one"), changeset("keep", change));
        assertThat(migrations().rehearse().steps().get(0).destroysData()).isFalse();
        assertThat(updating(OnDataLoss.REFUSE).update().losses()).isEmpty();
    }

    /** A value of the service's is overwritten wherever the statement stands that does it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "15 | MERGE INTO one USING (VALUES (1), (9)) n (id) ON one.id = n.id WHEN MATCHED THEN UPDATE SET note = 'x'"
                + " WHEN NOT MATCHED THEN INSERT VALUES (9) | overwrites values of one (up to 1 row)",
        "14 | UPDATE touched SET note = 'x' WHERE note IS NULL | overwrites values of touched (up to 1 row)",
        "14 | UPDATE one SET id = 9 WHERE id = 1 | overwrites values of one (up to 1 row); overwrites values of child (up to 1 row)",
        "14 | UPDATE one SET note = 'x' WHERE note IS NULL | ",
        "14 | UPDATE parts SET id = id + 10 WHERE id = 1 | overwrites column id of parts (1 row with a value)",
        "17 | ALTER TABLE computed ALTER COLUMN twice SET EXPRESSION AS (id * 3) | "})
    void wherePostgresDoesMore(int version, String change, String lost) {
        assumeTrue(Integer.parseInt(database.query("SHOW server_version_num").get(0).get(0)) >= version * 10_000);
        deploy(table("one"));
        database.execute(ROWS
                + "; CREATE TABLE child (one int REFERENCES one ON UPDATE CASCADE); INSERT INTO child VALUES (1), (2);"
                + " CREATE TABLE touched (note text, at timestamptz); INSERT INTO touched VALUES (NULL, now());"
                + " CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.at = now(); RETURN NEW; END';"
                + " CREATE TRIGGER touch BEFORE UPDATE ON touched FOR EACH ROW EXECUTE FUNCTION touch();"
                + " CREATE TABLE parts (id int, note text) PARTITION BY RANGE (id);"
                + " CREATE TABLE few PARTITION OF parts FOR VALUES FROM (0) TO (9);"
                + " CREATE TABLE many PARTITION OF parts FOR VALUES FROM (9) TO (99); INSERT INTO parts VALUES (1), (2);"
                + " CREATE TABLE computed (id int, twice int GENERATED ALWAYS AS (id * 2) STORED); INSERT INTO computed VALUES (1)");
        changelog.of(table("one"), sql("wipe", change, "SELECT 1"));
        String[] lines = lost == null ? new String[0] : lines(lost);
        assertThat(migrations().rehearse().gateFailures(Set.of(RehearsalReport.FailOn.DESTROYS_DATA)))
                .containsExactlyInAnyOrder(lines);
        if (lost == null) {
            assertThat(updating(OnDataLoss.REFUSE).update().losses()).isEmpty();
        } else {
            assertThat(refused(Problem.DESTROYS_DATA, () -> updating(OnDataLoss.REFUSE).update())).contains(lines)
                    .contains(". Nothing was changed.");
        }
    }

    @Test
    void aFileOfDataThatUpdatesRows() throws IOException {
        deploy(table("one"));
        database.execute(ROWS);
        changelog.of(table("one"), changeset("load", "loadUpdateData: {tableName: one, file: one.csv, primaryKey: id}"));
        Files.writeString(changelog.root().resolve("one.csv"), "id,note\n1,x\n9,new\n");
        assertThat(refused(Problem.DESTROYS_DATA, () -> updating(OnDataLoss.REFUSE).update()))
                .contains("] load would overwrite data in ", "load  overwrites values of one (up to 1 row)");
        assertThat(refused(Problem.DESTROYS_DATA, () -> updating(OnDataLoss.ARCHIVE).update()))
                .contains("that cannot be archived, as it cannot be foreseen and locked");
        assertThat(migrations().update().losses()).singleElement()
                .hasToString("load  overwrites values of one (up to 1 row)");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "UPDATE one SET n = 2",
        "INSERT INTO two VALUES (1) ON CONFLICT (id) DO UPDATE SET n = 2",
        "DO 'BEGIN ALTER TABLE two ALTER n TYPE text USING NULL; ALTER TABLE one ALTER n TYPE text USING NULL; END'"})
    void whatTheSameUpdateHasWrittenItselfIsNobodysLoss(String change) {
        assertNobodysLoss(change);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {
        "UPDATE one SET n = NULL WHERE id = 1",
        "ALTER TABLE one ALTER n TYPE text USING 'x'",
        "UPDATE two SET n = 2"})
    void whatElseTheSameUpdateHasWrittenItselfIsNobodysLossEither(String change) {
        assertNobodysLoss(change);
    }

    private void assertNobodysLoss(String change) {
        deploy(table("one"));
        database.execute(ROWS);
        changelog.of(table("one"), sql("add", "ALTER TABLE one ADD n int DEFAULT 1; CREATE TABLE two (id int PRIMARY KEY, n int);"
                + " INSERT INTO two VALUES (1, 1)", "DROP TABLE two; ALTER TABLE one DROP COLUMN n"),
                sql("change", change, "SELECT 1"));
        assertThat(migrations().rehearse().steps()).noneMatch(RehearsalReport.Step::destroysData);
        assertThat(updating(OnDataLoss.REFUSE).update().losses()).isEmpty();
    }

    /** From then on the service may write to it. */
    @Test
    void aColumnOfTheSameUpdateThatIsCommittedBeforeItIsOverwritten() {
        deploy(table("one"));
        database.execute(ROWS);
        changelog.of(table("one"), sql("add", "ALTER TABLE one ADD n int DEFAULT 1", null),
                outsideTransactions(sql("index", "CREATE INDEX CONCURRENTLY i ON one (note)", "DROP INDEX i")),
                sql("overwrite", "UPDATE one SET n = 2", null));
        assertThatThrownBy(() -> updating(OnDataLoss.REFUSE).update()).isInstanceOf(MigrationException.class)
                .hasMessageContaining("overwrite  overwrites column n of one (3 rows with a value)");
        assertThat(database.query("SELECT DISTINCT n FROM one")).containsExactly(List.of("1"));
    }

    /** All but what cannot be foreseen: that is refused, and nothing is lost. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "dropTable: {tableName: one} | 3",
        "dropColumn: {tableName: one, columnName: note} | 3",
        "modifyDataType: {tableName: one, columnName: note, newDataType: varchar(2)} | 1",
        "update: {tableName: one, columns: [{column: {name: note, value: ab}}]} | 1",
        "sql: {sql: \"DO 'BEGIN DELETE FROM one WHERE id > 1; END'\"} | refused"})
    void whatIsDoomedIsArchivedFirst(String change, String rows) {
        assertArchivedFirst(change, rows);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @CsvSource(delimiter = '|', value = {
        "delete: {tableName: one, where: id < 3} | 2",
        "sql: {sql: UPDATE one SET note = NULL} | 2",
        "sql: {sql: \"ALTER TABLE one ALTER note TYPE varchar(2) USING left(note, 2)\"} | 1",
        "sql: {sql: \"UPDATE one SET note = own(id)\"} | 2",
        "sql: {sql: \"WITH x AS (UPDATE one SET note = 'x' RETURNING id) SELECT * FROM x\"} | refused"})
    void whatElseIsDoomedIsArchivedFirstToo(String change, String rows) {
        assertArchivedFirst(change, rows);
    }

    private void assertArchivedFirst(String change, String rows) {
        deploy(table("one"));
        database.execute(ROWS + "; CREATE FUNCTION own(int) RETURNS text LANGUAGE sql AS 'SELECT $1::text'");
        changelog.of(table("one"), changeset("wipe", change));
        if (rows.equals("refused")) {
            assertThat(refused(Problem.DESTROYS_DATA, () -> updating(OnDataLoss.ARCHIVE).update()))
                    .contains("that cannot be archived, as it cannot be foreseen and locked");
            return;
        }
        UpdateResult result = updating(OnDataLoss.ARCHIVE).update();
        assertThat(result.archivedTables()).hasSize(1);
        assertThat(database.query("SELECT count(*) FROM " + result.archivedTables().get(0))).containsExactly(List.of(rows));
        assertThat(migrations().status().archives()).singleElement().satisfies(archive -> {
            assertThat(archive.name()).isEqualTo(result.archiveSchema());
            assertThat(archive.tag()).isNull();
            assertThat(archive.changesets()).containsExactly("wipe");
            assertThat(archive.deployments()).containsExactly(result.deployment());
        });
    }

    /** The rollback of the changeset makes the table again, and the archive fills it. */
    @Test
    void whatAnUpdateArchivedComesBackAfterItsRollback() {
        deploy(table("one"), START);
        database.execute(ROWS);
        List<List<String>> before = database.query("SELECT * FROM one ORDER BY id");
        changelog.of(table("one"), START, "id: drop\nchanges:\n  - dropTable: {tableName: one}\nrollback:\n"
                + "  - sql: {sql: 'CREATE TABLE one (id int CONSTRAINT one_pkey PRIMARY KEY, note text)'}\n");
        String archive = updating(OnDataLoss.ARCHIVE).update().archiveSchema();
        RollbackPlan plan = migrations().planRollbackTo("start");
        assertThat(plan.deletedBefore()).containsExactly(new RollbackPlan.Deleted("drop", "table one", archive));
        migrations(OnDataLoss.ACCEPT).rollback(plan);
        assertThat(migrations().restore(archive).archiveStays()).isFalse();
        assertThat(database.query("SELECT * FROM one ORDER BY id")).isEqualTo(before);
    }

    @Test
    void aFailureThatIsToleratedLeavesNoCopyOfWhatIsStillThere() {
        deploy(table("one"), table("two"));
        database.execute(ROWS + "; INSERT INTO two VALUES (1)");
        changelog.of(table("one"), table("two"), "id: fails\nfailOnError: false\nchanges:\n  - dropTable: {tableName: one}\n"
                + "  - sql: {sql: SELECT nonsense}\n", changeset("wipe", "dropTable: {tableName: two}"));
        UpdateResult result = updating(OnDataLoss.ARCHIVE).update();
        assertThat(result.archivedTables()).singleElement().asString().endsWith(".two");
        assertThat(tables()).containsExactly("one");
    }

    /** The second part waits for a reader until the lock time-out cancels it, and runs again after what was committed. */
    @Test
    void aSplitAndARetryLeaveOneArchiveThatTheResultNamesWithAllThatWasDeleted() throws SQLException {
        assertOneArchive("two");
    }

    @Test
    @Tag("exhaustive")
    void aSplitAndARetryLeaveOneArchiveInTheOtherOrderToo() throws SQLException {
        assertOneArchive("one");
    }

    private void assertOneArchive(String first) throws SQLException {
        String second = first.equals("one") ? "two" : "one";
        deploy(table("one"), table("two"), START);
        database.execute(ROWS + "; INSERT INTO two VALUES (1, 'x')");
        List<List<String>> before = database.query("SELECT * FROM one UNION ALL SELECT * FROM two ORDER BY 1, 2");
        changelog.of(table("one"), table("two"), START, emptying(first),
                outsideTransactions(sql("index", "CREATE INDEX CONCURRENTLY i ON " + second + " (note)", "DROP INDEX i")),
                emptying(second));
        List<Progress> told = new ArrayList<>();
        UpdateResult result;
        try (Connection reader = database.connect(); Statement statement = reader.createStatement()) {
            reader.setAutoCommit(false);
            result = Migrations.of(database.dataSource(), options().withOnUpdateDataLoss(OnDataLoss.ARCHIVE)
                    .withLockTimeout(Duration.ofMillis(200), 5).withProgress(event -> {
                        told.add(event);
                        try {
                            if (event instanceof Progress.Finished finished && finished.changeset().equals("index")) {
                                statement.execute("SELECT * FROM " + second);
                            } else if (event instanceof Progress.Retrying) {
                                reader.rollback();
                            }
                        } catch (SQLException e) {
                            throw new IllegalStateException(e);
                        }
                    })).update();
        }
        assertThat(told).anyMatch(Progress.Retrying.class::isInstance);
        assertThat(result.changesets()).containsExactly("empty-" + first, "index", "empty-" + second);
        assertThat(result.losses()).extracting(DataLoss::table).containsExactly(first, second);
        assertThat(result.archivedTables()).containsExactly(result.archiveSchema() + "." + first,
                result.archiveSchema() + "." + second);
        assertThat(migrations().status().archives()).singleElement().satisfies(archive -> {
            assertThat(archive.name()).isEqualTo(result.archiveSchema());
            assertThat(archive.changesets()).isEqualTo(result.changesets());
            assertThat(archive.deployments()).containsExactlyElementsOf(database.query("SELECT DISTINCT deployment_id FROM"
                    + " databasechangelog WHERE id LIKE 'empty%' ORDER BY 1").stream().map(row -> row.get(0)).toList());
        });
        assertThat(migrations().restore(result.archiveSchema()).archiveStays()).isFalse();
        assertThat(database.query("SELECT * FROM one UNION ALL SELECT * FROM two ORDER BY 1, 2")).isEqualTo(before);
    }

    private static String emptying(String table) {
        return changeset("empty-" + table, "sql: {sql: DELETE FROM " + table + "}");
    }

    @Test
    void aRefusalIsOneThoughTheChangesetMayFail() {
        deploy(table("one"));
        database.execute(ROWS);
        changelog.of(table("one"), changeset("wipe", "dropTable: {tableName: one}") + "failOnError: false\n");
        refused(Problem.DESTROYS_DATA, () -> updating(OnDataLoss.REFUSE).update());
    }

    @Test
    void aChangesetThatItsPreconditionSkipsDeletesNothing() {
        deploy(table("one"));
        database.execute(ROWS);
        changelog.of(table("one"), changeset("wipe", "dropTable: {tableName: one}")
                + "preConditions:\n  - onFail: MARK_RAN\n  - sqlCheck: {expectedResult: 0, sql: SELECT count(*) FROM one}\n");
        assertThat(updating(OnDataLoss.REFUSE).update().losses()).isEmpty();
        assertThat(database.query("SELECT exectype FROM databasechangelog WHERE id = 'wipe'"))
                .containsExactly(List.of("MARK_RAN"));
    }

    @Test
    void outsideOfTransactionsOnlyWhatCertainlyDeletesNothingMayRun() {
        deploy(table("one"));
        changelog.of(table("one"), outsideTransactions(changeset("wipe", "dropTable: {tableName: one}")));
        assertThat(refused(Problem.DESTROYS_DATA, () -> updating(OnDataLoss.REFUSE).update()))
                .contains("] wipe may delete data in ", "wipe  drops table one (0 rows)");
        changelog.of(table("one"), outsideTransactions(sql("index", "CREATE INDEX CONCURRENTLY i ON one (note)", null)));
        assertThat(updating(OnDataLoss.REFUSE).update().changesets()).containsExactly("index");
    }

    /** Who may delete need not be allowed to read. */
    @Test
    void aRoleThatMustNotReadTheTableDeploysAsBefore() {
        TestDatabase role = database.createRole("writer");
        database.execute("GRANT CREATE ON SCHEMA public TO " + role.user());
        Migrations.of(role.dataSource(), changelog.of(START).options()).update();
        database.execute(
                "CREATE TABLE secret (id int); INSERT INTO secret VALUES (1), (2); GRANT DELETE ON secret TO " + role.user());
        changelog.of(START, changeset("wipe", "delete: {tableName: secret}"));
        assertThat(Migrations.of(role.dataSource(), options()).update().losses()).extracting(DataLoss::effect)
                .containsExactly("deletes from secret (up to 2 rows)");
    }

    private Migrations updating(OnDataLoss answer) {
        return Migrations.of(database.dataSource(), options().withOnUpdateDataLoss(answer));
    }

    private static String changeset(String id, String change) {
        return "id: '" + id + "'\nchanges:\n  - " + change + "\nrollback:\n  - empty: {}\n";
    }

    /** Texts that Liquibase takes over as they stand, in a change that by its name only creates a table. */
    @ParameterizedTest
    @ValueSource(strings = {
        "column: {name: a, type: int, constraints: {foreignKeyName: f, references: 'one(id)); %s CREATE TABLE z (i int'}}",
        "column: {name: a, type: int, defaultValue: '1); %s --'}"})
    void aStatementThatATableSmugglesInIsRefused(String column) {
        assertSmugglingIsRefused(column);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {
        "column: {name: a, type: int, autoIncrement: true, generationType: 'BY DEFAULT AS IDENTITY); %s --'}",
        "column: {name: a, type: int, constraints: {primaryKey: true, primaryKeyTablespace: 'pg_default); %s --'}}",
        "column: {name: a, type: int, defaultValueNumeric: '1); %s --'}"})
    void aStatementThatATableSmugglesInElsewhereIsRefusedToo(String column) {
        assertSmugglingIsRefused(column);
    }

    /** And in what is said of the whole table or index; partitionBy with Liquibase 5 only. */
    @ParameterizedTest
    @ValueSource(strings = {
        "createTable: {tableName: x, columns: [{column: {name: a, type: int}}], tableType: 'TABLE y (a int); %s CREATE'}",
        "createTable: {tableName: x, columns: [{column: {name: a, type: int}}], partitionBy: 'RANGE (a); %s SELECT 1'}",
        "createIndex: {tableName: one, indexName: x, columns: [{column: {name: id}}], using: 'btree (id); %s CREATE INDEX ON one '}"})
    void aStatementThatAnOptionSmugglesInIsRefused(String change) {
        assumeThat(change.contains("partitionBy") && LiquibaseUtil.getBuildVersion().startsWith("4.")).isFalse();
        assertSmugglingChangeIsRefused(change);
    }

    /** Without a statement of its own: as another action, as a call, or with a comment that hides what Liquibase goes on with. */
    @ParameterizedTest
    @ValueSource(strings = {
        "addPrimaryKey: {tableName: one, columnNames: id, tablespace: 'pg_default, DROP COLUMN note'}",
        "addUniqueConstraint: {tableName: one, columnNames: id, tablespace: 'pg_default, DROP COLUMN note'}",
        "createIndex: {tableName: one, indexName: x, columns: [{column: {name: id}}], using: 'btree (gone(id)) --'}",
        "createIndex: {tableName: one, indexName: x, columns: [{column: {name: id}}], tablespace: 'pg_default WHERE gone(id) > 0'}",
        "createTable: {tableName: x, columns: [{column: {name: a, type: int}}], tableType: 'TABLE y AS SELECT gone(1) --'}"})
    void whatAnOptionHidesIsRefused(String change) {
        String one = "id: one\nchanges:\n  - createTable: {tableName: one, columns: [{column: {name: id, type: int}},"
                + " {column: {name: note, type: text}}]}\n";
        deploy(one);
        database.execute("INSERT INTO one VALUES (1, 'a'); CREATE TABLE other (id int); INSERT INTO other VALUES (1);"
                + " CREATE FUNCTION go(int) RETURNS int LANGUAGE sql AS 'DELETE FROM public.other; SELECT 1';"
                + " CREATE FUNCTION gone(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN public.go($1); END'");
        changelog.of(one, "id: x\nchanges:\n  - " + change + "\n");
        refused(Problem.DESTROYS_DATA, () -> updating(OnDataLoss.REFUSE).update());
        assertThat(database.query("SELECT note, other.id::text FROM one, other")).hasSize(1);
    }

    private void assertSmugglingIsRefused(String column) {
        assertSmugglingChangeIsRefused("createTable: {tableName: x, columns: [{" + column + "}]}");
    }

    private void assertSmugglingChangeIsRefused(String change) {
        deploy(table("one"));
        database.execute("INSERT INTO one VALUES (1, 'a')");
        changelog.of(table("one"), "id: x\nchanges:\n  - " + change.formatted("DELETE FROM one;") + "\n");
        refused(Problem.DESTROYS_DATA, () -> updating(OnDataLoss.REFUSE).update());
        assertThat(database.query("SELECT 1 FROM one")).hasSize(1);
    }
}
