package com.juragpt.auditor.migrations.review;

import com.juragpt.auditor.migrations.changelog.ChangesetSql;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import liquibase.database.Database;
import liquibase.statement.core.CreateDatabaseChangeLogLockTableStatement;
import liquibase.statement.core.CreateDatabaseChangeLogTableStatement;
import liquibase.statement.core.InitializeDatabaseChangeLogLockTableStatement;

/**
 * Liquibase's own tables, without the name of the schema.
 *
 * @param history the table's name, as SQL has it
 * @param lock the table's name, as SQL has it
 * @param hasHistory whether it is there
 * @param hasLock whether it is there
 * @param missing what makes those that are missing, as Liquibase would make them
 */
record BookkeepingSql(String history, String lock, boolean hasHistory, boolean hasLock, List<String> missing) {

    /** @param deployed whether a database that is only imagined has them, because something was deployed to it */
    static BookkeepingSql of(MigrationContext context, boolean deployed) throws SQLException {
        Database database = context.database();
        boolean before = database.getOutputDefaultSchema();
        database.setOutputDefaultSchema(false);
        try {
            String history = table(database, database.getDatabaseChangeLogTableName());
            String lock = table(database, database.getDatabaseChangeLogLockTableName());
            boolean hasHistory = isThere(history, context, deployed);
            boolean hasLock = isThere(lock, context, deployed);
            List<String> missing = new ArrayList<>();
            if (!hasLock) {
                missing.addAll(ChangesetSql.of(new CreateDatabaseChangeLogLockTableStatement(), database));
                missing.addAll(ChangesetSql.of(new InitializeDatabaseChangeLogLockTableStatement(), database));
            }
            if (!hasHistory) {
                missing.addAll(ChangesetSql.of(new CreateDatabaseChangeLogTableStatement(), database));
            }
            return new BookkeepingSql(history, lock, hasHistory, hasLock, List.copyOf(missing));
        } finally {
            database.setOutputDefaultSchema(before);
        }
    }

    private static String table(Database database, String name) {
        return database.escapeTableName(database.getLiquibaseCatalogName(), database.getLiquibaseSchemaName(), name);
    }

    private static boolean isThere(String table, MigrationContext context, boolean deployed) throws SQLException {
        return context.isOffline() ? deployed
                : Sql.test(context.connection(), "SELECT to_regclass(?) IS NOT NULL", table).orElseThrow();
    }
}
