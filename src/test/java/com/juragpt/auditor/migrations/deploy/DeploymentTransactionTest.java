package com.juragpt.auditor.migrations.deploy;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.api.RollbackResult;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.api.UpdateResult;
import com.juragpt.auditor.migrations.lock.AdvisoryLock;
import com.juragpt.auditor.migrations.testing.Aside;
import com.juragpt.auditor.migrations.testing.NothingKnown;
import com.juragpt.auditor.migrations.testing.OnePooledConnection;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.Rows;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.StoppingDataSource;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(PostgresExtension.class)
class DeploymentTransactionTest {

    private static final String OUTCOMES = "SELECT id, exectype FROM databasechangelog ORDER BY orderexecuted";
    private static final String TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            + " AND tablename NOT LIKE 'databasechangelog%' ORDER BY 1";
    private static final String FAILING_PRECONDITION =
            "preConditions: [{onError: %s}, {sqlCheck: {expectedResult: 1, sql: SELECT 1 FROM nowhere}}]\n";
    private static final String INDEX_OUTSIDE = outsideTransactions(sql("index", "CREATE INDEX CONCURRENTLY i ON one (note)",
            "DROP INDEX CONCURRENTLY i"));

    @TempDir
    Path folder;
    private SampleChangelog sample;

    @BeforeEach
    void changelog() {
        sample = new SampleChangelog(folder);
    }

    @Test
    void aChangesetThatMayFailIsPassedOverAndStaysPendingAndTheOthersStay(TestDatabase database) {
        sample.of(table("one"), sql("bad", "SELECT nonsense", null) + "failOnError: false\n", table("two"));
        assertThat(migrations(database).update().changesets()).containsExactly("create-one", "create-two");
        // Liquibase has an outcome FAILED, but records nothing for it.
        assertThat(database.query(OUTCOMES)).containsExactly(List.of("create-one", "EXECUTED"),
                List.of("create-two", "EXECUTED"));
        assertThat(migrations(database).status().pending()).singleElement().extracting(Status.Changeset::id).isEqualTo("bad");
        assertThat(database.query(TABLES)).containsExactly(List.of("one"), List.of("two"));
    }

    @Test
    void aPreconditionThatTheDatabaseRefusesIsPassedOverAsTheChangesetSays(TestDatabase database) {
        List<Progress> told = new ArrayList<>();
        sample.of(table("one"), table("marked") + FAILING_PRECONDITION.formatted("MARK_RAN"),
                table("skipped") + FAILING_PRECONDITION.formatted("CONTINUE"), table("two"));
        UpdateResult result = Migrations.of(database.dataSource(), sample.options().withProgress(told::add)).update();
        assertThat(database.query(OUTCOMES)).containsExactly(List.of("create-one", "EXECUTED"),
                List.of("create-marked", "MARK_RAN"), List.of("create-two", "EXECUTED"));
        assertThat(database.query(TABLES)).containsExactly(List.of("one"), List.of("two"));
        assertThat(result.changesets()).containsExactly("create-one", "create-marked", "create-two");
        assertThat(told).filteredOn(Progress.Finished.class::isInstance)
                .extracting(event -> ((Progress.Finished) event).outcome())
                .containsExactly(Outcome.EXECUTED, Outcome.MARK_RAN, Outcome.SKIPPED, Outcome.EXECUTED);
    }

    @Test
    void aPreconditionOfTheChangelogThatTheDatabaseRefusesIsPassedOverAsItSays(TestDatabase database) throws IOException {
        sample.of(table("one"));
        Path file = folder.resolve("changelog/sample.yaml");
        Files.writeString(file, Files.readString(file).replaceFirst("databaseChangeLog:\n",
                "databaseChangeLog:\n  - " + FAILING_PRECONDITION.formatted("WARN")));
        assertThat(migrations(database).update().changesets()).containsExactly("create-one");
    }

    @Test
    void theTimeOutOfLocksIsBackAfterAChangesetThatRunsWithoutIt(TestDatabase database) {
        sample.of(table("one"), INDEX_OUTSIDE, sql("after", "INSERT INTO one SELECT 1, current_setting('lock_timeout')", null),
                sql("skipped", "CREATE INDEX CONCURRENTLY j ON one (id)", null) + "runInTransaction: false\n"
                        + "preConditions: [{onFail: CONTINUE}, {sqlCheck: {expectedResult: 1, sql: SELECT 2}}]\n",
                sql("last", "INSERT INTO one SELECT 2, current_setting('lock_timeout')", null));
        Migrations.of(database.dataSource(), sample.options().withLockTimeout(Duration.ofSeconds(3), 0)).update();
        assertThat(database.query("SELECT note FROM one ORDER BY id")).containsExactly(List.of("3s"), List.of("3s"));
    }

    @Test
    void whatRanOutsideOfTransactionsIsRecordedThoughALaterChangesetFails(TestDatabase database) {
        sample.of(table("one"), INDEX_OUTSIDE, table("two"), sql("bad", "SELECT nonsense", null));
        assertThatThrownBy(migrations(database)::update).isInstanceOf(MigrationException.class)
                .hasMessageContaining("bad failed")
                .hasMessageContaining("These changesets were committed before and stay: create-one, index.");
        assertThat(database.query(OUTCOMES)).containsExactly(List.of("create-one", "EXECUTED"), List.of("index", "EXECUTED"));
        assertThat(database.query("SELECT locked FROM databasechangeloglock")).containsExactly(List.of("f"));

        sample.of(table("one"), INDEX_OUTSIDE, table("two"), sql("good", "SELECT 1", null));
        assertThat(migrations(database).update().changesets()).containsExactly("create-two", "good");
    }

    @Test
    void aFailureOutsideOfTransactionsIsNotTriedAgainAndSaysThatTracesMayBeLeft(TestDatabase database) {
        sample.of(table("one"), outsideTransactions(sql("two-steps", "INSERT INTO one VALUES (1); LOCK TABLE nowhere", null)));
        List<Progress> told = new ArrayList<>();
        assertThatThrownBy(Migrations.of(database.dataSource(), sample.options().withProgress(told::add))::update)
                .isInstanceOf(MigrationException.class)
                .hasMessageContaining("[changeset-failed] two-steps failed")
                .hasMessageContaining("These changesets were committed before and stay: create-one.")
                .hasMessageContaining("may have left traces");
        assertThat(told).noneMatch(Progress.Retrying.class::isInstance);
    }

    @Test
    void thePoolGetsItsConnectionBackAsItWasAfterSuccessAndFailure(TestDatabase database) throws SQLException {
        OnePooledConnection pool = new OnePooledConnection(database.dataSource());
        try (Connection real = pool.real(); Statement statement = real.createStatement()) {
            statement.execute("SET application_name = 'the pool'; SET lock_timeout = '7s'");
            real.setAutoCommit(false);
            List<List<String>> before = session(real);
            Migrations migrations = Migrations.of(pool, sample.options().withLockWait(Duration.ofSeconds(1)));

            sample.of(table("one"), INDEX_OUTSIDE);
            assertThat(migrations.status().pending()).hasSize(2);
            assertThat(session(real)).isEqualTo(before);
            migrations.update();
            assertThat(session(real)).isEqualTo(before);
            migrations.tag("v1");
            sample.of(table("one"), INDEX_OUTSIDE, table("two"), sql("bad", "SELECT nonsense", null));
            assertThatThrownBy(migrations::update).hasMessageContaining("[changeset-failed]");
            assertThat(session(real)).isEqualTo(before);
            sample.of(table("one"), INDEX_OUTSIDE, outsideTransactions(sql("bad", "SELECT nonsense", null)));
            assertThatThrownBy(migrations::update).hasMessageContaining("[changeset-failed]");
            assertThat(session(real)).isEqualTo(before);
            assertThatThrownBy(() -> migrations.updateTo("nowhere")).hasMessageContaining("[unknown-revision]");
            assertThat(session(real)).isEqualTo(before);
            try (Connection other = database.connect()) {
                assertThat(AdvisoryLock.tryLock(other)).isTrue();
                assertThatThrownBy(migrations::update).hasMessageContaining("[locked]");
            }
            assertThat(session(real)).isEqualTo(before);
            assertThat(real.getAutoCommit()).isFalse();
            assertThat(real.isReadOnly()).isFalse();
        }
    }

    @Test
    void aConnectionThatIsHandedOutAgainDoesNotBringAnOldHistoryBack(TestDatabase database) throws SQLException {
        OnePooledConnection pool = new OnePooledConnection(database.dataSource());
        try (Connection real = pool.real()) {
            sample.of(table("one"));
            assertThat(Migrations.of(pool, sample.options()).status().pending()).hasSize(1);
            migrations(database).update();
            assertThat(Migrations.of(pool, sample.options()).status().pending()).isEmpty();
            assertThat(real.isClosed()).isFalse();
        }
    }

    @Test
    void anErrorOfTheListenerLeavesNothingBehind(TestDatabase database) throws SQLException {
        OnePooledConnection pool = new OnePooledConnection(database.dataSource());
        sample.of(table("one"), table("two"));
        try (Connection real = pool.real()) {
            Migrations migrations = Migrations.of(pool, sample.options().withProgress(event -> {
                if (event instanceof Progress.Finished) {
                    throw new StackOverflowError("on purpose");
                }
            }));
            assertThatThrownBy(migrations::update).isInstanceOf(StackOverflowError.class);
            assertThat(database.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")).isEmpty();
            assertThat(AdvisoryLock.isHeldBy(real)).isFalse();
        }
    }

    @Test
    void aSessionThatTheServerEndsLeavesEverythingOldAndTheNextRunIsFine(TestDatabase database) {
        sample.of(table("one"), table("two"), table("three"));
        assertThatThrownBy(
                Migrations.of(database.dataSource(), sample.options().withProgress(endTheSessionAt(2, database)))::update)
                .isInstanceOf(MigrationException.class)
                .hasMessageStartingWith("[connection-lost] The connection to the database was lost while create-two ran."
                        + " Nothing was changed.")
                .hasMessageContaining("terminating connection due to administrator command");
        assertThat(database.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")).isEmpty();
        assertThat(migrations(database).update().changesets()).hasSize(3);
    }

    @Test
    void aRollbackWhoseSessionTheServerEndsLeavesEverythingOldAndTheNextRunIsFine(TestDatabase database) {
        sample.of(revision("start"), table("one"), table("two"));
        migrations(database).update();
        RollbackPlan plan = migrations(database).planRollbackTo("start");
        assertThatThrownBy(() -> Migrations.of(database.dataSource(),
                sample.options().withProgress(endTheSessionAt(2, database))).rollback(plan))
                .isInstanceOf(MigrationException.class)
                .hasMessageStartingWith("[connection-lost] The connection to the database was lost")
                .hasMessageContaining("Nothing was changed.");
        assertThat(database.query(TABLES)).containsExactly(List.of("one"), List.of("two"));
        assertThat(migrations(database).rollback(plan).changesets()).containsExactly("create-two", "create-one");
    }

    @Test
    void aSessionThatEndsInTheCommitIsNotSaidToHaveChangedNothing(TestDatabase counted, TestDatabase database) {
        sample.of(table("one"));
        assertThatThrownBy(() -> cutAtCommit(1, 1, counted, database)).isInstanceOf(MigrationException.class)
                .hasMessageStartingWith("[connection-lost] The connection was lost during a commit, and whether the commit"
                        + " arrived is not known. Either everything was committed, or nothing.\n")
                .hasMessageContaining("help: mvn migrations:status tells which");
    }

    @Test
    void aSessionThatEndsInTheCommitBeforeASplitIsNotSaidToHaveChangedNothing(TestDatabase counted, TestDatabase database) {
        sample.of(table("one"), INDEX_OUTSIDE, table("two"));
        assertThatThrownBy(() -> cutAtCommit(1, 3, counted, database)).isInstanceOf(MigrationException.class)
                .hasMessageStartingWith("[connection-lost] The connection was lost during a commit, and whether the commit"
                        + " arrived is not known. Either these changesets were committed, or nothing: create-one.\n")
                .hasMessageContaining("help: mvn migrations:status tells which");
    }

    @Test
    void aSessionThatEndsInTheCommitOfASplitsHistorySaysWhatStaysAndWhatIsInDoubt(TestDatabase counted,
            TestDatabase database) {
        sample.of(table("one"), INDEX_OUTSIDE, table("two"));
        assertThatThrownBy(() -> cutAtCommit(2, 3, counted, database)).isInstanceOf(MigrationException.class)
                .hasMessageContaining(" is not known. These changesets were committed before and stay: create-one."
                        + " What ran outside of transactions stays: index. Either the history has it too, or not.\n");
        assertThat(database.query(OUTCOMES)).containsExactly(List.of("create-one", "EXECUTED"));
        assertThat(database.query("SELECT 1 FROM pg_indexes WHERE indexname = 'i'")).hasSize(1);
    }

    @Test
    void aSessionThatEndsInTheLastOfSeveralCommitsSaysWhatStaysAndWhatIsInDoubt(TestDatabase counted, TestDatabase database) {
        sample.of(table("one"), INDEX_OUTSIDE, table("two"));
        assertThatThrownBy(() -> cutAtCommit(3, 3, counted, database)).isInstanceOf(MigrationException.class)
                .hasMessageContaining(" is not known. These changesets were committed before and stay: create-one, index."
                        + " Either all the rest was committed too, or nothing of it.\n");
    }

    /** Updates while the server ends the session before the commit of this number, where so many are expected. */
    private void cutAtCommit(int number, int expected, TestDatabase counted, TestDatabase database) {
        StoppingDataSource counting = new StoppingDataSource(counted.dataSource(), 0, () -> {});
        NothingKnown.in(() -> Migrations.of(counting, sample.options()).update());
        assertThat(counting.commits()).hasSize(expected);
        StoppingDataSource cutting = new StoppingDataSource(database.dataSource(), counting.commits().get(number - 1),
                () -> database.query("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                        + " WHERE datname = current_database() AND pid <> pg_backend_pid()"));
        // It sends the same as the one that was counted.
        NothingKnown.in(() -> Migrations.of(cutting, sample.options()).update());
    }

    @Test
    void whatIsDeferredToTheCommitWaitsForLocksNoLongerThanAnyStatement(TestDatabase database) throws SQLException {
        database.execute("CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent VALUES (1);"
                + "CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)");
        sample.of(sql("insert", "INSERT INTO child VALUES (1)", null));
        try (Connection holder = database.connect(); Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("DELETE FROM parent");
            assertThatThrownBy(Migrations.of(database.dataSource(),
                    sample.options().withLockTimeout(Duration.ofMillis(200), 0))::update)
                    .hasMessageStartingWith("[lock-timeout] ").hasMessageContaining("Nothing was changed.");
        }
        assertThat(migrations(database).update().changesets()).containsExactly("insert");
    }

    @Test
    void aDataSourceWithASingleConnectionDeploys(TestDatabase database) throws SQLException {
        OnePooledConnection pool = new OnePooledConnection(database.dataSource());
        sample.of(table("one"), sql("slow", "SELECT pg_sleep(0.3)", null), table("two"));
        try (Connection real = pool.real()) {
            // so short a time-out makes the watch want its own connection at once
            Migrations.of(pool, sample.options().withLockTimeout(Duration.ofMillis(100), 0)).update();
            assertThat(Rows.of(real, OUTCOMES)).hasSize(3);
        }
    }

    @Test
    void aDataSourceThatBreaksInItsOwnWayIsNoReasonToStopWatchedWork(TestDatabase database) {
        AtomicInteger asked = new AtomicInteger();
        DataSource real = database.dataSource();
        sample.of(table("one"), sql("slow", "SELECT pg_sleep(0.3)", null));
        Migrations.of(new org.postgresql.ds.PGSimpleDataSource() {
            private static final long serialVersionUID = 1L;

            @Override
            public Connection getConnection() throws SQLException {
                if (asked.incrementAndGet() > 1) {
                    throw new IllegalStateException("only one");
                }
                return real.getConnection();
            }
        }, sample.options().withLockTimeout(Duration.ofMillis(100), 0)).update();
        assertThat(asked).hasValue(2);
    }

    @Test
    void aStockLiquibaseThatMakesTheHistoryTableFirstIsGivenWayTo(TestDatabase database) throws Exception {
        sample.of(table("one"));
        try (Connection stock = database.connect(); Statement statement = stock.createStatement()) {
            stock.setAutoCommit(false);
            statement.execute("CREATE TABLE databasechangelog (id varchar(255) NOT NULL, author varchar(255) NOT NULL, filename"
                    + " varchar(255) NOT NULL, dateexecuted timestamp NOT NULL, orderexecuted int NOT NULL, exectype varchar(10)"
                    + " NOT NULL, md5sum varchar(35), description varchar(255), comments varchar(255), tag varchar(255),"
                    + " liquibase varchar(20), contexts varchar(255), labels varchar(255), deployment_id varchar(10))");
            CompletableFuture<UpdateResult> update = Aside.run(() -> Migrations.of(database.dataSource(),
                    sample.options().withLockTimeout(Duration.ofSeconds(30), 0)).update());
            while (database.query("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'").isEmpty()) {
                assertThat(update).isNotDone();
                Thread.sleep(20);
            }
            stock.commit();
            assertThat(update.get().changesets()).containsExactly("create-one");
        }
    }

    @Test
    void aServerOutOfLocksIsNotBlamedOnTheChangeset(TestDatabase database) {
        // What a real server out of locks says; to bring it there would disturb its other sessions.
        database.execute("CREATE FUNCTION out_of_locks() RETURNS void LANGUAGE plpgsql AS 'BEGIN RAISE ''out of shared memory''"
                + " USING ERRCODE = ''53200'', HINT = ''You might need to increase max_locks_per_transaction.''; END'");
        sample.of(table("one"), sql("many", "SELECT out_of_locks()", null));
        assertThatThrownBy(migrations(database)::update).isInstanceOf(MigrationException.class)
                .hasMessageStartingWith("[changeset-failed] many failed").hasMessageContaining("Nothing was changed.")
                .hasMessageContaining("help: one transaction over that many tables needs a larger max_locks_per_transaction");
    }

    @Test
    void aPlanDoesNotWaitForEverBehindALockedTable(TestDatabase database) throws SQLException {
        sample.of(revision("start"), table("one"));
        Migrations migrations = Migrations.of(database.dataSource(), sample.options().withLockTimeout(Duration.ofMillis(300), 0));
        migrations.update();
        try (Connection holder = database.connect(); Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("LOCK TABLE one");
            assertThatThrownBy(() -> migrations.planRollbackTo("start")).isInstanceOf(MigrationException.class)
                    .hasMessageStartingWith("[lock-timeout] Another session holds a lock that is needed. Nothing was changed.");
        }
    }

    @Test
    void rowsThatAreWrittenWhileARollbackSplitsAreNotLost(TestDatabase database) {
        sample.of(table("one"), revision("start"), table("two"), INDEX_OUTSIDE);
        migrations(database).update();
        RollbackPlan plan = migrations(database).planRollbackTo("start");
        Consumer<Progress> writer = event -> {
            if (event instanceof Progress.Split) {
                database.execute("INSERT INTO two VALUES (1, 'while the index was dropped')");
            }
        };
        assertThatThrownBy(() -> Migrations.of(database.dataSource(), sample.options().withProgress(writer)).rollback(plan))
                .isInstanceOf(MigrationException.class)
                .hasMessageStartingWith("[destroys-data] Rolling back to 'start' would delete data")
                .hasMessageContaining("These changesets were committed before and stay: index.")
                .hasMessageNotContaining("Nothing was changed");
        assertThat(database.query("SELECT note FROM two")).hasSize(1);
        assertThat(database.query(OUTCOMES)).hasSize(3);

        RollbackResult archived = Migrations.of(database.dataSource(), sample.options().withOnDataLoss(OnDataLoss.ARCHIVE))
                .rollback(migrations(database).planRollbackTo("start"));
        assertThat(database.query("SELECT note FROM " + archived.archivedTables().get(0))).hasSize(1);
    }

    @Test
    void aRollbackThatGivesWayAfterASplitGoesOnFromThereAndKeepsOneArchive(TestDatabase database) {
        sample.of(table("one"), revision("start"), table("two"), INDEX_OUTSIDE, table("three"));
        migrations(database).update();
        database.execute("INSERT INTO two VALUES (1, 'two'); INSERT INTO three VALUES (1, 'three')");
        RollbackPlan plan = migrations(database).planRollbackTo("start");
        AtomicInteger retries = new AtomicInteger();
        List<Connection> holders = new ArrayList<>();
        Consumer<Progress> listener = event -> {
            if (event instanceof Progress.Finished done && done.changeset().equals("index")) {
                holders.add(reading(database, "SELECT * FROM two"));
            }
            if (event instanceof Progress.Retrying) {
                retries.incrementAndGet();
                holders.forEach(DeploymentTransactionTest::close);
            }
        };
        RollbackResult result = Migrations.of(database.dataSource(), sample.options().withOnDataLoss(OnDataLoss.ARCHIVE)
                .withLockTimeout(Duration.ofMillis(200), 3).withProgress(listener)).rollback(plan);

        assertThat(retries).hasValue(1);
        assertThat(result.changesets()).containsExactly("create-three", "index", "create-two");
        assertThat(database.query(OUTCOMES)).hasSize(2);
        assertThat(result.archivedTables()).containsExactlyInAnyOrder(result.archiveSchema() + ".two",
                result.archiveSchema() + ".three");
        result.archivedTables().forEach(table -> assertThat(database.query("SELECT note FROM " + table)).hasSize(1));
    }

    private Migrations migrations(TestDatabase database) {
        return Migrations.of(database.dataSource(), sample.options());
    }

    private static List<List<String>> session(Connection connection) throws SQLException {
        List<List<String>> settings = Rows.of(connection,
                "SELECT name, setting FROM pg_settings WHERE name IN ('application_name',"
                        + " 'lock_timeout', 'client_connection_check_interval', 'transaction_read_only', 'search_path') UNION ALL"
                        + " SELECT 'advisory locks', count(*)::text FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'"
                        + " ORDER BY 1");
        connection.rollback();
        return settings;
    }

    private static Consumer<Progress> endTheSessionAt(int number, TestDatabase database) {
        return event -> {
            if (event instanceof Progress.Started started && started.number() == number) {
                database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        + " WHERE datname = current_database() AND application_name LIKE 'auditor-migrations %'");
            }
        };
    }

    private static Connection reading(TestDatabase database, String sql) {
        try {
            Connection connection = database.connect();
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
            }
            return connection;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
