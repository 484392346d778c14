package com.juragpt.auditor.migrations.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.connection.Stopwatch;
import com.juragpt.auditor.migrations.lock.AdvisoryLock;
import com.juragpt.auditor.migrations.testing.Aside;
import com.juragpt.auditor.migrations.testing.Checkout;
import com.juragpt.auditor.migrations.testing.Cluster;
import com.juragpt.auditor.migrations.testing.Rows;
import com.juragpt.auditor.migrations.testing.Run;
import com.juragpt.auditor.migrations.testing.Signals;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real runs of Maven lose their primary: they say what they know, status tells the rest, and the same goal again ends it. */
@Tag("faults")
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class FailoverIT {

    private static final String COMMIT_WAITS = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query = 'COMMIT'";
    private static final String RUN_WAITS = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_try_advisory_%'";
    // Longer than a deployment takes to say that its commit waits.
    private static final Duration A_SIGN_OF_LIFE = Duration.ofSeconds(15);

    @TempDir
    private Path folder;

    @Test
    void theGoalsSayWhatTheyKnow() throws Exception {
        try (Cluster cluster = Cluster.start("sync")) {
            Checkout checkout = Checkout.in(folder.resolve("checkout")).compiled();
            losesItsPrimaryAtTheCommit(cluster, checkout, "migrations:update");
            cluster.heal();
            losesItsPrimaryAtTheCommit(cluster, checkout, "migrations:rollback-to-tag", "-Dmigrations.tag=base");
            cluster.heal();
            findsItsPrimaryPaused(cluster, checkout, "migrations:update");
            assertThat(Migrations.of(cluster.url(), MigrationOptions.defaults()).drift().differences()).isEmpty();
        }
    }

    private static void losesItsPrimaryAtTheCommit(Cluster cluster, Checkout checkout, String... goal) throws Exception {
        Cluster.Victim primary = cluster.primary();
        int receiver;
        try (Connection standby = cluster.connectToStandby()) {
            receiver = Integer.parseInt(Rows.of(standby, "SELECT pid FROM pg_stat_wal_receiver").get(0).get(0));
        }
        Signals.suspend(receiver);
        CompletableFuture<Run> run = Aside.run(() -> mvn(cluster, checkout, goal));
        awaitRow(cluster, run, COMMIT_WAITS);
        Thread.sleep(A_SIGN_OF_LIFE.toMillis());
        primary.kill();
        Signals.resume(receiver);

        assertThat(run.get().fails().output())
                .contains("the commit waits for a standby to confirm it (synchronous replication)", "[connection-lost] ",
                        "whether the commit arrived is not known", "help: mvn migrations:status tells which, on the new primary");
        assertThat(run.get().printedAStackTrace()).isFalse();
        firstStatus(cluster, checkout);
        mvn(cluster, checkout, goal).succeeds();
    }

    private static void findsItsPrimaryPaused(Cluster cluster, Checkout checkout, String goal) throws Exception {
        Cluster.Victim primary = cluster.primary();
        CompletableFuture<Run> run;
        try (Connection holder = cluster.url().connect()) {
            Rows.of(holder, "SELECT pg_advisory_lock(" + AdvisoryLock.KEY + ")");
            run = Aside.run(() -> checkout.with("DATABASE_URL", cluster.databaseUrl() + "&socketTimeout=5").mvn(goal));
            awaitRow(cluster, run, RUN_WAITS);
            primary.freeze();
            assertThat(run.get().fails().output()).contains("[connection-lost] ", "Nothing was changed.");
        }
        assertThat(run.get().printedAStackTrace()).isFalse();
        firstStatus(cluster, checkout);
        primary.thaw();
        cluster.heal();
        mvn(cluster, checkout, goal).succeeds();
    }

    private static Run mvn(Cluster cluster, Checkout checkout, String... goal) {
        return checkout.with("DATABASE_URL", cluster.databaseUrl()).mvn(goal);
    }

    /** Again and again until there is a primary. */
    private static void firstStatus(Cluster cluster, Checkout checkout) {
        Stopwatch time = Stopwatch.start();
        for (Run run = mvn(cluster, checkout, "migrations:status"); run.exitCode() != 0; run =
                mvn(cluster, checkout, "migrations:status")) {
            assertThat(run.output()).containsAnyOf("[cannot-connect] ", "[connection-lost] ");
            assertThat(time.elapsed()).as(run.output()).isLessThan(Duration.ofMinutes(2));
        }
    }

    private static void awaitRow(Cluster cluster, CompletableFuture<Run> run, String query) throws InterruptedException {
        while (cluster.query(query).isEmpty()) {
            assertThat(run).isNotDone();
            Thread.sleep(100);
        }
    }
}
