package com.juragpt.auditor.migrations.loss;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import liquibase.database.Database;
import liquibase.statement.SqlStatement;
import liquibase.statement.core.AddColumnStatement;
import liquibase.statement.core.CreateTableStatement;
import liquibase.statement.core.RenameColumnStatement;
import liquibase.statement.core.RenameTableStatement;

/**
 * Translates the names in a plan's statements into names of the database as it is now, because earlier steps of the plan rename
 * tables and columns, drop them, or create others with the same name.
 */
final class PlannedNames {

    private static final Pattern PLAIN_BUT_QUOTED = Pattern.compile("\"([a-z_][a-z0-9_]*)\"");

    private final Database database;
    // By the name in the plan; empty for what is not in the database now, and so has no rows.
    private final Map<String, Optional<String>> tables = new HashMap<>();
    private final Map<String, Optional<String>> columns = new HashMap<>();

    PlannedNames(Database database) {
        this.database = database;
    }

    /** The table as SQL names it. */
    String table(String catalog, String schema, String table) {
        return database.escapeTableName(catalog, schema, table);
    }

    /** The column as SQL names it. */
    String column(String column) {
        return database.escapeColumnName(null, null, null, column);
    }

    /** The table's name now; empty for a table that the plan itself creates, or has dropped. */
    Optional<String> tableNow(String table) {
        return tables.getOrDefault(key(table), Optional.of(table));
    }

    /** The column's name now, in a table by its name now; empty for a column that the plan itself creates, or has dropped. */
    Optional<String> columnNow(String tableNow, String column) {
        return columns.getOrDefault(key(tableNow, column), Optional.of(column));
    }

    void dropTable(String table) {
        tables.put(key(table), Optional.empty());
    }

    void dropColumn(String tableNow, String column) {
        columns.put(key(tableNow, column), Optional.empty());
    }

    /** Records how a statement that keeps all rows changes names. */
    void follow(SqlStatement statement) {
        if (statement instanceof RenameTableStatement rename) {
            String from = table(rename.getCatalogName(), rename.getSchemaName(), rename.getOldTableName());
            String to = table(rename.getCatalogName(), rename.getSchemaName(), rename.getNewTableName());
            tables.put(key(to), tableNow(from));
            dropTable(from);
        } else if (statement instanceof CreateTableStatement create && !create.isIfNotExists()) {
            dropTable(table(create.getCatalogName(), create.getSchemaName(), create.getTableName()));
        } else if (statement instanceof RenameColumnStatement rename) {
            String from = column(rename.getOldColumnName());
            tableNow(table(rename.getCatalogName(), rename.getSchemaName(), rename.getTableName())).ifPresent(table -> {
                columns.put(key(table, column(rename.getNewColumnName())), columnNow(table, from));
                dropColumn(table, from);
            });
        } else if (statement instanceof AddColumnStatement add) {
            for (AddColumnStatement one : add.isMultiple() ? add.getColumns() : List.of(add)) {
                tableNow(table(one.getCatalogName(), one.getSchemaName(), one.getTableName()))
                        .ifPresent(table -> dropColumn(table, column(one.getColumnName())));
            }
        }
    }

    // One changeset may quote a name that another leaves unquoted, and unquoted names are the same in any case.
    private static String key(String... names) {
        String key = String.join(".", names);
        String plain = PLAIN_BUT_QUOTED.matcher(key).replaceAll("$1");
        return plain.contains("\"") ? plain : plain.toLowerCase(Locale.ROOT);
    }
}
