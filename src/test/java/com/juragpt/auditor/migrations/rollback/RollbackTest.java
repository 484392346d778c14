package com.juragpt.auditor.migrations.rollback;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.api.RollbackResult;
import com.juragpt.auditor.migrations.api.UpdateResult;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a rollback to a tag rolls back, only deletes from the history, and keeps. */
class RollbackTest extends DeploymentFixture {

    private final List<Progress> told = new ArrayList<>();

    @Test
    void toTheTagWhereTheDatabaseIsDoesNothing() {
        deploy(START, table("one"), revision("v1"));
        migrations().tag("v2");
        List<String> before = Contents.of(database);
        RollbackPlan plan = migrations().planRollbackTo("v1");
        assertThat(plan.steps()).isEmpty();
        assertThat(plan.tagsRemoved()).isEmpty();
        assertThat(migrations().rollback(plan).changesets()).isEmpty();
        assertThat(Contents.of(database)).isEqualTo(before);
    }

    @Test
    void rollsBackNewestFirstAndReportsEachStep() {
        deploy(START, table("one"), revision("v1"), table("two"));
        RollbackResult result = rollbackTo("start");
        assertThat(result.changesets()).containsExactly("create-two", "tag-v1", "create-one");
        assertThat(result.tag()).isEqualTo("start");
        assertThat(told).filteredOn(Progress.Finished.class::isInstance).extracting(Object::toString)
                .map(text -> text.replaceFirst(", took=.*", ""))
                .containsExactly("Finished[number=1, total=3, changeset=create-two, outcome=ROLLED_BACK",
                        "Finished[number=2, total=3, changeset=tag-v1, outcome=ROLLED_BACK",
                        "Finished[number=3, total=3, changeset=create-one, outcome=ROLLED_BACK");
        assertThat(history()).containsExactly("tag-start");
    }

    @Test
    void removesLaterTagsAndKeepsThoseOfTheSamePoint() {
        deploy(START, table("one"));
        migrations().tag("v1");
        migrations().tag("v1-again");
        migrations().tag("V1 (dritte)");
        deploy(START, table("one"), table("two"));
        migrations().tag("v2");
        migrations().tag("v2-again");
        RollbackPlan plan = migrations().planRollbackTo("v1-again");
        assertThat(plan.tagsRemoved()).containsExactly("v2", "v2-again");
        migrations().rollback(plan);
        assertThat(tags()).containsExactly("start", "v1", "v1-again", "V1 (dritte)");
        assertThat(rollbackTo("v1").changesets()).isEmpty();
        assertThat(rollbackTo("start").changesets()).containsExactly("create-one");
        assertThat(tags()).containsExactly("start");
    }

    @Test
    void tagsThatDifferOnlyInCaseAreTwo() {
        deploy(START, table("one"), table("two"));
        database.execute("UPDATE databasechangelog SET tag = 'v1' WHERE id = 'create-one'");
        database.execute("UPDATE databasechangelog SET tag = 'V1' WHERE id = 'create-two'");
        assertThat(rollbackTo("v1").changesets()).containsExactly("create-two");
    }

    @Test
    void includesWhatWasDeployedOutOfOrder() {
        deploy(START, table("late"));
        migrations().tag("v1");
        deploy(START, table("early"), table("late"));
        assertThat(rollbackTo("v1").changesets()).containsExactly("create-early");
        assertThat(tables()).containsExactly("late");
    }

    @Test
    void whatWasOnlyMarkedAsRunIsDeletedFromTheHistoryAndNotRolledBack() {
        database.execute("CREATE TABLE one (id int, note text); INSERT INTO one VALUES (1, 'from elsewhere')");
        deploy(START, table("one") + """
                preConditions:
                  - onFail: MARK_RAN
                  - not: [tableExists: {tableName: one}]
                """);
        RollbackPlan plan = migrations().planRollbackTo("start");
        assertThat(plan.steps()).singleElement().matches(RollbackPlan.Step::forget);
        assertThat(plan.losses()).isEmpty();
        migrations().rollback(plan);
        assertThat(told).anyMatch(p -> p instanceof Progress.Finished f && f.outcome() == Outcome.FORGOTTEN);
        assertThat(database.query("SELECT note FROM one")).containsExactly(List.of("from elsewhere"));
        assertThat(history()).containsExactly("tag-start");
    }

    @Test
    void rowsOfTheKindFailedAreForgotten() {
        deploy(START, table("one"));
        database.execute("UPDATE databasechangelog SET exectype = 'FAILED' WHERE id = 'create-one'; DROP TABLE one");
        assertThat(rollbackTo("start").changesets()).containsExactly("create-one");
    }

    @Test
    void aChangesetThatDoesNothingMayHaveABlankRollback() {
        deploy(START, revision("v1").replaceFirst("(?s)rollback:.*", "rollback:"));
        assertThat(rollbackTo("start").changesets()).containsExactly("tag-v1");
    }

    @Test
    void anExplicitlyEmptyRollbackCounts() {
        deploy(START, sql("look", "SELECT 1", null) + "rollback:\n  - empty: {}\n");
        assertThat(rollbackTo("start").changesets()).containsExactly("look");
    }

    @Test
    void aChangesetThatAlwaysRunsAndHasNothingToRollBackIsNoObstacle() {
        String always = sql("always", "SELECT 1", null) + "runAlways: true\nrollback:\n  - empty: {}\n";
        deploy(START, always);
        migrations().tag("v1");
        deploy(START, table("one"), always);
        migrations().tag("v2");
        deploy(START, table("one"), table("two"), always);
        migrations().rollback(migrations().planRollbackTo("v2"));
        assertThat(tables()).containsExactly("one");
        migrations().rollback(migrations().planRollbackTo("v1"));
        assertThat(tables()).isEmpty();
        assertThat(tags()).containsExactly("start", "v1");
    }

    @Test
    void goesByWhatLiquibaseDerivesWhereNoBlockIsGiven() {
        deploy(START, table("one").replaceFirst("(?s)rollback:.*", ""), """
                id: 'two-at-once'
                changes:
                  - addColumn: {tableName: one, columns: [{column: {name: a, type: text}}]}
                  - createIndex: {tableName: one, indexName: i, columns: [{column: {name: a}}]}
                """);
        RollbackPlan plan = migrations().planRollbackTo("start");
        assertThat(plan.steps().get(0).sql()).containsExactly("DROP INDEX public.i", "ALTER TABLE public.one DROP COLUMN a");
        migrations().rollback(plan);
        assertThat(tables()).isEmpty();
    }

    @Test
    void runsAReferredChangesetAsRollback() {
        deploy(table("one"), START, """
                id: 'drop-one'
                changes:
                  - dropTable: {tableName: one}
                rollback:
                  changeSetId: create-one
                  changeSetAuthor: test
                """);
        assertThat(tables()).isEmpty();
        rollbackTo("start");
        assertThat(tables()).containsExactly("one");
    }

    @Test
    void runsASqlFileAsRollbackWhenItsUnknownEffectIsAccepted() throws Exception {
        Files.createDirectories(changelog.root().resolve("changelog"));
        Files.writeString(changelog.root().resolve("changelog/undo.sql"), "DROP INDEX i;\nDROP TABLE one;\n");
        deploy(START, sql("make", "CREATE TABLE one (id int); CREATE INDEX i ON one (id)", null)
                + "rollback:\n  - sqlFile: {path: changelog/undo.sql}\n");
        RollbackPlan plan = migrations().planRollbackTo("start");
        assertThat(plan.steps().get(0).sql()).containsExactly("DROP INDEX i", "DROP TABLE one");
        migrations(OnDataLoss.ACCEPT).rollback(plan);
        assertThat(tables()).isEmpty();
    }

    @Test
    void runsCommandsOnceAndOnlyWhenRollingBack(@TempDir Path folder) {
        Path made = folder.resolve("made");
        deploy(START, sql("look", "SELECT 1", null)
                + "rollback:\n  - executeCommand: {executable: mkdir, args: [{arg: {value: '" + made + "'}}]}\n");
        RollbackPlan plan = migrations().planRollbackTo("start");
        assertThat(made).doesNotExist();
        assertThat(plan.realLosses()).singleElement().matches(loss -> loss.statement().contains("mkdir"));
        migrations(OnDataLoss.ACCEPT).rollback(plan);
        assertThat(made).exists();
    }

    @Test
    void dropsAnIndexConcurrentlyOutsideOfTheTransaction() {
        deploy(START, table("one"), concurrentIndex(), table("two"));
        RollbackPlan plan = migrations().planRollbackTo("start");
        assertThat(plan.steps()).extracting(RollbackPlan.Step::ownTransaction).containsExactly(false, true, false);
        migrations(OnDataLoss.ACCEPT).rollback(plan);
        assertThat(tables()).isEmpty();
        assertThat(history()).containsExactly("tag-start");
        assertThat(told).anyMatch(Progress.Split.class::isInstance);
    }

    @Test
    void nobodyCanAddRowsToATableThatWasFoundEmpty() {
        deploy(START, table("one"), table("two"));
        List<String> insert = new ArrayList<>();
        Migrations migrations = Migrations.of(database.dataSource(), changelog.options().withProgress(progress -> {
            if (progress instanceof Progress.Started started && started.number() == 1) {
                assertThatThrownBy(() -> database.execute("SET lock_timeout = 100; INSERT INTO one VALUES (1)"))
                        .hasMessageContaining("lock timeout");
                insert.add("refused");
            }
        }));
        migrations.rollback(migrations.planRollbackTo("start"));
        assertThat(insert).containsExactly("refused");
    }

    /** The second attempt has less to do than the plan says: the first one had to commit a part. */
    @Test
    void goesOnWhereAnAttemptThatGaveWayHadCommitted() throws Exception {
        deploy(START, table("one"), concurrentIndex(), table("two"));
        try (Connection reader = database.connect(); Statement statement = reader.createStatement()) {
            reader.setAutoCommit(false);
            Migrations migrations = Migrations.of(database.dataSource(), changelog.options()
                    .withOnDataLoss(OnDataLoss.ACCEPT).withLockTimeout(Duration.ofMillis(200), 5)
                    .withProgress(holding(reader, statement, "index")));
            assertThat(migrations.rollback(migrations.planRollbackTo("start")).changesets())
                    .containsExactly("create-two", "index", "create-one");
        }
        assertThat(told).anyMatch(Progress.Retrying.class::isInstance);
        assertThat(history()).containsExactly("tag-start");
        assertThat(tables()).isEmpty();
    }

    @Test
    void anUpdateByCountGoesOnWhereAnAttemptThatGaveWayHadCommitted() throws Exception {
        changelog.of(START, table("one"), concurrentIndex(), """
                id: 'add'
                changes:
                  - addColumn: {tableName: one, columns: [{column: {name: mood, type: text}}]}
                """, table("two"));
        try (Connection reader = database.connect(); Statement statement = reader.createStatement()) {
            reader.setAutoCommit(false);
            UpdateResult update = Migrations.of(database.dataSource(), changelog.options()
                    .withLockTimeout(Duration.ofMillis(200), 5).withProgress(holding(reader, statement, "index"))).updateBy(4);
            assertThat(update.changesets()).containsExactly("tag-start", "create-one", "index", "add");
        }
        assertThat(told).anyMatch(Progress.Retrying.class::isInstance);
        assertThat(history()).containsExactly("tag-start", "create-one", "index", "add");
    }

    /** A split releases the locks: rows that others write then are found before their table is dropped. */
    @Test
    void rowsThatComeWithASplitAreNotLost() {
        deploy(START, table("one"), concurrentIndex());
        Migrations migrations = Migrations.of(database.dataSource(), changelog.options().withProgress(progress -> {
            if (progress instanceof Progress.Finished finished && finished.changeset().equals("index")) {
                database.execute("INSERT INTO one VALUES (1)");
            }
        }));
        assertThatThrownBy(() -> migrations.rollback(migrations.planRollbackTo("start")))
                .hasMessageStartingWith("[destroys-data]")
                .hasMessageContaining("These changesets were committed before and stay: index.")
                .hasMessageContaining("create-one  drops table one (1 row)");
        assertThat(database.query("SELECT id FROM one")).containsExactly(List.of("1"));
        Migrations archiving = migrations(OnDataLoss.ARCHIVE);
        assertThat(archiving.rollback(archiving.planRollbackTo("start")).archivedTables()).hasSize(1);
    }

    @Test
    void archivesWhatGoesAfterASplitToTheSameSchema() {
        deploy(START, table("one"), concurrentIndex(), table("two"));
        database.execute("INSERT INTO one VALUES (1); INSERT INTO two VALUES (2)");
        Migrations archiving = migrations(OnDataLoss.ARCHIVE);
        RollbackResult result = archiving.rollback(archiving.planRollbackTo("start"));
        assertThat(result.archivedTables()).containsExactly(result.archiveSchema() + ".two",
                result.archiveSchema() + ".one");
        assertThat(database.query("SELECT id FROM " + result.archiveSchema() + ".one")).containsExactly(List.of("1"));
        assertThat(tables()).isEmpty();
    }

    /** Reads the table "one" from the end of that changeset until the lock time-out has cancelled the deployment. */
    private Consumer<Progress> holding(Connection reader, Statement statement, String changeset) {
        return progress -> {
            told.add(progress);
            try {
                if (progress instanceof Progress.Finished finished && finished.changeset().equals(changeset)) {
                    statement.execute("SELECT * FROM one");
                } else if (progress instanceof Progress.Retrying) {
                    reader.rollback();
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        };
    }

    private static String concurrentIndex() {
        return outsideTransactions("""
                id: 'index'
                changes:
                  - sql: {sql: CREATE INDEX CONCURRENTLY i ON one (note)}
                rollback:
                  - sql: {sql: DROP INDEX CONCURRENTLY i}
                """);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Odd Name", "UPPER", "with.dot"})
    void findsTheRowsOfTablesWithAnyName(String name) {
        assertFindsTheRowsOf(name);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {"order", "Straße", "MixedCase"})
    void findsTheRowsOfTablesWithAnyOtherNameToo(String name) {
        assertFindsTheRowsOf(name);
    }

    private void assertFindsTheRowsOf(String name) {
        deploy(START, table("placeholder").replace("placeholder_pkey", "pk").replace("placeholder", name));
        String quoted = database.query("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
                + " AND tablename NOT LIKE 'databasechangelog%'").get(0).get(0);
        assertThat(migrations().planRollbackTo("start").realLosses()).isEmpty();
        database.execute("INSERT INTO " + quoted + " VALUES (1, NULL)");
        RollbackPlan plan = migrations().planRollbackTo("start");
        assertThat(plan.realLosses()).extracting(DataLoss::toString)
                .containsExactly("create-" + name + "  drops table " + quoted + " (1 row)");
        RollbackResult result = migrations(OnDataLoss.ARCHIVE).rollback(plan);
        assertThat(database.query("SELECT id FROM " + result.archivedTables().get(0))).containsExactly(List.of("1"));
        assertThat(tables()).isEmpty();
    }

    @Test
    void findsTheRowsOfATableInAnotherSchema() {
        database.execute("CREATE SCHEMA other; CREATE TABLE one (id int, note text)");
        deploy(START, table("one").replace("tableName: one\n", "tableName: one\n      schemaName: other\n")
                .replace("{tableName: one}", "{tableName: one, schemaName: other}"));
        database.execute("INSERT INTO other.one VALUES (1, NULL), (2, NULL)");
        assertThat(migrations().planRollbackTo("start").realLosses()).extracting(DataLoss::toString)
                .containsExactly("create-one  drops table other.one (2 rows)");
    }

    @Test
    void worksInTheSchemaThatTheConnectionIsIn() {
        database.execute("CREATE SCHEMA \"My Schema\"");
        TestDatabase role = database.createRole("deployer");
        database.execute("GRANT ALL ON SCHEMA \"My Schema\" TO " + role.user() + ";"
                + "ALTER ROLE " + role.user() + " SET search_path = 'My Schema'");
        Migrations migrations = Migrations.of(role.dataSource(), changelog.of(START, table("one")).options());
        migrations.update();
        role.execute("INSERT INTO one VALUES (1, NULL)");
        assertThat(migrations.status().pending()).isEmpty();
        RollbackPlan plan = migrations.planRollbackTo("start");
        assertThat(plan.realLosses()).extracting(DataLoss::rows).containsExactly(1L);
        Migrations.of(role.dataSource(), changelog.options().withOnDataLoss(OnDataLoss.ACCEPT)).rollback(plan);
        assertThat(database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'My Schema' ORDER BY 1"))
                .containsExactly(List.of("databasechangelog"), List.of("databasechangeloglock"));
        assertThat(database.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")).isEmpty();
    }

    @Test
    void countsTheRowsOfAllPartitions() {
        deploy(START, sql("make", "CREATE TABLE parts (id int) PARTITION BY RANGE (id);"
                + " CREATE TABLE part1 PARTITION OF parts FOR VALUES FROM (0) TO (10);"
                + " CREATE TABLE part2 PARTITION OF parts FOR VALUES FROM (10) TO (20)", null)
                + "rollback:\n  - dropTable: {tableName: parts, cascadeConstraints: true}\n");
        assertThat(rollbackTo("start").changesets()).containsExactly("make");
        migrations().update();
        database.execute("INSERT INTO parts VALUES (1), (11), (12)");
        assertThat(migrations().planRollbackTo("start").realLosses()).extracting(DataLoss::toString)
                .containsExactly("make  drops table parts (3 rows)");
    }

    @Test
    void aGeneratedColumnHoldsNothingThatCouldBeLost() {
        deploy(table("one"), START, sql("add", "ALTER TABLE one ADD twice int GENERATED ALWAYS AS (id * 2) STORED", null)
                + "rollback:\n  - dropColumn: {tableName: one, columnName: twice}\n");
        database.execute("INSERT INTO one (id) VALUES (1)");
        assertThat(rollbackTo("start").changesets()).containsExactly("add");
    }

    @Test
    void aColumnThatTheRollbackItselfBringsBackHoldsNothing() {
        deploy(table("one"), START, """
                id: 'add'
                changes:
                  - addColumn: {tableName: one, columns: [{column: {name: mood, type: text}}]}
                """, """
                id: 'drop'
                changes:
                  - dropColumn: {tableName: one, columnName: mood}
                rollback:
                  - addColumn: {tableName: one, columns: [{column: {name: mood, type: text}}]}
                """);
        database.execute("INSERT INTO one (id) VALUES (1)");
        assertThat(rollbackTo("start").changesets()).containsExactly("drop", "add");
    }

    @Test
    void aDeleteThatMatchesNoRowNeedsNoFlag() {
        deploy(table("one"), START, """
                id: 'seed'
                changes:
                  - insert: {tableName: one, columns: [{column: {name: id, value: 1}}]}
                rollback:
                  - delete: {tableName: one, where: id = 1}
                """);
        database.execute("DELETE FROM one; INSERT INTO one (id) VALUES (2)");
        assertThat(rollbackTo("start").changesets()).containsExactly("seed");
        assertThat(database.query("SELECT id FROM one")).containsExactly(List.of("2"));
    }

    /** The condition cannot be counted before an earlier step has made the column, so every row counts. */
    @Test
    void aDeleteThatCannotBeCountedYetCountsAllRows() {
        deploy(table("one"), START, """
                id: 'seed'
                changes:
                  - empty: {}
                rollback:
                  - delete: {tableName: one, where: mood = 'calm'}
                """, """
                id: 'drop'
                changes:
                  - empty: {}
                rollback:
                  - addColumn: {tableName: one, columns: [{column: {name: mood, type: text}}]}
                """);
        database.execute("INSERT INTO one (id) VALUES (1), (2)");
        RollbackPlan plan = migrations().planRollbackTo("start");
        assertThat(plan.realLosses()).extracting(DataLoss::toString).containsExactly("seed  deletes from one (up to 2 rows)");
        migrations(OnDataLoss.ARCHIVE).rollback(plan);
        assertThat(database.query("SELECT count(*) FROM one")).containsExactly(List.of("2"));
    }

    @Test
    void countsAreEstimatesBeyondAHundredThousandRows() {
        deploy(START, table("one"));
        database.execute("INSERT INTO one SELECT generate_series(1, 120000); ANALYZE one");
        assertThat(migrations().planRollbackTo("start").realLosses()).extracting(DataLoss::toString)
                .containsExactly("create-one  drops table one (about 120 000 rows)");
    }

    @Test
    void onH2RowsAreFoundAndRefusedTooAndNothingIsRolledBack() {
        JdbcDataSource h2 = new JdbcDataSource();
        h2.setUrl("jdbc:h2:mem:" + database.name() + ";MODE=PostgreSQL;DB_CLOSE_DELAY=-1");
        Migrations migrations = Migrations.of(h2, changelog.of(START, table("one"), table("two")).options());
        migrations.update();
        Migrations.of(h2, changelog.of(START, table("one"), table("two"), """
                id: 'seed'
                changes:
                  - insert: {tableName: one, columns: [{column: {name: id, value: 1}}]}
                rollback:
                  - delete: {tableName: one, where: id = 1}
                """).options()).update();
        RollbackPlan plan = migrations.planRollbackTo("start");
        assertThat(plan.realLosses()).extracting(DataLoss::kind).containsExactly(DataLoss.Kind.ROWS, DataLoss.Kind.TABLE);
        assertThatThrownBy(() -> migrations.rollback(plan)).isInstanceOf(MigrationException.class)
                .hasMessageStartingWith("[destroys-data] Rolling back to 'start' would delete data in jdbc:h2:mem:")
                .hasMessageContaining(". Nothing was changed.");
        assertThat(migrations.status().pending()).isEmpty();
        Migrations.of(h2, changelog.options().withOnDataLoss(OnDataLoss.ACCEPT)).rollback(plan);
        assertThat(migrations.status().pending()).hasSize(3);
    }

    @Override
    protected MigrationOptions options() {
        return super.options().withProgress(told::add);
    }

    @Override
    protected void deploy(String... changesets) {
        super.deploy(changesets);
        told.clear();
    }
}
