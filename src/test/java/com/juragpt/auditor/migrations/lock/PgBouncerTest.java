package com.juragpt.auditor.migrations.lock;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.NothingKnown;
import com.juragpt.auditor.migrations.testing.PgBouncer;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.Rows;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.StoppingDataSource;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A pooler in transaction mode gives each transaction whatever session is free. What is one transaction is right through it, and
 * leaves nothing in a session that the next transaction, an application's, will get.
 */
@ExtendWith(PostgresExtension.class)
class PgBouncerTest {

    private static final String LEFT_IN_SESSIONS = """
            SELECT a.application_name, l.locktype, l.mode FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
             WHERE l.locktype = 'advisory' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())""";
    private static final String SETTINGS = "SELECT current_setting('lock_timeout'),"
            + " current_setting('application_name') LIKE 'auditor-migrations%',"
            + " current_setting('default_transaction_read_only'), current_setting('search_path'),"
            + " (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()),"
            + " (SELECT coalesce(string_agg(statement, chr(59)), 'none') FROM pg_prepared_statements)";

    private TestDatabase database;
    private SampleChangelog changelog;

    @BeforeEach
    void open(TestDatabase empty, @TempDir Path folder) {
        database = empty;
        changelog = new SampleChangelog(folder).of(revision("start"), table("one"));
    }

    /** Each time, {@code PooledSessionTest} shows it with a pooler that mixes them more than any. */
    @Test
    @Tag("exhaustive")
    void aDeploymentThroughAPoolerThatMixesSessionsLeavesNothingInThem() throws SQLException {
        deployThroughMixedSessions(11);
    }

    @Test
    @Tag("exhaustive")
    void aDeploymentThroughAPoolerThatMixesSessionsAtAnyStatementLeavesNothingInThem() throws SQLException {
        deployThroughMixedSessions(1);
    }

    /** @param step how many statements lie between two that are tried */
    private void deployThroughMixedSessions(int step) throws SQLException {
        try (PgBouncer pooler = PgBouncer.startedFor(database, 2)) {
            StoppingDataSource counting = new StoppingDataSource(pooler.dataSource(), 0, () -> {});
            Migrations.of(counting, changelog.options()).update();
            assertThat(database.query(LEFT_IN_SESSIONS)).isEmpty();

            for (int stop = 1; stop <= counting.sent(); stop += step) {
                database.execute("DROP TABLE databasechangelog, databasechangeloglock, one");
                List<Connection> busy = new ArrayList<>();
                // Another client takes the session that was used last, as PgBouncer's order has it, and keeps it for a while.
                StoppingDataSource mixing = new StoppingDataSource(pooler.dataSource(), stop, () -> busy.add(busy(pooler)));
                Throwable failure = catchThrowable(() -> NothingKnown.in(() -> Migrations.of(mixing, changelog.options()
                        .withLockWait(Duration.ofSeconds(2))).update()));
                for (Connection connection : busy) {
                    connection.rollback();
                    connection.close();
                }
                assertThat(failure).as("another session from statement " + stop + " on").isNull();
                assertThat(database.query(LEFT_IN_SESSIONS)).as("locks after a change at " + stop).isEmpty();
                assertNothingLeft(pooler.otherClients(), stop);
                assertThat(Migrations.of(database.dataSource(), changelog.options().withLockWait(Duration.ofSeconds(2)))
                        .update().changesets()).isEmpty();
            }
        }
    }

    @Test
    void whatMustSplitIsRefusedThereBeforeAnything() {
        changelog.of(table("one"),
                outsideTransactions(sql("index", "CREATE INDEX CONCURRENTLY i ON one (note)", "DROP INDEX i")));
        try (PgBouncer pooler = PgBouncer.startedFor(database, 2)) {
            List<String> before = Contents.of(database);
            Throwable refusal = catchThrowable(() -> Migrations.of(pooler.dataSource(), changelog.options()).update());
            assertThat(Contents.of(database)).isEqualTo(before);
            assertThat(refusal).isInstanceOf(MigrationException.class);
            assertThat(refusal.getMessage()).startsWith("[pooled-connection] ")
                    .contains("index", "Nothing was changed.", "\n  help: ", "direct");
            assertThat(database.query(LEFT_IN_SESSIONS)).isEmpty();
        }
    }

    @Test
    void twoDeployersThroughAPoolerExcludeEachOther() throws Exception {
        changelog.of(table("one"), sql("slow", "SELECT pg_sleep(1)", null));
        try (PgBouncer pooler = PgBouncer.startedFor(database, 4)) {
            List<Throwable> failures = new ArrayList<>();
            List<Thread> deployers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Thread deployer = new Thread(() -> {
                    Throwable failure = catchThrowable(() -> Migrations.of(pooler.dataSource(), changelog.options()).update());
                    synchronized (failures) {
                        if (failure != null) {
                            failures.add(failure);
                        }
                    }
                });
                deployer.start();
                deployers.add(deployer);
            }
            for (Thread deployer : deployers) {
                deployer.join(60_000);
            }
            assertThat(failures).isEmpty();
            assertThat(database.query("SELECT id FROM databasechangelog ORDER BY orderexecuted"))
                    .containsExactly(List.of("create-one"), List.of("slow"));
            assertThat(database.query(LEFT_IN_SESSIONS)).isEmpty();
        }
    }

    @Test
    void everyVerbWorksThroughAPoolerAndLeavesNothingInItsSessions() throws SQLException {
        try (PgBouncer pooler = PgBouncer.startedFor(database, 2)) {
            Migrations pooled = Migrations.of(pooler.dataSource(), changelog.options().withOnDataLoss(OnDataLoss.ARCHIVE));
            assertThat(pooled.rehearse().steps()).hasSize(2);
            assertThat(pooled.update().changesets()).hasSize(2);
            pooled.tag("v1");
            for (int i = 0; i < 6; i++) {
                assertThat(pooled.status().pending()).isEmpty();
            }
            assertThat(pooled.drift().differences()).isEmpty();
            database.execute("INSERT INTO one VALUES (1, 'kept')");
            assertThat(pooled.rollback(pooled.planRollbackTo("start")).archivedTables()).hasSize(1);
            assertThat(database.query(LEFT_IN_SESSIONS)).isEmpty();
            assertNothingLeft(pooler.otherClients(), 0);
        }
    }

    private static Connection busy(PgBouncer pooler) {
        try {
            Connection connection = pooler.otherClients().getConnection();
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute("SELECT 1");
            }
            return connection;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Both of the pool's sessions, as an application would get them. */
    private static void assertNothingLeft(DataSource pooled, int stop) throws SQLException {
        try (Connection one = pooled.getConnection(); Connection other = pooled.getConnection()) {
            for (Connection connection : List.of(one, other)) {
                connection.setAutoCommit(false);
                assertThat(Rows.of(connection, SETTINGS)).as("session after " + stop)
                        .containsExactly(List.of("0", "f", "off", "\"$user\", public", "0", "none"));
            }
            one.rollback();
            other.rollback();
        }
    }
}
