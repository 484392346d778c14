package com.juragpt.auditor.migrations.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.testing.ChildJvm;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.StoppingDataSource;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/** The deployer's own process gets SIGKILL, whatever it was doing. */
@ExtendWith(PostgresExtension.class)
class KilledDeployersTest {

    private static final Logger LOG = Logger.getLogger(KilledDeployersTest.class.getName());

    private final Random random = new Random(Trials.SEED);

    @TempDir
    private Path folder;

    @Test
    void aKilledDeployerLeavesTheDatabaseAsItWasOrAsItWasToBe(TestDatabase database) throws IOException {
        kill(4, 3, Work.RESTORE, false, database.copy());
        // Right after its first commit, so that the next has to take over what is half done and marked as locked.
        TestDatabase split = database.copy();
        Path changelog = Files.createTempDirectory(folder, "changelog");
        Trials trials = new Trials(Work.UPDATE, true, split, changelog);
        kill(trials, changelog, split, List.of(trials.commits().get(0) + 1), 1);
        assertThat(trials.outcomes()).containsOnlyKeys("between two transactions, the deployer is gone");
    }

    @Test
    @Tag("faults")
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void soDoManyOfThem(TestDatabase database) throws IOException {
        for (boolean split : new boolean[] {false, true}) {
            for (Work work : Work.values()) {
                int half = Math.max(1, Trials.MANY / 40);
                // Half of them have come to where they stop, and the others are anywhere before.
                kill(half, half / 2 + 1, work, split, database.copy());
                kill(half, half, work, split, database.copy());
            }
        }
    }

    /**
     * @param count how many at once, in one process and each in a database of its own
     * @param awaited how many of them have stopped or ended when the process is killed
     */
    private void kill(int count, int awaited, Work work, boolean split, TestDatabase origin) throws IOException {
        Path changelog = Files.createTempDirectory(folder, "changelog");
        Trials trials = new Trials(work, split, origin, changelog);
        kill(trials, changelog, origin, random.ints(count, 1, trials.sent() + 1).boxed().toList(), awaited);
    }

    /** @param statements before which of them each stops, if it was not killed earlier */
    private static void kill(Trials trials, Path changelog, TestDatabase origin, List<Integer> statements, int awaited)
            throws IOException {
        int count = statements.size();
        List<TestDatabase> databases = Stream.generate(trials::database).limit(count).toList();
        List<String> arguments =
                new ArrayList<>(List.of(changelog.toString(), trials.work().name(), origin.user(), origin.password()));
        for (int i = 0; i < count; i++) {
            arguments.addAll(List.of(databases.get(i).jdbcUrl(), String.valueOf(statements.get(i))));
        }
        try (ChildJvm child = ChildJvm.run(Deployers.class, arguments)) {
            for (int i = 0; i < awaited; i++) {
                child.awaitLine("deployer ");
            }
            child.kill();
        }
        for (int i = 0; i < count; i++) {
            trials.judge(databases.get(i), "seed " + Trials.SEED + ", trial " + i + ", " + trials + ", killed before statement "
                    + statements.get(i) + " at the latest");
            databases.get(i).drop();
        }
        LOG.info(trials + ": " + trials.outcomes());
    }

    /** Main class of a process that does one work in several databases at once, and stops in each before a certain statement. */
    static final class Deployers {

        private Deployers() {
        }

        /** @param arguments the changelog's folder, the work, the user, the password, then URL and number of the statement of each */
        public static void main(String[] arguments) {
            SampleChangelog changelog = new SampleChangelog(Path.of(arguments[0]));
            for (int i = 4; i < arguments.length; i += 2) {
                PGSimpleDataSource source = new PGSimpleDataSource();
                source.setUrl(arguments[i]);
                source.setUser(arguments[2]);
                source.setPassword(arguments[3]);
                StoppingDataSource stopping = new StoppingDataSource(source, Integer.parseInt(arguments[i + 1]), Deployers::stop);
                new Thread(() -> {
                    try {
                        Work.valueOf(arguments[1]).run(stopping, source, Work.options(changelog));
                        System.out.println("deployer ended");
                    } catch (RuntimeException e) {
                        // or the parent would wait for ever
                        System.out.println("deployer failed: " + e);
                    }
                }).start();
            }
        }

        private static void stop() {
            System.out.println("deployer stopped");
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
