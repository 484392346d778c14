package com.juragpt.auditor.migrations.archive;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.api.UpdateResult;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a deployment has overwritten comes back, where nobody has written another value since. */
class OverwrittenValuesTest extends RestoreFixture {

    private static final String ONE = table("one", "id int PRIMARY KEY, v text, n int");
    private static final String ROWS =
            "INSERT INTO one VALUES (1, 'a', 1), (2, 'b', 2), (3, NULL, 3), (4, 'long enough', NULL), (5, '', 5)";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "UPDATE one SET v = upper(v) WHERE id < 3 | SELECT 1",
        "UPDATE one SET id = id + 100 WHERE v = 'a' | SELECT 1",
        "ALTER TABLE one ALTER v TYPE varchar(2) USING left(v, 2) | ALTER TABLE one ALTER v TYPE text"})
    void whateverWasOverwrittenComesBack(String change, String rollback) {
        assertComesBack(change, rollback);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "UPDATE one SET v = 'x', n = n * 2 | UPDATE one SET v = NULL WHERE v = 'x'",
        "UPDATE one o SET v = t.v FROM one t WHERE t.id = o.id + 1 | UPDATE one SET v = NULL WHERE id = 3",
        "UPDATE one SET v = DEFAULT WHERE v = 'a' | SELECT 1",
        "ALTER TABLE one ALTER v TYPE bool USING v = 'a' | ALTER TABLE one ALTER v TYPE text USING CASE WHEN v THEN 'a' END"})
    void whateverElseWasOverwrittenComesBackToo(String change, String rollback) {
        assertComesBack(change, rollback);
    }

    private void assertComesBack(String change, String rollback) {
        deploy(ONE, START);
        database.execute(ROWS);
        List<List<String>> before = rows("one");
        changelog.of(ONE, START, sql("overwrite", change, rollback));
        UpdateResult update = archiving().update();
        assertThat(rows("one")).isNotEqualTo(before);
        rollBack();
        assertThat(rows("one")).isNotEqualTo(before);
        assertThat(migrations().restore(update.archiveSchema()).archiveStays()).isFalse();
        assertThat(rows("one")).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "CREATE TABLE one (id int, v text)",
        "CREATE TABLE one (id int PRIMARY KEY, v text) PARTITION BY HASH (id); CREATE TABLE one_0 PARTITION OF one FOR VALUES WITH"
                + " (MODULUS 2, REMAINDER 0); CREATE TABLE one_1 PARTITION OF one FOR VALUES WITH (MODULUS 2, REMAINDER 1)"})
    void whateverTableItIs(String create) {
        assertComesBackToTheTable(create);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {
        "CREATE TABLE one (id int PRIMARY KEY, v text); CREATE TABLE heir (PRIMARY KEY (id)) INHERITS (one);"
                + " INSERT INTO heir VALUES (1, 'of the heir')",
        "CREATE TABLE one (id int PRIMARY KEY, v varchar(20) COLLATE \"C\", twice text GENERATED ALWAYS AS (v || v) STORED)"})
    void whateverOtherTableItIs(String create) {
        assertComesBackToTheTable(create);
    }

    private void assertComesBackToTheTable(String create) {
        deploy(START);
        database.execute(create + "; INSERT INTO one (id, v) VALUES (1, 'a'), (2, 'b'), (3, 'a'), (4, 'kept')");
        List<List<String>> before = rows("one");
        changelog.of(START, sql("overwrite", "UPDATE one SET v = v || '!' WHERE v <> 'kept'", "SELECT 1"));
        String archive = archiving().update().archiveSchema();
        rollBack();
        assertThat(migrations().restore(archive).archiveStays()).isFalse();
        assertThat(rows("one")).isEqualTo(before);
    }

    /** What the second changeset finds is what the first has written, and no archive need keep it. */
    @ParameterizedTest
    @Tag("exhaustive")
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "UPDATE one SET v = concat(v, '!') | SELECT 1 | UPDATE one SET v = 'y' | SELECT 1",
        "UPDATE one SET v = concat(v, '!') | SELECT 1 | DELETE FROM one WHERE id < 3 | SELECT 1",
        "UPDATE one SET v = concat(v, '!') | SELECT 1 | ALTER TABLE one DROP COLUMN v | ALTER TABLE one ADD v text",
        "UPDATE one SET v = concat(v, '!') | SELECT 1 | ALTER TABLE one ALTER v TYPE varchar(1) USING v::varchar(1) | ALTER TABLE one ALTER v TYPE text",
        "ALTER TABLE one ALTER v TYPE varchar(5) USING v::varchar(5) | ALTER TABLE one ALTER v TYPE text"
                + " | ALTER TABLE one ALTER v TYPE varchar(2) USING left(v, 2) | ALTER TABLE one ALTER v TYPE varchar(5)",
        "UPDATE one SET v = concat(v, '!') | SELECT 1 | DROP TABLE one | CREATE TABLE one (id int PRIMARY KEY, n int, v text)"})
    void twiceInOneUpdate(String first, String undoFirst, String second, String undoSecond) {
        String create = table("one", "id int PRIMARY KEY, n int, v text");
        deploy(create, START);
        database.execute("INSERT INTO one VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'long enough')");
        List<List<String>> before = rows("one");
        changelog.of(create, START, sql("first", first, undoFirst), sql("second", second, undoSecond));
        String archive = archiving().update().archiveSchema();
        rollBack();
        assertThat(migrations().restore(archive).archiveStays()).isFalse();
        assertThat(rows("one")).isEqualTo(before);
    }

    /** What the changeset's own rollback makes of a value is not what was left of it: only somebody who knows it can tell. */
    @Test
    void valuesThatCannotBeCastBackAreArchivedAndNothingIsGuessed() {
        deploy(ONE, START);
        database.execute(ROWS);
        changelog.of(ONE, START, sql("overwrite", "ALTER TABLE one ALTER n TYPE text[] USING ARRAY[n::text]",
                "ALTER TABLE one ALTER n TYPE int USING 7"));
        UpdateResult update = archiving().update();
        assertThat(update.losses()).singleElement().hasToString("overwrite  overwrites column n of one (4 rows with a value)");
        assertThat(database.query("SELECT id, n FROM " + update.archivedTables().get(0) + " WHERE n > 1 ORDER BY 1"))
                .containsExactly(List.of("2", "2"), List.of("3", "3"), List.of("5", "5"));
        rollBack();
        assertThat(refused(Problem.RESTORE_CONFLICT, () -> migrations().restore(update.archiveSchema())))
                .contains("one.n: id = 1");
    }

    @Test
    void whatSomebodyHasWrittenSinceIsAConflict() {
        deploy(ONE, START);
        database.execute(ROWS);
        changelog.of(ONE, START, sql("overwrite", "UPDATE one SET v = 'x'", "SELECT 1"));
        String archive = archiving().update().archiveSchema();
        database.execute("UPDATE one SET v = 'mine' WHERE id = 1; UPDATE one SET n = 0 WHERE id = 2");
        rollBack();
        assertThat(refused(Problem.RESTORE_CONFLICT, () -> migrations().restore(archive)))
                .contains(": 1 row is there with another content", "\n  one.v: id = 1\n");
        assertThat(keeping().restore(archive).archiveStays()).isTrue();
        // Where there was no value, there was nothing to lose.
        assertThat(rows("one")).containsExactly(List.of("(1,mine,1)"), List.of("(2,b,0)"), List.of("(3,x,3)"),
                List.of("(4,\"long enough\",)"), List.of("(5,\"\",5)"));
    }

    @Test
    void whatARollbackHasOverwrittenComesBackAfterTheNextUpdate() {
        deploy(ONE, START,
                sql("calm", "UPDATE one SET v = 'calm' WHERE v = 'wild'", "UPDATE one SET v = 'wild', n = 0 WHERE v = 'calm'"));
        database.execute("INSERT INTO one VALUES (1, 'calm', 1), (2, 'sad', 2)");
        List<List<String>> before = rows("one");
        assertThat(refused(Problem.DESTROYS_DATA,
                () -> migrations(OnDataLoss.REFUSE).rollback(migrations().planRollbackTo("start"))))
                .contains("would overwrite data in ", "calm  overwrites column v of one (1 row with a value)",
                        "calm  overwrites column n of one (1 row with a value)");
        String archive = rollbackTo("start").archiveSchema();
        assertThat(rows("one")).containsExactly(List.of("(1,wild,0)"), List.of("(2,sad,2)"));
        migrations().update();
        assertThat(migrations().restore(archive).archiveStays()).isFalse();
        assertThat(rows("one")).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "UPDATE one SET v = 'x' | values of v of one",
        "ALTER TABLE one ALTER v TYPE varchar(9) USING left(v, 9) | values of v of one",
        "INSERT INTO one VALUES (1) ON CONFLICT (id) DO UPDATE SET v = 'x' | values of one",
        "UPDATE one SET v = 'x' WHERE v IS NULL | ",
        "INSERT INTO one VALUES (1) ON CONFLICT (id) DO NOTHING | "})
    void thePlanOfTheRollbackSaysWhatItDoesNotBringBack(String change, String what) {
        deploy(ONE, START, sql("overwrite", change, "SELECT 1"));
        assertThat(migrations().planRollbackTo("start").deletedBefore()).extracting(RollbackPlan.Deleted::what)
                .containsExactlyElementsOf(what == null ? List.of() : List.of(what));
    }

    @Test
    void thePlanSaysNothingOfFormerValuesOfWhatItDrops() {
        deploy(START, ONE, sql("overwrite", "UPDATE one SET v = 'x'", "SELECT 1"));
        assertThat(migrations().planRollbackTo("start").deletedBefore()).isEmpty();
    }

    @Test
    void thePlanNamesTheArchiveThatHasTheFormerValues() {
        deploy(ONE, START);
        database.execute(ROWS);
        changelog.of(ONE, START,
                "id: overwrite\nchanges:\n  - update: {tableName: one, columns: [{column: {name: v, value: x}}]}\n"
                        + "rollback:\n  - empty: {}\n");
        String archive = archiving().update().archiveSchema();
        assertThat(migrations().planRollbackTo("start").deletedBefore()).singleElement().asString()
                .isEqualTo("overwrite  values of v of public.one: mvn migrations:restore -Dmigrations.archive=" + archive);
    }

    private Migrations archiving() {
        return Migrations.of(database.dataSource(), options().withOnUpdateDataLoss(OnDataLoss.ARCHIVE));
    }

    private void rollBack() {
        migrations(OnDataLoss.ACCEPT).rollback(migrations(OnDataLoss.ACCEPT).planRollbackTo("start"));
    }
}
