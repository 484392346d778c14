package com.juragpt.auditor.migrations;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import liquibase.structure.core.Table;

/** Copies data that a rollback is about to delete into a schema of its own, in the rollback's transaction. */
final class Archive {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd_HHmmss", Locale.ROOT);

    private final Session session;
    private final String schema;
    private final List<String> tables = new ArrayList<>();

    /** @param session whose transaction the copies belong to */
    Archive(Session session) {
        this.session = session;
        schema = "rollback_" + TIME.format(LocalDateTime.now(ZoneOffset.UTC));
    }

    /** Copies every table that is lost whole or in rows, and every lost column together with its table's primary key. */
    void copy(List<DataLoss> losses) throws SQLException {
        execute("CREATE SCHEMA " + schema);
        for (DataLoss loss : losses) {
            String copy = schema + "." + quoted(loss.column() == null ? bare(loss.table())
                    : bare(loss.table()) + "__" + bare(loss.column()));
            if (tables.contains(copy)) {
                continue;
            }
            execute("CREATE TABLE " + copy + " AS SELECT " + columns(loss) + " FROM " + loss.table());
            tables.add(copy);
        }
    }

    String schema() {
        return schema;
    }

    List<String> tables() {
        return List.copyOf(tables);
    }

    private String columns(DataLoss loss) throws SQLException {
        if (loss.column() == null) {
            return "*";
        }
        Set<String> columns = new LinkedHashSet<>(primaryKey(bare(loss.table())));
        return columns.isEmpty() || columns.contains(loss.column()) ? "*"
                : String.join(", ", columns) + ", " + loss.column();
    }

    private List<String> primaryKey(String table) throws SQLException {
        List<String> key = new ArrayList<>();
        String name = session.onPostgres() ? table : table.toUpperCase(Locale.ROOT);
        try (ResultSet row = session.connection().getMetaData()
                .getPrimaryKeys(null, session.connection().getSchema(), name)) {
            while (row.next()) {
                key.add(quoted(row.getString("COLUMN_NAME")));
            }
        }
        return key;
    }

    private String quoted(String name) {
        return session.database().escapeObjectName(name, Table.class);
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = session.connection().createStatement()) {
            statement.execute(sql);
        }
    }

    // "public.verification_log" and "\"Odd Name\"" as names without schema and quotes
    private static String bare(String name) {
        return name.substring(name.lastIndexOf('.') + 1).replace("\"", "");
    }
}
