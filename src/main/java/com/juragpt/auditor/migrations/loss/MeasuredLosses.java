package com.juragpt.auditor.migrations.loss;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What a PostgreSQL transaction has deleted between two moments, by the server's own account: whatever SQL it was that did it.
 * Deleted rows are counted exactly; of what is dropped or emptied whole, the server knows about how many rows it had. Values that
 * an update overwrites are not seen.
 */
final class MeasuredLosses {

    // Without a lock on any of them: the estimates are those of the statistics.
    private static final String TABLES = """
            SELECT c.oid, c.oid::regclass::text, pg_relation_filenode(c.oid), pg_stat_get_xact_tuples_deleted(c.oid),
                   greatest(reltuples::bigint, pg_stat_get_live_tuples(c.oid), 0)
                       + pg_stat_get_xact_tuples_inserted(c.oid) - pg_stat_get_xact_tuples_deleted(c.oid)
              FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
             WHERE relkind = 'r' AND relpersistence <> 't' AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
               AND relname NOT IN ('databasechangelog', 'databasechangeloglock')""";

    private static final String COLUMNS = """
            SELECT attrelid, attnum, quote_ident(attname)
              FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
             WHERE relkind = 'r' AND relpersistence <> 't' AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
               AND attnum > 0 AND NOT attisdropped AND attgenerated = ''""";

    private record Table(String name, String file, long deleted, long rows) {

        /** What it had may be as little as nothing, but that is not known. */
        long atLeastOne() {
            return Math.max(1, rows);
        }
    }

    private final Connection connection;
    private final Map<Long, Table> tables;
    private final Map<Long, Map<Integer, String>> columns;

    private MeasuredLosses(Connection connection) throws SQLException {
        this.connection = connection;
        tables = tables();
        columns = columns();
    }

    /** Looks at what is there now. */
    static MeasuredLosses begin(Connection connection) throws SQLException {
        return new MeasuredLosses(connection);
    }

    /** Whether the server counts at all: {@code track_counts} is on unless somebody has switched it off. */
    static boolean isPossible(Connection connection) throws SQLException {
        return Sql.test(connection, "SELECT current_setting('track_counts')::boolean").orElse(false);
    }

    /** What was deleted since, under the names that it had. */
    List<DataLoss> end(String changeset) throws SQLException {
        List<DataLoss> losses = new ArrayList<>();
        Map<Long, Table> tablesNow = tables();
        Map<Long, Map<Integer, String>> columnsNow = columns();
        for (Map.Entry<Long, Table> entry : tables.entrySet()) {
            Table before = entry.getValue();
            Table now = tablesNow.get(entry.getKey());
            if (now == null) {
                losses.add(loss(changeset, DataLoss.Kind.TABLE, before.name(), null, before.atLeastOne(), true));
                continue;
            }
            Map<Integer, String> left = columnsNow.getOrDefault(entry.getKey(), Map.of());
            columns.getOrDefault(entry.getKey(), Map.of()).forEach((number, column) -> {
                if (!left.containsKey(number)) {
                    losses.add(loss(changeset, DataLoss.Kind.COLUMN, before.name(), column, before.atLeastOne(), true));
                }
            });
            if (now.deleted() > before.deleted()) {
                losses.add(loss(changeset, DataLoss.Kind.ROWS, before.name(), null, now.deleted() - before.deleted(), false));
            } else if (!Objects.equals(now.file(), before.file()) && isEmpty(now.name())) {
                losses.add(loss(changeset, DataLoss.Kind.ROWS, before.name(), null, before.atLeastOne(), true));
            }
        }
        return losses;
    }

    private boolean isEmpty(String table) throws SQLException {
        return Sql.test(connection, "SELECT NOT EXISTS (SELECT FROM " + table + ")").orElseThrow();
    }

    private static DataLoss loss(String changeset, DataLoss.Kind kind, String table, String column, long rows,
            boolean estimated) {
        return new DataLoss(changeset, kind, table, column, rows, estimated, null);
    }

    private Map<Long, Table> tables() throws SQLException {
        Map<Long, Table> found = new TreeMap<>();
        try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(TABLES)) {
            while (row.next()) {
                found.put(row.getLong(1), new Table(row.getString(2), row.getString(3), row.getLong(4), row.getLong(5)));
            }
        }
        return found;
    }

    private Map<Long, Map<Integer, String>> columns() throws SQLException {
        Map<Long, Map<Integer, String>> found = new HashMap<>();
        try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(COLUMNS)) {
            while (row.next()) {
                found.computeIfAbsent(row.getLong(1), table -> new TreeMap<>()).put(row.getInt(2), row.getString(3));
            }
        }
        return found;
    }
}
