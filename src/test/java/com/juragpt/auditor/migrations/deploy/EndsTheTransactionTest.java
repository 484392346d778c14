package com.juragpt.auditor.migrations.deploy;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No changeset gets out of the one transaction, whatever it says; one that tries is refused with everything as it was. */
@ExtendWith(PostgresExtension.class)
class EndsTheTransactionTest {

    private TestDatabase database;
    private SampleChangelog changelog;

    @BeforeEach
    void open(TestDatabase empty, @TempDir Path folder) {
        database = empty;
        changelog = new SampleChangelog(folder);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "COMMIT",
        "INSERT INTO one VALUES (1); COMMIT; INSERT INTO one VALUES (2)",
        "ROLLBACK",
        "ROLLBACK; BEGIN READ WRITE; CREATE TABLE escaped (id int); COMMIT",
        "-- a remark\\nROLLBACK"})
    void anUpdateIsRefusedAsAWhole(String escape) {
        assertUpdateIsRefused(escape);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {
        "COMMIT AND CHAIN",
        "END",
        "ABORT",
        "ROLLBACK AND CHAIN",
        "ROLLBACK; BEGIN; CREATE TABLE escaped (id int)",
        "COMMIT; CREATE TABLE escaped (id int); BEGIN",
        "/* a remark */ COMMIT",
        "SELECT 'a;b' ; commit work"})
    void anUpdateThatEscapesInOtherWordsIsRefusedAsAWholeToo(String escape) {
        assertUpdateIsRefused(escape);
    }

    private void assertUpdateIsRefused(String escape) {
        changelog.of(revision("start"), table("one"), table("two"), sql("escapes", escape, null), table("three"));
        assertRefused("escapes", Migrations::update);
        changelog.of(revision("start"), table("one"), table("two"), table("three"));
        assertThat(migrations().update().changesets()).hasSize(4);
    }

    /** They do nothing but create structure, as it seems. */
    @ParameterizedTest
    @ValueSource(strings = {
        "createIndex: {tableName: one, indexName: ix, columns: [{column: {name: 'id); ROLLBACK; BEGIN; SELECT (1', computed: true}}]}",
        "createSequence: {sequenceName: x, dataType: int; COMMIT}",
        "createIndex: {tableName: one, indexName: ix, columns: [{column: {name: id}}],"
                + " using: 'btree (id); ROLLBACK; BEGIN; CREATE TABLE x (id int); CREATE INDEX ON x '}",
        "createTable: {tableName: x, columns: [{column: {name: a, type: int}}],"
                + " tableType: 'TABLE y (a int); ROLLBACK; BEGIN; CREATE'}"})
    void whatAChangeSmugglesInIsRefusedAsAWhole(String change) {
        changelog.of(revision("start"), table("one"), "id: escapes\nchanges:\n  - " + change + "\n", table("three"));
        assertRefused("escapes", Migrations::update);
    }

    /** What is there already has to stay as well. */
    @ParameterizedTest
    @ValueSource(strings = {"COMMIT", "ROLLBACK", "ROLLBACK; BEGIN READ WRITE; CREATE TABLE escaped (id int); COMMIT"})
    void aLaterUpdateIsRefusedAsAWhole(String escape) {
        changelog.of(revision("start"), table("one"));
        migrations().update();
        changelog.of(revision("start"), table("one"), table("two"), sql("escapes", escape, null), table("three"));
        assertRefused("escapes", Migrations::update);
    }

    @ParameterizedTest
    @ValueSource(strings = {"COMMIT", "ROLLBACK", "ROLLBACK; BEGIN READ WRITE; CREATE TABLE escaped (id int); COMMIT"})
    void aChangesetThatMayFailIsNoWayOut(String escape) {
        changelog.of(revision("start"), table("one"), sql("escapes", escape, null) + "failOnError: false\n", table("three"));
        assertRefused("escapes", Migrations::update);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "COMMIT",
        "ROLLBACK; BEGIN READ WRITE; CREATE TABLE escaped (id int); COMMIT"})
    void aRollbackIsRefusedAsAWhole(String escape) {
        assertRollbackIsRefused(escape);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {"ROLLBACK", "COMMIT AND CHAIN"})
    void aRollbackThatEscapesInOtherWordsIsRefusedAsAWholeToo(String escape) {
        assertRollbackIsRefused(escape);
    }

    private void assertRollbackIsRefused(String escape) {
        changelog.of(revision("start"), table("one"), sql("escapes", "SELECT 1", escape), table("two"));
        migrations().update();
        assertRefused("escapes", m -> Migrations.of(database.dataSource(),
                changelog.options().withOnDataLoss(OnDataLoss.ACCEPT))
                .rollback(m.planRollbackTo("start")));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "COMMIT",
        "ROLLBACK; SET default_transaction_read_only = off; CREATE TABLE escaped (id int)"})
    void aRehearsalLeavesEverythingAsItWas(String escape) {
        assertRehearsalChangesNothing(escape);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {
        "ROLLBACK",
        "ROLLBACK; BEGIN READ WRITE; CREATE TABLE escaped (id int); COMMIT",
        "ROLLBACK; START TRANSACTION READ WRITE; CREATE TABLE escaped (id int); COMMIT; BEGIN"})
    void aRehearsalOfWhatEscapesInOtherWordsLeavesEverythingAsItWasToo(String escape) {
        assertRehearsalChangesNothing(escape);
    }

    private void assertRehearsalChangesNothing(String escape) {
        changelog.of(revision("start"), table("one"));
        migrations().update();
        changelog.of(revision("start"), table("one"), table("two"), sql("escapes", escape, "SELECT 1"), table("three"));
        assertRefused("escapes", Migrations::rehearse);
        changelog.of(revision("start"), table("one"), sql("escapes", "SELECT 1", escape));
        List<String> before = Contents.of(database);
        catchThrowable(() -> migrations().rehearse());
        assertThat(Contents.of(database)).isEqualTo(before);
    }

    /** The server itself refuses that within a transaction. */
    @Test
    void aProcedureThatCommitsIsRefusedAsAWhole() {
        changelog.of(revision("start"), table("one"), sql("escapes", "CREATE PROCEDURE sneak() LANGUAGE plpgsql AS"
                + " 'BEGIN INSERT INTO one VALUES (7); COMMIT; END'; CALL sneak()", null));
        Throwable refusal = catchThrowable(() -> migrations().update());
        assertThat(Contents.of(database)).containsExactly("schema public");
        assertThat(refusal).hasMessageContaining("invalid transaction termination").hasMessageContaining("Nothing was changed.");
    }

    @Test
    void theGuardAgainstItIsNotInTheWayOfWhatMayBeSaid() {
        changelog.of(revision("start"), table("one"),
                sql("savepoint", "SAVEPOINT s; INSERT INTO one VALUES (1); ROLLBACK TO SAVEPOINT s; RELEASE SAVEPOINT s", null),
                sql("text", "INSERT INTO one VALUES (2, 'COMMIT; ROLLBACK')", null),
                sql("immediate", "SET CONSTRAINTS ALL IMMEDIATE", null),
                sql("discard-temporary", "CREATE TEMPORARY TABLE t (id int) ON COMMIT DROP", null));
        assertThat(migrations().update().changesets()).hasSize(6);
        assertThat(database.query("SELECT id FROM one")).containsExactly(List.of("2"));
        assertThat(migrations().status().pending()).isEmpty();
    }

    private void assertRefused(String changeset, Consumer<Migrations> verb) {
        List<String> before = Contents.of(database);
        Throwable refusal = catchThrowable(() -> verb.accept(migrations()));
        assertThat(Contents.of(database)).isEqualTo(before);
        assertThat(refusal).isInstanceOf(MigrationException.class);
        assertThat(refusal.getMessage()).startsWith("[changeset-failed] ").contains(changeset, "Nothing was changed.",
                "ends the transaction");
    }

    private Migrations migrations() {
        return Migrations.of(database.dataSource(), changelog.options());
    }
}
