package com.juragpt.auditor.migrations.deploy;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.api.UpdateResult;
import com.juragpt.auditor.migrations.testing.Aside;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;

/** A session reads from a table in a transaction that it leaves open, and so blocks an ALTER TABLE. */
@ExtendWith(PostgresExtension.class)
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LockTimeoutTest {

    private static final Duration LOCK_TIMEOUT = Duration.ofMillis(400);
    private static final String ALTER = sql("alter-log", "ALTER TABLE verification_log ADD COLUMN reviewer text",
            "ALTER TABLE verification_log DROP COLUMN reviewer");

    @TempDir
    Path folder;

    @Test
    void theDeploymentWaitsForItsTurnAndReadersNeverQueueLongerThanTheTimeOut(TestDatabase database) throws Exception {
        SampleChangelog sample = withLog(database);
        List<Progress> told = Collections.synchronizedList(new ArrayList<>());
        Migrations migrations = Migrations.of(database.dataSource(),
                sample.options().withLockTimeout(LOCK_TIMEOUT, 10).withProgress(told::add));
        sample.of(table("verification_log"), revision("001"), table("other"), ALTER);
        AtomicBoolean deploying = new AtomicBoolean(true);
        CompletableFuture<Duration> longestRead;
        UpdateResult result;
        try (Connection holder = reader(database)) {
            longestRead = Aside.run(() -> longestRead(database, deploying));
            CompletableFuture<UpdateResult> update = Aside.run(migrations::update);
            while (told.stream().filter(Progress.Retrying.class::isInstance).count() < 2) {
                assertThat(update).isNotDone();
                Thread.sleep(20);
            }
            holder.rollback();
            result = update.get();
        } finally {
            deploying.set(false);
        }

        assertThat(result.changesets()).containsExactly("create-other", "alter-log");
        assertThat(told).filteredOn(Progress.Retrying.class::isInstance).first()
                .extracting(event -> ((Progress.Retrying) event).reason())
                .asString().contains("the report", "idle in transaction", "SELECT count(*) FROM verification_log");
        // Queued behind the ALTER TABLE once, or twice if it came again at once; the rest is a machine that is short of time.
        assertThat(longestRead.get()).isBetween(LOCK_TIMEOUT.dividedBy(4), LOCK_TIMEOUT.multipliedBy(5));
    }

    @Test
    void givingUpNamesTheSessionInTheWayAndNothingIsChanged(TestDatabase database) throws SQLException {
        SampleChangelog sample = withLog(database);
        sample.of(table("verification_log"), revision("001"), table("other"), ALTER);
        Migrations migrations = Migrations.of(database.dataSource(), sample.options().withLockTimeout(LOCK_TIMEOUT, 1));
        List<List<String>> before = everything(database);
        try (Connection holder = reader(database)) {
            int pid = process(holder);
            assertThatThrownBy(migrations::update).isInstanceOf(MigrationException.class)
                    .hasMessageStartingWith("[lock-timeout] Gave up after 2 attempts")
                    .hasMessageContaining("Nothing was changed.")
                    .hasMessageContaining("blocked by: server process " + pid + " (user " + database.user() + ", the report), "
                            + "idle in transaction, in a transaction for ")
                    .hasMessageContaining("SELECT count(*) FROM verification_log");
        }
        assertThat(everything(database)).isEqualTo(before);
        assertThat(migrations.update().changesets()).containsExactly("create-other", "alter-log");
    }

    @Test
    @Tag("exhaustive")
    void aRollbackGivesUpAndTriesAgainInTheSameWay(TestDatabase database) throws SQLException {
        SampleChangelog sample = withLog(database);
        sample.of(table("verification_log"), revision("001"), table("other"), ALTER);
        List<Progress> told = new ArrayList<>();
        MigrationOptions options = sample.options().withOnDataLoss(OnDataLoss.ACCEPT).withProgress(told::add);
        Migrations migrations = Migrations.of(database.dataSource(), options.withLockTimeout(LOCK_TIMEOUT, 1));
        migrations.update();
        RollbackPlan plan = migrations.planRollbackTo("001");
        List<List<String>> before = everything(database);
        try (Connection holder = reader(database)) {
            assertThatThrownBy(() -> migrations.rollback(plan)).isInstanceOf(MigrationException.class)
                    .hasMessageStartingWith("[lock-timeout] Gave up after 2 attempts")
                    .hasMessageContaining("Nothing was changed.")
                    .hasMessageContaining("server process " + process(holder) + " (user " + database.user() + ", the report)");
            assertThat(everything(database)).isEqualTo(before);

            Migrations patient = Migrations.of(database.dataSource(), options.withLockTimeout(LOCK_TIMEOUT, 10)
                    .withProgress(event -> {
                        if (event instanceof Progress.Retrying) {
                            close(holder);
                        }
                    }));
            assertThat(patient.rollback(plan).changesets()).containsExactly("alter-log", "create-other");
        }
    }

    @Test
    void anUpdateByCountThatTriesAgainAfterASplitRunsNoMoreThanAskedFor(TestDatabase database) throws SQLException {
        SampleChangelog sample = withLog(database);
        sample.of(table("verification_log"), revision("001"),
                outsideTransactions(sql("index", "CREATE INDEX CONCURRENTLY i ON verification_log (note)", "DROP INDEX i")),
                ALTER, table("not-asked-for"), table("neither"));
        List<Progress.Finished> finished = new ArrayList<>();
        try (Connection holder = session(database)) {
            Migrations migrations = Migrations.of(database.dataSource(), sample.options().withLockTimeout(LOCK_TIMEOUT, 10)
                    .withProgress(event -> {
                        if (event instanceof Progress.Retrying) {
                            close(holder);
                        }
                        if (event instanceof Progress.Finished done) {
                            finished.add(done);
                            if (done.changeset().equals("index")) {
                                read(holder);
                            }
                        }
                    }));
            UpdateResult result = migrations.updateBy(2);
            assertThat(result.changesets()).containsExactly("index", "alter-log");
        }
        assertThat(finished).extracting(Progress.Finished::number).containsExactly(1, 2);
        assertThat(finished).extracting(Progress.Finished::total).containsOnly(2);
        assertThat(database.query("SELECT id FROM databasechangelog ORDER BY orderexecuted"))
                .containsExactly(List.of("create-verification_log"), List.of("tag-001"), List.of("index"), List.of("alter-log"));
    }

    private SampleChangelog withLog(TestDatabase database) {
        SampleChangelog sample = new SampleChangelog(folder).of(table("verification_log"), revision("001"));
        Migrations.of(database.dataSource(), sample.options()).update();
        return sample;
    }

    private static Connection reader(TestDatabase database) throws SQLException {
        Connection connection = session(database);
        read(connection);
        return connection;
    }

    private static Connection session(TestDatabase database) throws SQLException {
        Connection connection = database.connect();
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET application_name = 'the report'");
        }
        connection.commit();
        return connection;
    }

    private static void read(Connection connection) {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT count(*) FROM verification_log");
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

    private static int process(Connection connection) throws SQLException {
        return connection.unwrap(PGConnection.class).getBackendPID();
    }

    private static Duration longestRead(TestDatabase database, AtomicBoolean goOn) {
        long longest = 0;
        try (Connection connection = database.connect(); Statement statement = connection.createStatement()) {
            while (goOn.get()) {
                long start = System.nanoTime();
                statement.execute("SELECT count(*) FROM verification_log");
                longest = Math.max(longest, System.nanoTime() - start);
                Thread.sleep(10);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Duration.ofNanos(longest);
    }

    private static List<List<String>> everything(TestDatabase database) {
        List<List<String>> all = new ArrayList<>(database.query("SELECT * FROM databasechangelog ORDER BY orderexecuted"));
        all.addAll(database.query("SELECT * FROM databasechangeloglock"));
        all.addAll(database.query("SELECT attrelid::regclass, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
                + " WHERE relnamespace = 'public'::regnamespace ORDER BY 1, attnum"));
        return all;
    }
}
