package com.juragpt.auditor.migrations.deploy;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.catalog.CatalogReader;
import com.juragpt.auditor.migrations.testing.ChildJvm;
import com.juragpt.auditor.migrations.testing.NothingKnown;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.Rows;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.StockDeployer;
import com.juragpt.auditor.migrations.testing.StoppedDeployers;
import com.juragpt.auditor.migrations.testing.StoppingDataSource;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A process is killed with SIGKILL before each thing that it would send to the server, including the commit and after it. */
@ExtendWith(PostgresExtension.class)
class KilledDeployerTest {

    // So many deployers are killed at once, each in a database of its own; each may have two sessions.
    private static final int AT_ONCE = 24;

    // What a server that is short of time may take to notice that a client is gone; a stale lock would be waited for longer.
    private static final Duration NOTICED = Duration.ofSeconds(20);

    @Test
    void anUpdateKilledAtAnyStageIsWhollyDoneOrNotAtAllAndTheNextBeginsAtOnce(TestDatabase database) {
        killAnUpdate(database, KilledDeployerTest::everyStage);
    }

    @Test
    @Tag("exhaustive")
    void anUpdateKilledAnywhereIsWhollyDoneOrNotAtAllAndTheNextBeginsAtOnce(TestDatabase database) {
        killAnUpdate(database, KilledDeployerTest::everything);
    }

    private static void killAnUpdate(TestDatabase database, Function<StoppingDataSource, List<Integer>> where) {
        Set<State> seen = kill(database, "update", where, KilledDeployerTest::empty);
        assertThat(seen).hasSize(2);
    }

    @Test
    @Tag("exhaustive")
    void aRollbackKilledAtAnyStageIsWhollyDoneOrNotAtAllAndTheNextBeginsAtOnce(TestDatabase database) {
        killARollback(database, KilledDeployerTest::everyStage);
    }

    @Test
    @Tag("exhaustive")
    void aRollbackKilledAnywhereIsWhollyDoneOrNotAtAllAndTheNextBeginsAtOnce(TestDatabase database) {
        killARollback(database, KilledDeployerTest::everything);
    }

    private static void killARollback(TestDatabase database, Function<StoppingDataSource, List<Integer>> where) {
        Consumer<TestDatabase> deploy = each -> Migrations.of(each.dataSource(), MigrationOptions.defaults()).update();
        deploy.accept(database);
        Set<State> seen = kill(database, "base", where, deploy);
        assertThat(seen).hasSize(2);
    }

    @Test
    @Tag("exhaustive")
    void aDeploymentInSeveralTransactionsThatWasKilledAtAnyStageGoesOnAtOnceByOursAndByTheStockCommand(TestDatabase database,
            @TempDir Path folder) {
        killASplitDeployment(database, folder, KilledDeployerTest::everyStage);
    }

    @Test
    @Tag("exhaustive")
    void aDeploymentInSeveralTransactionsThatWasKilledAnywhereGoesOnAtOnceByOursAndByTheStockCommand(TestDatabase database,
            @TempDir Path folder) {
        killASplitDeployment(database, folder, KilledDeployerTest::everything);
    }

    private static void killASplitDeployment(TestDatabase database, Path folder,
            Function<StoppingDataSource, List<Integer>> where) {
        SampleChangelog sample = new SampleChangelog(folder).of(table("one"), outsideTransactions(sql("index",
                "DROP INDEX CONCURRENTLY IF EXISTS i; CREATE INDEX CONCURRENTLY i ON one (note)", "DROP INDEX i")), table("two"));
        TestDatabase reference = database.copy();
        StoppingDataSource counting = new StoppingDataSource(reference.dataSource(), 0, () -> {});
        // As in the processes that are killed.
        NothingKnown.in(() -> StoppedDeployers.act(reference.dataSource(), counting, sample.options(), "update"));
        State after = State.of(reference);

        List<Integer> numbers = where.apply(counting);
        AtomicBoolean locked = new AtomicBoolean();
        killBefore(numbers, database, folder.toString(), "update", killed -> {
            if (isLocked(killed.database)) {
                locked.set(true);
            }
            if (numbers.indexOf(killed.number) % 2 == 0) {
                Migrations.of(killed.database.dataSource(), patient(sample.options())).update();
            } else {
                StockDeployer.update(killed.database.dataSource(), folder);
            }
            assertThat(State.of(killed.database)).as("killed before " + killed.number).isEqualTo(after);
            assertThat(isLocked(killed.database)).isFalse();
            empty(killed.database);
        });
        assertThat(locked.get()).as("a row of the lock table was left locked").isTrue();
    }

    @Test
    void aStatementDoesNotOutliveItsKilledDeployer(TestDatabase database, @TempDir Path folder) throws InterruptedException {
        SampleChangelog sample = new SampleChangelog(folder).of(table("one"), sql("slow", "SELECT pg_sleep(300)", null));
        try (ChildJvm child = ChildJvm.run(StoppedDeployers.class, List.of(folder.toString(), "update", database.user(),
                database.password(), database.jdbcUrl(), "0"))) {
            String asleep =
                    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query = 'SELECT pg_sleep(300)'";
            while (database.query(asleep).isEmpty()) {
                Thread.sleep(50);
            }
            child.kill();
        }
        sample.of(table("one"));

        assertThat(Migrations.of(database.dataSource(), patient(sample.options())).update().changesets())
                .containsExactly("create-one");
    }

    private static MigrationOptions patient(MigrationOptions options) {
        return options.withLockWait(NOTICED);
    }

    private static boolean isLocked(TestDatabase database) {
        return !database.query("SELECT 1 FROM pg_tables WHERE tablename = 'databasechangeloglock'").isEmpty()
                && !database.query("SELECT 1 FROM databasechangeloglock WHERE locked").isEmpty();
    }

    private static void empty(TestDatabase database) {
        database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    }

    /**
     * Returns the states that were found after a kill.
     *
     * @param where of what a deployer sent that was left alone, what to kill one before
     * @param reset brings a database back to what {@code origin} holds
     */
    private static Set<State> kill(TestDatabase origin, String target, Function<StoppingDataSource, List<Integer>> where,
            Consumer<TestDatabase> reset) {
        State before = State.of(origin);
        TestDatabase reference = origin.copy();
        StoppingDataSource counting = new StoppingDataSource(reference.dataSource(), 0, () -> {});
        NothingKnown.in(() -> StoppedDeployers.act(reference.dataSource(), counting, MigrationOptions.defaults(), target));
        State after = State.of(reference);
        assertThat(after).isNotEqualTo(before);
        assertThat(counting.sent()).isGreaterThanOrEqualTo(40);

        Set<State> seen = ConcurrentHashMap.newKeySet();
        killBefore(where.apply(counting), origin, "", target, killed -> {
            State left = State.of(killed.database);
            assertThat(left).as("killed before " + killed.number + " of " + counting.sent()).isIn(before, after);
            seen.add(left);
            DataSource source = killed.database.dataSource();
            StoppedDeployers.act(source, source, patient(MigrationOptions.defaults()), target);
            assertThat(State.of(killed.database)).isEqualTo(after);
            reset.accept(killed.database);
        });
        return seen;
    }

    private record Killed(TestDatabase database, int number) {}

    private static List<Integer> everything(StoppingDataSource counted) {
        return IntStream.rangeClosed(1, counted.sent()).boxed().toList();
    }

    /** The first and the last, some in between, and of each commit itself and what follows it. */
    private static List<Integer> everyStage(StoppingDataSource counted) {
        int last = counted.sent();
        IntStream between = IntStream.of(1, 2, last / 4, last / 2, last * 3 / 4, last);
        IntStream commits = counted.commits().stream().flatMapToInt(commit -> IntStream.of(commit, commit + 1));
        return IntStream.concat(between, commits).filter(number -> number <= last).sorted().distinct().boxed().toList();
    }

    private static void killBefore(List<Integer> numbers, TestDatabase origin, String changelog, String target,
            Consumer<Killed> check) {
        List<TestDatabase> databases = Stream.generate(origin::copy).limit(Math.min(AT_ONCE, numbers.size())).toList();
        for (int first = 0; first < numbers.size(); first += AT_ONCE) {
            List<Killed> killed = new ArrayList<>();
            List<String> arguments = new ArrayList<>(List.of(changelog, target, origin.user(), origin.password()));
            for (int number : numbers.subList(first, Math.min(numbers.size(), first + AT_ONCE))) {
                TestDatabase database = databases.get(killed.size());
                killed.add(new Killed(database, number));
                arguments.addAll(List.of(database.jdbcUrl(), String.valueOf(number)));
            }
            try (ChildJvm child = ChildJvm.run(StoppedDeployers.class, arguments)) {
                killed.forEach(each -> assertThat(child.awaitLine("deployer ")).contains(" stopped before "));
                child.kill();
            }
            // One after the other: a stock command that ends makes those beside it in the JVM forget what they hold.
            killed.forEach(check);
        }
    }

    /** The catalog and the history, but for what differs between any two deployments. */
    private record State(List<String> catalog, List<List<String>> history) {

        static State of(TestDatabase database) {
            try (Connection connection = database.connect()) {
                List<String> catalog = CatalogReader.read(connection).lines();
                boolean empty = Rows.of(connection, "SELECT 1 FROM pg_tables WHERE tablename = 'databasechangelog'").isEmpty();
                return new State(catalog, empty ? List.of() : Rows.of(connection, "SELECT id, author, filename, orderexecuted,"
                        + " exectype, md5sum, tag FROM databasechangelog ORDER BY orderexecuted"));
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
