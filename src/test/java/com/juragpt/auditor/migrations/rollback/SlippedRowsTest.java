package com.juragpt.auditor.migrations.rollback;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ways by which rows got past the count, the refusal or the archive once. */
class SlippedRowsTest extends DeploymentFixture {

    private static final String LOCKED_OUT =
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

    /** A commit before the step would let a writer in that queued on its table's lock. */
    @ParameterizedTest
    @EnumSource(value = OnDataLoss.class, names = {"REFUSE", "ARCHIVE"})
    void aWriterThatQueuesWhileAStepOfAChangesetOutsideOfTransactionsBegins(OnDataLoss answer) {
        deploy(START, outsideTransactions(table("one")), table("two"));
        AtomicReference<CompletableFuture<Void>> writer = new AtomicReference<>();
        Migrations migrations = Migrations.of(database.dataSource(), options().withOnDataLoss(answer).withProgress(event -> {
            if (event instanceof Progress.Started started && started.changeset().equals("create-two")) {
                writer.set(CompletableFuture.runAsync(() -> database.execute("INSERT INTO one VALUES (1, 'committed')")));
                while (database.query(LOCKED_OUT).isEmpty()) {
                    Thread.onSpinWait();
                }
            }
        }));
        RollbackPlan plan = migrations.planRollbackTo("start");
        assertThat(plan.steps()).noneMatch(RollbackPlan.Step::ownTransaction);
        migrations.rollback(plan);
        assertThatThrownBy(() -> writer.get().get()).isInstanceOf(ExecutionException.class)
                .hasMessageContaining("relation \"one\" does not exist");
    }

    @ParameterizedTest
    @EnumSource(value = OnDataLoss.class, names = {"REFUSE", "ARCHIVE"})
    void aStepThatMustRunOutsideAndDropsWhatIsEmptyNow(OnDataLoss answer) {
        deploy(START, outsideTransactions(table("one")
                .replace("  - dropTable", "  - sql: {sql: DROP INDEX CONCURRENTLY IF EXISTS i}\n  - dropTable")));
        Migrations migrations = migrations(answer);
        assertThat(refused(Problem.DESTROYS_DATA, () -> migrations.rollback(migrations.planRollbackTo("start"))))
                .contains("outside of the one transaction, where others can write in between",
                        "create-one  drops table one (0 rows)");
        assertThat(migrations(OnDataLoss.ACCEPT).rollback(migrations.planRollbackTo("start")).changesets())
                .containsExactly("create-one");
    }

    @Test
    void aCompositeValueWithAnEmptyPart() {
        deploy(table("one"), START, sql("add", "CREATE TYPE pair AS (a int, b int); ALTER TABLE one ADD COLUMN p pair",
                "ALTER TABLE one DROP COLUMN p"));
        database.execute("INSERT INTO one VALUES (1, NULL, ROW(1, NULL)), (2, NULL, NULL)");
        assertThat(refusal()).contains("add  drops column p of one (1 row with a value)");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "createView: {viewName: v, selectQuery: 'SELECT 1; DELETE FROM one'}",
        "addColumn: {tableName: one, columns: [{column: {name: n, type: int, defaultValueComputed: wipe()}}]}",
        "delete: {tableName: two, where: 'id = wipe()'}"})
    void freeTextThatDoesMore(String rollback) {
        assertFreeTextIsRefused(rollback);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {
        "createView: {viewName: v, selectQuery: 'SELECT wipe()', remarks: x}\n  - sql: {sql: 'SELECT * FROM v'}",
        "createIndex: {tableName: one, indexName: i, columns: [{column: {name: 'wiped(id)', computed: true}}]}",
        "delete: {tableName: two, where: 'id = 1; DELETE FROM one'}",
        "sql: {sql: 'DELETE FROM two WHERE id = wipe()'}",
        "sql: {splitStatements: false, sql: 'DELETE FROM two; SELECT wipe()'}"})
    void freeTextThatDoesMoreElsewhere(String rollback) {
        assertFreeTextIsRefused(rollback);
    }

    private void assertFreeTextIsRefused(String rollback) {
        database.execute("CREATE FUNCTION wipe() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM one; RETURN 1; END';"
                + "CREATE FUNCTION wiped(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN DELETE FROM one; RETURN 1; END'");
        deploy(table("one"), table("two"), START, "id: odd\nchanges:\n  - empty: {}\nrollback:\n  - " + rollback);
        database.execute("INSERT INTO one VALUES (1), (2)");
        assertThat(refusal()).contains("odd  ");
    }

    @Test
    void aMaterializedViewThatGoesWithItsTable() {
        deploy(START,
                table("one").replace("dropTable: {tableName: one}", "dropTable: {tableName: one, cascadeConstraints: true}"));
        database.execute("INSERT INTO one VALUES (1); CREATE VIEW v AS SELECT * FROM one;"
                + " CREATE MATERIALIZED VIEW m AS SELECT * FROM v; DELETE FROM one");
        assertThat(refusal()).contains("create-one  has an effect that cannot be foreseen: DROP TABLE public.one CASCADE");
    }

    /** As many rows of another table do not make up for those that appear while the rollback is under way. */
    @Test
    void rowsOfOneTableInTheArchiveAndOthersOfAnotherDropped() {
        deploy(START, sql("both", "CREATE TABLE a (id int); CREATE TABLE b (id int)", "DROP TABLE a, b"), table("two"));
        database.execute("INSERT INTO a VALUES (1), (2); CREATE FUNCTION fill() RETURNS event_trigger LANGUAGE plpgsql"
                + " AS 'BEGIN INSERT INTO b VALUES (1); END';"
                + " CREATE EVENT TRIGGER fill ON sql_drop EXECUTE FUNCTION fill()");
        Migrations migrations = migrations(OnDataLoss.ARCHIVE);
        assertThat(refused(Problem.DESTROYS_DATA, () -> migrations.rollback(migrations.planRollbackTo("start"))))
                .contains("both  drops table b (1 row)");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "DROP TABLE IF EXISTS one | drops table one (3 rows)",
        "DELETE FROM one WHERE id IN (1, 2) | deletes from one (up to 2 rows)",
        "ALTER TABLE one ALTER COLUMN note TYPE varchar(2) USING note::varchar(2) | changes the type of column note of one"
                + " (1 row whose value is cut or rounded)",
        "UPDATE one SET note = 'x' WHERE note IS NULL; UPDATE one SET id = 0 WHERE id = 1 | overwrites column id of one"
                + " (1 row with a value)",
        "UPDATE one SET note = 'x' WHERE note IS NULL; DELETE FROM one WHERE note = 'x' | deletes from one (up to 3 rows)"})
    void rawSqlInItsPlainFormsIsCounted(String rollback, String counted) {
        assertRawSqlIsCounted(rollback, counted);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @CsvSource(delimiter = '|', value = {
        "-- as the last step%n DROP TABLE public.\"one\" RESTRICT | drops table one (3 rows)",
        "ALTER TABLE one DROP COLUMN IF EXISTS note | drops column note of one (2 rows with a value)",
        "TRUNCATE one | deletes from one (up to 3 rows)",
        "ALTER TABLE one ALTER note TYPE varchar(2) USING left(note, 2) | overwrites column note of one (1 row with a value)",
        "UPDATE one SET note = 'ab' WHERE id <> 2 | overwrites column note of one (1 row with a value)",
        "UPDATE one SET note = 'x' WHERE id = 1; UPDATE one SET note = 'y' WHERE note = 'x' | overwrites column note of one"
                + " (3 rows with a value)",
        "UPDATE one SET note = 'x' WHERE note IS NULL; ALTER TABLE one DROP COLUMN note | drops column note of one (3 rows with a value)",
        "UPDATE one SET note = 'x' WHERE note IS NULL; ALTER TABLE one ALTER note TYPE int USING length(note) | overwrites column"
                + " note of one (3 rows with a value)",
        "ALTER TABLE one ALTER note TYPE text USING 'x'; DELETE FROM one WHERE note = 'x' | deletes from one (up to 3 rows)"})
    void rawSqlInItsOtherPlainFormsIsCountedToo(String rollback, String counted) {
        assertRawSqlIsCounted(rollback, counted);
    }

    private void assertRawSqlIsCounted(String rollback, String counted) {
        deploy(table("one"), START, sql("odd", "SELECT 1", rollback.formatted().replace("\"", "\\\"").replace("\n", "\\n")));
        database.execute("INSERT INTO one VALUES (1, 'ab'), (2, NULL), (3, 'abc')");
        assertThat(refusal()).contains("odd  " + counted).doesNotContain("foreseen");
    }

    /** What the rollback itself writes is in the plan before it is written. */
    @Test
    void aColumnThatAnEarlierStepFillsAndALaterOneDrops() {
        deploy(table("one"), START, sql("add", "ALTER TABLE one ADD COLUMN mood text", "ALTER TABLE one DROP COLUMN mood"),
                sql("fill", "SELECT 1", "UPDATE one SET mood = 'calm' WHERE id = 1"));
        database.execute("INSERT INTO one VALUES (1), (2)");
        assertThat(refusal()).contains("add  drops column mood of one (2 rows with a value)").doesNotContain("fill  ");
        Migrations archiving = migrations(OnDataLoss.ARCHIVE);
        assertThat(archiving.rollback(archiving.planRollbackTo("start")).changesets()).containsExactly("fill", "add");
    }

    @ParameterizedTest
    @CsvSource({"text, varchar(3), 1", "numeric(9;4), numeric(9;1), 1", "timestamp, date, 1", "int, bigint, 0", "bigint, int, 0",
        "'numeric(9;1)', 'numeric(9;4)', 0"})
    void valuesThatANarrowerTypeCuts(String wide, String narrow, int cut) {
        deploy(table("one"), START, """
                id: retype
                changes:
                  - modifyDataType: {tableName: one, columnName: note, newDataType: text}
                rollback:
                  - modifyDataType: {tableName: one, columnName: note, newDataType: '%s'}
                """.formatted(narrow.replace(';', ',')));
        String value = wide.equals("text") ? "abcd" : wide.equals("timestamp") ? "2026-01-02 03:04" : "12";
        String longer = wide.startsWith("numeric") && cut > 0 ? "12.3456" : value;
        database.execute("ALTER TABLE one ALTER note TYPE " + wide.replace(';', ',') + " USING note::" + wide.replace(';', ',')
                + "; INSERT INTO one VALUES (1, '" + longer + "'), (2, NULL)");
        RollbackPlan plan = migrations().planRollbackTo("start");
        assertThat(plan.realLosses()).hasSize(cut);
        if (cut > 0) {
            assertThat(refusal())
                    .contains("retype  changes the type of column note of one (1 row whose value is cut or rounded)");
        } else {
            rollbackTo("start");
            assertThat(database.query("SELECT note::int FROM one WHERE id = 1")).isEqualTo(List.of(List.of("12")));
        }
    }

    @Test
    void alembicsOwnTableIsSaidToBeWrongThen() {
        deploy(START, table("one"), "id: tag\nchanges:\n  - tagDatabase: {tag: '001'}\nrollback:\n  - empty: {}");
        database.execute("CREATE TABLE alembic_version (version_num varchar(32)); INSERT INTO alembic_version VALUES ('001')");
        assertThat(migrations().rollback(migrations().planRollbackTo("001")).alembicVersion()).isNull();
        assertThat(rollbackTo("start").alembicVersion()).isEqualTo("001");
    }

    private String refusal() {
        return refused(Problem.DESTROYS_DATA, () -> rollbackTo("start"));
    }
}
