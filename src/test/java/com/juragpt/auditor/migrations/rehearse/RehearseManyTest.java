package com.juragpt.auditor.migrations.rehearse;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.testing.ChildJvm;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/** What a rehearsal costs grows with what the changesets do, and not with what is there already. */
@ExtendWith(PostgresExtension.class)
class RehearseManyTest {

    @Test
    @Tag("exhaustive")
    void aThousandChangesetsTakeFourTimesTheirUpdateWithinAQuarterOfAGigabyte(TestDatabase update, TestDatabase rehearsal,
            @TempDir Path folder) {
        assertCheap(1000, update, rehearsal, folder);
    }

    @Test
    void aHundredChangesetsTakeFourTimesTheirUpdate(TestDatabase update, TestDatabase rehearsal, @TempDir Path folder) {
        assertCheap(100, update, rehearsal, folder);
    }

    private static void assertCheap(int changesets, TestDatabase update, TestDatabase rehearsal, Path folder) {
        new SampleChangelog(folder).of(IntStream.range(0, changesets).mapToObj(i -> SampleChangelog.table("t" + i))
                .toArray(String[]::new));
        try (ChildJvm child = ChildJvm.run(List.of("-Xmx256m"), TimedRehearsal.class, List.of(folder.toString(),
                update.jdbcUrl(), rehearsal.jdbcUrl(), update.user(), update.password()))) {
            String[] times = child.awaitLine("took ").split(" ");
            child.awaitSuccess();
            assertThat(Integer.parseInt(times[3])).isEqualTo(changesets);
            assertThat(Long.parseLong(times[2])).as("milliseconds, where the update took " + times[1])
                    .isLessThan(4 * Long.parseLong(times[1]));
        }
        assertThat(rehearsal.query("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")).isEmpty();
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
