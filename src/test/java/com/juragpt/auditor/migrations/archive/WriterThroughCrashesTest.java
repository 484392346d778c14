package com.juragpt.auditor.migrations.archive;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.testing.ChildJvm;
import com.juragpt.auditor.migrations.testing.CrashingServer;
import com.juragpt.auditor.migrations.testing.InsertingClients;
import com.juragpt.auditor.migrations.testing.RollingDeployer;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.logging.Logger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients insert rows as fast as they can while their tables are rolled back, deployed and restored again, and the deployer's
 * process and the whole server are killed, at any moment and around commits: every row that a client saw committed is there in
 * the end, once. The log names the seed; {@code -Dmigrations.test.seed=N} draws the same lots again.
 */
class WriterThroughCrashesTest {

    private static final Logger LOG = Logger.getLogger(WriterThroughCrashesTest.class.getName());

    /** One with a key, and one whose rows are known by their content alone. */
    private static final String[] WRITTEN = {table("one"), table("log", "id int NOT NULL, note text")};
    private static final String INDEX = outsideTransactions(sql("index", "DROP INDEX CONCURRENTLY IF EXISTS i;"
            + " CREATE INDEX CONCURRENTLY i ON other (note)", "DROP INDEX CONCURRENTLY IF EXISTS i"));
    private static final String[] IN_ONE_TRANSACTION = {revision("start"), WRITTEN[0], WRITTEN[1]};
    private static final String[] SPLIT = {revision("start"), table("other"), WRITTEN[0], INDEX, WRITTEN[1]};

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int COMMITS_OF_A_ROUND = 4;

    private enum Victim {
        DEPLOYER, SERVER, BOTH
    }

    @Test
    @Tag("exhaustive")
    void noRowIsMissingAfterAKilledDeployerAndACrashOfTheServer(@TempDir Path folder) throws Exception {
        new Race(folder, SPLIT).go(Duration.ZERO, Duration.ofMillis(1), Victim.DEPLOYER, Victim.SERVER);
    }

    @Test
    @Tag("exhaustive")
    void noRowIsMissingAfterManyKillsBetweenRollbacksInOneTransaction(@TempDir Path folder) throws Exception {
        new Race(folder, IN_ONE_TRANSACTION).go(Duration.ofSeconds(60), Duration.ZERO, Victim.values());
    }

    @Test
    @Tag("exhaustive")
    void noRowIsMissingAfterManyKillsBetweenRollbacksThatSplit(@TempDir Path folder) throws Exception {
        new Race(folder, SPLIT).go(Duration.ofSeconds(60), Duration.ZERO, Victim.values());
    }

    private static final class Race {

        private final long seed = Long.getLong("migrations.test.seed", System.nanoTime());
        private final Random random = new Random(seed);
        private final Path folder;
        private final SampleChangelog changelog;
        private final Map<Victim, Integer> kills = new EnumMap<>(Victim.class);
        private int commands;
        private String command = RollingDeployer.COMMANDS.get(0);
        private ChildJvm deployer;

        Race(Path folder, String... changesets) {
            this.folder = folder;
            changelog = new SampleChangelog(folder).of(changesets);
        }

        /** Kills at least each of them once, and on until the time is over. */
        void go(Duration time, Duration rest, Victim... victims) throws IOException, InterruptedException {
            LOG.info("seed " + seed);
            try (CrashingServer server = CrashingServer.start()) {
                TestDatabase database = server.createDatabase();
                Migrations migrations = Migrations.of(database.dataSource(), RollingDeployer.options(changelog));
                migrations.update();
                try (InsertingClients writers = new InsertingClients(database, rest, "one", "log")) {
                    deployer = deployer(database);
                    try {
                        killOn(server, database, time, victims);
                    } finally {
                        // It may hold a lock that the clients wait for, and they are to end in any case.
                        deployer.kill();
                    }
                    writers.assertEachRowIsThereOnce(migrations, "seed " + seed + " after " + kills);
                    LOG.info(writers.committed() + " rows, " + commands + " commands, killed " + kills);
                    assertThat(writers.committed()).isGreaterThan(100);
                }
            }
        }

        private void killOn(CrashingServer server, TestDatabase database, Duration time, Victim... victims)
                throws InterruptedException {
            List<Victim> drawn = new ArrayList<>(List.of(victims));
            Instant end = Instant.now().plus(time);
            while (!drawn.isEmpty() || Instant.now().isBefore(end)) {
                Victim victim = drawn.isEmpty() ? victims[random.nextInt(victims.length)] : drawn.remove(0);
                awaitTheMoment();
                if (victim != Victim.SERVER) {
                    deployer.kill();
                    follow();
                }
                if (victim != Victim.DEPLOYER) {
                    server.crash();
                }
                if (victim != Victim.SERVER) {
                    deployer = deployer(database);
                }
                kills.merge(victim, 1, Integer::sum);
                awaitSuccess();
            }
        }

        private ChildJvm deployer(TestDatabase database) {
            return ChildJvm.run(RollingDeployer.class, List.of(folder.toString(), database.jdbcUrl(), database.user(),
                    database.password(), command));
        }

        /** Any moment, or one that is so near to a commit that it may fall before, into or after it. */
        private void awaitTheMoment() throws InterruptedException {
            if (random.nextInt(3) == 0) {
                Thread.sleep(random.nextInt(700));
                return;
            }
            for (int i = random.nextInt(COMMITS_OF_A_ROUND); i >= 0; i--) {
                while (!next().equals("deployer commits")) {
                    // Its commands go by.
                }
            }
            Thread.sleep(0, random.nextInt(1_000_000));
        }

        /** Until the command that was cut off has succeeded; it is tried again and again. */
        private void awaitSuccess() {
            Instant end = Instant.now().plus(PATIENCE);
            for (String line = next(); !line.startsWith("deployer did "); line = next()) {
                assertThat(Instant.now()).as("seed " + seed + ", " + line).isBefore(end);
            }
        }

        private String next() {
            String line = deployer.readLine();
            assertThat(line).as("seed " + seed + ", the deployer ended").isNotNull();
            read(line);
            return line;
        }

        /** Reads what it had said before it was killed. */
        private void follow() {
            for (String line = deployer.readLine(); line != null; line = deployer.readLine()) {
                read(line);
            }
        }

        private void read(String line) {
            if (line.startsWith("deployer begins ")) {
                command = line.substring("deployer begins ".length());
            } else if (line.startsWith("deployer did ")) {
                commands++;
            }
        }
    }
}
