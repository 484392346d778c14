package com.juragpt.auditor.migrations.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.connection.Stopwatch;
import com.juragpt.auditor.migrations.lock.AdvisoryLock;
import com.juragpt.auditor.migrations.testing.Checkout;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.Run;
import com.juragpt.auditor.migrations.testing.SpringSample;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real runs of Maven at once, which deploy the same changelog: this module's goals, Liquibase's, an application of Spring Boot, and the
 * API.
 */
@Tag("faults")
@ExtendWith(PostgresExtension.class)
class CrowdIT {

    private static final String HISTORY = "SELECT id, filename, md5sum, tag FROM databasechangelog ORDER BY orderexecuted";
    private static final String SESSIONS =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    private static final int OF_EACH = 2;
    private static final int SOME = 6;

    private final List<Callable<Run>> runs = new ArrayList<>();

    @TempDir
    private Path folder;

    @Test
    void anEmptyDatabaseIsDeployedOnceAndNobodyFails(TestDatabase database, TestDatabase alone) throws Exception {
        Checkout checkout = Checkout.in(folder.resolve("checkout")).compiled();
        SpringSample.in(folder.resolve("application"), database).mvn("compile").succeeds();
        // One connection, as each run is counted by its connection.
        runs.add(() -> SpringSample.in(folder.resolve("application"), database).with("SPRING_DATASOURCE_HIKARI_MINIMUM_IDLE", "0")
                .mvn("spring-boot:run"));
        addGoals(checkout, database);

        atOnce(database).forEach(Run::succeeds);

        assertDeployedAsBy(alone, database);
    }

    @Test
    void aRollbackAmongThemIsWhollyDoneOrRefusedAndNobodyElseFails(TestDatabase database, TestDatabase alone) throws Exception {
        Migrations.of(database.dataSource(), MigrationOptions.defaults()).updateBy(SOME);
        Checkout checkout = Checkout.in(folder.resolve("checkout")).compiled();
        addGoals(checkout, database);
        runs.add(() -> checkout.with("DATABASE_URL", database.url()).mvn("migrations:rollback-to-tag", "-Dmigrations.tag=base"));

        List<Run> all = atOnce(database);
        Run rollback = all.remove(all.size() - 1);
        if (rollback.exitCode() == 0) {
            assertThat(rollback.output()).contains((SOME - 1) + " changesets rolled back in ");
        } else {
            assertThat(rollback.output()).contains("[plan-outdated] ");
        }
        all.forEach(Run::succeeds);

        Migrations.of(database.dataSource(), MigrationOptions.defaults()).update();
        assertDeployedAsBy(alone, database);
    }

    private void addGoals(Checkout checkout, TestDatabase database) {
        for (int i = 0; i < OF_EACH; i++) {
            for (String goal : List.of("migrations:update", "liquibase:update")) {
                runs.add(() -> checkout.with("DATABASE_URL", database.url()).mvn(goal));
            }
        }
    }

    /** All runs, and the API beside them; the lock is free only when each of them is waiting for it. */
    private List<Run> atOnce(TestDatabase database) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try (Connection first = database.connect(); Statement statement = first.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(" + AdvisoryLock.KEY + ")");
            List<Future<Run>> results = new ArrayList<>();
            for (Callable<Run> run : runs) {
                results.add(threads.submit(run));
            }
            List<Future<?>> byApi = new ArrayList<>();
            for (int i = 0; i < OF_EACH; i++) {
                byApi.add(threads.submit(() -> Migrations.of(database.dataSource(), MigrationOptions.defaults()).update()));
            }
            awaitSessions(database, 1 + runs.size() + OF_EACH);
            statement.execute("SELECT pg_advisory_unlock(" + AdvisoryLock.KEY + ")");
            List<Run> ended = new ArrayList<>();
            for (Future<Run> result : results) {
                ended.add(result.get());
            }
            for (Future<?> deployer : byApi) {
                deployer.get();
            }
            return ended;
        } finally {
            threads.shutdownNow();
        }
    }

    private static void awaitSessions(TestDatabase database, int number) throws InterruptedException {
        Stopwatch time = Stopwatch.start();
        for (int found = 0; found < number;) {
            found = Integer.parseInt(database.query(SESSIONS).get(0).get(0));
            assertThat(time.elapsed()).as("%d of %d runs wait", found, number).isLessThan(Duration.ofMinutes(2));
            Thread.sleep(100);
        }
    }

    private static void assertDeployedAsBy(TestDatabase alone, TestDatabase database) {
        Migrations.of(alone.dataSource(), MigrationOptions.defaults()).update();
        assertThat(database.query(HISTORY)).isEqualTo(alone.query(HISTORY));
        assertThat(Migrations.of(database.dataSource(), MigrationOptions.defaults()).drift().differences()).isEmpty();
        assertThat(Left.isLocked(database)).isFalse();
        assertThat(database.query("SELECT 1 FROM databasechangeloglock WHERE locked")).isEmpty();
    }
}
