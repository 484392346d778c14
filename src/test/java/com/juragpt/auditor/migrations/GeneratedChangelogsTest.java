package com.juragpt.auditor.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.testing.ChildJvm;
import com.juragpt.auditor.migrations.testing.Deployed;
import com.juragpt.auditor.migrations.testing.GeneratedChangelog;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.StockLiquibase;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.logging.Logger;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * On changelogs drawn by lot, deployed, extended, edited and deployed again, this module leaves what stock Liquibase leaves and
 * decides what that decides, alone or taking turns with it. A failure names its seed; {@code -Dmigrations.test.seed=N} repeats it.
 *
 * <p>Known to differ, on purpose: a changeset that fails stops stock half-way, while on PostgreSQL nothing of ours stays.
 */
class GeneratedChangelogsTest {

    private static final Logger LOG = Logger.getLogger(GeneratedChangelogsTest.class.getName());

    private static final int MANY = Integer.getInteger("migrations.test.generated", 200);
    // Of the stories on PostgreSQL, one in so many is also compared by PostgreSQL's own dump after each deployment.
    private static final int DUMPED = 10;
    private static final Long SEED = Long.getLong("migrations.test.seed");

    @Test
    void oneOnH2(@TempDir Path folder) {
        tellStories(0, 1, folder, false);
    }

    @Test
    @Tag("exhaustive")
    void aFewOnH2(@TempDir Path folder) {
        tellStories(0, 3, folder, false);
    }

    @Test
    @Tag("exhaustive")
    void oneOnPostgresql(@TempDir Path folder) {
        tellStories(0, 1, folder, true);
    }

    @Test
    @Tag("exhaustive")
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void manyOnH2(@TempDir Path folder) {
        tellSideBySide(1_000_000, MANY / 2, folder, false);
    }

    @Test
    @Tag("exhaustive")
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void asManyMoreOnH2(@TempDir Path folder) {
        tellSideBySide(1_500_000, MANY / 2, folder, false);
    }

    @Test
    @Tag("exhaustive")
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void manyOnPostgresql(@TempDir Path folder) {
        tellSideBySide(2_000_000, MANY / 30, folder, true);
    }

    private static void tellStories(long first, int count, Path folder, boolean postgres) {
        if (SEED != null) {
            tell(SEED, folder.resolve("story"), postgres);
            return;
        }
        Told told = Told.NONE;
        for (long seed = first; seed < first + count; seed++) {
            told = told.and(Told.of(seed, folder, postgres));
        }
        told.judge(first);
    }

    /** In a process for each processor, as Liquibase keeps things that all threads of one share. */
    private static void tellSideBySide(long first, int count, Path folder, boolean postgres) {
        if (SEED != null) {
            tell(SEED, folder.resolve("story"), postgres);
            return;
        }
        Told told = postgres
                ? PostgresExtension
                        .inDatabase(server -> inProcesses(first, count, folder, Map.of("TEST_DATABASE_URL", server.url())))
                : inProcesses(first, count, folder, Map.of());
        assertThat(told.count()).as("stories").isEqualTo(count);
        told.judge(first);
    }

    private static Told inProcesses(long first, int count, Path folder, Map<String, String> environment) {
        int processes = Math.max(2, Runtime.getRuntime().availableProcessors());
        List<ChildJvm> tellers = new ArrayList<>();
        // Each is listened to all the time, as one that nobody listens to stops when it has said too much.
        ExecutorService listeners = Executors.newFixedThreadPool(processes);
        try {
            for (int i = 0; i < processes; i++) {
                tellers.add(ChildJvm.runInEnvironment(environment, Teller.class,
                        List.of(String.valueOf(first + i), String.valueOf(first + count),
                                String.valueOf(processes), folder.toString())));
            }
            return tellers.stream().map(teller -> CompletableFuture.supplyAsync(() -> Told.by(teller), listeners)).toList()
                    .stream()
                    .map(CompletableFuture::join).reduce(Told.NONE, Told::and);
        } finally {
            tellers.forEach(ChildJvm::close);
            listeners.shutdown();
        }
    }

    /** Main class of a process that tells every so many-th story, on the server of {@code TEST_DATABASE_URL} if that is set. */
    static final class Teller {

        private static final String WHOLE = "told: ";
        private static final String FAILURE = "failed: ";

        private Teller() {
        }

        /** @param arguments the first seed, the one after the last, how far it is from one to the next, and a folder */
        public static void main(String[] arguments) {
            Path folder = Path.of(arguments[3]);
            boolean postgres = System.getenv("TEST_DATABASE_URL") != null;
            for (long seed = Long.parseLong(arguments[0]); seed < Long.parseLong(arguments[1]); seed +=
                    Long.parseLong(arguments[2])) {
                Told told = Told.of(seed, folder, postgres);
                told.failures().forEach(failure -> System.out.println(FAILURE + failure.replaceAll("\\R", "\\\\n")));
                System.out.println(WHOLE + told.toTheEnd() + " " + told.deployments());
            }
        }
    }

    /**
     * How it went with some stories.
     *
     * @param toTheEnd in how many no changeset ended it all
     * @param deployments how many were compared with stock's
     */
    private record Told(int count, int toTheEnd, int deployments, List<String> failures) {

        private static final Told NONE = new Told(0, 0, 0, List.of());

        static Told of(long seed, Path folder, boolean postgres) {
            try {
                return tell(seed, folder.resolve("story" + seed), postgres);
            } catch (AssertionError | RuntimeException e) {
                return new Told(1, 0, 0, List.of("seed " + seed + ": " + String.valueOf(e.getMessage()).strip()));
            }
        }

        static Told by(ChildJvm teller) {
            Told told = NONE;
            List<String> failures = new ArrayList<>();
            for (String line = teller.readLine(); line != null; line = teller.readLine()) {
                if (line.startsWith(Teller.FAILURE)) {
                    failures.add(line.substring(Teller.FAILURE.length()).replace("\\n", "\n"));
                } else if (line.startsWith(Teller.WHOLE)) {
                    String[] counts = line.substring(Teller.WHOLE.length()).split(" ");
                    told = told.and(new Told(1, Integer.parseInt(counts[0]), Integer.parseInt(counts[1]), failures));
                    failures = new ArrayList<>();
                }
            }
            teller.awaitSuccess();
            return told;
        }

        Told and(Told others) {
            return new Told(count + others.count, toTheEnd + others.toTheEnd, deployments + others.deployments,
                    Stream.concat(failures.stream(), others.failures.stream()).toList());
        }

        /** @param first the seed of the first story; each has the next one */
        void judge(long first) {
            LOG.info(() -> "seeds from " + first + " on: " + count + " stories, " + deployments + " deployments compared, "
                    + failures.size() + " stories differ");
            assertThat(failures).as("%d of %d stories", failures.size(), count).isEmpty();
            assertThat(toTheEnd).as("stories in which no changeset ends it all").isGreaterThan(count / 2);
        }
    }

    private static Told tell(long seed, Path folder, boolean postgres) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        if (postgres) {
            return PostgresExtension.inDatabase(ours -> PostgresExtension.inDatabase(theirs -> PostgresExtension
                    .inDatabase(mixed -> new Story(seed, folder, true, side(ours, seed), side(theirs, seed), side(mixed, seed))
                            .tell())));
        }
        return new Story(seed, folder, false, h2(), h2(), h2()).tell();
    }

    private record Side(DataSource source, Supplier<Deployed> deployed) {}

    private static Side side(TestDatabase database, long seed) {
        return new Side(database.dataSource(), () -> Deployed.in(database, seed % DUMPED == 0));
    }

    private static Side h2() {
        JdbcDataSource source = new JdbcDataSource();
        source.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";MODE=PostgreSQL;DB_CLOSE_DELAY=-1");
        return new Side(source, () -> Deployed.inH2(source));
    }

    /** One changelog and three databases: ours, theirs, and one where both take turns. */
    private static final class Story {

        private static final Set<String> NOT_RUN = Set.of("PENDING", "PENDING_OUT_OF_ORDER", "SKIPPED");

        private final Random random;
        private final GeneratedChangelog changelog;
        private final MigrationOptions options;
        private final boolean postgres;
        private final Side ours;
        private final Side theirs;
        private final Side mixed;
        private String step = "";
        private int deployments;
        // What is in our database, where that may have to stay.
        private Deployed last;

        Story(long seed, Path folder, boolean postgres, Side ours, Side theirs, Side mixed) {
            random = new Random(seed);
            changelog = new GeneratedChangelog(seed, folder);
            options = changelog.options();
            this.postgres = postgres;
            this.ours = ours;
            this.theirs = theirs;
            this.mixed = mixed;
        }

        Told tell() {
            try {
                remember();
                boolean goesOn = update(half(), "half");
                goesOn = goesOn && update(Integer.MAX_VALUE, "deployed") && update(Integer.MAX_VALUE, "run again");
                if (goesOn && random.nextBoolean()) {
                    for (Side side : List.of(ours, theirs, mixed)) {
                        stock(side).clearCheckSums();
                    }
                    remember();
                    goesOn = update(Integer.MAX_VALUE, "after clearCheckSums");
                }
                if (goesOn) {
                    changelog.grow(1 + random.nextInt(5));
                    goesOn = update(Integer.MAX_VALUE, "grown");
                }
                boolean told = goesOn;
                if (goesOn && changelog.edit()) {
                    // Stock may refuse that, and so shall ours.
                    update(Integer.MAX_VALUE, "edited");
                }
                return new Told(1, told ? 1 : 0, deployments, List.of());
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(step + ", contexts '" + options.selection().contexts() + "', labels '"
                        + options.selection().labels() + "': "
                        + e.getMessage() + "\n" + changelog.text(), e);
            }
        }

        private void remember() {
            last = postgres ? ours.deployed().get() : null;
        }

        private int half() {
            List<String> pending = pendingForStock();
            return pending == null ? 1 : Math.max(1, pending.size() / 2);
        }

        /**
        * Deploys by stock alone, by ours alone, and by one of them where both take turns.
        *
        * @return whether there is a database to go on with
        */
        private boolean update(int count, String name) {
            step = name;
            deployments += 2;
            List<String> pendingForStock = pendingForStock();
            if (pendingForStock != null) {
                assertThat(pending(migrations(ours).status())).as("pending").isEqualTo(withoutAlways(pendingForStock));
            }
            boolean whole = count == Integer.MAX_VALUE;
            Throwable stock = catchThrowable(() -> updateByStock(theirs, count));
            Throwable own = catchThrowable(() -> updateByOurs(ours, count, pendingForStock));
            Throwable turns = catchThrowable(() -> {
                if (random.nextBoolean()) {
                    updateByStock(mixed, count);
                } else {
                    updateByOurs(mixed, count, pendingForStock);
                }
            });
            if (stock != null) {
                assertThat(own).as("stock failed: %s", stock.getMessage()).isInstanceOf(MigrationException.class);
                assertThat(turns).as("stock failed: %s", stock.getMessage()).isNotNull();
                if (postgres) {
                    assertThat(ours.deployed().get().differencesFrom(last)).as("what a failure leaves").isEmpty();
                }
                return false;
            }
            assertThat(own).as("stock succeeded").isNull();
            assertThat(turns).as("stock succeeded, taking turns").isNull();
            Deployed expected = theirs.deployed().get();
            last = ours.deployed().get();
            assertThat(last.differencesFrom(expected)).as("ours").isEmpty();
            assertThat(mixed.deployed().get().differencesFrom(expected)).as("taking turns").isEmpty();
            List<String> left = whole ? withoutAlways(stock(theirs).pending()) : List.of();
            for (Side side : List.of(ours, theirs, mixed)) {
                Status status = migrations(side).status();
                assertThat(status.changesets()).as("status").noneMatch(changeset -> changeset.state() == Status.State.CHANGED);
                if (whole) {
                    assertThat(pending(status)).as("pending").isEqualTo(left);
                }
            }
            return true;
        }

        private void updateByStock(Side side, int count) {
            if (count == Integer.MAX_VALUE) {
                stock(side).update();
            } else {
                stock(side).update(count);
            }
        }

        private void updateByOurs(Side side, int count, List<String> pending) {
            if (count == Integer.MAX_VALUE) {
                migrations(side).update();
            } else if (pending == null || !pending.isEmpty()) {
                migrations(side).updateBy(count);
            }
        }

        /** Null where stock does not even tell, as the changelog is not valid. */
        private List<String> pendingForStock() {
            List<String> pending = new ArrayList<>();
            return catchThrowable(() -> pending.addAll(stock(theirs).pending())) == null ? pending : null;
        }

        private static List<String> pending(Status status) {
            return status.changesets().stream().filter(changeset -> NOT_RUN.contains(changeset.state().name()))
                    .map(Status.Changeset::id).filter(id -> !id.startsWith("always-")).toList();
        }

        /** What always runs is pending for stock for ever, for ours only until it ran. */
        private static List<String> withoutAlways(List<String> pending) {
            return pending.stream().filter(id -> !id.startsWith("always-")).toList();
        }

        private Migrations migrations(Side side) {
            return Migrations.of(side.source(), options);
        }

        private StockLiquibase stock(Side side) {
            return new StockLiquibase(side.source(), options);
        }
    }
}
