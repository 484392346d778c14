package com.juragpt.auditor.migrations.rehearse;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.testing.ChildJvm;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/** What a rehearsal costs grows with what the changesets do, and not with what is there already. */
@ExtendWith(PostgresExtension.class)
class RehearseManyTest {

    private static final int TRIES = 4;

    // Measured were 3.4 to 4.3; a savepoint for each second application made it 5.8 to 7.0 on the same machine.
    @Test
    @Tag("exhaustive")
    void aThousandChangesetsFitIntoAQuarterOfAGigabyteAndTakeLessThanFiveTimesTheirUpdate(TestDatabase update,
            TestDatabase rehearsal, @TempDir Path folder) {
        assertCheap(1000, 5, update, rehearsal, folder);
    }

    @Test
    @Tag("exhaustive")
    void aHundredChangesetsTakeFourTimesTheirUpdate(TestDatabase update, TestDatabase rehearsal, @TempDir Path folder) {
        assertCheap(100, 4, update, rehearsal, folder);
    }

    /** Where a rollback leaves something, the rehearsal goes back to a savepoint that may be many changesets before it. */
    @Test
    void faultsAmongManyChangesetsAreThoseOfEachAlone(TestDatabase database, @TempDir Path folder) {
        List<String> changesets = new ArrayList<>(IntStream.range(0, 70).mapToObj(i -> SampleChangelog.table("t" + i)).toList());
        changesets.set(10, sql("numbers", "CREATE TABLE numbers (id serial PRIMARY KEY)", "DROP TABLE numbers"));
        changesets.set(12, sql("draws", "INSERT INTO numbers DEFAULT VALUES", "DELETE FROM numbers"));
        // Applied again, the one before it would draw another number.
        changesets.set(13, sql("refers", "CREATE TABLE referring (id int REFERENCES numbers);"
                + " INSERT INTO referring VALUES (1)", "DROP TABLE referring"));
        changesets.set(20, sql("leaves", "CREATE TABLE left_there (id int)", "SELECT 1"));
        changesets.set(21, sql("fails", "CREATE TABLE kept (id int)", "DROP TABLE nowhere"));
        changesets.set(45, sql("takes", "CREATE TABLE taking (id int)", "DROP TABLE taking, t44"));
        changesets.set(55, sql("none", "CREATE TABLE for_good (id int)", null));
        SampleChangelog sample = new SampleChangelog(folder).of(changesets.toArray(String[]::new));
        Migrations migrations = Migrations.of(database.dataSource(), sample.options());

        for (RehearsalReport report : List.of(migrations.rehearse(), migrations.rehearseFromBase())) {
            assertThat(report.steps()).hasSize(70).filteredOn(step -> !step.isReversible()).extracting(RehearsalReport.Step::id)
                    .containsExactly("leaves", "fails", "takes", "none");
            assertThat(report.steps().get(20).faults()).containsExactly("after its rollback table left_there is there, but not"
                    + " expected");
            assertThat(report.steps().get(45).faults()).containsExactly("after its rollback table t44 is missing");
        }
        assertThat(database.query("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")).isEmpty();
    }

    private static void assertCheap(int changesets, int factor, TestDatabase update, TestDatabase rehearsal, Path folder) {
        new SampleChangelog(folder).of(IntStream.range(0, changesets).mapToObj(i -> SampleChangelog.table("t" + i))
                .toArray(String[]::new));
        // The machine may have had something else to do at one of the two moments that are compared.
        double times = Double.MAX_VALUE;
        for (int i = 0; i < TRIES && times >= factor; i++) {
            update.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
            times = Math.min(times, timesTheUpdate(changesets, update, rehearsal, folder));
        }
        assertThat(times).as("the update's time").isLessThan(factor);
        assertThat(rehearsal.query("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")).isEmpty();
    }

    private static double timesTheUpdate(int changesets, TestDatabase update, TestDatabase rehearsal, Path folder) {
        try (ChildJvm child = ChildJvm.run(List.of("-Xmx256m"), TimedRehearsal.class, List.of(folder.toString(),
                update.jdbcUrl(), rehearsal.jdbcUrl(), update.user(), update.password()))) {
            String[] times = child.awaitLine("took ").split(" ");
            child.awaitSuccess();
            assertThat(Integer.parseInt(times[3])).isEqualTo(changesets);
            double ratio = Double.parseDouble(times[2]) / Double.parseDouble(times[1]);
            Logger.getLogger(RehearseManyTest.class.getName())
                    .info(() -> "a rehearsal of %d changesets took %.1f times their update"
                            .formatted(changesets, ratio));
            return ratio;
        }
    }

    /** Main class of the process whose heap is bounded. */
    static final class TimedRehearsal {

        private TimedRehearsal() {
        }

        public static void main(String[] arguments) {
            SampleChangelog changelog = new SampleChangelog(Path.of(arguments[0]));
            // Once before, so that the update does not pay alone for the classes that both load.
            Migrations.of(source(arguments[2], arguments), changelog.options()).status();
            Instant start = Instant.now();
            Migrations.of(source(arguments[1], arguments), changelog.options()).update();
            Instant between = Instant.now();
            int reversible = (int) Migrations.of(source(arguments[2], arguments), changelog.options()).rehearseFromBase().steps()
                    .stream().filter(step -> step.isReversible()).count();
            System.out.println("took " + Duration.between(start, between).toMillis() + " "
                    + Duration.between(between, Instant.now()).toMillis() + " " + reversible);
        }

        private static PGSimpleDataSource source(String url, String[] arguments) {
            PGSimpleDataSource source = new PGSimpleDataSource();
            source.setUrl(url);
            source.setUser(arguments[3]);
            source.setPassword(arguments[4]);
            return source;
        }
    }
}
