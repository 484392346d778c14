package com.juragpt.auditor.migrations.deploy;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.StockLiquibase;
import com.juragpt.auditor.migrations.testing.StoppingDataSource;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The history rows of a deployment or a rehearsal are written together, and nothing that runs in between can tell. */
class GatheredHistoryTest extends DeploymentFixture {

    private static final String WHERE = "SELECT schemaname, tablename FROM pg_tables WHERE tablename IN ('one', 'two', 'three')"
            + " ORDER BY tablename";

    @Test
    void aChangesetThatLooksIntoTheHistorySeesEveryRow() {
        deploy(START, table("one"), table("two"),
                sql("look", "CREATE TABLE seen AS SELECT id, orderexecuted FROM databasechangelog", null), table("three"));
        assertThat(database.query("SELECT id, orderexecuted::text FROM seen ORDER BY 2")).containsExactly(
                List.of("tag-start", "1"), List.of("create-one", "2"), List.of("create-two", "3"));
        assertThat(history()).containsExactly("tag-start", "create-one", "create-two", "look", "create-three");
    }

    @Test
    void aPreconditionThatLooksIntoTheHistorySeesEveryRow() {
        deploy(table("one"), table("two"), table("three") + """
                preConditions:
                  - onFail: HALT
                  - sqlCheck: {expectedResult: 2, sql: SELECT count(*) FROM databasechangelog}
                """);
        assertThat(tables()).containsExactly("one", "three", "two");
    }

    @Test
    void aRehearsedChangesetAndItsRollbackSeeEveryRow() {
        deploy(START);
        changelog.of(START, table("one"), table("two"), sql("look", rowsAre(3), rowsAre(4)), table("three"),
                sql("look-again", rowsAre(5), rowsAre(6)), table("four"));
        assertThat(migrations().rehearse().steps()).extracting(RehearsalReport.Step::faults).containsOnly(List.of()).hasSize(6);
        assertThat(migrations().update().changesets()).hasSize(6);
    }

    private static String rowsAre(int count) {
        return "DO 'BEGIN ASSERT (SELECT count(*) FROM databasechangelog) = " + count + "; END'";
    }

    /** Going back to before the changeset that cannot be rolled back applies those before it again. */
    @Test
    void soItIsAfterARollbackThatFails() {
        deploy(START);
        changelog.of(START, table("one"), sql("look", rowsAre(2), rowsAre(3)), table("two"), table("three"),
                sql("stuck", "CREATE TABLE stuck (id int)", "DROP TABLE nowhere"), table("four"));
        assertThat(migrations().rehearse().steps()).filteredOn(step -> !step.isReversible())
                .extracting(RehearsalReport.Step::id).containsExactly("stuck");
    }

    @Test
    void aRowThatTheServerRefusesIsNamedAndNothingIsChanged() {
        deploy(START);
        database.execute("ALTER TABLE databasechangelog ADD CHECK (id <> 'create-two')");
        changelog.of(START, table("one"), table("two"), table("three"));
        String[] named = {"check constraint", "statement: INSERT INTO ", " with [create-two, test, "};
        assertThat(refused(Problem.CHANGESET_FAILED, migrations()::update)).contains(named);
        assertThat(refused(Problem.CHANGESET_FAILED, migrations()::rehearse)).contains(named);
    }

    @Test
    void eachRowIsAsStockLiquibaseWritesIt(@TempDir Path folder) {
        String quoting = "objectQuotingStrategy: QUOTE_ALL_OBJECTS\n";
        String[] changesets = {START,
            table("one") + "comment: it's ${one} \\ \"quoted\" " + "long ".repeat(60).strip() + "\n",
            table("two") + "comment: '  '\ncontext: a and !b\nlabels: x, y\n",
            table("three") + quoting,
            table("four") + "preConditions:\n  - onFail: MARK_RAN\n  - sqlCheck: {expectedResult: 1, sql: SELECT 0}\n",
            sql("quoted", "CREATE TABLE five ()", null) + quoting};
        TestDatabase stock = database.copy();
        new StockLiquibase(stock, new SampleChangelog(folder).of(changesets)).update();
        deploy(changesets);
        String rows =
                "SELECT id, author, filename, orderexecuted, exectype, md5sum, description, comments, liquibase, contexts,"
                        + " labels, tag FROM databasechangelog ORDER BY orderexecuted";
        assertThat(database.query(rows)).isEqualTo(stock.query(rows)).hasSize(6);
    }

    /** Even of one whose name is that of Liquibase's own but for its case. */
    @Test
    void aFurtherColumnOfTheHistoryIsPutUpWith() {
        deploy(START);
        database.execute("ALTER TABLE databasechangelog ADD \"Tag\" text, ADD note text DEFAULT 'mine'");
        deploy(START, table("one"));
        assertThat(migrations().status().revision()).isEqualTo("start");
    }

    @Test
    void manyTablesNeedAboutOneStatementEach() {
        deploy(START);
        changelog.of(
                Stream.concat(Stream.of(START), IntStream.range(0, 100).mapToObj(i -> table("t" + i))).toArray(String[]::new));
        StoppingDataSource counting = new StoppingDataSource(database.dataSource(), 0, () -> {});
        assertThat(Migrations.of(counting, options()).update().changesets()).hasSize(100);
        assertThat(counting.sent()).isBetween(100, 199);
        assertThat(history()).hasSize(101);
    }

    @Test
    void aSearchPathThatAChangesetSetsHasTheEffectThatItHasWithStockLiquibase(@TempDir Path folder) {
        String[] changesets = {sql("other", "CREATE SCHEMA other", null), table("one"),
            sql("path", "SET search_path = other", null), table("two"), table("three")};
        TestDatabase stock = database.copy();
        new StockLiquibase(stock, new SampleChangelog(folder).of(changesets)).update();
        deploy(changesets);
        assertThat(database.query(WHERE)).isEqualTo(stock.query(WHERE)).hasSize(3);
    }

    @Test
    void aStockCommandThatEndsInTheSameJvmMeanwhileDoesNotDisturbTheOrder(@TempDir Path folder) {
        TestDatabase another = database.copy();
        SampleChangelog theirs = new SampleChangelog(folder).of(table("theirs"));
        changelog.of(table("one"), table("two"), table("three"));
        Migrations.of(database.dataSource(), options().withProgress(event -> {
            if (event instanceof Progress.Started started && started.changeset().equals("create-three")) {
                new StockLiquibase(another, theirs).update();
            }
        })).update();
        assertThat(database.query("SELECT id, orderexecuted::text FROM databasechangelog ORDER BY orderexecuted"))
                .containsExactly(
                        List.of("create-one", "1"), List.of("create-two", "2"), List.of("create-three", "3"));
        assertThat(another.query("SELECT 1 FROM theirs")).isEmpty();
    }
}
