package com.juragpt.auditor.migrations.faults;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Archive;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.catalog.CatalogReader;
import com.juragpt.auditor.migrations.testing.Aside;
import com.juragpt.auditor.migrations.testing.Cluster;
import com.juragpt.auditor.migrations.testing.InsertingClients;
import com.juragpt.auditor.migrations.testing.Rows;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.Signals;
import com.juragpt.auditor.migrations.testing.StoppingDataSource;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The primary of a cluster is killed while it is deployed to, and the standby takes its place. What the run has said is held
 * against what the new primary has; then the same command again ends it, and every row that a client saw committed is there. With
 * asynchronous replication what is missing is counted instead. The log names the seed; {@code -Dmigrations.test.seed=N} draws the
 * same lots again, and {@code -Dmigrations.test.trials=N} as many of them.
 */
@Tag("faults")
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class FailoverTest {

    private static final Logger LOG = Logger.getLogger(FailoverTest.class.getName());

    private static final String PORT = "SELECT inet_server_port()";
    private static final Duration A_REST = Duration.ofMillis(5);
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final String[] IN_ONE_TRANSACTION = {revision("start"), table("one"), table("two")};
    private static final String[] SPLIT = {revision("start"), table("other"), outsideTransactions(sql("index",
            "DROP INDEX CONCURRENTLY IF EXISTS i; CREATE INDEX CONCURRENTLY i ON other (note)",
            "DROP INDEX CONCURRENTLY IF EXISTS i")),
        table("one")};

    /** In the order in which one follows on the other. */
    private enum Command {
        TAG, ROLLBACK, UPDATE, RESTORE
    }

    private enum Moment {
        /** Any time from the command's begin on, and a little beyond its end. */
        ANY,
        /** So near to a commit that it may fall before, into or after it. */
        AT_A_COMMIT,
        /** The primary has committed, and has not sent it to the standby. */
        COMMIT_NOT_SENT,
        /** The primary has sent the commit, and the standby has not confirmed it. */
        COMMIT_NOT_CONFIRMED,
        /** An administrator makes the standby the primary, at any time. */
        SWITCHOVER,
        /** The primary is paused at any time, and comes back when the standby has taken its place. */
        FROZEN
    }

    @Test
    void aRunSaysWhatItKnowsAndTheSameAgainEndsItWithSynchronousReplication(@TempDir Path folder) throws Exception {
        new Trials(folder, "sync", IN_ONE_TRANSACTION).go(Integer.getInteger("migrations.test.trials", 48));
    }

    @Test
    void theSameForADeploymentInSeveralTransactions(@TempDir Path folder) throws Exception {
        new Trials(folder, "sync", SPLIT).go(Integer.getInteger("migrations.test.trials", 24));
    }

    @Test
    void withAsynchronousReplicationTheEndMayBeMissingAndTheSameAgainEndsItAsWell(@TempDir Path folder) throws Exception {
        new Trials(folder, "async", IN_ONE_TRANSACTION).go(Integer.getInteger("migrations.test.trials", 24));
    }

    @Test
    void theMarkedRowOfASplitDeploymentReachesTheNewPrimaryAndHoldsUpNobody(@TempDir Path folder) throws Exception {
        String asleep = "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(300)' AND state = 'active'";
        SampleChangelog changelog = new SampleChangelog(folder).of(table("one"),
                outsideTransactions(sql("slow", "SELECT pg_sleep(300)", null)), table("two"));
        try (Cluster cluster = Cluster.start("sync")) {
            CompletableFuture<MigrationException> update = Aside.run(() -> catchThrowableOfType(MigrationException.class,
                    Migrations.of(cluster.url(), changelog.options())::update));
            while (cluster.query(asleep).isEmpty()) {
                assertThat(update).isNotDone();
                Thread.sleep(50);
            }
            cluster.primary().kill();
            assertThat(update.get(1, TimeUnit.MINUTES)).hasMessageStartingWith("[connection-lost] ")
                    .hasMessageContaining("These changesets were committed before and stay: create-one.");
            Status status = firstStatus(cluster, changelog.options());
            assertThat(status.lock()).isNull();
            assertThat(cluster.query("SELECT locked, lockedby LIKE 'advisory lock, %' FROM databasechangeloglock"))
                    .containsExactly(List.of("t", "t"));

            changelog.of(table("one"), table("two"));
            Instant start = Instant.now();
            assertThat(Migrations.of(cluster.url(), changelog.options()).update().changesets()).containsExactly("create-two");
            assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(20));
            assertThat(cluster.query("SELECT locked FROM databasechangeloglock")).containsExactly(List.of("f"));
        }
    }

    /** Asks again and again until there is a primary. */
    private static Status firstStatus(Cluster cluster, MigrationOptions options) throws InterruptedException {
        Instant end = Instant.now().plus(PATIENCE);
        while (true) {
            try {
                return Migrations.of(cluster.url(), options).status();
            } catch (MigrationException e) {
                assertThat(e.problem()).as(e.getMessage()).isIn(Problem.CANNOT_CONNECT, Problem.CONNECTION_LOST);
                assertThat(Instant.now()).as(e.getMessage()).isBefore(end);
                Thread.sleep(100);
            }
        }
    }

    private static final class Trials {

        private final long seed = Long.getLong("migrations.test.seed", System.nanoTime());
        private final Random random = new Random(seed);
        private final String mode;
        private final boolean inOneTransaction;
        private final MigrationOptions options;
        private final Map<Command, State> after = new EnumMap<>(Command.class);
        private final Map<String, Integer> said = new TreeMap<>();
        private final Map<Command, Duration> took = new EnumMap<>(Command.class);
        private final List<Long> failovers = new ArrayList<>();
        private int lostSuccesses;
        private Cluster cluster;

        Trials(Path folder, String mode, String... changesets) {
            this.mode = mode;
            inOneTransaction = changesets == IN_ONE_TRANSACTION;
            options = new SampleChangelog(folder).of(changesets).options().withOnDataLoss(OnDataLoss.ARCHIVE);
        }

        void go(int count) throws Exception {
            LOG.info("seed " + seed);
            try (Cluster started = Cluster.start(mode)) {
                cluster = started;
                cluster.execute("CREATE TABLE journal (id int PRIMARY KEY, note text)");
                Migrations.of(cluster.url(), options).update();
                PGSimpleDataSource service = cluster.dataSource();
                service.setSocketTimeout(10);
                try (InsertingClients rows = new InsertingClients(service, cluster::query, A_REST, "one", "journal")) {
                    for (Command command : Command.values()) {
                        rows.awaitMore();
                        Instant start = Instant.now();
                        run(command, cluster.dataSource());
                        took.put(command, Duration.between(start, Instant.now()));
                        after.put(command, State.of(cluster));
                    }
                    assertThat(after.values()).doesNotHaveDuplicates();
                    for (int i = 0; i < count; i++) {
                        Command command = Command.values()[i % Command.values().length];
                        rows.awaitMore();
                        trial(command, Moment.values()[i / Command.values().length % Moment.values().length], rows);
                    }
                    run(Command.UPDATE, cluster.dataSource());
                    run(Command.RESTORE, cluster.dataSource());
                    List<Integer> missing = rows.missing();
                    failovers.sort(null);
                    LOG.info(mode + (inOneTransaction ? "" : ", split") + ": " + failovers.size() + " trials; said " + said
                            + "; ms until status answered: median " + failovers.get(failovers.size() / 2) + ", most "
                            + failovers.get(failovers.size() - 1) + "; rows that clients saw committed: " + rows.committed()
                            + ", missing: " + missing.size() + "; successes that were lost: " + lostSuccesses);
                    if (mode.equals("sync")) {
                        assertThat(missing).as("seed " + seed).isEmpty();
                    }
                }
            }
        }

        private void trial(Command command, Moment moment, InsertingClients rows) throws Exception {
            String claim = "seed " + seed + ", trial " + failovers.size() + ", " + command + " " + moment;
            State before = State.of(cluster);
            State goal = after.get(command);
            assertThat(before).as(claim).isNotEqualTo(goal);
            int port = number(cluster.query(PORT));
            Cluster.Victim primary = cluster.primary();
            String message = interrupted(command, moment, primary, claim);
            Instant killed = Instant.now();
            Status status = firstStatus(cluster, options);
            failovers.add(Duration.between(killed, Instant.now()).toMillis());
            assertThat(number(cluster.query(PORT))).as(claim + ", the primary's port").isNotEqualTo(port);
            State left = State.of(cluster);
            boolean done = isDone(command, status);
            LOG.info(claim + ": " + (done ? "new" : "old") + "; " + message.lines().findFirst().orElse("succeeded"));

            if (inOneTransaction) {
                assertThat(left).as(claim + ": " + message).isIn(before, goal);
                assertThat(done).as(claim).isEqualTo(left.equals(goal));
            }
            hold(message, before, left, done, claim);
            if (moment == Moment.FROZEN) {
                primary.thaw();
                // Until it knows that it is not the primary any more, it would take what is meant for the new one.
                cluster.heal();
            }
            if (!done) {
                run(command, cluster.dataSource());
            }
            assertThat(State.of(cluster)).as(claim + ", after the same again").isEqualTo(goal);
            assertThat(cluster.query("SELECT 1 FROM databasechangeloglock WHERE locked")).as(claim).isEmpty();
            cluster.heal();
        }

        /** What was said must be true. */
        private void hold(String message, State before, State left, boolean done, String claim) {
            String word;
            if (message.isEmpty()) {
                word = "success";
                if (!done && mode.equals("async")) {
                    lostSuccesses++;
                } else {
                    assertThat(done).as(claim).isTrue();
                }
            } else if (message.contains("Nothing was changed.")) {
                word = "nothing changed";
                assertThat(left).as(claim + ": " + message).isEqualTo(before);
            } else if (message.contains("is not known.")) {
                word = done ? "not known: new" : "not known: old";
                assertThat(message).as(claim).contains("mvn migrations:status tells which");
            } else {
                word = "a part stays";
                assertThat(message).as(claim).contains("These changesets were committed before and stay: ");
                assertThat(inOneTransaction).as(claim + ": " + message).isFalse();
                assertThat(left).as(claim + ": " + message).isNotEqualTo(before);
            }
            said.merge(word, 1, Integer::sum);
        }

        /** Returns what the run said, or nothing if it has succeeded. */
        private String interrupted(Command command, Moment moment, Cluster.Victim primary, String claim) throws Exception {
            CompletableFuture<String> run;
            switch (moment) {
                case ANY, SWITCHOVER -> {
                    run = start(command, cluster.dataSource());
                    Thread.sleep(random.nextInt((int) took.get(command).toMillis() * 5 / 4));
                    if (moment == Moment.SWITCHOVER) {
                        cluster.switchOver();
                    } else {
                        primary.kill();
                    }
                }
                case FROZEN -> {
                    PGSimpleDataSource impatient = cluster.dataSource();
                    impatient.setSocketTimeout(3);
                    run = start(command, impatient);
                    Thread.sleep(random.nextInt((int) took.get(command).toMillis() / 2));
                    primary.freeze();
                }
                case AT_A_COMMIT -> {
                    AtomicInteger commits = new AtomicInteger(inOneTransaction ? 1 : 1 + random.nextInt(2));
                    int lead = random.nextInt(20);
                    CountDownLatch killed = new CountDownLatch(1);
                    run = start(command, StoppingDataSource.beforeCommits(cluster.dataSource(), () -> {
                        if (commits.decrementAndGet() == 0) {
                            kill(primary, killed);
                            pause(lead);
                        }
                    }));
                    // One that needs fewer commits ends before it is killed.
                    CompletableFuture.anyOf(run, Aside.run(() -> awaitZero(killed))).get();
                    primary.kill();
                }
                case COMMIT_NOT_SENT -> {
                    int sender = number(cluster.query("SELECT pid FROM pg_stat_replication"));
                    run = start(command,
                            StoppingDataSource.beforeCommits(cluster.dataSource(), () -> Signals.suspend(sender)));
                    awaitWaiting(run);
                    primary.kill();
                }
                default -> {
                    int receiver;
                    try (Connection standby = cluster.connectToStandby()) {
                        receiver = number(Rows.of(standby, "SELECT pid FROM pg_stat_wal_receiver"));
                    }
                    run = start(command,
                            StoppingDataSource.beforeCommits(cluster.dataSource(), () -> Signals.suspend(receiver)));
                    awaitWaiting(run);
                    primary.kill();
                    Signals.resume(receiver);
                }
            }
            try {
                return run.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            } catch (ExecutionException | TimeoutException e) {
                throw new AssertionError(claim, e);
            }
        }

        /** Returns what the run will say, or nothing if it will succeed. */
        private CompletableFuture<String> start(Command command, DataSource source) {
            return Aside.run(() -> {
                try {
                    run(command, source);
                    return "";
                } catch (MigrationException e) {
                    return e.getMessage();
                }
            });
        }

        private static void kill(Cluster.Victim primary, CountDownLatch killed) {
            Aside.run(() -> {
                primary.kill();
                killed.countDown();
                return null;
            });
        }

        private static Void awaitZero(CountDownLatch latch) {
            try {
                latch.await();
                return null;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        private static void pause(int milliseconds) {
            try {
                Thread.sleep(milliseconds);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        /** Until its commit waits for the standby, or until it has ended, as it does where no commit waits. */
        private void awaitWaiting(CompletableFuture<String> run) throws InterruptedException {
            while (!run.isDone() && cluster.query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                    + " AND query = 'COMMIT'").isEmpty()) {
                Thread.sleep(10);
            }
        }

        private void run(Command command, DataSource source) {
            Migrations planning = Migrations.of(cluster.url(), options);
            Migrations acting = Migrations.of(source, options);
            switch (command) {
                case TAG -> acting.tag("v1");
                case ROLLBACK -> acting.rollback(planning.planRollbackTo("start"));
                case UPDATE -> acting.update();
                default -> {
                    for (Archive archive : planning.status().archives()) {
                        acting.restore(archive.name());
                    }
                }
            }
        }

        private static boolean isDone(Command command, Status status) {
            return switch (command) {
                case TAG -> status.tags().contains("v1");
                case ROLLBACK -> status.changesets().stream()
                        .allMatch(one -> one.state().isPending() || one.id().equals("tag-start"));
                case UPDATE -> status.pending().isEmpty();
                case RESTORE -> status.archives().isEmpty() && status.pending().isEmpty();
            };
        }

        private static int number(List<List<String>> rows) {
            return Integer.parseInt(rows.get(0).get(0));
        }
    }

    /** The catalog, the history and whether there is an archive, but for what differs between any two deployments. */
    private record State(List<String> catalog, List<List<String>> history, boolean archive) {

        static State of(Cluster cluster) {
            try (Connection connection = cluster.url().connect()) {
                return new State(CatalogReader.read(connection).lines(),
                        Rows.of(connection, "SELECT id, author, filename, exectype, md5sum, tag FROM databasechangelog"
                                + " ORDER BY orderexecuted"),
                        !Rows.of(connection, "SELECT 1 FROM pg_namespace WHERE nspname LIKE 'rollback%'").isEmpty());
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
