package com.juragpt.auditor.migrations.rehearse;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnBlankRollback;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import java.util.List;
import java.util.UUID;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;

/** Whoever says that a blank rollback is meant to do nothing is told whether another one takes along what it leaves. */
class BlankRehearsalTest extends DeploymentFixture {

    private static final String INDEX = """
            id: 'index'
            changes:
              - createIndex: {tableName: one, indexName: ix, columns: [{column: {name: id}}]}
            """;
    private static final String LEFT = "after its blank rollback and those before it column one.a is there, but not expected";

    @Override
    protected MigrationOptions options() {
        return changelog.options().withOnBlankRollback(OnBlankRollback.NOTHING);
    }

    @Test
    void whatGoesWithItsTableIsReversibleAndHidesNoOther() {
        changelog.of(START, table("one"), INDEX, blank("blank-1", "a"), INDEX.replace("ix", "ix2").replace("'index'", "'index2'"),
                blank("blank-2", "b"));
        List<String> before = Contents.of(database);
        assertFaults(migrations().rehearse());
        assertThat(Contents.of(database)).isEqualTo(before);
    }

    @Test
    void whatNobodyTakesAlongIsNotReversible() {
        deploy(START, table("one"));
        changelog.of(START, table("one"), blank("blank-1", "a"), INDEX, table("two"));
        assertFaults(migrations().rehearse(), "blank-1 " + LEFT);
    }

    @Test
    void whatIsOnlySkippedOrMarkedBeforeItChangesNothingOfThat() {
        String never = "preConditions:\n  - onFail: %s\n  - sqlCheck: {expectedResult: 1, sql: SELECT 0}\n";
        deploy(START, table("one"));
        changelog.of(START, table("one"), table("skipped") + never.formatted("CONTINUE"),
                table("marked") + never.formatted("MARK_RAN"), blank("blank-1", "a"));
        assertFaults(migrations().rehearse(), "blank-1 " + LEFT);
    }

    @Test
    void whereTheOneBeforeItIsNotReversibleNobodyKnows() {
        changelog.of(START, table("one"), sql("bad", "CREATE TABLE bad (id int)", "SELECT 1"), blank("blank-1", "a"));
        assertFaults(migrations().rehearse(), "bad after its rollback table bad is there, but not expected",
                "blank-1 its rollback is blank, and what takes its effects along could not be tried: bad is not reversible");
    }

    @Test
    void aBlankRollbackOfWhatChangesNoSchemaIsReversible() {
        changelog.of(START, table("one"), """
                id: 'blank-row'
                changes:
                  - insert: {tableName: one, columns: [{column: {name: id, value: 1}}]}
                rollback:
                """);
        assertFaults(migrations().rehearse());
    }

    @Test
    void withoutThatAnswerItHasNoRollback() {
        changelog.of(START, table("one"), blank("blank-1", "a"));
        assertFaults(Migrations.of(database.dataSource(), changelog.options()).rehearse(),
                "blank-1 has no rollback: its rollback block is blank");
    }

    @Test
    void fromBaseAndOnH2AsWell() {
        changelog.of(START, table("one"), INDEX, blank("blank-1", "a"));
        assertFaults(migrations().rehearseFromBase());
        JdbcDataSource h2 = new JdbcDataSource();
        h2.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";MODE=PostgreSQL;DB_CLOSE_DELAY=-1");
        assertFaults(Migrations.of(h2, options()).rehearse());
    }

    private static void assertFaults(RehearsalReport report, String... faults) {
        assertThat(report.steps().stream().flatMap(step -> step.faults().stream().map(fault -> step.id() + " " + fault)))
                .containsExactly(faults);
    }

    private static String blank(String id, String column) {
        return """
                id: '%s'
                changes:
                  - addColumn: {tableName: one, columns: [{column: {name: %s, type: int}}]}
                rollback:
                """.formatted(id, column);
    }
}
