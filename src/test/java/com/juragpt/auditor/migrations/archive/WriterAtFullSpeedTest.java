package com.juragpt.auditor.migrations.archive;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Archive;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Clients insert rows as fast as they can while their table is rolled back, deployed and restored again, and the deployer's
 * session is ended now and then: every row that a client saw committed is there in the end, once.
 */
class WriterAtFullSpeedTest extends DeploymentFixture {

    private static final int WRITERS = 2;
    private static final String INDEX = outsideTransactions(sql("index", "DROP INDEX CONCURRENTLY IF EXISTS i;"
            + " CREATE INDEX CONCURRENTLY i ON other (note)", "DROP INDEX CONCURRENTLY IF EXISTS i"));
    private static final String END_THE_DEPLOYER = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE datname = current_database() AND application_name LIKE 'auditor-migrations%'";

    private final Set<Integer> committed = new ConcurrentSkipListSet<>();
    private final Set<Integer> inDoubt = new ConcurrentSkipListSet<>();
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicBoolean over = new AtomicBoolean();
    private int rollbacks;
    private int failures;

    @Override
    protected MigrationOptions options() {
        return changelog.options().withOnDataLoss(OnDataLoss.ARCHIVE).withLockTimeout(Duration.ofMillis(500), 20);
    }

    @Test
    @Tag("exhaustive")
    void noRowIsMissingAfterRollbacksInOneTransaction() throws InterruptedException {
        go(Duration.ofSeconds(20), table("one"));
    }

    @Test
    void noRowIsMissingAfterRollbacksThatSplit() throws InterruptedException {
        go(Duration.ofSeconds(1), table("other"), table("one"), INDEX, table("two"));
    }

    @Test
    @Tag("exhaustive")
    void noRowIsMissingAfterMinutesOfRollbacks() throws InterruptedException {
        go(Duration.ofSeconds(60), table("other"), table("one"), INDEX, table("two"));
    }

    private void go(Duration time, String... changesets) throws InterruptedException {
        List<String> all = new ArrayList<>(List.of(START));
        all.addAll(List.of(changesets));
        deploy(all.toArray(String[]::new));
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            threads.add(new Thread(this::write));
        }
        threads.add(new Thread(this::endDeployers));
        threads.forEach(Thread::start);
        Instant end = Instant.now().plus(time);
        while (Instant.now().isBefore(end) || rollbacks < 2 || failures < 1) {
            attempt(() -> {
                Migrations migrations = migrations();
                migrations.rollback(migrations.planRollbackTo("start"));
                rollbacks++;
            });
            attempt(() -> migrations().update());
            restore();
        }
        over.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
        migrations().update();
        for (Archive archive : migrations().status().archives()) {
            assertThat(migrations().restore(archive.name()).archiveStays()).isFalse();
        }
        List<List<String>> rows = database.query("SELECT id FROM one");
        Set<Integer> found = new TreeSet<>();
        rows.forEach(row -> found.add(Integer.valueOf(row.get(0))));
        assertThat(found).hasSize(rows.size());
        // With sets' own means, as there are some hundred thousand of them.
        Set<Integer> missing = new TreeSet<>(committed);
        missing.removeAll(found);
        assertThat(missing).as("missing after %d rollbacks, %d failures", rollbacks, failures).isEmpty();
        found.removeAll(committed);
        found.removeAll(inDoubt);
        assertThat(found).as("there, though no client inserted it").isEmpty();
        assertThat(committed).hasSizeGreaterThan(100);
    }

    private void restore() {
        attempt(() -> {
            for (Archive archive : migrations().status().archives()) {
                migrations().restore(archive.name());
            }
        });
    }

    private void attempt(Runnable verb) {
        try {
            verb.run();
        } catch (MigrationException e) {
            failures++;
        }
    }

    private void write() {
        while (!over.get()) {
            try (Connection connection = database.connect();
                    PreparedStatement insert = connection.prepareStatement("INSERT INTO one VALUES (?, 'x')")) {
                while (!over.get()) {
                    int id = next.incrementAndGet();
                    insert.setInt(1, id);
                    inDoubt.add(id);
                    insert.executeUpdate();
                    committed.add(id);
                    inDoubt.remove(id);
                }
            } catch (SQLException e) {
                // The table is away for now; an id whose insert failed is in doubt.
                Thread.onSpinWait();
            }
        }
    }

    private void endDeployers() {
        Random random = new Random(1);
        while (!over.get()) {
            try {
                Thread.sleep(random.nextInt(1500));
                database.query(END_THE_DEPLOYER);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
