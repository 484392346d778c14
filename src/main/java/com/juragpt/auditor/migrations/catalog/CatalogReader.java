package com.juragpt.auditor.migrations.catalog;

import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
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
        readAll(connection, row -> row.addTo(objects));
        return new Catalog(objects);
    }

    /**
     * What one row of a query tells of an object.
     *
     * @param query the number of the query
     * @param oid of the object in the database that the row belongs to; 0 on H2
     */
    record Row(int query, long oid, String object, SortedMap<String, String> properties) {

        void addTo(SortedMap<String, SortedMap<String, String>> objects) {
            objects.merge(object, properties, (known, more) -> {
                SortedMap<String, String> both = new TreeMap<>(known);
                both.putAll(more);
                return both;
            });
        }
    }

    /** Takes the rows of a reading, one by one. */
    @FunctionalInterface
    interface Rows {
        void take(Row row);
    }

    static void readAll(Connection connection, Rows rows) throws SQLException {
        if (!isPostgres(connection)) {
            readAll(connection, H2CatalogQueries.ALL, rows);
            H2Constraints.read(connection).forEach((name, definition) -> rows.take(new Row(H2CatalogQueries.ALL.size(), 0,
                    "constraint " + name, new TreeMap<>(Map.of("definition", definition)))));
            return;
        }
        String schema = Sql.text(connection, "SELECT quote_ident(current_schema())");
        if (schema == null) {
            throw new SQLException("No schema to read: none of the search path " + Sql.text(connection, "SHOW search_path")
                    + " exists, or the role may not use it");
        }
        String path = Sql.text(connection, "SHOW search_path");
        // The server writes names without their schema if that is on the search path, so only this one is on it.
        setSearchPath(connection, schema);
        try {
            readAll(connection, PostgresCatalogQueries.ALL, rows);
        } catch (SQLException e) {
            if (connection.getAutoCommit()) {
                setSearchPath(connection, path);
            }
            throw e;
        }
        setSearchPath(connection, path);
    }

    static boolean isPostgres(Connection connection) throws SQLException {
        return connection.getMetaData().getDatabaseProductName().equals("PostgreSQL");
    }

    /**
     * Reads some objects of a PostgreSQL schema that is alone on the search path.
     *
     * @param oids of the objects to read, by the number of the query that tells of them
     */
    static void readSome(PreparedQueries.Batch batch, Map<Integer, Set<Long>> oids, Rows rows) throws SQLException {
        for (Map.Entry<Integer, Set<Long>> some : oids.entrySet()) {
            int query = some.getKey();
            String array = TouchedObjects.array(some.getValue());
            if (query == PostgresCatalogQueries.GRANTS_QUERY) {
                batch.add(row -> take(row, query, rows), PostgresCatalogQueries.SOME_GRANTS, array, array, array);
            } else {
                batch.add(row -> take(row, query, rows), PostgresCatalogQueries.SOME.get(query), array);
            }
        }
    }

    private static void readAll(Connection connection, List<String> queries, Rows rows) throws SQLException {
        for (int i = 0; i < queries.size(); i++) {
            try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(queries.get(i))) {
                take(row, i, rows);
            }
        }
    }

    /** @param query its number in {@link PostgresCatalogQueries#ALL} */
    static void take(ResultSet row, int query, Rows rows) throws SQLException {
        ResultSetMetaData columns = row.getMetaData();
        while (row.next()) {
            SortedMap<String, String> properties = new TreeMap<>();
            // The rest of the columns are properties, named by their labels; NULL is the absence of one.
            for (int i = 4; i <= columns.getColumnCount(); i++) {
                String value = row.getString(i);
                if (value != null) {
                    properties.put(columns.getColumnLabel(i).toLowerCase(Locale.ROOT).replace('_', ' ').intern(), value);
                }
            }
            rows.take(new Row(query, row.getLong(1), row.getString(2) + " " + row.getString(3), properties));
        }
    }

    // For the transaction if there is one, so that a rollback restores this setting too.
    private static void setSearchPath(Connection connection, String path) throws SQLException {
        Sql.execute(connection, (connection.getAutoCommit() ? "SET search_path = " : "SET LOCAL search_path = ") + path);
    }
}
