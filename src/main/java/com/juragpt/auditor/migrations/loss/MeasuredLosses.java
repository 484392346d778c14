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
 * Deleted and updated rows are counted exactly; of what is dropped, emptied whole or given another type, the server knows about
 * how many rows it had. What an updated row had before, and whether that was anything, it does not say.
 */
final class MeasuredLosses {

    // Without a lock on any of them: the estimates are those of the statistics.
    private static final String TABLES = """
            SELECT c.oid, c.oid::regclass::text, pg_relation_filenode(c.oid), pg_stat_get_xact_tuples_deleted(c.oid),
                   pg_stat_get_xact_tuples_updated(c.oid),
                   greatest(reltuples::bigint, pg_stat_get_live_tuples(c.oid), 0)
                       + pg_stat_get_xact_tuples_inserted(c.oid) - pg_stat_get_xact_tuples_deleted(c.oid)
              FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
             WHERE relkind = 'r' AND relpersistence <> 't' AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
               AND relname NOT IN ('databasechangelog', 'databasechangeloglock')""";

    private static final String COLUMNS = """
            SELECT attrelid, attnum, quote_ident(attname), format_type(atttypid, atttypmod)
              FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
             WHERE relkind = 'r' AND relpersistence <> 't' AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
               AND attnum > 0 AND NOT attisdropped AND attgenerated = ''""";

    private record Column(String name, String type) {}

    private record Table(String name, String file, long deleted, long updated, long rows) {

        /** What it had may be as little as nothing, but that is not known. */
        long atLeastOne() {
            return Math.max(1, rows);
        }
    }

    private final Connection connection;
    private final StandingColumns standing;
    private final WrittenColumns known;
    private final Map<String, Long> rowsKnown;
    private final Map<Long, Table> tables;
    private final Map<Long, Map<Integer, Column>> columns;

    private MeasuredLosses(Connection connection, StandingColumns standing, WrittenColumns known) throws SQLException {
        this.connection = connection;
        this.standing = standing;
        this.known = known;
        rowsKnown = known.rows(connection);
        tables = tables();
        columns = columns();
    }

    /**
     * Looks at what is there now.
     *
     * @param known what is known to be overwritten, which does not count again
     */
    static MeasuredLosses begin(Connection connection, StandingColumns standing, WrittenColumns known) throws SQLException {
        return new MeasuredLosses(connection, standing, known);
    }

    /** Whether the server counts at all: {@code track_counts} is on unless somebody has switched it off. */
    static boolean isPossible(Connection connection) throws SQLException {
        return Sql.test(connection, "SELECT current_setting('track_counts')::boolean").orElse(false);
    }

    /** What was deleted since, under the names that it had. */
    List<DataLoss> end(String changeset) throws SQLException {
        List<DataLoss> losses = new ArrayList<>();
        Map<Long, Table> tablesNow = tables();
        Map<Long, Map<Integer, Column>> columnsNow = columns();
        for (Map.Entry<Long, Table> entry : tables.entrySet()) {
            Table before = entry.getValue();
            Table now = tablesNow.get(entry.getKey());
            if (now == null) {
                losses.add(loss(changeset, DataLoss.Kind.TABLE, before.name(), null, before.atLeastOne(), true));
                continue;
            }
            Map<Integer, Column> left = columnsNow.getOrDefault(entry.getKey(), Map.of());
            for (Map.Entry<Integer, Column> column : columns.getOrDefault(entry.getKey(), Map.of()).entrySet()) {
                Column is = left.get(column.getKey());
                if (is == null) {
                    losses.add(loss(changeset, DataLoss.Kind.COLUMN, before.name(), column.getValue().name(), before.atLeastOne(),
                            true));
                } else if (mayBeCut(before.name(), column.getValue(), is) && standing.have(entry.getKey(), column.getKey())
                        && !isEmpty(now.name())) {
                    losses.add(loss(changeset, DataLoss.Kind.CUT, before.name(), column.getValue().name(), before.atLeastOne(),
                            true));
                }
            }
            long updated = now.updated() - before.updated() - rowsKnown.getOrDefault(before.name(), 0L);
            if (updated > 0 && standing.have(entry.getKey())) {
                losses.add(loss(changeset, DataLoss.Kind.OVERWRITTEN, before.name(), null, updated, false));
            }
            if (now.deleted() > before.deleted()) {
                losses.add(loss(changeset, DataLoss.Kind.ROWS, before.name(), null, now.deleted() - before.deleted(), false));
            } else if (!Objects.equals(now.file(), before.file()) && isEmpty(now.name())) {
                losses.add(loss(changeset, DataLoss.Kind.ROWS, before.name(), null, before.atLeastOne(), true));
            }
        }
        return losses;
    }

    private boolean mayBeCut(String table, Column was, Column is) {
        return !TypeRoom.isFor(was.type(), is.type()) && !known.isRetyped(table, was.name());
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
                found.put(row.getLong(1), new Table(row.getString(2), row.getString(3), row.getLong(4),
                        row.getLong(5), row.getLong(6)));
            }
        }
        return found;
    }

    private Map<Long, Map<Integer, Column>> columns() throws SQLException {
        Map<Long, Map<Integer, Column>> found = new HashMap<>();
        try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(COLUMNS)) {
            while (row.next()) {
                found.computeIfAbsent(row.getLong(1), table -> new TreeMap<>()).put(row.getInt(2),
                        new Column(row.getString(3), row.getString(4)));
            }
        }
        return found;
    }
}
