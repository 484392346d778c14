package com.juragpt.auditor.migrations.lock;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.testing.Aside;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.StockLiquibase;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A stock Liquibase that comes while ours deploys, and one that comes after ours was killed. */
@ExtendWith(PostgresExtension.class)
class StockRaceTest {

    @Test
    void aStockGoalWithTheLockWaitsForTheFirstDeploymentOfAnEmptyDatabase(TestDatabase database, @TempDir Path folder)
            throws Exception {
        SampleChangelog changelog = new SampleChangelog(folder).of(table("one"), table("two"));
        CountDownLatch deploying = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        CompletableFuture<List<String>> ours = Aside.run(() -> Migrations.of(database.dataSource(),
                changelog.options().withProgress(event -> {
                    if (event instanceof Progress.Started started && started.number() == 2) {
                        deploying.countDown();
                        await(goOn);
                    }
                })).update().changesets());
        await(deploying);
        CompletableFuture<Throwable> stock =
                Aside.run(() -> catchThrowable(() -> new StockLiquibase(database, changelog).update()));
        Thread.sleep(1500);
        assertThat(stock).isNotDone();
        goOn.countDown();
        assertThat(ours.get(1, TimeUnit.MINUTES)).containsExactly("create-one", "create-two");
        assertThat(stock.get(1, TimeUnit.MINUTES)).isNull();
        assertThat(database.query("SELECT id FROM databasechangelog")).hasSize(2);
    }

    /**
     * The server ends the session after a split, when its history and its lock row are committed. The row stays, as the documents
     * say; whoever knows the advisory lock sees that its writer is gone.
     */
    @Test
    void aDeploymentThatIsKilledBetweenItsTransactionsLocksNobodyOutWhoKnowsTheLock(TestDatabase database, @TempDir Path folder) {
        SampleChangelog changelog = new SampleChangelog(folder).of(table("one"), outsideTransactions(sql("index",
                "CREATE INDEX CONCURRENTLY i ON one (note)", "DROP INDEX i")), table("two"), table("three"));
        Throwable failure = catchThrowable(() -> Migrations.of(database.dataSource(), changelog.options().withProgress(event -> {
            if (event instanceof Progress.Started started && started.number() == 3) {
                database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                        + " AND application_name LIKE 'auditor-migrations%'");
            }
        })).update());
        assertThat(failure).isInstanceOf(MigrationException.class).hasMessageContaining("[connection-lost]");
        assertThat(database.query("SELECT id FROM databasechangelog")).hasSize(2);
        assertThat(database.query("SELECT locked, lockedby LIKE 'advisory lock, %' FROM databasechangeloglock"))
                .containsExactly(List.of("t", "t"));

        assertThat(Migrations.of(database.dataSource(), changelog.options()).status().lock()).isNull();
        new StockLiquibase(database, changelog).update();
        assertThat(database.query("SELECT id FROM databasechangelog")).hasSize(4);
        assertThat(database.query("SELECT locked FROM databasechangeloglock")).containsExactly(List.of("f"));
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(1, TimeUnit.MINUTES)) {
                throw new IllegalStateException("it took too long");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
