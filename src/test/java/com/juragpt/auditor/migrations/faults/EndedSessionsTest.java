package com.juragpt.auditor.migrations.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.testing.CrashingServer;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.logging.Logger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The server ends a deployment's sessions, its process gets SIGKILL, or all of the server's processes do: at any statement, at any
 * time, around a commit, while the deployment waits for the lock and between its retries. Whatever was going on, the database is
 * wholly as before or wholly as after.
 */
class EndedSessionsTest {

    private static final Logger LOG = Logger.getLogger(EndedSessionsTest.class.getName());

    private static final String SESSIONS = " FROM pg_stat_activity WHERE datname = current_database()"
            + " AND pid <> pg_backend_pid() AND application_name <> '" + Moment.IN_THE_WAY + "'";
    private static final String TERMINATE = "SELECT pg_terminate_backend(pid, 10000)" + SESSIONS;

    private final Random random = new Random(Trials.SEED);

    @TempDir
    private Path folder;

    @Test
    @ExtendWith(PostgresExtension.class)
    void anEndedSessionLeavesTheDatabaseAsItWasOrAsItWasToBe(TestDatabase database) throws IOException {
        List<Trials> two = List.of(trials(Work.ROLLBACK, false, database.copy()), trials(Work.UPDATE, true, database.copy()));
        for (Trials trials : two) {
            for (int commit : trials.commits()) {
                TestDatabase ended = trials.database();
                MigrationException failure =
                        Moment.Drawn.before(commit).strike(trials, ended, () -> ended.execute(TERMINATE));
                assertThat(failure).as("ended before a commit, " + trials).isNotNull();
                trials.judge(ended, failure, trials + ", before commit " + commit);
                ended.drop();
            }
        }
        run(3, two, killed -> killed.execute(TERMINATE));
    }

    @Test
    @Tag("faults")
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    @ExtendWith(PostgresExtension.class)
    void soDoManyOfThem(TestDatabase database) throws IOException {
        for (Trials trials : everything(database::copy)) {
            run(Math.max(1, Trials.MANY / 10), List.of(trials), killed -> killed.execute(TERMINATE));
        }
    }

    @Test
    @Tag("faults")
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void soDoesAServerProcessThatIsKilledWhichMakesTheServerRecover() throws IOException {
        try (CrashingServer server = CrashingServer.start()) {
            for (Trials trials : everything(server::createDatabase)) {
                run(Math.max(1, Trials.MANY / 100), List.of(trials), server::killProcessesOf);
            }
        }
    }

    @Test
    @Tag("faults")
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void soDoesACrashOfTheServer() throws IOException {
        try (CrashingServer server = CrashingServer.start()) {
            for (Trials trials : everything(server::createDatabase)) {
                run(Math.max(1, Trials.MANY / 100), List.of(trials), killed -> server.crash());
            }
        }
    }

    private List<Trials> everything(Supplier<TestDatabase> databases) throws IOException {
        List<Trials> everything = new ArrayList<>();
        for (boolean split : new boolean[] {false, true}) {
            for (Work work : Work.values()) {
                everything.add(trials(work, split, databases.get()));
            }
        }
        return everything;
    }

    private Trials trials(Work work, boolean split, TestDatabase database) throws IOException {
        return new Trials(work, split, database, Files.createTempDirectory(folder, "changelog"));
    }

    private void run(int count, List<Trials> all, Consumer<TestDatabase> fault) {
        for (int i = 0; i < count; i++) {
            Trials trials = all.get(i % all.size());
            Moment.Drawn moment = Moment.Drawn.by(random, trials);
            TestDatabase database = trials.database();
            trials.judge(database, moment.strike(trials, database, () -> fault.accept(database)),
                    "seed " + Trials.SEED + ", trial " + i + ", " + trials + ", " + moment);
            database.drop();
        }
        all.forEach(trials -> LOG.info(trials + ": " + trials.outcomes()));
    }
}
