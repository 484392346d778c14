package com.juragpt.auditor.migrations.loss;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.testing.Rows;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.h2.api.Trigger;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an update deletes or overwrites is known on H2 as it is on PostgreSQL. */
class ClearedOnH2Test {

    /** H2 makes one of it. */
    public static final class Watch implements Trigger {

        @Override
        public void fire(Connection connection, Object[] before, Object[] after) {
            // It need not do anything to be one that might.
        }
    }

    private final JdbcDataSource h2 = new JdbcDataSource();
    private MigrationOptions options;
    private Connection connection;

    @BeforeEach
    void open() throws SQLException {
        h2.setURL("jdbc:h2:mem:cleared;MODE=PostgreSQL");
        connection = h2.getConnection();
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
    }

    @Test
    void itsValuesAreCountedArchivedAndCleared(@TempDir Path folder) throws SQLException {
        deploy(folder, table("one"), revision("v1"),
                sql("fill", "UPDATE one SET note = 'new' WHERE note IS NULL", "UPDATE one SET note = NULL WHERE note = 'new'"));
        assertThat(migrations().rollback(migrations().planRollbackTo("v1")).changesets()).containsExactly("fill");
        execute("INSERT INTO one VALUES (1, 'old'), (2, NULL), (3, NULL)");
        migrations().update();
        assertThat(migrations().planRollbackTo("v1").realLosses()).extracting(DataLoss::kind, DataLoss::rows)
                .containsExactly(tuple(DataLoss.Kind.VALUES, 2L));
        assertThatThrownBy(() -> migrations().rollback(migrations().planRollbackTo("v1")))
                .hasMessageStartingWith("[destroys-data] Rolling back to 'v1' would delete data in ");

        options = options.withOnDataLoss(OnDataLoss.ARCHIVE);
        List<String> archived = migrations().rollback(migrations().planRollbackTo("v1")).archivedTables();
        assertThat(Rows.of(connection, "SELECT note FROM one ORDER BY id")).extracting(row -> row.get(0))
                .containsExactly("old", null, null);
        assertThat(Rows.of(connection, "SELECT id, note FROM " + archived.get(0) + " WHERE note = 'new' ORDER BY id"))
                .containsExactly(List.of("2", "new"), List.of("3", "new"));
    }

    @Test
    void whatIsOverwrittenIsCountedAndArchivedAndWhatIsFilledIsNot(@TempDir Path folder) throws SQLException {
        deploy(folder, table("one"), revision("v1"));
        execute("INSERT INTO one VALUES (1, 'old'), (2, NULL), (3, 'new')");
        String fill = sql("fill", "UPDATE one SET note = 'filled' WHERE note IS NULL", "UPDATE one SET note = NULL WHERE id = 2");
        String overwrite = sql("overwrite", "UPDATE one SET note = 'new' WHERE id <> 2", "SELECT 1");
        options = new SampleChangelog(folder).of(table("one"), revision("v1"), fill).options()
                .withOnUpdateDataLoss(OnDataLoss.REFUSE);
        assertThat(migrations().update().losses()).isEmpty();
        options = new SampleChangelog(folder).of(table("one"), revision("v1"), fill, overwrite).options()
                .withOnUpdateDataLoss(OnDataLoss.REFUSE);
        assertThatThrownBy(() -> migrations().update()).hasMessageContaining("would overwrite data in ")
                .hasMessageContaining("overwrite  overwrites column note of PUBLIC.one (1 row with a value)");
        options = options.withOnUpdateDataLoss(OnDataLoss.ARCHIVE);
        String archived = migrations().update().archivedTables().get(0);
        assertThat(Rows.of(connection, "SELECT note FROM one ORDER BY id")).extracting(row -> row.get(0))
                .containsExactly("new", "filled", "new");
        assertThat(Rows.of(connection, "SELECT note FROM " + archived + " WHERE id = 1")).containsExactly(List.of("old"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"CREATE TABLE child (note varchar, FOREIGN KEY (note) REFERENCES law (note) ON UPDATE CASCADE)",
        "ALTER TABLE law RENAME TO hidden; CREATE VIEW law AS SELECT * FROM hidden",
        "CREATE TRIGGER watch AFTER UPDATE ON law FOR EACH ROW CALL 'com.juragpt.auditor.migrations.loss.ClearedOnH2Test$Watch'",
        "ALTER TABLE law DROP COLUMN other", "ALTER TABLE law RENAME TO hidden"})
    void whatMayDoMoreIsNotForeseen(String surroundings, @TempDir Path folder) throws SQLException {
        execute("CREATE TABLE law (id int, note varchar(10) UNIQUE, other int)");
        deploy(folder, revision("v1"), sql("fill", "SELECT 1", "UPDATE law SET note = NULL, other = NULL"));
        assertThat(migrations().planRollbackTo("v1").realLosses()).isEmpty();
        execute(surroundings);
        assertThat(migrations().planRollbackTo("v1").realLosses()).extracting(DataLoss::kind)
                .containsExactly(DataLoss.Kind.UNKNOWN);
    }

    private void deploy(Path folder, String... changesets) {
        options = new SampleChangelog(folder).of(changesets).options();
        migrations().update();
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private Migrations migrations() {
        return Migrations.of(h2, options);
    }
}
