package com.juragpt.auditor.migrations.rehearse;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import java.nio.file.Path;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DriftOnH2Test {

    /** The session that renames a key's column goes on to report it under its old name; a new one does not. */
    @Test
    void aRenamedColumnOfAKeyIsNoDrift(@TempDir Path folder) {
        SampleChangelog changelog = new SampleChangelog(folder).of(table("one"), """
                id: 'rename-id'
                changes:
                  - renameColumn: {tableName: one, oldColumnName: id, newColumnName: number, columnDataType: int}
                """);
        JdbcDataSource h2 = new JdbcDataSource();
        h2.setURL("jdbc:h2:" + folder.resolve("database") + ";MODE=PostgreSQL");
        Migrations migrations = Migrations.of(h2, changelog.options());
        migrations.update();
        assertThat(migrations.drift().differences()).isEmpty();
        assertThat(migrations.rehearseFromBase().steps()).hasSize(2).allMatch(step -> step.isReversible());
    }
}
