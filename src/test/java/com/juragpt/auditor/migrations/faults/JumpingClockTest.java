package com.juragpt.auditor.migrations.faults;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Archive;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.lock.AdvisoryLock;
import com.juragpt.auditor.migrations.testing.ChildJvm;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The clock of the deployer's machine is set forward and back by more than a year, again and again, while it works and
 * waits. Where libfaketime is not installed, which shows a process such a clock, the test is skipped.
 *
 * @see <a href="https://github.com/wolfcw/libfaketime">libfaketime</a>
 */
@Tag("faults")
@ExtendWith(PostgresExtension.class)
class JumpingClockTest {

    private static final List<Path> LIBRARIES = Stream.of("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64")
            .map(folder -> Path.of(folder, "faketime/libfaketime.so.1")).toList();
    private static final Duration A_WHILE = Duration.ofSeconds(3);
    private static final int YEAR_SECONDS = 400 * 24 * 60 * 60;

    @TempDir
    private Path folder;
    private SampleChangelog changelog;

    @BeforeEach
    void write() {
        changelog = new SampleChangelog(folder).of(revision("start"), table("one"), revision("end"));
    }

    @Test
    void aDeploymentWaitsForTheLockUntilItIsFree(TestDatabase database) throws Exception {
        try (Connection other = database.connect()) {
            assertThat(AdvisoryLock.tryLock(other)).isTrue();
            try (ChildJvm deployer = deployer("update", Duration.ofSeconds(60), database)) {
                deployer.awaitLine("Waiting");
                Thread.sleep(A_WHILE.toMillis());
                assertThat(database.query("SELECT to_regclass('one')").get(0).get(0)).isNull();
                AdvisoryLock.unlock(other);
                assertThat(deployer.awaitSuccess()).contains("done").containsPattern("jumps: [1-9]");
            }
        }
        assertThat(database.query("SELECT count(*) FROM one")).containsExactly(List.of("0"));
    }

    @Test
    void itGivesUpAfterTheTimeItWasTold(TestDatabase database) throws SQLException {
        try (Connection other = database.connect()) {
            assertThat(AdvisoryLock.tryLock(other)).isTrue();
            try (ChildJvm deployer = deployer("update", A_WHILE, database)) {
                deployer.awaitLine("Waiting");
                long began = System.nanoTime();
                assertThat(deployer.awaitSuccess()).contains("[locked]").containsPattern("jumps: [1-9]");
                assertThat(Duration.ofNanos(System.nanoTime() - began)).isBetween(A_WHILE.dividedBy(2), A_WHILE.multipliedBy(3));
            }
        }
    }

    @Test
    void itIsRetriedUntilATableIsFree(TestDatabase database) throws Exception {
        of(database).update();
        database.execute("INSERT INTO one VALUES (1, 'kept')");
        try (Connection other = database.connect(); Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE one IN ROW EXCLUSIVE MODE");
            try (ChildJvm deployer = deployer("rollback", Duration.ofSeconds(60), database)) {
                deployer.awaitLine("Retrying");
                Thread.sleep(A_WHILE.toMillis());
                other.commit();
                assertThat(deployer.awaitSuccess()).contains("done").containsPattern("jumps: [1-9]");
            }
        }
        assertThat(database.query("SELECT to_regclass('one')").get(0).get(0)).isNull();
    }

    /** Archives, deployments and history rows have times in their names and columns. */
    @Test
    void everyArchiveComesBackWhateverTimeItHas(TestDatabase database) throws Exception {
        of(database).update();
        for (int i = 0; i < 3; i++) {
            database.execute("INSERT INTO one VALUES (" + i + ", 'kept')");
            try (ChildJvm deployer = deployer("rollback, update", Duration.ofSeconds(60), database)) {
                assertThat(deployer.awaitSuccess()).contains("done").containsPattern("jumps: [1-9]");
            }
        }
        assertThat(of(database).status().archives()).hasSize(3);
        try (ChildJvm deployer = deployer("restore", Duration.ofSeconds(60), database)) {
            assertThat(deployer.awaitSuccess()).contains("done").containsPattern("jumps: [1-9]");
        }
        assertThat(database.query("SELECT id FROM one ORDER BY id")).containsExactly(List.of("0"), List.of("1"), List.of("2"));
        assertThat(of(database).status().archives()).isEmpty();
        of(database).requireCurrent();
    }

    private Migrations of(TestDatabase database) {
        return Migrations.of(database.dataSource(), changelog.options());
    }

    private ChildJvm deployer(String commands, Duration lockWait, TestDatabase database) {
        Optional<Path> library = LIBRARIES.stream().filter(Files::exists).findFirst();
        Assumptions.assumeTrue(library.isPresent(), "libfaketime is not installed (Debian: apt-get install libfaketime)");
        Path clock = folder.resolve("clock");
        Deployer.set(clock, 0);
        // Without the last one every wait with an end is a busy one.
        return ChildJvm.runInEnvironment(
                Map.of("LD_PRELOAD", library.get().toString(), "FAKETIME_TIMESTAMP_FILE", clock.toString(),
                        "FAKETIME_CACHE_DURATION", "1",
                        "FAKETIME_DONT_FAKE_MONOTONIC", "1", "FAKETIME_FORCE_MONOTONIC_FIX", "0"),
                Deployer.class,
                List.of(folder.toString(), clock.toString(), database.jdbcUrl(), database.user(), database.password(),
                        lockWait.toString(), commands));
    }

    /** Main class of a process that sets its clock while it does something. */
    static final class Deployer {

        private Deployer() {
        }

        /**
         * @param arguments the changelog's folder, the clock's file, the JDBC URL, the user, the password, how long to wait for the
         *     lock, and what to do
         */
        public static void main(String[] arguments) throws InterruptedException {
            PGSimpleDataSource source = new PGSimpleDataSource();
            source.setUrl(arguments[2]);
            source.setUser(arguments[3]);
            source.setPassword(arguments[4]);
            MigrationOptions options = new SampleChangelog(Path.of(arguments[0])).options().withOnDataLoss(OnDataLoss.ARCHIVE)
                    .withLockWait(Duration.parse(arguments[5])).withLockTimeout(Duration.ofMillis(300), 100)
                    .withProgress(event -> System.out.println(event.getClass().getSimpleName()));
            Clock clock = new Clock(Path.of(arguments[1]));
            clock.start();
            clock.seenToJump.await();
            try {
                for (String command : arguments[6].split(", ")) {
                    run(command, Migrations.of(source, options));
                }
                System.out.println("done");
            } catch (MigrationException e) {
                System.out.println(e.getMessage());
            } finally {
                clock.interrupt();
                clock.join();
            }
        }

        private static void run(String command, Migrations migrations) {
            switch (command) {
                case "update" -> migrations.update();
                case "rollback" -> migrations.rollback(migrations.planRollbackTo("start"));
                default -> migrations.status().archives().stream().map(Archive::name).forEach(migrations::restore);
            }
        }

        /** Nobody reads half of it. */
        static void set(Path clock, int seconds) {
            try {
                Path next = clock.resolveSibling("next");
                Files.writeString(next, "%+d\n".formatted(seconds));
                Files.move(next, clock, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Jumps on and on, and says in the end how often it was seen to. */
        private static final class Clock extends Thread {

            private final CountDownLatch seenToJump = new CountDownLatch(1);
            private final Path file;

            Clock(Path file) {
                super("clock");
                this.file = file;
            }

            @Override
            public void run() {
                int jumps = 0;
                try {
                    for (int sign = 1; !isInterrupted(); sign = -sign) {
                        long before = System.currentTimeMillis();
                        set(file, sign * YEAR_SECONDS);
                        // libfaketime looks once a second what it is to show.
                        Thread.sleep(1_100);
                        if (Math.abs(System.currentTimeMillis() - before) > YEAR_SECONDS * 500L) {
                            jumps++;
                            seenToJump.countDown();
                        }
                    }
                } catch (InterruptedException e) {
                    interrupt();
                }
                System.out.println("jumps: " + jumps);
            }
        }
    }
}
