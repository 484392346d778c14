package com.juragpt.auditor.migrations.archive;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.RestoreResult;
import com.juragpt.auditor.migrations.api.RollbackResult;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * To restore is the inverse of to archive: on tables and rows drawn by lot all data is the same, to the last character, after a
 * rollback, an update and a restore, and no sequence stands before a number that it had handed out. A failure names its seed;
 * {@code -Dmigrations.test.seed=N} repeats it, {@code -Dmigrations.test.generated=N} tries more.
 */
class ArchiveAndRestoreTest {

    private static final int MANY = Integer.getInteger("migrations.test.generated", 300);
    private static final Long SEED = Long.getLong("migrations.test.seed");
    private static final String SEQUENCES = "SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename),"
            + " coalesce(last_value, start_value - increment_by) * sign(increment_by) FROM pg_sequences WHERE schemaname = 'public'";

    @Test
    void aFew(@TempDir Path folder) {
        tryAll(0, 6, folder);
    }

    @Test
    @Tag("exhaustive")
    void many(@TempDir Path folder) {
        tryAll(1_000_000, MANY, folder);
    }

    private static void tryAll(long first, int count, Path folder) {
        List<String> failures = new ArrayList<>();
        int brought = 0;
        for (long seed = SEED == null ? first : SEED; seed < (SEED == null ? first + count : SEED + 1); seed++) {
            try {
                Path own = Files.createDirectories(folder.resolve("seed" + seed));
                long each = seed;
                brought += PostgresExtension.inDatabase(database -> tell(each, own, database));
            } catch (AssertionError | RuntimeException e) {
                failures.add("seed " + seed + ": " + String.valueOf(e.getMessage()).strip());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        assertThat(failures).as("%d of %d", failures.size(), count).isEmpty();
        assertThat(brought).as("rows and values that were restored").isGreaterThan(SEED == null ? 4 * count : -1);
    }

    /** Returns how many rows and values came back. */
    private static int tell(long seed, Path folder, TestDatabase database) {
        GeneratedArchive generated = new GeneratedArchive(seed);
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
        List<String> data = new ArrayList<>();
        for (String table : generated.tables()) {
            database.query("SELECT tableoid::regclass || ': ' || t::text FROM " + table + " t ORDER BY 1")
                    .forEach(row -> data.add(row.get(0)));
        }
        return data;
    }

    private static TreeMap<String, Double> sequences(TestDatabase database) {
        TreeMap<String, Double> sequences = new TreeMap<>();
        database.query(SEQUENCES).forEach(row -> sequences.put(row.get(0), Double.valueOf(row.get(1))));
        return sequences;
    }
}
