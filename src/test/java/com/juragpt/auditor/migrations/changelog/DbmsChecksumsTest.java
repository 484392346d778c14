package com.juragpt.auditor.migrations.changelog;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.testing.ChangelogRunner;
import com.juragpt.auditor.migrations.testing.Deployed;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.StockLiquibase;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A change with a {@code dbms} attribute counts in its changeset's checksum only where Liquibase knows the database. */
@ExtendWith(PostgresExtension.class)
class DbmsChecksumsTest {

    private static final String START = revision("start");
    private static final String SQL = """
            id: 'insert-by-sql'
            changes:
              - sql: {dbms: postgresql, sql: "INSERT INTO one VALUES (1, 'sql')"}
              - sql: {dbms: h2, sql: "INSERT INTO one VALUES (1, 'h2')"}
            rollback:
              - sql: {dbms: postgresql, sql: "DELETE FROM one WHERE id = 1"}
              - sql: {dbms: h2, sql: "DELETE FROM one WHERE id = 1"}
            """;
    private static final String SQL_FILE = """
            id: 'insert-by-file'
            changes:
              - sqlFile: {dbms: postgresql, path: changelog/insert.sql}
            rollback:
              - delete: {tableName: one, where: id = 2}
            """;
    private static final String PROCEDURE = """
            id: 'create-procedure'
            changes:
              - createProcedure:
                  dbms: postgresql
                  procedureText: CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 2'
            rollback:
              - sql: {sql: DROP FUNCTION two}
            """;
    private static final String VIEW = """
            id: 'create-view'
            runOnChange: true
            changes:
              - sql: {dbms: postgresql, sql: "CREATE OR REPLACE VIEW v AS SELECT count(*) AS n FROM one"}
              - sql: {dbms: postgresql, sql: "INSERT INTO one SELECT 100 + count(*), 'the view ran' FROM one"}
            rollback:
              - dropView: {viewName: v}
            """;

    private TestDatabase database;
    private SampleChangelog changelog;

    @BeforeEach
    void open(TestDatabase empty, @TempDir Path folder) throws IOException {
        database = empty;
        changelog = new SampleChangelog(folder);
        changelog.of(START);
        Files.writeString(folder.resolve("changelog/insert.sql"), "INSERT INTO one VALUES (2, 'file');\n");
    }

    static List<String> kinds() {
        return List.of(SQL, SQL_FILE, PROCEDURE, VIEW);
    }

    @Test
    void nothingIsEditedAfterItsDeploymentByEither(TestDatabase same, TestDatabase theirs) {
        assertNothingIsEdited(SQL, theirs);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    @Tag("exhaustive")
    void nothingOfAnyKindIsEditedAfterItsDeploymentByEither(String changeset, TestDatabase same, TestDatabase theirs) {
        assertNothingIsEdited(changeset, theirs);
    }

    private void assertNothingIsEdited(String changeset, TestDatabase theirs) {
        changelog.of(START, table("one"), changeset);
        migrations().update();
        StockLiquibase stock = new StockLiquibase(theirs, changelog);
        stock.update();
        assertThat(Deployed.in(database).differencesFrom(Deployed.in(theirs))).isEmpty();

        for (TestDatabase deployed : List.of(database, theirs)) {
            Migrations migrations = Migrations.of(deployed.dataSource(), changelog.options());
            assertThat(migrations.status().changesets()).extracting(Status.Changeset::state).containsOnly(Status.State.APPLIED);
            assertThat(migrations.update().changesets()).isEmpty();
            assertThat(migrations.drift().differences()).isEmpty();
            assertThat(migrations.planRollbackTo("start").steps()).hasSize(2);
        }
        new StockLiquibase(database, changelog).update();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    @Tag("exhaustive")
    void theSumThatIsWrittenAfterClearedChecksumsIsTheOneThatStockKnows(String changeset) {
        changelog.of(START, table("one"), changeset);
        StockLiquibase stock = new StockLiquibase(database, changelog);
        stock.update();
        Deployed before = Deployed.in(database);
        stock.clearCheckSums();
        migrations().update();
        assertThat(Deployed.in(database).differencesFrom(before)).isEmpty();
        stock.update();
    }

    @Test
    void aViewThatRunsOnChangeRunsOnceForEachEdit() {
        changelog.of(START, table("one"), VIEW);
        assertThat(migrations().update().changesets()).endsWith("create-view");
        assertThat(migrations().update().changesets()).isEmpty();
        changelog.of(START, table("one"), VIEW.replace("AS n FROM one", "AS n FROM one WHERE id > 0"));
        assertThat(migrations().status().pending()).extracting(Status.Changeset::id).containsExactly("create-view");
        assertThat(migrations().update().changesets()).containsExactly("create-view");
        assertThat(migrations().update().changesets()).isEmpty();
        assertThat(database.query("SELECT count(*) FROM one")).containsExactly(List.of("2"));
        new StockLiquibase(database, changelog).update();
        assertThat(database.query("SELECT count(*) FROM one")).containsExactly(List.of("2"));
    }

    @Test
    void anEditOfTheTextForThisDatabaseIsSeenAndOneForAnotherIsNot() {
        changelog.of(START, table("one"), SQL);
        migrations().update();
        changelog.of(START, table("one"), SQL.replace("'h2'", "'edited'"));
        assertThat(migrations().status().changesets()).noneMatch(c -> c.state() == Status.State.CHANGED);
        changelog.of(START, table("one"), SQL.replace("'sql'", "'edited'"));
        assertThat(migrations().status().changesets()).filteredOn(c -> c.state() == Status.State.CHANGED)
                .extracting(Status.Changeset::id).containsExactly("insert-by-sql");
    }

    @Test
    @Tag("exhaustive")
    void anAdoptedDatabaseIsCurrentForBoth(TestDatabase same, TestDatabase live) {
        changelog.of(START, table("one"), PROCEDURE, revision("001"));
        new StockLiquibase(live, changelog).update();
        live.execute("DROP TABLE databasechangelog, databasechangeloglock");
        Migrations migrations = Migrations.of(live.dataSource(), changelog.options());
        migrations.adopt();
        assertThat(migrations.status().changesets()).extracting(Status.Changeset::state).containsOnly(Status.State.APPLIED);
        new StockLiquibase(live, changelog).update();
    }

    @Test
    void aRehearsalSeesWhatIsPendingAndNothingElse() {
        changelog.of(START, table("one"), SQL, VIEW);
        migrations().update();
        assertThat(migrations().rehearse().steps()).isEmpty();
    }

    @Test
    void nothingIsEditedAfterItsDeploymentOnH2() throws Exception {
        changelog.of(START, table("one"), SQL);
        JdbcDataSource h2 = new JdbcDataSource();
        h2.setURL("jdbc:h2:mem:dbms-checksums;MODE=PostgreSQL;DB_CLOSE_DELAY=-1");
        Migrations migrations = Migrations.of(h2, changelog.options());
        migrations.update();
        assertThat(migrations.status().changesets()).extracting(Status.Changeset::state).containsOnly(Status.State.APPLIED);
        assertThat(migrations.update().changesets()).isEmpty();
        assertThat(new ChangelogRunner(h2.getConnection()).history()).hasSize(3);
    }

    private Migrations migrations() {
        return Migrations.of(database.dataSource(), changelog.options());
    }
}
