package com.juragpt.auditor.migrations.rollback;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.StockLiquibase;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The few places where this module does otherwise than stock Liquibase, on purpose; should stock change, this says so. */
@ExtendWith(PostgresExtension.class)
class WhereStockIsWrongTest {

    private static final String HISTORY = "SELECT id FROM databasechangelog ORDER BY orderexecuted";

    private TestDatabase ours;
    private TestDatabase theirs;
    private SampleChangelog changelog;

    @BeforeEach
    void open(TestDatabase first, TestDatabase second, @TempDir Path folder) {
        ours = first;
        theirs = second;
        changelog = new SampleChangelog(folder);
    }

    @Test
    void stockDropsATableThatItsChangesetOnlyFoundThere() {
        changelog.of(revision("start"), table("found") + "preConditions:\n  - onFail: MARK_RAN\n  - not:\n"
                + "      - tableExists: {tableName: found}\n", table("two"));
        for (TestDatabase database : List.of(ours, theirs)) {
            database.execute("CREATE TABLE found (id int); INSERT INTO found VALUES (1)");
            migrations(database).update();
        }
        new StockLiquibase(theirs, changelog).rollback("start");
        assertThat(theirs.query("SELECT to_regclass('found') IS NULL")).containsExactly(List.of("t"));

        migrations(ours).rollback(migrations(ours).planRollbackTo("start"));
        assertThat(ours.query("SELECT id FROM found")).containsExactly(List.of("1"));
        assertThat(ours.query(HISTORY)).isEqualTo(theirs.query(HISTORY)).containsExactly(List.of("tag-start"));
    }

    @Test
    void stockUndoesWhatCameBeforeAChangesetWithoutARollback() {
        changelog.of(revision("start"), table("one"), sql("no-way-back", "SELECT 1", null), table("three"));
        migrations(ours).update();
        migrations(theirs).update();
        assertThat(catchThrowable(() -> new StockLiquibase(theirs, changelog).rollback("start"))).isNotNull();
        assertThat(theirs.query(HISTORY)).doesNotContain(List.of("create-three"));

        List<String> before = Contents.of(ours);
        assertThat(catchThrowable(() -> migrations(ours).planRollbackTo("start"))).isInstanceOf(MigrationException.class)
                .hasMessageStartingWith("[no-rollback] ");
        assertThat(Contents.of(ours)).isEqualTo(before);
    }

    @Test
    void stockKeepsWhatRanBeforeAChangesetThatFails() {
        changelog.of(revision("start"), table("one"), sql("fails", "SELECT nonsense", null));
        assertThat(catchThrowable(() -> new StockLiquibase(theirs, changelog).update())).isNotNull();
        assertThat(theirs.query(HISTORY)).containsExactly(List.of("tag-start"), List.of("create-one"));

        assertThat(catchThrowable(() -> migrations(ours).update())).isInstanceOf(MigrationException.class);
        assertThat(Contents.of(ours)).containsExactly("schema public");
    }

    private Migrations migrations(TestDatabase database) {
        return Migrations.of(database.dataSource(), changelog.options());
    }
}
