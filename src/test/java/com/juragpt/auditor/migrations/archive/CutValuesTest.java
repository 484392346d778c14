package com.juragpt.auditor.migrations.archive;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RestoreResult;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.api.UpdateResult;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values that a narrower type has cut or rounded come back whole, where nobody has written another one since. */
class CutValuesTest extends RestoreFixture {

    private static final String NARROW = narrow("text", "varchar(5)");

    @ParameterizedTest
    @Tag("exhaustive")
    @CsvSource(delimiter = '|', value = {
        "text | varchar(5) | whole sentences; short; ''; with blanks behind    ",
        "text | char(5) | whole sentences; abc; ab  ",
        "varchar(20) | varchar(3) | äöüß; 日本語の; abc",
        "numeric(12,4) | numeric(12,2) | 1.2345; 1.2300; -0.0001",
        "numeric | int | 1.5; 2; -0.5",
        "numeric(10,2) | numeric(10,0) | 1.50; 2.00; -0.49",
        "varchar(9) | char(5) | a; ab  ; abcde",
        "timestamp | timestamp(0) | 2026-01-02 03:04:05.678; 2026-01-02 00:00:00",
        "timestamptz | date | 2026-03-29 02:30:00+01; 2026-03-29 00:00:00+00",
        "double precision | real | 0.1; 0.5; NaN; 1.1; 16777217",
        "timestamp | date | 2026-01-02 03:04:05.678; 2026-01-02 00:00:00; infinity",
        "timestamptz | timestamptz(0) | 2026-03-29 02:30:00.4+01; 2026-03-29 02:30:00+01",
        "bit varying | bit varying(2) | 1011; 10; 1"})
    void whateverWasCutComesBackWhole(String former, String narrower, String values) {
        String create = table("one", "id int PRIMARY KEY, v " + former);
        deploy(create, START);
        int id = 0;
        for (String value : values.split("; ")) {
            database.execute("INSERT INTO one VALUES (" + ++id + ", '" + value.replace("'", "") + "')");
        }
        database.execute("INSERT INTO one VALUES (0, NULL)");
        List<List<String>> before = rows("one");
        changelog.of(create, START, narrow(former, narrower));

        UpdateResult update = archiving().update();
        assertThat(rows("one")).isNotEqualTo(before);
        rollBack();
        assertThat(rows("one")).isNotEqualTo(before);
        RestoreResult restored = migrations().restore(update.archiveSchema());

        assertThat(rows("one")).isEqualTo(before);
        assertThat(restored.archiveStays()).isFalse();
        assertThat(restored.restored()).isEqualTo(update.losses().get(0).rows());
    }

    @Test
    void whatSomebodyHasWrittenSinceIsAConflictOnlyWhereSomethingWasLost() {
        String create = table("one", "id int PRIMARY KEY, v text");
        deploy(create, START);
        database.execute("INSERT INTO one VALUES (1, 'cut and left alone'), (2, 'fits'), (3, NULL), (4, 'cut and changed'),"
                + " (5, 'cut and deleted'), (6, 'cut and emptied')");
        changelog.of(create, START, NARROW);
        String archive = archiving().update().archiveSchema();
        database.execute("UPDATE one SET v = 'other' WHERE id IN (2, 3, 4); DELETE FROM one WHERE id = 5;"
                + " UPDATE one SET v = NULL WHERE id = 6");
        rollBack();

        assertThat(refused(Problem.RESTORE_CONFLICT, () -> migrations().restore(archive)))
                .contains(": 1 row is there with another content", "\n  one.v: id = 4\n");
        assertThat(keeping().restore(archive).archiveStays()).isTrue();
        assertThat(rows("one")).containsExactly(List.of("(1,\"cut and left alone\")"), List.of("(2,other)"), List.of("(3,other)"),
                List.of("(4,other)"), List.of("(6,\"cut and emptied\")"));
        assertThat(database.query("SELECT id FROM " + archive + ".one__v ORDER BY 1")).containsExactly(List.of("4"),
                List.of("5"));
    }

    /** Rows that are alike but for the value, in a table without a key: each value comes back to one of them. */
    @Test
    void rowsWithoutAKeyGetTheirValuesBack() {
        String create = table("one", "name text, v numeric(6,2)");
        deploy(create, START);
        database.execute("INSERT INTO one VALUES ('a', 10.2), ('a', 9.96), ('a', 9.96), ('a', NULL), ('b', 1.25), ('b', 1.1),"
                + " (NULL, 3.33)");
        List<List<String>> before = rows("one");
        changelog.of(create, START, narrow("numeric(6,2)", "numeric(6,1)"));
        String archive = archiving().update().archiveSchema();
        rollBack();
        assertThat(rows("one")).isNotEqualTo(before);
        assertThat(migrations().restore(archive).archiveStays()).isFalse();
        assertThat(rows("one")).isEqualTo(before);
    }

    @Test
    void whatARollbackHasCutComesBackAfterTheNextUpdate() {
        String create = table("one", "id int PRIMARY KEY, v varchar(5)");
        String widen = narrow("varchar(5)", "text").replace("narrow", "widen");
        deploy(create, START, widen);
        database.execute("INSERT INTO one VALUES (1, 'whole sentences'), (2, 'fits')");
        List<List<String>> before = rows("one");
        String archive = rollbackTo("start").archiveSchema();
        assertThat(rows("one")).containsExactly(List.of("(1,whole)"), List.of("(2,fits)"));
        migrations().update();
        assertThat(migrations().restore(archive).archiveStays()).isFalse();
        assertThat(rows("one")).isEqualTo(before);
    }

    /** What the column cannot take is not cut a second time. */
    @Test
    void asLongAsTheTypeIsNarrowNothingIsRestored() {
        String create = table("one", "id int PRIMARY KEY, v text");
        deploy(create, START);
        database.execute("INSERT INTO one VALUES (1, 'whole sentences')");
        changelog.of(create, START, NARROW);
        String archive = archiving().update().archiveSchema();
        assertThat(refused(Problem.CANNOT_RESTORE, () -> migrations().restore(archive)))
                .contains("one.v is character varying(5) now, which would not keep 'whole sentences'");
    }

    /** Rounded up it has no room in the former type any more, so nobody can count by casting it back. */
    @Test
    void aValueThatCannotGoBackIsArchivedToo() {
        String create = table("one", "id int PRIMARY KEY, v numeric(4,2)");
        deploy(create, START);
        database.execute("INSERT INTO one VALUES (1, 99.99), (2, 1.50), (3, NULL)");
        changelog.of(create, START, narrow("numeric(4,2)", "numeric(4,1)"));
        UpdateResult update = archiving().update();
        assertThat(database.query("SELECT id, v::text FROM " + update.archivedTables().get(0) + " ORDER BY 1"))
                .containsExactly(List.of("1", "99.99"), List.of("2", "1.50"), Arrays.asList("3", null));
    }

    @Test
    void thePlanOfTheRollbackNamesTheArchiveThatHasTheWholeValues() {
        String create = table("one", "id int PRIMARY KEY, v text");
        deploy(create, START);
        database.execute("INSERT INTO one VALUES (1, 'whole sentences')");
        changelog.of(create, START, NARROW);
        String archive = archiving().update().archiveSchema();
        assertThat(migrations().planRollbackTo("start").deletedBefore())
                .containsExactly(new RollbackPlan.Deleted("narrow", "what varchar(5) has cut or rounded of v of one", archive));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "sql: {sql: ALTER TABLE one ALTER v TYPE varchar(5) USING v::varchar(5)}",
        "modifyDataType: {tableName: ONE, columnName: V, newDataType: VARCHAR(5)}"})
    void thePlanSaysSoHoweverItIsWritten(String change) {
        deploy(table("one", "id int, v text"), START, "id: narrow\nchanges:\n  - " + change + "\nrollback:\n"
                + "  - sql: {sql: ALTER TABLE one ALTER COLUMN v TYPE text}\n");
        assertThat(migrations().planRollbackTo("start").deletedBefore()).extracting(RollbackPlan.Deleted::what)
                .singleElement().asString().matches("(?i)what varchar\\(5\\) has cut or rounded of v of one");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"varchar(5) | varchar(9)", "varchar(5) | text", "int | bigint"})
    void thePlanSaysNothingOfAWiderType(String former, String wider) {
        deploy(table("one", "id int, v " + former), START, narrow(former, wider));
        assertThat(migrations().planRollbackTo("start").deletedBefore()).isEmpty();
    }

    private static String narrow(String former, String narrower) {
        String change = "modifyDataType: {tableName: one, columnName: v, newDataType: '%s'}";
        return "id: narrow\nchanges:\n  - " + change.formatted(narrower) + "\nrollback:\n  - " + change.formatted(former) + "\n";
    }

    private Migrations archiving() {
        return Migrations.of(database.dataSource(), options().withOnUpdateDataLoss(OnDataLoss.ARCHIVE));
    }

    private void rollBack() {
        migrations(OnDataLoss.ACCEPT).rollback(migrations(OnDataLoss.ACCEPT).planRollbackTo("start"));
    }
}
