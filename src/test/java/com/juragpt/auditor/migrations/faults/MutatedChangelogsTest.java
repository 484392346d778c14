package com.juragpt.auditor.migrations.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.GeneratedChangelog;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A changelog of which one file was damaged by lot is refused with a code or means something, and never hangs. */
class MutatedChangelogsTest {

    private static final Logger LOG = Logger.getLogger(MutatedChangelogsTest.class.getName());

    private static final Duration AT_ONCE = Duration.ofSeconds(30);
    // Of a damaged changelog these are never right.
    private static final Set<Problem> WRONG = Set.of(Problem.INTERNAL_ERROR, Problem.DATABASE_ERROR, Problem.UPDATE_INCOMPLETE);

    @Test
    void someAreRefusedOrRead(@TempDir Path folder) throws IOException {
        read(1, 60, folder);
    }

    @Test
    @Tag("faults")
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void soAreThousands(@TempDir Path folder) throws IOException {
        read(Trials.SEED, 20 * Trials.MANY, folder);
    }

    /** Found among thousands: a changeset without an id, and one that sets a tag without a name. */
    @Test
    void whatHasNoIdIsRefused(@TempDir Path folder) {
        for (String changeset : List.of("author: a\nchanges: []\n", "id: '1'\nchanges: []\n")) {
            MigrationOptions options = new SampleChangelog(folder).of(SampleChangelog.table("one")).options();
            write(folder, "databaseChangeLog:\n  - changeSet:\n" + changeset.indent(6));
            Throwable refusal = catchThrowable(() -> Migrations.reviewWithoutDatabase(options, null, null));
            assertThat(refusal).isInstanceOf(MigrationException.class).hasMessageStartingWith("[invalid-changelog] ")
                    .hasMessageContaining(changeset.startsWith("id") ? "1 (changelog/sample.yaml) has no author"
                            : "a changeset in changelog/sample.yaml has no id");
        }
        MigrationOptions options = new SampleChangelog(folder).of("id: 't'\nchanges:\n  - tagDatabase: {}\n").options();
        assertThatCode(() -> Migrations.check(options)).doesNotThrowAnyException();
    }

    /** Found the same way: what is marked as of one kind and is of another. */
    @Test
    void whatIsOfAnotherKindIsToldInWords(@TempDir Path folder) {
        MigrationOptions options = new SampleChangelog(folder).of(SampleChangelog.table("one")).options();
        for (String value : List.of("!!timestamp {a: b}", "!!timestamp [a]", "!!float {a: b}", "!!set [a]")) {
            write(folder, "databaseChangeLog:\n  - changeSet:\n      id: " + value + "\n      author: a\n      changes: []\n");
            assertThatThrownBy(() -> Migrations.reviewWithoutDatabase(options, null, null))
                    .isInstanceOf(MigrationException.class).hasMessageStartingWith("[invalid-changelog] ")
                    .hasMessageContaining("changelog/sample.yaml").message().doesNotContain("cannot be cast", "org.yaml");
        }
    }

    /** Found the same way: a file of SQL that is not there. */
    @Test
    @ExtendWith(PostgresExtension.class)
    void aMissingFileOfSqlIsNamed(TestDatabase database, @TempDir Path folder) {
        MigrationOptions options = new SampleChangelog(folder).of(SampleChangelog.table("one"),
                "id: 's'\nchanges:\n  - sqlFile: {path: changelog/gone.sql}\n").options().withCheck(false, Set.of());
        Migrations migrations = Migrations.of(database.dataSource(), options);
        for (Runnable verb : List.<Runnable>of(() -> Migrations.reviewWithoutDatabase(options, null, null), migrations::status,
                migrations::update, migrations::rehearse)) {
            Throwable refusal = catchThrowable(verb::run);
            if (refusal != null) {
                assertThat(refusal).isInstanceOf(MigrationException.class).hasMessageStartingWith("[invalid-changelog] ")
                        .hasMessageContaining("changelog/gone.sql").hasMessageContaining("Nothing was changed.");
            }
        }
        assertThat(catchThrowable(migrations::update)).isNotNull();
        assertThat(database.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")).isEmpty();
    }

    @Test
    @Tag("faults")
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    @ExtendWith(PostgresExtension.class)
    void hundredsAreDeployedOrNothingIsChanged(TestDatabase database, @TempDir Path folder) throws IOException {
        Map<String, Integer> outcomes = new TreeMap<>();
        for (long seed = Trials.SEED; seed < Trials.SEED + Trials.MANY / 2; seed++) {
            MigrationOptions options = damaged(seed, folder);
            List<String> before = Contents.of(database);
            String outcome = outcome(seed, () -> Migrations.of(database.dataSource(), options).update());
            outcomes.merge(outcome, 1, Integer::sum);
            if (!outcome.equals("read")) {
                assertThat(Contents.of(database)).as("seed " + seed + ", " + outcome).isEqualTo(before);
            }
            database.execute("DROP SCHEMA IF EXISTS other CASCADE; DROP SCHEMA IF EXISTS \"Other Schema\" CASCADE;"
                    + " DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        }
        LOG.info("updates with damaged changelogs: " + outcomes);
    }

    private static void read(long first, int count, Path folder) throws IOException {
        Map<String, Integer> outcomes = new TreeMap<>();
        for (long seed = first; seed < first + count; seed++) {
            MigrationOptions options = damaged(seed, folder);
            outcomes.merge("review: " + outcome(seed, () -> Migrations.reviewWithoutDatabase(options, null, null)), 1,
                    Integer::sum);
            outcomes.merge("check: " + outcome(seed, () -> Migrations.check(options)), 1, Integer::sum);
        }
        LOG.info("seeds from " + first + ": " + outcomes);
    }

    private static String outcome(long seed, Runnable verb) {
        Throwable failure = assertTimeoutPreemptively(AT_ONCE, () -> catchThrowable(verb::run), "seed " + seed);
        if (failure == null) {
            return "read";
        }
        assertThat(failure).as("seed " + seed).isInstanceOf(MigrationException.class);
        assertThat(failure.getMessage()).as("seed " + seed).contains("Nothing was changed.", "\n  help: ")
                .doesNotContain("java.nio.charset", "cannot be cast");
        Problem problem = ((MigrationException) failure).problem();
        assertThat(problem).as("seed " + seed + ": " + failure.getMessage()).isNotIn(WRONG);
        return problem.code();
    }

    private static MigrationOptions damaged(long seed, Path folder) throws IOException {
        Path root = Files.createTempDirectory(folder, "seed");
        MigrationOptions options = new GeneratedChangelog(seed, root).options();
        try (Stream<Path> files = Files.walk(root)) {
            List<Path> all = files.filter(Files::isRegularFile).sorted().toList();
            Path file = all.get(new Random(seed).nextInt(all.size()));
            Files.write(file, Mutation.of(Files.readAllBytes(file), seed));
        }
        return options;
    }

    private static void write(Path folder, String yaml) {
        try {
            Files.writeString(folder.resolve("changelog/sample.yaml"), yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
