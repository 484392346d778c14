package com.juragpt.auditor.migrations.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(PostgresExtension.class)
class ManyChangesetsTest {

    // -Dmigrations.test.changesets=10000 tries the most that the documentation speaks of.
    private static final int CHANGESETS = Integer.getInteger("migrations.test.changesets", 2000);

    @Test
    void thousandsOfTablesFitIntoOneTransaction(TestDatabase database, @TempDir Path folder) {
        SampleChangelog sample = new SampleChangelog(folder).of(IntStream.range(0, CHANGESETS)
                .mapToObj(i -> SampleChangelog.table("t" + i)).toArray(String[]::new));

        assertThat(Migrations.of(database.dataSource(), sample.options()).update().changesets()).hasSize(CHANGESETS);
        assertThat(database.query("SELECT count(*) FROM pg_tables WHERE tablename ~ '^t[0-9]+$'"))
                .containsExactly(List.of(String.valueOf(CHANGESETS)));
    }
}
