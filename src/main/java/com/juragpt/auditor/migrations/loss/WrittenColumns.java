package com.juragpt.auditor.migrations.loss;

import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The columns that the statements of a plan write, as far as that is known before they run. What a later statement finds in them
 * cannot be asked for yet.
 */
final class WrittenColumns {

    private static final Pattern READS_OTHER_TABLES = Pattern.compile("(?i)\\b(?:SELECT|TABLE)\\b");

    private record Column(String table, String name) {}

    private final Set<Column> written = new LinkedHashSet<>();
    private final Set<Column> retyped = new LinkedHashSet<>();
    private final List<String> rows = new ArrayList<>();

    /**
     * @param table as SQL names it now
     * @param rowsAreKnown whether its condition chooses its rows and does nothing else
     */
    void add(String table, PlainUpdate update, boolean rowsAreKnown) {
        update.columns().forEach(column -> add(table, column));
        if (rowsAreKnown) {
            rows.add(
                    "SELECT count(DISTINCT " + update.alias() + ".ctid) || ' ' || " + update.alias() + ".tableoid::regclass FROM "
                            + update.tables() + " WHERE " + update.condition() + " GROUP BY " + update.alias() + ".tableoid");
        }
    }

    void add(String table, String column) {
        written.add(column(table, column));
    }

    /** @param table as SQL names it now */
    void retype(String table, String column) {
        retyped.add(column(table, column));
    }

    boolean has(String table, String column) {
        return written.contains(column(table, column));
    }

    boolean isRetyped(String table, String column) {
        return retyped.contains(column(table, column));
    }

    /** Whether a statement on a table reads one of the columns in these conditions or expressions. */
    boolean areReadBy(String table, String expressions) {
        boolean anywhere = READS_OTHER_TABLES.matcher(expressions).find();
        return written.stream().filter(column -> anywhere || column.table().equals(table))
                .anyMatch(column -> Pattern.compile("(?i)(?<![\\w$])" + Pattern.quote(column.name()) + "(?![\\w$])")
                        .matcher(expressions).find());
    }

    /** How many rows of each table the updates write; without those that cannot be asked for yet. */
    Map<String, Long> rows(Connection connection) throws SQLException {
        Map<String, Long> found = new HashMap<>();
        for (String query : rows) {
            Sql.execute(connection, "SAVEPOINT counting");
            try {
                for (String each : Sql.list(connection, query)) {
                    int blank = each.indexOf(' ');
                    found.merge(each.substring(blank + 1), Long.valueOf(each.substring(0, blank)), Long::sum);
                }
            } catch (SQLException e) {
                Sql.execute(connection, "ROLLBACK TO SAVEPOINT counting");
            }
            Sql.execute(connection, "RELEASE SAVEPOINT counting");
        }
        return found;
    }

    private static Column column(String table, String name) {
        return new Column(table, name.startsWith("\"") ? name.substring(1, name.length() - 1) : name.toLowerCase(Locale.ROOT));
    }
}
