package com.juragpt.auditor.migrations.lock;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.UpdateResult;
import com.juragpt.auditor.migrations.testing.Aside;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.StockDeployer;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.lockservice.DatabaseChangeLogLock;
import liquibase.lockservice.LockService;
import liquibase.lockservice.LockServiceFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;

@ExtendWith(PostgresExtension.class)
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LockWaitTest {

    private static final String LEFT_LOCKED =
            "UPDATE databasechangeloglock SET locked = TRUE, lockgranted = '2026-01-02 03:04:05',"
                    + " lockedby = '%s' WHERE id = 1";
    private static final String LOCK_ROW = "SELECT locked, lockedby FROM databasechangeloglock";

    @TempDir
    Path folder;
    private MigrationOptions options;

    @BeforeEach
    void changelog() {
        options = new SampleChangelog(folder).of(table("one")).options();
    }

    @Test
    void theSecondDeployerIsToldWhoDeploysAndGivesUpWithNothingChanged(TestDatabase database) throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch seen = new CountDownLatch(1);
        Migrations first = Migrations.of(database.dataSource(), options.withProgress(event -> {
            if (event instanceof Progress.Started) {
                inside.countDown();
                await(seen);
            }
        }));
        CompletableFuture<UpdateResult> update = Aside.run(first::update);
        await(inside);
        List<Progress> told = new ArrayList<>();
        String pid = database.query("SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                + " AND application_name = 'auditor-migrations update'").get(0).get(0);
        String holder = "server process " + pid + " (user " + database.user() + ", auditor-migrations update";

        assertThatThrownBy(() -> Migrations.of(database.dataSource(), options.withLockWait(Duration.ofSeconds(1))
                .withProgress(told::add)).update())
                .isInstanceOf(MigrationException.class)
                .hasMessageStartingWith("[locked] Another deployment is under way; waited 1 s for it. Nothing was changed.")
                .hasMessageContaining("held by: " + holder).hasMessageContaining(", since 20")
                .hasMessageContaining("pg_terminate_backend");
        assertThat(told).singleElement().isInstanceOfSatisfying(Progress.Waiting.class, waiting -> {
            assertThat(waiting.holder().who()).startsWith(holder);
            assertThat(waiting.holder().since()).isNotNull();
        });
        assertThat(first.status().lock().who()).startsWith(holder);
        assertThat(database.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")).isEmpty();

        seen.countDown();
        assertThat(update.get().changesets()).containsExactly("create-one");
        assertThat(first.status().lock()).isNull();
    }

    @Test
    void aLockThatADeadStockLiquibaseLeftIsNamedWithTheWayToFreeIt(TestDatabase database) {
        StockDeployer.run(database.dataSource(), folder, "status");
        StockDeployer.run(database.dataSource(), folder, "releaseLocks");
        database.execute(LEFT_LOCKED.formatted("ci-runner (10.0.0.7)"));
        List<Progress> told = new ArrayList<>();
        Migrations migrations = Migrations.of(database.dataSource(),
                options.withLockWait(Duration.ofSeconds(1)).withProgress(told::add));

        assertThatThrownBy(migrations::update).isInstanceOf(MigrationException.class)
                .hasMessageStartingWith("[locked] ").hasMessageContaining("Nothing was changed.")
                .hasMessageContaining("held by: ci-runner (10.0.0.7), since 2026-01-02 03:04:05")
                .hasMessageContaining("if that deployer is dead, mvn liquibase:releaseLocks");
        assertThat(told).singleElement().isInstanceOf(Progress.Waiting.class);
        assertThat(database.query(LOCK_ROW)).containsExactly(List.of("t", "ci-runner (10.0.0.7)"));

        StockDeployer.run(database.dataSource(), folder, "releaseLocks");
        assertThat(migrations.update().changesets()).containsExactly("create-one");
    }

    @Test
    void aMarkedLockThatNobodyHoldsIsTakenOverByOursAndByTheStockCommand(TestDatabase database) {
        Migrations migrations = Migrations.of(database.dataSource(), options.withLockWait(Duration.ofSeconds(1)));
        migrations.update();
        database.execute(LEFT_LOCKED.formatted(LockRow.MARK + "elsewhere, server process 1"));
        assertThat(migrations.status().lock()).isNull();
        new SampleChangelog(folder).of(table("one"), table("two"));
        assertThat(migrations.update().changesets()).containsExactly("create-two");
        assertThat(database.query("SELECT locked FROM databasechangeloglock")).containsExactly(List.of("f"));

        database.execute(LEFT_LOCKED.formatted(LockRow.MARK + "elsewhere, server process 1"));
        new SampleChangelog(folder).of(table("one"), table("two"), table("three"));
        StockDeployer.update(database.dataSource(), folder);
        assertThat(migrations.status().pending()).isEmpty();
        assertThat(database.query("SELECT locked FROM databasechangeloglock")).containsExactly(List.of("f"));
    }

    @Test
    void releaseLocksNeverWaitsForADeploymentUnderWay(TestDatabase database) throws Exception {
        StockDeployer.run(database.dataSource(), folder, "releaseLocks");
        whileDeploying(database, () -> StockDeployer.run(database.dataSource(), folder, "releaseLocks"));
        assertThat(database.query("SELECT locked FROM databasechangeloglock")).containsExactly(List.of("f"));
    }

    @Test
    void theLockServiceNeverWaitsForTheFirstDeploymentUnderWay(TestDatabase database) throws Exception {
        whileDeploying(database, () -> {
            try (Connection connection = database.connect()) {
                lockService(connection).forceReleaseLock();
            }
        });
        assertThat(database.query("SELECT locked FROM databasechangeloglock")).containsExactly(List.of("f"));
    }

    private interface Meanwhile {
        void run() throws Exception;
    }

    private void whileDeploying(TestDatabase database, Meanwhile meanwhile) throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch seen = new CountDownLatch(1);
        CompletableFuture<UpdateResult> update = Aside.run(Migrations.of(database.dataSource(),
                options.withProgress(event -> {
                    if (event instanceof Progress.Started) {
                        inside.countDown();
                        await(seen);
                    }
                }))::update);
        await(inside);
        meanwhile.run();
        assertThat(update).isNotDone();
        seen.countDown();
        assertThat(update.get().changesets()).containsExactly("create-one");
    }

    @Test
    void listLocksShowsWhoHoldsTheAdvisoryLock(TestDatabase database) throws Exception {
        try (Connection deployer = database.connect(); Connection reader = database.connect()) {
            assertThat(AdvisoryLock.tryLock(deployer)).isTrue();
            DatabaseChangeLogLock[] locks = lockService(reader).listLocks();
            assertThat(locks).singleElement().satisfies(lock -> assertThat(lock.getLockedBy()).startsWith(
                    "server process " + deployer.unwrap(PGConnection.class).getBackendPID() + " (user " + database.user()));
        }
    }

    @Test
    void theLockServiceLeavesNoLockInItsSessionThoughLiquibaseForgetsIt(TestDatabase database) throws Exception {
        try (Connection pooled = database.connect()) {
            Database liquibase = DatabaseFactory.getInstance().findCorrectDatabaseImplementation(new JdbcConnection(pooled));
            LockServiceFactory.getInstance().getLockService(liquibase).waitForLock();
            // what the end of any other command in this JVM does
            LockServiceFactory.getInstance().resetAll();
            LockService another = LockServiceFactory.getInstance().getLockService(liquibase);
            assertThat(another.hasChangeLogLock()).isTrue();
            another.releaseLock();
            assertThat(another.hasChangeLogLock()).isFalse();
            assertThat(AdvisoryLock.isHeldBy(pooled)).isFalse();
        }
        assertThat(database.query("SELECT locked FROM databasechangeloglock")).containsExactly(List.of("f"));
    }

    @Test
    void theLockServiceLeavesNoLockInItsSessionWhenItsTableCannotBeWritten(TestDatabase database) throws Exception {
        StockDeployer.run(database.dataSource(), folder, "releaseLocks");
        database.execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END';"
                + "CREATE TRIGGER refuse BEFORE UPDATE ON databasechangeloglock EXECUTE FUNCTION refuse()");
        try (Connection pooled = database.connect()) {
            LockService service = lockService(pooled);
            assertThatThrownBy(service::acquireLock).hasMessageContaining("no");
            pooled.rollback();
            assertThat(AdvisoryLock.isHeldBy(pooled)).isFalse();
        }
    }

    @Test
    void aRoleThatMayMakeNoTableIsRefusedAtOnce(TestDatabase database) throws Exception {
        database.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        TestDatabase deployer = database.createRole("deployer");
        Instant start = Instant.now();
        assertThatThrownBy(Migrations.of(deployer.dataSource(), options)::update)
                .hasMessageContaining("lacks CREATE on schema public").hasMessageContaining("Nothing was changed.");
        try (Connection connection = deployer.connect()) {
            assertThatThrownBy(lockService(connection)::waitForLock).hasMessageContaining("permission denied for schema public");
        }
        // Liquibase would try ten times, with a pause of up to a second after each.
        assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(3));
    }

    @Test
    void aRoleThatMayNotReadTheLockTableIsRefusedAtOnce(TestDatabase database) throws Exception {
        StockDeployer.run(database.dataSource(), folder, "releaseLocks");
        TestDatabase deployer = database.createRole("deployer");
        database.execute("DO $$ BEGIN IF to_regclass('databasechangelog') IS NOT NULL THEN"
                + " EXECUTE 'GRANT SELECT ON databasechangelog TO " + deployer.user() + "'; END IF; END $$");
        Instant start = Instant.now();
        assertThatThrownBy(Migrations.of(deployer.dataSource(), options)::update)
                .hasMessageContaining("permission denied for table databasechangeloglock");
        assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(3));
    }

    private static LockService lockService(Connection connection) throws Exception {
        LockService service = LockServiceFactory.getInstance().getLockService(
                DatabaseFactory.getInstance().findCorrectDatabaseImplementation(new JdbcConnection(connection)));
        assertThat(service).isInstanceOf(AdvisoryLockService.class);
        return service;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
