package com.juragpt.auditor.migrations.archive;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnConflict;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import java.util.List;

/** What tests of restores begin with: rollbacks archive what they delete. */
abstract class RestoreFixture extends DeploymentFixture {

    static final String ARCHIVES = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'rollback%' ORDER BY 1";
    static final String MOOD = """
            id: 'add-mood'
            changes:
              - addColumn: {tableName: one, columns: [{column: {name: mood, type: text}}]}
            rollback:
              - dropColumn: {tableName: one, columnName: mood}
            """;

    @Override
    protected MigrationOptions options() {
        return super.options().withOnDataLoss(OnDataLoss.ARCHIVE);
    }

    Migrations keeping() {
        return Migrations.of(database.dataSource(), options().withOnConflict(OnConflict.KEEP));
    }

    List<List<String>> rows(String table) {
        return database.query("SELECT t::text FROM " + table + " t ORDER BY 1");
    }
}
