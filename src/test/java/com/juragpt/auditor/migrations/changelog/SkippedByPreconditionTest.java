package com.juragpt.auditor.migrations.changelog;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.Deployed;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.StockLiquibase;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A changeset that its precondition keeps from running here is not one that somebody forgot to deploy. */
@ExtendWith(PostgresExtension.class)
class SkippedByPreconditionTest {

    private static final String NOT_HERE = "preConditions:\n  - %s: %s\n  - sqlCheck: {expectedResult: 1, sql: %s}\n";

    private TestDatabase database;
    private SampleChangelog changelog;

    @BeforeEach
    void open(TestDatabase empty, @TempDir Path folder) {
        database = empty;
        changelog = new SampleChangelog(folder);
    }

    @Test
    void whatContinuesWithoutItIsSkippedAndNotPending() {
        changelog.of(revision("start"), table("oracle") + NOT_HERE.formatted("onFail", "CONTINUE", "SELECT 0"), table("one"));
        migrations().update();
        assertStates("tag-start APPLIED", "create-oracle SKIPPED", "create-one APPLIED");
        migrations().requireCurrent();
    }

    @Test
    void whatCannotEvenBeAskedIsSkippedAsWell() {
        changelog.of(revision("start"), table("oracle") + NOT_HERE.formatted("onError", "CONTINUE", "SELECT 1 FROM nowhere"),
                table("one"));
        migrations().update();
        assertStates("tag-start APPLIED", "create-oracle SKIPPED", "create-one APPLIED");
        migrations().requireCurrent();
    }

    @Test
    void whatIsMarkedAsRunIsCurrent() {
        changelog.of(revision("start"), table("oracle") + NOT_HERE.formatted("onFail", "MARK_RAN", "SELECT 0"), table("one"));
        migrations().update();
        assertStates("tag-start APPLIED", "create-oracle MARKED_RAN", "create-one APPLIED");
        migrations().requireCurrent();
    }

    @Test
    void itRunsAsSoonAsThePreconditionHoldsAndIsPendingFromThenOn(TestDatabase same, TestDatabase theirs) {
        changelog.of(revision("start"), table("late") + NOT_HERE.formatted("onFail", "CONTINUE",
                "SELECT count(*) FROM pg_tables WHERE tablename = 'one'"), table("one"));
        migrations().update();
        StockLiquibase stock = new StockLiquibase(theirs, changelog);
        stock.update();
        assertThat(migrations().status().pending()).hasSize(1);
        assertThat(migrations().update().changesets()).containsExactly("create-late");
        stock.update();
        assertThat(Deployed.in(database).differencesFrom(Deployed.in(theirs))).isEmpty();
        migrations().requireCurrent();
    }

    @Test
    void oneThatNoDeploymentHasMetYetIsPending() {
        changelog.of(revision("start"), table("one"));
        migrations().update();
        changelog.of(revision("start"), table("one"), table("two") + NOT_HERE.formatted("onFail", "HALT", "SELECT 1"));
        assertStates("tag-start APPLIED", "create-one APPLIED", "create-two PENDING");
    }

    @Test
    void theLastOneIsSkippedAsWellThoughNothingLaterShowsThatItWasMet() {
        changelog.of(revision("start"), table("one"), table("oracle") + NOT_HERE.formatted("onFail", "CONTINUE", "SELECT 0"));
        migrations().update();
        assertStates("tag-start APPLIED", "create-one APPLIED", "create-oracle SKIPPED");
        migrations().requireCurrent();
    }

    @Test
    void whatPendingOnesBeforeItMayStillDecideIsPending() {
        String late = table("late") + NOT_HERE.formatted("onFail", "CONTINUE",
                "SELECT count(*) FROM pg_tables WHERE tablename = 'one'");
        changelog.of(revision("start"), table("one"), late);
        assertThat(migrations().status().pending()).hasSize(3);
        assertThat(migrations().update().changesets()).containsExactly("tag-start", "create-one", "create-late");
    }

    @Test
    void anEmptyDatabaseIsAskedAndStaysEmpty() {
        changelog.of(table("oracle") + """
                preConditions:
                  - onFail: CONTINUE
                  - changeSetExecuted: {id: nobody, author: nobody, changeLogFile: nowhere.yaml}
                """, table("legacy") + """
                preConditions:
                  - onFail: CONTINUE
                  - tableExists: {tableName: nowhere}
                """, table("one"));
        assertStates("create-oracle SKIPPED", "create-legacy SKIPPED", "create-one PENDING");
        assertThat(Contents.of(database)).containsExactly("schema public");
    }

    @Test
    void anEditThatThePreconditionKeepsOutIsSkippedThoughTheChangesetRanBefore() {
        String view = """
                id: 'create-v'
                runOnChange: true
                preConditions:
                  - onFail: CONTINUE
                  - not:
                      - tableExists: {tableName: closed}
                changes:
                  - createView: {viewName: v, replaceIfExists: true, selectQuery: SELECT 1 AS n}
                """;
        changelog.of(revision("start"), view, table("closed"));
        migrations().update();
        assertStates("tag-start APPLIED", "create-v APPLIED", "create-closed APPLIED");
        changelog.of(revision("start"), view.replace("SELECT 1", "SELECT 2"), table("closed"));
        assertThat(migrations().update().changesets()).isEmpty();
        assertStates("tag-start APPLIED", "create-v SKIPPED", "create-closed APPLIED");
        assertThat(migrations().status().changesets().get(1).executed()).isNotNull();
        migrations().requireCurrent();
    }

    @Test
    void aRoleThatMayNotAskTakesItForPending() {
        database.execute("CREATE TABLE secret (id int)");
        changelog.of(revision("start"), table("oracle") + NOT_HERE.formatted("onFail: CONTINUE\n    onError", "CONTINUE",
                "SELECT count(*) FROM secret"), table("one"));
        migrations().update();
        TestDatabase reader = database.createRole("reader");
        database.execute("GRANT SELECT ON databasechangelog, databasechangeloglock TO " + reader.user());
        Migrations asReader = Migrations.of(reader.dataSource(), changelog.options());
        assertThat(asReader.status().pending()).extracting(Status.Changeset::id).containsExactly("create-oracle");
        database.execute("GRANT SELECT ON secret TO " + reader.user());
        asReader.requireCurrent();
    }

    @Test
    void aQuestionThatWritesIsNotAnsweredAndWritesNothing() {
        database.execute("CREATE SEQUENCE drawn START 2");
        changelog.of(revision("start"), table("oracle") + NOT_HERE.formatted("onFail: CONTINUE\n    onError", "CONTINUE",
                "SELECT nextval('drawn')"), table("one"));
        migrations().update();
        List<String> before = Contents.of(database);
        assertStates("tag-start APPLIED", "create-oracle PENDING_OUT_OF_ORDER", "create-one APPLIED");
        assertThat(Contents.of(database)).isEqualTo(before);
        assertThat(database.query("SELECT last_value FROM drawn")).containsExactly(List.of("2"));
    }

    @Test
    void whoeverLocksTheirTablesIsWaitedForOnce() throws SQLException {
        database.execute("CREATE TABLE busy (id int)");
        String asks = NOT_HERE.formatted("onFail: CONTINUE\n    onError", "CONTINUE", "SELECT count(*) FROM busy");
        changelog.of(revision("start"), table("a") + asks, table("b") + asks, table("c") + asks, table("one"));
        migrations().update();
        Migrations hurried = Migrations.of(database.dataSource(), changelog.options().withLockTimeout(Duration.ofSeconds(1), 0));
        hurried.requireCurrent();
        try (Connection other = database.connect(); Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE busy");
            Instant start = Instant.now();
            assertThat(hurried.status().pending()).hasSize(3);
            assertThat(Duration.between(start, Instant.now())).isBetween(Duration.ofSeconds(1), Duration.ofMillis(2900));
        }
    }

    @Test
    void onH2AsWell() {
        JdbcDataSource h2 = new JdbcDataSource();
        h2.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";MODE=PostgreSQL;DB_CLOSE_DELAY=-1");
        changelog.of(revision("start"), table("oracle") + NOT_HERE.formatted("onFail", "CONTINUE", "SELECT 0"),
                table("broken") + NOT_HERE.formatted("onError", "CONTINUE", "SELECT 1 FROM nowhere"), table("one"));
        Migrations migrations = Migrations.of(h2, changelog.options());
        assertThat(migrations.status().pending()).hasSize(4);
        migrations.update();
        assertThat(migrations.status().changesets()).extracting(Status.Changeset::state).containsExactly(Status.State.APPLIED,
                Status.State.SKIPPED, Status.State.SKIPPED, Status.State.APPLIED);
        migrations.requireCurrent();
    }

    private void assertStates(String... states) {
        assertThat(migrations().status().changesets()).extracting(c -> c.id() + " " + c.state().name()).containsExactly(states);
    }

    private Migrations migrations() {
        return Migrations.of(database.dataSource(), changelog.options());
    }
}
