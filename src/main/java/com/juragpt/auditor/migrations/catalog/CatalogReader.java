package com.juragpt.auditor.migrations.catalog;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads the {@link Catalog} of a connection's current schema; writes nothing. */
public final class CatalogReader {

    private CatalogReader() {
    }

    /** @param connection on PostgreSQL with the schema to read first on its search path, on H2 any */
    public static Catalog read(Connection connection) throws SQLException {
        boolean postgres = connection.getMetaData().getDatabaseProductName().equals("PostgreSQL");
        SortedMap<String, SortedMap<String, String>> objects = new TreeMap<>();
        if (postgres) {
            // Names of objects on the search path are written without their schema: with this schema alone on it, all are.
            String path = single(connection, "SELECT current_setting('search_path')");
            String schema = single(connection, "SELECT quote_ident(current_schema())");
            String set = "SELECT set_config('search_path', '%s', true)";
            single(connection, set.formatted(schema.replace("'", "''")));
            try {
                readAll(connection, PostgresCatalogQueries.ALL, objects);
            } finally {
                single(connection, set.formatted(path.replace("'", "''")));
            }
        } else {
            readAll(connection, H2CatalogQueries.ALL, objects);
        }
        return new Catalog(objects);
    }

    private static void readAll(Connection connection, List<String> queries, SortedMap<String, SortedMap<String, String>> objects)
            throws SQLException {
        for (String query : queries) {
            try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(query)) {
                while (row.next()) {
                    SortedMap<String, String> properties =
                            objects.computeIfAbsent(row.getString(1) + " " + row.getString(2), object -> new TreeMap<>());
                    // The rest of the columns are properties, named by their labels; NULL is the absence of one.
                    for (int i = 3; i <= row.getMetaData().getColumnCount(); i++) {
                        if (row.getString(i) != null) {
                            properties.put(row.getMetaData().getColumnLabel(i).toLowerCase().replace('_', ' '), row.getString(i));
                        }
                    }
                }
            }
        }
    }

    private static String single(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
