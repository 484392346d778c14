package com.juragpt.auditor.migrations.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The network drops, halves, delays or swallows a deployment's connection after any number of bytes, either way. */
@ExtendWith(PostgresExtension.class)
class CutConnectionsTest {

    private static final Logger LOG = Logger.getLogger(CutConnectionsTest.class.getName());

    private final Random random = new Random(Trials.SEED);

    @TempDir
    private Path folder;

    @Test
    void aCutConnectionLeavesTheDatabaseAsItWasOrAsItWasToBe(TestDatabase database) {
        cut(FaultyProxy.Fault.values().length, new Trials(Work.UPDATE, false, database, folder));
    }

    @Test
    @Tag("faults")
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void soDoManyOfThem(TestDatabase database) throws IOException {
        for (boolean split : new boolean[] {false, true}) {
            for (Work work : Work.values()) {
                cut(Math.max(1, Trials.MANY / 20),
                        new Trials(work, split, database.copy(), Files.createTempDirectory(folder, "changelog")));
            }
        }
    }

    private void cut(int count, Trials trials) {
        long sent;
        long received;
        TestDatabase undisturbed = trials.database();
        try (FaultyProxy proxy = new FaultyProxy(undisturbed, null, true, 0)) {
            assertThat(trials.run(proxy.dataSource(), undisturbed)).isNull();
            sent = proxy.sent();
            received = proxy.received();
        }
        for (int i = 0; i < count; i++) {
            FaultyProxy.Fault fault = FaultyProxy.Fault.values()[i % FaultyProxy.Fault.values().length];
            boolean toServer = random.nextBoolean();
            // The last bytes are those of the commit and what follows it.
            long all = toServer ? sent : received;
            long after = random.nextInt(3) > 0 ? (long) (all * random.nextDouble()) : all - random.nextInt(1500);
            TestDatabase database = trials.database();
            MigrationException failure;
            try (FaultyProxy proxy = new FaultyProxy(database, fault, toServer, Math.max(0, after))) {
                failure = trials.run(proxy.dataSource(), database);
            }
            String trial =
                    "seed " + Trials.SEED + ", trial " + i + ", " + trials + ", " + fault + " after " + after + " of " + all
                            + " bytes " + (toServer ? "to" : "from") + " the server";
            if (fault == FaultyProxy.Fault.DELAY) {
                assertThat(failure).as(trial).isNull();
            }
            trials.judge(database, failure, trial);
            database.drop();
        }
        LOG.info(trials + ": " + trials.outcomes());
    }
}
