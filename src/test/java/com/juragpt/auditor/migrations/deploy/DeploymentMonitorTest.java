package com.juragpt.auditor.migrations.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.connection.ConnectionSource;
import com.juragpt.auditor.migrations.connection.Stopwatch;
import com.juragpt.auditor.migrations.testing.CrashingServer;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;

@ExtendWith(PostgresExtension.class)
class DeploymentMonitorTest {

    private static final Duration INTERVAL = Duration.ofMillis(50);
    private static final Duration SIGN_OF_LIFE = Duration.ofMillis(200);

    // An index over it takes 20 ms a row.
    private static final String SLOW_TABLE = """
            CREATE FUNCTION slowly(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
                'BEGIN PERFORM pg_sleep(0.02); RETURN $1; END';
            CREATE TABLE big AS SELECT i FROM generate_series(1, 100) i""";

    private final List<Progress> told = new CopyOnWriteArrayList<>();

    @Test
    void aLongStatementGivesSignsOfLife(TestDatabase database) throws SQLException {
        watched(database, "SELECT pg_sleep(1.2)");
        assertThat(told).hasSizeGreaterThanOrEqualTo(2).allSatisfy(event -> assertThat(event)
                .isInstanceOfSatisfying(Progress.StillRunning.class, still -> assertThat(still.detail()).isEmpty()));
    }

    @Test
    void anIndexBuildIsReportedWithTheServersOwnProgress(TestDatabase database) throws SQLException {
        database.execute(SLOW_TABLE);
        watched(database, "CREATE INDEX big_slowly ON big (slowly(i))");
        assertThat(details()).anyMatch(detail -> detail.matches("an index on big: building index: scanning table, \\d+ % of .*"));
    }

    @Test
    @Tag("exhaustive")
    void anIndexThatIsBuiltConcurrentlyIsReportedByItsName(TestDatabase database) throws SQLException {
        database.execute(SLOW_TABLE);
        watched(database, "CREATE INDEX CONCURRENTLY big_slowly ON big (slowly(i))");
        assertThat(details()).anyMatch(detail -> detail.startsWith("big_slowly on big: building index: scanning table"));
    }

    @Test
    void anIndexThatWaitsForAnotherSessionNamesIt(TestDatabase database) throws Exception {
        database.execute(SLOW_TABLE);
        try (Connection writer = database.connect()) {
            writer.setAutoCommit(false);
            writer.createStatement().execute("SET application_name = 'the import'");
            writer.createStatement().execute("INSERT INTO big VALUES (0)");
            Thread build = new Thread(() -> {
                try {
                    watched(database, "CREATE INDEX CONCURRENTLY big_i ON big (i)");
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            build.start();
            String expected = "waits for server process " + writer.unwrap(PGConnection.class).getBackendPID() + " (user "
                    + database.user() + ", the import), idle in transaction";
            while (details().stream().noneMatch(detail -> detail.startsWith(expected))) {
                assertThat(build.isAlive()).isTrue();
                Thread.sleep(20);
            }
            writer.rollback();
            build.join();
        }
    }

    @Test
    void aRoleThatMayNotSeeOtherSessionsIsToldWhatItMaySee(TestDatabase database) throws Exception {
        TestDatabase deployer = database.createRole("deployer");
        database.execute("CREATE TABLE one (id int); GRANT ALL ON one TO " + deployer.user());
        try (Connection holder = database.connect(); Connection waiting = deployer.connect()) {
            holder.setAutoCommit(false);
            holder.createStatement().execute("SET application_name = 'the import'; LOCK TABLE one");
            int pid = waiting.unwrap(PGConnection.class).getBackendPID();
            try (DeploymentMonitor watch = new DeploymentMonitor(deployer::connect, pid, INTERVAL, SIGN_OF_LIFE, told::add)) {
                Thread read = new Thread(() -> {
                    try {
                        waiting.createStatement().execute("SELECT * FROM one");
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                });
                read.start();
                while (watch.blockers().isEmpty()) {
                    Thread.sleep(20);
                }
                assertThat(watch.blockers()).startsWith("server process " + holder.unwrap(PGConnection.class).getBackendPID()
                        + " (user " + database.user()).doesNotContain("null");
                holder.rollback();
                read.join();
            }
        }
    }

    /** @param limit milliseconds that the application lets each answer take; 0 for as long as it takes */
    @ParameterizedTest
    @ValueSource(ints = {0, 600_000})
    void aServerThatDoesNotAnswerIsReported(int limit) throws Exception {
        try (CrashingServer server = CrashingServer.start()) {
            TestDatabase database = server.createDatabase();
            ConnectionSource source = () -> {
                Connection limited = database.connect();
                limited.setNetworkTimeout(Runnable::run, limit);
                return limited;
            };
            try (Connection connection = database.connect();
                    DeploymentMonitor watch = new DeploymentMonitor(source,
                            connection.unwrap(PGConnection.class).getBackendPID(), INTERVAL, SIGN_OF_LIFE, told::add);
                    Statement statement = connection.createStatement()) {
                statement.execute("SELECT pg_sleep(1)");
                assertThat(details()).isNotEmpty().containsOnly("");
                server.freeze();
                Stopwatch time = Stopwatch.start();
                while (!details().contains("the server does not answer a second session either")) {
                    assertThat(time.elapsed()).isLessThan(Duration.ofMinutes(1));
                    Thread.sleep(20);
                }
                server.thaw();
                assertThat(watch.blockers()).isEmpty();
                told.clear();
                // It watches on.
                statement.execute("SELECT pg_sleep(2)");
                assertThat(details()).contains("");
            }
        }
    }

    @Test
    void aPoolThatFailsAtOnceIsNotAskedWithoutAPause() throws Exception {
        ConnectionSource failing = () -> {
            told.add(new Progress.Note("asked"));
            throw new SQLException("no connection", "08001", new SocketTimeoutException());
        };
        try (DeploymentMonitor watch = new DeploymentMonitor(failing, 0, INTERVAL, SIGN_OF_LIFE, told::add)) {
            Thread.sleep(5 * SIGN_OF_LIFE.toMillis());
            assertThat(watch.blockers()).isEmpty();
        }
        assertThat(told).hasSizeBetween(2, 12);
    }

    private List<String> details() {
        return told.stream().filter(Progress.StillRunning.class::isInstance)
                .map(event -> ((Progress.StillRunning) event).detail())
                .toList();
    }

    private void watched(TestDatabase database, String sql) throws SQLException {
        try (Connection connection = database.connect(); Statement statement = connection.createStatement()) {
            int pid = connection.unwrap(PGConnection.class).getBackendPID();
            try (DeploymentMonitor watch = new DeploymentMonitor(database::connect, pid, INTERVAL, SIGN_OF_LIFE, told::add)) {
                statement.execute(sql);
                assertThat(watch.blockers()).isNotNull();
            }
        }
    }
}
