package com.juragpt.auditor.migrations.rollback;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.OnBlankRollback;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Whoever has a hundred changesets without a rollback hears of all of them at once, and of a way on. */
@ExtendWith(PostgresExtension.class)
class BlankRollbackTest {

    @Test
    void allChangesetsWithoutARollbackAreNamedAtOnce(TestDatabase database, @TempDir Path folder) {
        SampleChangelog changelog = new SampleChangelog(folder).of(revision("start"), table("one"), blank("blank-1", "a"),
                sql("none-1", "ALTER TABLE one ADD b int", null), blank("blank-2", "c"),
                sql("none-2", "ALTER TABLE one ADD d int", null));
        Migrations migrations = Migrations.of(database.dataSource(), changelog.options());
        migrations.update();
        assertThatThrownBy(() -> migrations.planRollbackTo("start")).isInstanceOf(MigrationException.class)
                .hasMessageStartingWith("[no-rollback] Cannot roll back to 'start': 4 changesets ")
                .hasMessageContaining("Nothing was changed.")
                .hasMessageContainingAll("none-2", "blank-2", "none-1", "blank-1", "changelog/sample.yaml")
                .hasMessageContaining("\n  help: ").hasMessageContaining("-Dmigrations.blankRollback=");
    }

    @Test
    void whereBlankMeansNothingTheTableTakesItsColumnsAlong(TestDatabase database, @TempDir Path folder) {
        SampleChangelog changelog = new SampleChangelog(folder).of(revision("start"), table("one"), blank("blank-1", "a"));
        Migrations migrations = Migrations.of(database.dataSource(),
                changelog.options().withOnBlankRollback(OnBlankRollback.NOTHING));
        migrations.update();
        assertThat(migrations.rollback(migrations.planRollbackTo("start")).changesets()).containsExactly("blank-1", "create-one");
        assertThat(database.query("SELECT id FROM databasechangelog")).containsExactly(List.of("tag-start"));
    }

    private static String blank(String id, String column) {
        return """
                id: '%s'
                changes:
                  - addColumn: {tableName: one, columns: [{column: {name: %s, type: int}}]}
                rollback:
                """.formatted(id, column);
    }
}
