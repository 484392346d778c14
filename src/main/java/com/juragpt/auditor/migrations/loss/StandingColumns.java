package com.juragpt.auditor.migrations.loss;

import com.juragpt.auditor.migrations.changelog.MigrationContext;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/**
 * The columns that were there when a deployment began. What it overwrites in others, which it has added itself, is nobody's loss.
 * On H2 all count as such.
 */
public final class StandingColumns {

    /** Whatever there is. */
    static final StandingColumns ALL = new StandingColumns(null);

    // The numbers of columns only grow.
    private static final String LAST_NUMBERS =
            "SELECT oid::bigint, relnatts FROM pg_class WHERE relkind IN ('r', 'p') AND relpersistence <> 't'";

    private static final String COLUMN = """
            SELECT attrelid::bigint, attnum FROM pg_attribute
             WHERE attrelid = to_regclass(?) AND attname = (parse_ident(?))[1] AND NOT attisdropped""";

    private final Map<Long, Integer> lastNumbers;

    private StandingColumns(Map<Long, Integer> lastNumbers) {
        this.lastNumbers = lastNumbers;
    }

    /** Called before anything is deployed. */
    public static StandingColumns now(MigrationContext context) throws SQLException {
        if (!context.onPostgres()) {
            return ALL;
        }
        Map<Long, Integer> found = new HashMap<>();
        try (Statement statement = context.connection().createStatement();
                ResultSet row = statement.executeQuery(LAST_NUMBERS)) {
            while (row.next()) {
                found.put(row.getLong(1), row.getInt(2));
            }
        }
        return new StandingColumns(found);
    }

    boolean have(long table) {
        return lastNumbers == null || lastNumbers.containsKey(table);
    }

    boolean have(long table, int column) {
        return lastNumbers == null || lastNumbers.getOrDefault(table, 0) >= column;
    }

    /**
     * @param table as SQL names it now
     * @param column as SQL names it now
     */
    boolean have(Connection connection, String table, String column) throws SQLException {
        if (lastNumbers == null) {
            return true;
        }
        try (PreparedStatement statement = connection.prepareStatement(COLUMN)) {
            statement.setString(1, table);
            statement.setString(2, column);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() && have(row.getLong(1), row.getInt(2));
            }
        }
    }
}
