package com.juragpt.auditor.migrations.rehearse;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What other sessions create in the same schema while changesets are rehearsed is in no verdict. */
@ExtendWith(PostgresExtension.class)
class RehearseBesideOthersTest {

    private static final String[] CHANGESETS = {table("first"),
        sql("alters", "ALTER TABLE live ADD a int", "ALTER TABLE live DROP a"),
        sql("lies", "ALTER TABLE live ADD b int; ALTER TABLE live ADD c int", "ALTER TABLE live DROP b"),
        sql("replaces", "CREATE OR REPLACE VIEW seen AS SELECT id, 1 AS one FROM live",
                "DROP VIEW seen; CREATE VIEW seen AS SELECT id FROM live"),
        // After it everything is read again.
        sql("schema", "CREATE SCHEMA zz_other; CREATE TABLE mine (id int)", "DROP TABLE mine; DROP SCHEMA zz_other"),
        sql("says", "COMMENT ON TABLE live IS 'said'", "COMMENT ON TABLE live IS NULL"), table("last")};

    @Test
    void whatTheyCreateIsNoFault(TestDatabase database, @TempDir Path folder) throws SQLException {
        database.execute("CREATE TABLE live (id int); CREATE VIEW seen AS SELECT id FROM live");
        SampleChangelog sample = new SampleChangelog(folder).of(CHANGESETS);
        RehearsalReport alone = Migrations.of(database.dataSource(), sample.options()).rehearse();
        RehearsalReport beside;
        try (Connection connection = database.connect(); Statement other = connection.createStatement()) {
            beside = Migrations.of(database.dataSource(), sample.options().withProgress(event -> create(event, other)))
                    .rehearse();
        }
        assertThat(told(beside)).isEqualTo(told(alone));
        assertThat(alone.steps()).filteredOn(step -> !step.isReversible()).extracting(RehearsalReport.Step::id)
                .containsExactly("lies");
        assertThat(database.query("SELECT count(*) FROM pg_class WHERE relname LIKE 'others%' AND relkind = 'r'"))
                .isEqualTo(List.of(List.of(String.valueOf(2 * CHANGESETS.length))));
    }

    private static void create(Progress event, Statement other) {
        if (!(event instanceof Progress.Started started)) {
            return;
        }
        try {
            String name = "others_" + System.nanoTime();
            other.execute("CREATE TABLE " + name + " (id int, note text DEFAULT 'x', CHECK (id > 0)); COMMENT ON TABLE " + name
                    + " IS 'other'; CREATE VIEW v" + name + " AS SELECT * FROM " + name
                    + "; CREATE TEMPORARY TABLE t" + name + " (id int, note text); GRANT SELECT ON " + name + " TO PUBLIC");
        } catch (SQLException e) {
            throw new IllegalStateException(started.changeset(), e);
        }
    }

    private static List<String> told(RehearsalReport report) {
        return report.steps().stream().map(step -> List.of(step.id(), step.outcome(), step.locks(), step.rewritten(),
                step.deleted(), step.losses(), step.faults()).toString()).toList();
    }
}
