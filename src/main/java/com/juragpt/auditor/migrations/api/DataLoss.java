package com.juragpt.auditor.migrations.api;

import java.util.Locale;

/**
 * Data that a changeset, or its rollback, deletes.
 *
 * @param changeset the id of the changeset
 * @param kind what is deleted
 * @param table the table, as SQL names it; null if the effect is unknown
 * @param column the column, for {@link Kind#COLUMN}, {@link Kind#VALUES} and {@link Kind#CUT}; for {@link Kind#OVERWRITTEN}, null
 *     where only the table is known; otherwise null
 * @param rows how many rows (for a column: with a value in it) there are; 0 if the effect is unknown
 * @param estimated true if {@code rows} is the server's estimate of a large table
 * @param statement for {@link Kind#UNKNOWN}: the statement whose effect is not known; otherwise null
 */
public record DataLoss(String changeset, Kind kind, String table, String column, long rows, boolean estimated,
        String statement) {

    /** What is deleted. */
    public enum Kind {
        /** A whole table. */
        TABLE,
        /** A column of a table. */
        COLUMN,
        /** Rows of a table, at most all of them. */
        ROWS,
        /** Values of a column, which are set to NULL. */
        VALUES,
        /** Values of a column that do not fit its new type, and are cut or rounded. */
        CUT,
        /** Values of a column, which are set to others; of a table, where only the server's count of changed rows tells of it. */
        OVERWRITTEN,
        /** Not known: raw SQL, or a change that is not looked into. */
        UNKNOWN
    }

    /** One line for a message: the changeset, what it or its rollback does, how many rows that deletes. */
    @Override
    public String toString() {
        return changeset + "  " + effect();
    }

    /** The same without the changeset. */
    public String effect() {
        String count = (estimated ? "about " : "") + String.format(Locale.ROOT, "%,d", rows).replace(',', ' ')
                + (rows == 1 ? " row" : " rows");
        return switch (kind) {
            case TABLE -> "drops table " + table + " (" + count + ")";
            case COLUMN -> "drops column " + column + " of " + table + " (" + count + " with a value)";
            case ROWS -> "deletes from " + table + " (up to " + count + ")";
            case VALUES -> "clears column " + column + " of " + table + " (" + count + " with a value)";
            case CUT ->
                    "changes the type of column " + column + " of " + table + " (" + count + " whose value is cut or rounded)";
            case OVERWRITTEN -> column == null ? "overwrites values of " + table + " (up to " + count + ")"
                    : "overwrites column " + column + " of " + table + " (" + count + " with a value)";
            case UNKNOWN -> "has an effect that cannot be foreseen: " + statement;
        };
    }

    /** Whether there is data to lose: an empty table or column has none. */
    public boolean isReal() {
        return kind == Kind.UNKNOWN || rows > 0;
    }
}
