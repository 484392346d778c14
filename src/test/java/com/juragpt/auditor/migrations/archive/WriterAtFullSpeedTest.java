package com.juragpt.auditor.migrations.archive;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Archive;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import com.juragpt.auditor.migrations.testing.InsertingClients;
import com.juragpt.auditor.migrations.testing.RollingDeployer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Clients insert rows as fast as they can while their table is rolled back, deployed and restored again, and the deployer's
 * session is ended now and then: every row that a client saw committed is there in the end, once.
 */
class WriterAtFullSpeedTest extends DeploymentFixture {

    private static final String INDEX = outsideTransactions(sql("index", "DROP INDEX CONCURRENTLY IF EXISTS i;"
            + " CREATE INDEX CONCURRENTLY i ON other (note)", "DROP INDEX CONCURRENTLY IF EXISTS i"));
    private static final String END_THE_DEPLOYER = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE datname = current_database() AND application_name LIKE 'auditor-migrations%'";

    private final AtomicBoolean over = new AtomicBoolean();
    private int rollbacks;
    private int failures;

    @Override
    protected MigrationOptions options() {
        return RollingDeployer.options(changelog);
    }

    @Test
    @Tag("exhaustive")
    void noRowIsMissingAfterRollbacksInOneTransaction() throws InterruptedException {
        go(Duration.ofSeconds(20), Duration.ZERO, table("one"));
    }

    @Test
    void noRowIsMissingAfterRollbacksThatSplit() throws InterruptedException {
        go(Duration.ofSeconds(1), Duration.ofMillis(1), table("other"), table("one"), INDEX, table("two"));
    }

    @Test
    @Tag("exhaustive")
    void noRowIsMissingAfterMinutesOfRollbacks() throws InterruptedException {
        go(Duration.ofSeconds(60), Duration.ZERO, table("other"), table("one"), INDEX, table("two"));
    }

    private void go(Duration time, Duration rest, String... changesets) throws InterruptedException {
        List<String> all = new ArrayList<>(List.of(START));
        all.addAll(List.of(changesets));
        deploy(all.toArray(String[]::new));
        Thread ending = new Thread(this::endDeployers);
        try (InsertingClients writers = new InsertingClients(database, rest, "one", "one")) {
            ending.start();
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
            ending.join();
            writers.assertEachRowIsThereOnce(migrations(), rollbacks + " rollbacks, " + failures + " failures");
            assertThat(writers.committed()).isGreaterThan(100);
        }
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
