package com.juragpt.auditor.migrations.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.testing.NothingKnown;
import com.juragpt.auditor.migrations.testing.StoppingDataSource;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;

/**
 * Runs of one work on one changelog that something befalls, each in a database of its own, and what has to be true of all of them:
 * the database is wholly as before or wholly as after, nobody holds the lock, no row is missing, and the next run ends it.
 */
final class Trials {

    /** How many trials there are where many are made: {@code -Dmigrations.test.faults=N}. */
    static final int MANY = Integer.getInteger("migrations.test.faults", 500);
    /** What the lots are drawn by; a failure names it, and {@code -Dmigrations.test.seed=N} draws the same again. */
    static final long SEED = Long.getLong("migrations.test.seed", System.nanoTime());

    // Of a connection that was cut. A server that recovers from a crash accepts none.
    private static final Set<Problem> SAID = Set.of(Problem.CONNECTION_LOST, Problem.CANNOT_CONNECT);
    // What a server may take to notice that a client is gone, where others want the processor too.
    private static final Duration NOTICED = Duration.ofSeconds(30);

    private final Work work;
    private final boolean split;
    private final MigrationOptions options;
    private final TestDatabase origin;
    private final Left before;
    private final Left after;
    private final int sent;
    private final List<Integer> commits;
    private final Map<String, Integer> outcomes = new TreeMap<>();

    /**
     * @param origin an empty database
     * @param folder an empty folder, for the changelog
     * @param split whether the changelog needs several transactions
     */
    Trials(Work work, boolean split, TestDatabase origin, Path folder) {
        this.work = work;
        this.split = split;
        this.origin = origin;
        options = Work.options(Work.changelog(folder, split));
        work.prepare(origin, options);
        before = Left.in(origin);
        TestDatabase reference = origin.copy();
        StoppingDataSource counting = new StoppingDataSource(reference.dataSource(), 0, () -> {});
        NothingKnown.in(() -> work.run(counting, reference.dataSource(), options));
        sent = counting.sent();
        commits = counting.commits();
        after = Left.in(reference);
        assertThat(after).isNotEqualTo(before);
    }

    Work work() {
        return work;
    }

    /** Whether its changelog needs several transactions. */
    boolean split() {
        return split;
    }

    /** How much an undisturbed run sends to the server. */
    int sent() {
        return sent;
    }

    /** Which of them are the commits, in order. */
    List<Integer> commits() {
        return commits;
    }

    /** A database for the next trial. */
    TestDatabase database() {
        return origin.copy();
    }

    /** Runs the work; returns how it failed, or null. */
    MigrationException run(DataSource acting, TestDatabase database) {
        Throwable failure = catchThrowable(() -> NothingKnown.in(() -> work.run(acting, database.dataSource(), options)));
        assertThat(failure).satisfiesAnyOf(none -> assertThat(none).isNull(),
                one -> assertThat(one).isInstanceOf(MigrationException.class));
        return (MigrationException) failure;
    }

    /** Judges what a run has left whose deployer was not there any more to say how it ended. */
    void judge(TestDatabase database, String trial) {
        judge(Left.in(database), database, "the deployer is gone", trial);
    }

    /**
     * Judges what a run has left, and that it said so.
     *
     * @param failure null if it did not fail
     * @param trial names it in a failure of the test
     */
    void judge(TestDatabase database, MigrationException failure, String trial) {
        Left left = Left.in(database);
        if (failure == null) {
            assertThat(left.differencesFrom(after)).as(trial + ", which did not fail").isEmpty();
            requireFreeRow(database, trial);
        } else {
            assertThat(failure.problem()).as(trial + ": " + failure.getMessage()).isIn(SAID);
            assertThat(failure.getMessage()).as(trial).contains("\n  help: ");
            if (failure.getMessage().contains("Nothing was changed.")) {
                assertThat(left.differencesFrom(before)).as(trial + ", which said that nothing was changed").isEmpty();
            }
        }
        judge(left, database, failure == null ? "no failure" : failure.problem().code(), trial);
    }

    private void judge(Left left, TestDatabase database, String said, String trial) {
        boolean isBefore = left.equals(before);
        boolean isAfter = left.equals(after);
        assertThat(isBefore || isAfter || split).as(trial + ": neither as before, nor as after: %s",
                isBefore || isAfter ? "" : left.differencesFrom(before)).isTrue();
        outcomes.merge((isBefore ? "as before" : isAfter ? "as after" : "between two transactions") + ", " + said, 1,
                Integer::sum);
        awaitNoLock(database, trial);
        MigrationException again = run(database.dataSource(), database);
        if (isAfter && work.doneAlready() != null) {
            assertThat(again).as(trial + ", run again").isNotNull();
            assertThat(again.problem()).as(trial + ", run again").isEqualTo(work.doneAlready());
        } else {
            assertThat(again).as(trial + ", run again").isNull();
            requireFreeRow(database, trial + ", run again");
        }
        assertThat(Left.in(database).differencesFrom(after)).as(trial + ", run again").isEmpty();
        assertThat(Left.isLocked(database)).as(trial + ", run again: locked").isFalse();
    }

    /** A stock Liquibase waits for the row, whoever has marked it. Only who was killed may leave it marked. */
    private static void requireFreeRow(TestDatabase database, String trial) {
        assertThat(database.query("SELECT id FROM databasechangeloglock WHERE locked")).as(trial + ": marked row").isEmpty();
    }

    private static void awaitNoLock(TestDatabase database, String trial) {
        Instant end = Instant.now().plus(NOTICED);
        while (Left.isLocked(database)) {
            assertThat(Instant.now()).as(trial + ": still locked").isBefore(end);
            LockSupport.parkNanos(20_000_000);
        }
    }

    /** How the trials so far have ended, and how often. */
    Map<String, Integer> outcomes() {
        return outcomes;
    }

    @Override
    public String toString() {
        return work + (split ? " in several transactions" : " in one transaction");
    }
}
