package com.juragpt.auditor.migrations.loss;

import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Sql;
import com.juragpt.auditor.migrations.connection.SqlText;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the database knows of a table before a statement changes it. Whatever is in doubt counts as the worse. */
final class TableFacts {

    // Only tables and partitioned tables are understood: a "table" may also be a view with triggers or a foreign table.
    private static final String TABLE = "SELECT oid::regclass::text FROM pg_class"
            + " WHERE oid = to_regclass(?) AND relkind IN ('r', 'p')";

    private static final String IS_TABLE_ON_H2 =
            "SELECT TABLE_TYPE = 'BASE TABLE' FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?";

    // A generated column can be computed again.
    private static final String IS_STORED_COLUMN = """
            SELECT attgenerated = '' FROM pg_attribute
             WHERE attrelid = to_regclass(?) AND attname = (parse_ident(?))[1] AND attnum > 0 AND NOT attisdropped""";

    // What a type of one's own does when values are cast, only its author knows; but for an enum.
    private static final String KNOWN_TYPE = """
            SELECT format_type(atttypid, atttypmod) FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
             WHERE attrelid = to_regclass(?) AND attname = (parse_ident(?))[1] AND attnum > 0 AND NOT attisdropped
               AND (typnamespace = 'pg_catalog'::regnamespace OR typtype = 'e')
               AND EXISTS (SELECT FROM pg_type WHERE oid = to_regtype(?)
                            AND (typnamespace = 'pg_catalog'::regnamespace OR typtype = 'e'))""";

    private static final String TYPE = """
            SELECT format_type(atttypid, atttypmod) FROM pg_attribute
             WHERE attrelid = to_regclass(?) AND attname = (parse_ident(?))[1] AND attnum > 0 AND NOT attisdropped""";

    // Only a function that PostgreSQL comes with certainly does no more than to compute its value; these do, though each time another.
    private static final String MAY_DO_MORE = """
            SELECT EXISTS (SELECT FROM pg_proc WHERE proname = ANY (?::text[])
                              AND (pronamespace <> 'pg_catalog'::regnamespace OR provolatile = 'v')
                              AND proname NOT IN ('random', 'gen_random_uuid', 'uuid_generate_v4', 'clock_timestamp'))""";

    private static final Pattern CALL = Pattern.compile("([a-zA-Z_0-9$\\x80-\\x{10ffff}]+|\")\\s*\\(");

    // A statement may change other data: by foreign keys that pass it on to referring rows, by triggers and rules.
    private static final String HAS_SIDE_EFFECTS = """
            WITH RECURSIVE hit (oid) AS (
                SELECT to_regclass(?)::oid UNION SELECT inhrelid FROM pg_inherits JOIN hit ON inhparent = hit.oid)
            SELECT EXISTS (SELECT FROM pg_constraint JOIN hit ON confrelid = hit.oid
                            WHERE contype = 'f' AND %s)
                OR EXISTS (SELECT FROM pg_trigger JOIN hit ON tgrelid = hit.oid WHERE NOT tgisinternal)
                OR EXISTS (SELECT FROM pg_rewrite JOIN hit ON ev_class = hit.oid WHERE ev_type = '%s')""";
    private static final String DELETE_HAS_SIDE_EFFECTS = HAS_SIDE_EFFECTS.formatted("confdeltype NOT IN ('a', 'r')", "4");
    private static final String UPDATE_HAS_SIDE_EFFECTS = HAS_SIDE_EFFECTS.formatted("""
            confupdtype NOT IN ('a', 'r') AND EXISTS (
                SELECT FROM pg_attribute WHERE attrelid = confrelid AND attnum = ANY (confkey)
                   AND attname = ANY (SELECT (parse_ident(name))[1] FROM unnest(?::text[]) AS name))""", "2");

    // DROP … CASCADE may drop more than constraints and views: columns of the table's row type, inheriting tables,
    // materialized views, whose rows cannot be computed again once the table is gone.
    private static final String CASCADES_TO_DATA = """
            WITH RECURSIVE doomed (classid, objid) AS (
                SELECT 'pg_class'::regclass::oid, to_regclass(?)::oid
                UNION
                SELECT CASE d.classid WHEN 'pg_rewrite'::regclass THEN 'pg_class'::regclass ELSE d.classid END,
                       CASE d.classid WHEN 'pg_rewrite'::regclass
                            THEN (SELECT ev_class FROM pg_rewrite WHERE oid = d.objid) ELSE d.objid END
                  FROM pg_depend d JOIN doomed x ON d.refclassid = x.classid AND d.refobjid = x.objid)
            SELECT EXISTS (SELECT FROM doomed JOIN pg_class c ON classid = 'pg_class'::regclass AND objid = c.oid
                            WHERE relkind IN ('r', 'p', 'f', 'm') AND NOT relispartition AND c.oid <> to_regclass(?))""";

    private final MigrationContext context;
    private final Connection connection;

    TableFacts(MigrationContext context) {
        this.context = context;
        connection = context.connection();
    }

    /** The table as messages and SQL name it, or empty if there is no such table. */
    Optional<String> find(String name) throws SQLException {
        if (context.onPostgres()) {
            return Optional.ofNullable(Sql.text(connection, TABLE, name));
        }
        // H2 resolves the name.
        try (Statement statement = connection.createStatement();
                ResultSet none = statement.executeQuery("SELECT * FROM " + name + " WHERE FALSE")) {
            ResultSetMetaData names = none.getMetaData();
            return Sql.test(connection, IS_TABLE_ON_H2, names.getSchemaName(1), names.getTableName(1)).orElse(false)
                    ? Optional.of(name) : Optional.empty();
        } catch (SQLException e) {
            return ifUnknown(e);
        }
    }

    /** Whether the column's values cannot be computed again; empty if there is no such column. */
    Optional<Boolean> isStored(String table, String column) throws SQLException {
        if (context.onPostgres()) {
            return Sql.test(connection, IS_STORED_COLUMN, table, column);
        }
        try {
            Sql.execute(connection, "SELECT " + column + " FROM " + table + " WHERE FALSE");
            return Optional.of(true);
        } catch (SQLException e) {
            return ifUnknown(e);
        }
    }

    /** Empty if H2 says that there is no such thing; it ends no transaction by that. */
    private static <T> Optional<T> ifUnknown(SQLException e) throws SQLException {
        if (e.getSQLState() != null && e.getSQLState().startsWith("42")) {
            return Optional.empty();
        }
        throw e;
    }

    /** The column's type as SQL writes it. */
    String type(String table, String column) throws SQLException {
        return Sql.text(connection, TYPE, table, column);
    }

    /** Whether everything that may be a function in these expressions does no more than to compute a value. */
    boolean callsNothingUnknown(String expressions) throws SQLException {
        Set<String> names = new TreeSet<>();
        Matcher call = CALL.matcher(SqlText.bare(expressions));
        while (call.find()) {
            if (call.group(1).equals("\"")) {
                return false;
            }
            names.add(call.group(1).toLowerCase(Locale.ROOT));
        }
        return names.isEmpty()
                || !Sql.test(connection, MAY_DO_MORE, connection.createArrayOf("text", names.toArray())).orElse(true);
    }

    /** The column's type in SQL; empty unless it is known what values become when they are cast to the other one. */
    Optional<String> knownType(String table, String column, String other) throws SQLException {
        return Optional.ofNullable(Sql.text(connection, KNOWN_TYPE, table, column, other.replaceAll("\\(.*?\\)", "")));
    }

    boolean deleteReachesFurther(String table) throws SQLException {
        return Sql.test(connection, DELETE_HAS_SIDE_EFFECTS, table).orElse(true);
    }

    boolean updateReachesFurther(String table, List<String> columns) throws SQLException {
        return Sql.test(connection, UPDATE_HAS_SIDE_EFFECTS, table, connection.createArrayOf("text", columns.toArray()))
                .orElse(true);
    }

    boolean cascadeTakesOtherData(String table) throws SQLException {
        return Sql.test(connection, CASCADES_TO_DATA, table, table).orElse(true);
    }
}
