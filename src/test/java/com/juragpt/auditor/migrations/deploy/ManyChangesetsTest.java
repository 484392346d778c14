package com.juragpt.auditor.migrations.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(PostgresExtension.class)
class ManyChangesetsTest {

    // -Dmigrations.test.changesets=10000 tries the most that the documentation speaks of.
    private static final int CHANGESETS = Integer.getInteger("migrations.test.changesets", 2000);

    private static final String SAVEPOINTS =
            "SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND pid IN (SELECT pid"
                    + " FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'auditor-migrations update')";

    @TempDir
    Path folder;

    /** As each savepoint that writes does: thousands of them overflow the server's table of locks. */
    @Test
    void aChangesetTakesNoLockButThoseOfWhatItMakes(TestDatabase database) {
        SampleChangelog sample = tables(100);
        List<String> transactions = new ArrayList<>();
        Migrations.of(database.dataSource(), sample.options().withProgress(event -> {
            if (event instanceof Progress.Finished finished && finished.number() == finished.total()) {
                transactions.addAll(database.query(SAVEPOINTS).get(0));
            }
        })).update();
        assertThat(transactions).singleElement().satisfies(count -> assertThat(Integer.parseInt(count)).isBetween(1, 5));
    }

    @Test
    @Tag("exhaustive")
    void thousandsOfTablesFitIntoOneTransaction(TestDatabase database) {
        SampleChangelog sample = tables(CHANGESETS);
        assertThat(Migrations.of(database.dataSource(), sample.options()).update().changesets()).hasSize(CHANGESETS);
        assertThat(database.query("SELECT count(*) FROM pg_tables WHERE tablename ~ '^t[0-9]+$'"))
                .containsExactly(List.of(String.valueOf(CHANGESETS)));
    }

    private SampleChangelog tables(int count) {
        return new SampleChangelog(folder).of(IntStream.range(0, count)
                .mapToObj(i -> SampleChangelog.table("t" + i)).toArray(String[]::new));
    }
}
