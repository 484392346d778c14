package com.juragpt.auditor.migrations.archive;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.RestoreResult;
import com.juragpt.auditor.migrations.api.RollbackResult;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.Rows;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * To restore is the inverse of to archive: on tables and rows drawn by lot all data is the same, to the last character, after a
 * rollback, an update and a restore, and no sequence stands before a number that it had handed out. A failure names its seed;
 * {@code -Dmigrations.test.seed=N} repeats it, {@code -Dmigrations.test.generated=N} tries more.
 */
class ArchiveAndRestoreTest {

    private static final int MANY = Integer.getInteger("migrations.test.generated", 1000);
    private static final int PARTS = 4;
    private static final Long SEED = Long.getLong("migrations.test.seed");

    // A database, an update, a rollback, an update and a restore for each alone would take most of the time.
    private static final int AT_ONCE = 10;
    private static final String SEQUENCES = "SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename),"
            + " coalesce(last_value, start_value - increment_by) * sign(increment_by) FROM pg_sequences WHERE schemaname = 'public'";

    @Test
    void aFew(@TempDir Path folder) throws InterruptedException {
        tryAll(0, 10, folder);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    @Tag("exhaustive")
    void many(int part, @TempDir Path folder) throws InterruptedException {
        tryAll(1_000_000L * part, MANY / PARTS, folder);
    }

    private static void tryAll(long first, int count, Path folder) throws InterruptedException {
        long begin = SEED == null ? first : SEED;
        long end = SEED == null ? first + count : SEED + 1;
        List<String> failures = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger brought = new AtomicInteger();
        // The server works while the other waits for it, and the other way round.
        ExecutorService threads = Executors.newFixedThreadPool(2);
        for (long seed = begin; seed < end; seed += AT_ONCE) {
            List<Long> some = LongStream.range(seed, Math.min(end, seed + AT_ONCE)).boxed().toList();
            threads.execute(() -> {
                try {
                    brought.addAndGet(tell(some, folder));
                } catch (AssertionError | RuntimeException e) {
                    failures.addAll(failuresOf(some, e, folder));
                }
            });
        }
        threads.shutdown();
        assertThat(threads.awaitTermination(10, TimeUnit.MINUTES)).isTrue();
        assertThat(failures).as("%d of %d", failures.size(), count).isEmpty();
        assertThat(brought).as("rows and values that were restored").hasValueGreaterThan(SEED == null ? count : -1);
    }

    /** Which of them fail alone, and how; where none does, how they fail together. */
    private static List<String> failuresOf(List<Long> seeds, Throwable together, Path folder) {
        List<String> alone = new ArrayList<>();
        for (Long seed : seeds) {
            try {
                tell(List.of(seed), folder);
            } catch (AssertionError | RuntimeException e) {
                alone.add("seed " + seed + ": " + String.valueOf(e.getMessage()).strip());
            }
        }
        return alone.isEmpty() ? List.of("seeds " + seeds + " together: " + String.valueOf(together.getMessage()).strip())
                : alone;
    }

    private static int tell(List<Long> seeds, Path folder) {
        try {
            Path own = Files.createTempDirectory(folder, "seeds");
            return PostgresExtension.inDatabase(database -> tell(new GeneratedArchive(seeds), own, database));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns how many rows and values came back. */
    private static int tell(GeneratedArchive generated, Path folder, TestDatabase database) {
        List<String> changesets = new ArrayList<>(List.of(SampleChangelog.revision("start")));
        changesets.addAll(List.of(generated.changesets()));
        MigrationOptions options = new SampleChangelog(folder).of(changesets.toArray(String[]::new)).options()
                .withOnDataLoss(OnDataLoss.ARCHIVE);
        Migrations migrations = Migrations.of(database.dataSource(), options);
        database.execute(generated.before());
        migrations.update();
        database.execute(generated.writes());
        List<String> before = data(generated, database);
        TreeMap<String, Double> sequences = sequences(database);

        RollbackResult back = migrations.rollback(migrations.planRollbackTo("start"));
        migrations.update();
        if (back.archiveSchema() == null) {
            assertThat(data(generated, database)).isEqualTo(before);
            return 0;
        }
        RestoreResult restored = migrations.restore(back.archiveSchema());

        assertSame(data(generated, database), before, restored);
        assertThat(restored.archiveStays()).as(restored.toString()).isFalse();
        sequences(database).forEach((sequence, position) -> assertThat(position).as(sequence)
                .isGreaterThanOrEqualTo(sequences.get(sequence)));
        return (int) restored.restored();
    }

    private static void assertSame(List<String> after, List<String> before, RestoreResult restored) {
        List<String> differences = new ArrayList<>();
        before.stream().filter(row -> !after.contains(row)).forEach(row -> differences.add("missing " + shortened(row)));
        after.stream().filter(row -> !before.contains(row)).forEach(row -> differences.add("instead " + shortened(row)));
        assertThat(differences).as(restored.toString()).isEmpty();
        assertThat(after).hasSameSizeAs(before);
    }

    private static String shortened(String row) {
        return row.length() < 200 ? row : row.substring(0, 200) + "…";
    }

    private static List<String> data(GeneratedArchive generated, TestDatabase database) {
        try (Connection connection = database.connect()) {
            List<String> data = new ArrayList<>();
            for (String table : generated.tables()) {
                Rows.of(connection, "SELECT tableoid::regclass || ': ' || t::text FROM " + table + " t ORDER BY 1")
                        .forEach(row -> data.add(row.get(0)));
            }
            return data;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static TreeMap<String, Double> sequences(TestDatabase database) {
        TreeMap<String, Double> sequences = new TreeMap<>();
        database.query(SEQUENCES).forEach(row -> sequences.put(row.get(0), Double.valueOf(row.get(1))));
        return sequences;
    }
}
