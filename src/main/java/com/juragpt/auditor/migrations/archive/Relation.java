package com.juragpt.auditor.migrations.archive;

import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A table as PostgreSQL's catalog has it now.
 *
 * @param oid its number in the catalog
 * @param schema its schema, without quotes
 * @param name its name, without quotes
 * @param shown its name as messages show it
 * @param partitioned whether its rows are those of its partitions
 * @param columns in their order
 * @param keys its plain unique indexes that are checked at once, the primary key first
 */
public record Relation(long oid, String schema, String name, String shown, boolean partitioned, List<Column> columns,
        List<Key> keys) {

    /**
     * A column.
     *
     * @param name without quotes
     * @param type as SQL writes it
     * @param generated whether its values are computed
     * @param alwaysIdentity whether an update may not set it
     * @param asText whether an archive keeps the text of its values: its type may be dropped, or another one may get its name
     */
    public record Column(String name, String type, boolean generated, boolean alwaysIdentity, boolean asText) {}

    /** The columns of a unique index, and whether none of them can be NULL. */
    record Key(List<String> columns, boolean notNull) {

        /** Whether it tells rows apart, and without that column, which may be null. */
        boolean isWithout(String column) {
            return notNull && columns.stream().noneMatch(each -> each.equals(column));
        }
    }

    private static final String TABLE = """
            SELECT c.oid::bigint, nspname, relname, c.oid::regclass::text, relkind = 'p'
              FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'p') AND %s""";

    private static final String COLUMNS = """
            SELECT attname, format_type(atttypid, atttypmod), attgenerated <> '', attidentity = 'a',
                   typnamespace <> 'pg_catalog'::regnamespace OR typname ~ '^_?reg'
              FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
             WHERE attrelid = ? AND attnum > 0 AND NOT attisdropped ORDER BY attnum""";

    private static final String KEYS = """
            SELECT array_agg(attname::text ORDER BY place), bool_and(attnotnull)
              FROM pg_index, unnest(indkey) WITH ORDINALITY AS part (number, place)
                   JOIN pg_attribute ON attnum = number
             WHERE indrelid = ? AND attrelid = indrelid AND place <= indnkeyatts AND indisunique AND indisvalid AND indimmediate
               AND indpred IS NULL AND indexprs IS NULL
             GROUP BY indexrelid, indisprimary, indnkeyatts ORDER BY indisprimary DESC, indnkeyatts, indexrelid""";

    // Of a foreign table the rows are somewhere else.
    private static final String INHERITING = """
            WITH RECURSIVE tree (oid) AS (
                SELECT ?::oid UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid)
            SELECT tree.oid::bigint FROM tree JOIN pg_class c ON c.oid = tree.oid WHERE relkind = 'r' ORDER BY 1""";

    private static final String ANCESTORS = "SELECT relid::oid::bigint FROM pg_partition_ancestors(?::oid::regclass)"
            + " WHERE relid <> ?::oid";

    /** The table of that schema and name; empty if there is none. */
    static Optional<Relation> find(Connection connection, String schema, String name) throws SQLException {
        return read(connection, TABLE.formatted("nspname = ? AND relname = ?"), schema, name);
    }

    /** @param sqlName as SQL names it, and found */
    public static Relation of(Connection connection, String sqlName) throws SQLException {
        return read(connection, TABLE.formatted("c.oid = to_regclass(?)"), sqlName).orElseThrow();
    }

    private static Optional<Relation> read(Connection connection, String query, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                long oid = row.getLong(1);
                return Optional.of(new Relation(oid, row.getString(2), row.getString(3), row.getString(4), row.getBoolean(5),
                        columns(connection, oid), keys(connection, oid)));
            }
        }
    }

    private static List<Column> columns(Connection connection, long oid) throws SQLException {
        List<Column> columns = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(COLUMNS)) {
            statement.setLong(1, oid);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    columns.add(new Column(row.getString(1), row.getString(2), row.getBoolean(3), row.getBoolean(4),
                            row.getBoolean(5)));
                }
            }
        }
        return columns;
    }

    private static List<Key> keys(Connection connection, long oid) throws SQLException {
        List<Key> keys = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(KEYS)) {
            statement.setLong(1, oid);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    keys.add(new Key(List.of((String[]) row.getArray(1).getArray()), row.getBoolean(2)));
                }
            }
        }
        return keys;
    }

    /** This table and those that inherit from it, each with its own rows alone; a partitioned one is one with its partitions. */
    public List<Relation> tree(Connection connection) throws SQLException {
        if (partitioned) {
            return List.of(this);
        }
        List<Relation> tree = new ArrayList<>();
        for (String number : Sql.list(connection, INHERITING, oid)) {
            tree.add(read(connection, TABLE.formatted("c.oid = ?"), Long.valueOf(number)).orElseThrow());
        }
        return tree;
    }

    /** The partitioned tables that it is a partition of. */
    public List<Long> partitionOf(Connection connection) throws SQLException {
        return Sql.list(connection, ANCESTORS, oid, oid).stream().map(Long::valueOf).toList();
    }

    public Optional<Column> column(String wanted) {
        return columns.stream().filter(column -> column.name().equals(wanted)).findFirst();
    }

    /** Whether its rows can be told apart without that column; null for all columns. */
    public boolean hasKeyWithout(String column) {
        return !key(column).isEmpty();
    }

    /** Columns that tell its rows apart, and are not {@code without}; empty if there are none. */
    List<String> key(String without) {
        return keys.stream().filter(key -> key.isWithout(without)).map(Key::columns).findFirst()
                .orElse(List.of());
    }

    String sql() {
        return Quoting.name(schema, name);
    }

    /** Itself after FROM and UPDATE, without the rows of tables that inherit from it. */
    String only() {
        return (partitioned ? "" : "ONLY ") + sql();
    }
}
