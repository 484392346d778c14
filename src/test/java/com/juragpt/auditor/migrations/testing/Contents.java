package com.juragpt.auditor.migrations.testing;

import com.juragpt.auditor.migrations.catalog.CatalogReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Everything in a PostgreSQL database, Liquibase's tables and all rows included, a line each: what pg_dump would show. */
public final class Contents {

    private static final String SCHEMAS = "SELECT nspname, quote_ident(nspname) FROM pg_namespace"
            + " WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1";
    private static final String TABLES = "SELECT oid::regclass::text FROM pg_class"
            + " WHERE relkind = 'r' AND relnamespace = quote_ident(current_schema())::regnamespace ORDER BY 1";
    private static final String SEQUENCES = "SELECT oid::regclass::text FROM pg_class"
            + " WHERE relkind = 'S' AND relnamespace = quote_ident(current_schema())::regnamespace ORDER BY 1";

    private Contents() {
    }

    public static List<String> of(TestDatabase database) {
        return withoutRowsOf("", database);
    }

    /** The same for a database with a table that has too many rows for that. */
    public static List<String> withoutRowsOf(String big, TestDatabase database) {
        List<String> lines = new ArrayList<>();
        try (Connection connection = database.connect(); Statement statement = connection.createStatement()) {
            for (List<String> schema : Rows.of(connection, SCHEMAS)) {
                statement.execute("SET search_path = " + schema.get(1));
                lines.add("schema " + schema.get(0));
                lines.addAll(CatalogReader.read(connection).lines());
                for (List<String> table : Rows.of(connection, TABLES)) {
                    if (table.get(0).equals(big)) {
                        continue;
                    }
                    Rows.of(connection, "SELECT t::text FROM " + table.get(0) + " t ORDER BY 1")
                            .forEach(row -> lines.add("row of " + table.get(0) + " " + row.get(0)));
                }
                for (List<String> sequence : Rows.of(connection, SEQUENCES)) {
                    lines.add("value of " + sequence.get(0) + Rows.of(connection,
                            "SELECT last_value, is_called FROM " + sequence.get(0)));
                }
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
        return lines;
    }
}
