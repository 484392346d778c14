package com.juragpt.auditor.migrations.archive;

import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds archived values that the column's present type does not take, before anything is written. */
final class RestoredTypes {

    // Of a value that fails the server's message need not say which it is.
    private static final int TRIED = 1000;
    // Data that cannot be read as the type, or a conversion that does not exist.
    private static final String DATA_EXCEPTION = "22";
    private static final String CONSTRAINT_VIOLATION = "23";
    private static final String CANNOT_COERCE = "42846";

    private final Connection connection;
    private final RestorePart part;

    RestoredTypes(Connection connection, RestorePart part) {
        this.connection = connection;
        this.part = part;
    }

    /** The columns that have another type now, which takes all the values. */
    List<String> changed() {
        List<String> changed = new ArrayList<>();
        ArchiveEntry entry = part.entry();
        for (int i = 0; i < entry.columns().size(); i++) {
            String column = entry.columns().get(i);
            String before = entry.types().get(i);
            part.table().column(column).filter(now -> !now.type().equals(before)).ifPresent(now -> changed.add(
                    entry.table() + "." + column + " was " + before + " and is " + now.type() + " now"));
        }
        return changed;
    }

    /** What does not fit, a line for each column. */
    List<String> unfit() throws SQLException {
        List<String> unfit = new ArrayList<>();
        for (String column : part.entry().columns()) {
            if (part.table().column(column).isPresent() && part.content().isConverted(column)) {
                unfit(column).ifPresent(unfit::add);
            }
        }
        return unfit;
    }

    private Optional<String> unfit(String column) throws SQLException {
        String lossy = part.content().thereAndBack(column) + " IS DISTINCT FROM " + part.content().archived(column);
        Sql.execute(connection, "SAVEPOINT fits");
        try {
            String value = Sql.text(connection, "SELECT " + part.content().archived(column) + " FROM " + part.copy() + " a WHERE "
                    + lossy + " LIMIT 1");
            Sql.execute(connection, "RELEASE SAVEPOINT fits");
            return value == null ? Optional.empty() : Optional.of(line(column, "would not keep", value));
        } catch (SQLException e) {
            if (e.getSQLState() == null || !isAboutData(e.getSQLState())) {
                throw e;
            }
            Sql.execute(connection, "ROLLBACK TO SAVEPOINT fits");
            return Optional.of(line(column, "does not take", value(column, lossy)) + "\n" + e.getMessage());
        }
    }

    private static boolean isAboutData(String state) {
        return state.startsWith(DATA_EXCEPTION) || state.startsWith(CONSTRAINT_VIOLATION) || state.equals(CANNOT_COERCE);
    }

    private String line(String column, String how, String value) {
        return part.entry().table() + "." + column + " is " + part.table().column(column).orElseThrow().type() + " now, which "
                + how + (value == null ? " an archived value" : " '" + value + "'");
    }

    /** The first value that is refused, by its text; null if it is not among those that are tried. */
    private String value(String column, String lossy) throws SQLException {
        for (String value : Sql.list(connection,
                "SELECT DISTINCT v FROM (SELECT " + part.content().archived(column) + " AS v FROM "
                        + part.copy() + " a) x WHERE v IS NOT NULL ORDER BY v LIMIT " + TRIED)) {
            Sql.execute(connection, "SAVEPOINT fits");
            try {
                Sql.test(connection, "SELECT " + lossy + " FROM " + part.copy() + " a WHERE " + part.content().archived(column)
                        + " = ? LIMIT 1", value);
                Sql.execute(connection, "RELEASE SAVEPOINT fits");
            } catch (SQLException e) {
                if (e.getSQLState() == null || !isAboutData(e.getSQLState())) {
                    throw e;
                }
                Sql.execute(connection, "ROLLBACK TO SAVEPOINT fits");
                return value;
            }
        }
        return null;
    }
}
