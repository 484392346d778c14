package com.juragpt.auditor.migrations.loss;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.SQLException;

/** Counts rows that would be lost: exactly where there are few, by the server's estimate where counting would take long. */
final class RowCounter {

    /** Up to here rows are counted. */
    private static final int COUNTED = 100_000;

    private static final String ESTIMATE = "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(?)";

    private final MigrationContext context;

    RowCounter(MigrationContext context) {
        this.context = context;
    }

    /** The condition that a column has a value, of which a composite one may have empty parts. */
    String hasValue(String column) {
        return context.onPostgres() ? "num_nonnulls(" + column + ") > 0" : column + " IS NOT NULL";
    }

    /**
     * The condition that a column has another value than an expression, down to the letter.
     *
     * @param type of the column, on PostgreSQL
     */
    String differs(String column, String expression, String type) {
        return context.onPostgres()
                ? "(" + column + ")::text COLLATE \"C\" IS DISTINCT FROM (" + expression + "::" + type + ")::text COLLATE \"C\""
                : column + " IS DISTINCT FROM " + expression;
    }

    /**
     * @param column null unless the loss is a column
     * @param query whose rows are counted
     */
    DataLoss count(String changeset, DataLoss.Kind kind, String table, String column, String query) throws SQLException {
        long rows = Sql.number(context.connection(),
                "SELECT count(*) FROM (" + query + " LIMIT " + (COUNTED + 1) + ") AS counted");
        if (rows <= COUNTED) {
            return new DataLoss(changeset, kind, table, column, rows, false, null);
        }
        long estimate = context.onPostgres() ? Sql.number(context.connection(), ESTIMATE, table) : 0;
        return new DataLoss(changeset, kind, table, column, Math.max(rows, estimate), true, null);
    }
}
