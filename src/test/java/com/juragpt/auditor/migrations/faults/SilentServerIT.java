package com.juragpt.auditor.migrations.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.testing.Aside;
import com.juragpt.auditor.migrations.testing.Checkout;
import com.juragpt.auditor.migrations.testing.CrashingServer;
import com.juragpt.auditor.migrations.testing.Run;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real run of Maven whose server falls silent says so, ends when its URL says so, and has changed nothing. */
@Tag("faults")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class SilentServerIT {

    private static final String CHANGELOG = """
            databaseChangeLog:
              - changeSet:
                  id: sleeps
                  author: tests
                  changes:
                    - sql: {sql: "CREATE TABLE sleeper (id int); SELECT pg_sleep(5)"}
                  rollback:
                    - dropTable: {tableName: sleeper}
            """;

    @Test
    void itSaysSoAndEnds(@TempDir Path folder) throws Exception {
        Checkout checkout = Checkout.in(folder).compiled();
        checkout.write("changelog/sleeps.yaml", CHANGELOG);
        try (CrashingServer server = CrashingServer.start()) {
            TestDatabase database = server.createDatabase();
            String url = database.url() + (database.url().contains("?") ? "&" : "?") + "connect_timeout=5&socketTimeout=60";
            CompletableFuture<Run> run = Aside.run(() -> mvn(checkout, url, "migrations:update"));
            while (database.query("SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(5)%'").isEmpty()) {
                assertThat(run).isNotDone();
                Thread.sleep(100);
            }
            server.freeze();
            Run update = run.get().fails();
            Run status = mvn(checkout, url, "migrations:status").fails();
            server.thaw();

            assertThat(update.output()).contains("still running after", "the server does not answer a second session either",
                    "[connection-lost] ", "Nothing was changed.");
            assertThat(update.printedAStackTrace()).isFalse();
            assertThat(status.output()).contains("[cannot-connect] ", "The server did not answer in time.");
            assertThat(status.duration()).isLessThan(Duration.ofSeconds(45));
            assertThat(mvn(checkout, url, "migrations:status").succeeds().output()).containsPattern("pending +1 changeset");
            mvn(checkout, url, "migrations:update").succeeds();
        }
    }

    private static Run mvn(Checkout checkout, String url, String goal) {
        return checkout.with("DATABASE_URL", url).mvn(goal, "-Dliquibase.changeLogFile=changelog/sleeps.yaml",
                "-Dmigrations.conventions=none");
    }
}
