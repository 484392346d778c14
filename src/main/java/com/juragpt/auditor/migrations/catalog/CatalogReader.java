package com.juragpt.auditor.migrations.catalog;

import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads the {@link Catalog} of a connection's current schema; writes nothing, and needs only the privilege to connect. */
public final class CatalogReader {

    private CatalogReader() {
    }

    /**
     * @param connection on PostgreSQL with the schema to read first on its search path, on H2 any
     * @throws SQLException from the database, or if no schema of the search path exists
     */
    public static Catalog read(Connection connection) throws SQLException {
        SortedMap<String, SortedMap<String, String>> objects = new TreeMap<>();
        if (connection.getMetaData().getDatabaseProductName().equals("PostgreSQL")) {
            String schema = Sql.text(connection, "SELECT quote_ident(current_schema())");
            if (schema == null) {
                throw new SQLException("No schema to read: none of the search path " + Sql.text(connection, "SHOW search_path")
                        + " exists, or the role may not use it");
            }
            String path = Sql.text(connection, "SHOW search_path");
            // The server writes names without their schema if that is on the search path, so only this one is on it.
            setSearchPath(connection, schema);
            try {
                readAll(connection, PostgresCatalogQueries.ALL, objects);
            } catch (SQLException e) {
                if (connection.getAutoCommit()) {
                    setSearchPath(connection, path);
                }
                throw e;
            }
            setSearchPath(connection, path);
        } else {
            readAll(connection, H2CatalogQueries.ALL, objects);
            H2Constraints.read(connection).forEach((name, definition) -> objects.put("constraint " + name,
                    new TreeMap<>(Map.of("definition", definition))));
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
                            String label = row.getMetaData().getColumnLabel(i).toLowerCase(Locale.ROOT).replace('_', ' ');
                            properties.put(label, row.getString(i));
                        }
                    }
                }
            }
        }
    }

    // For the transaction if there is one, so that a rollback restores this setting too.
    private static void setSearchPath(Connection connection, String path) throws SQLException {
        Sql.execute(connection, (connection.getAutoCommit() ? "SET search_path = " : "SET LOCAL search_path = ") + path);
    }
}
