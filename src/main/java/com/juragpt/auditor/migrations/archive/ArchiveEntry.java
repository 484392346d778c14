package com.juragpt.auditor.migrations.archive;

import java.util.ArrayList;
import java.util.List;

/**
 * What an archive says of one of its copies.
 *
 * @param number from 1, in the order in which they were made
 * @param copy the table in the archive's schema
 * @param schema the schema that the rows come from
 * @param table the table that the rows come from
 * @param kind what was about to be deleted
 * @param changeset the id of the changeset whose rollback deleted it
 * @param columns the columns of the copy, in their order
 * @param types their types in the table, as SQL writes them
 * @param generated those of them that were computed
 * @param key those of them by which a row is known; empty if the table had no key
 * @param column the column whose values are archived; null for whole rows
 */
record ArchiveEntry(int number, String copy, String schema, String table, Kind kind, String changeset, List<String> columns,
        List<String> types, List<String> generated, List<String> key, String column) {

    /** What was about to be deleted. */
    public enum Kind {
        /** The table. */
        TABLE,
        /** Rows of the table. */
        ROWS,
        /** A column of the table. */
        COLUMN,
        /** Values of a column of the table. */
        VALUES;

        boolean isOfRows() {
            return this == TABLE || this == ROWS;
        }
    }

    /** How messages call it. */
    String shown() {
        return column == null ? table : table + "." + column;
    }

    /** The columns by which rows of a table without a key are compared. */
    List<String> content() {
        List<String> content = new ArrayList<>(columns);
        content.removeAll(generated);
        content.remove(column);
        return content;
    }
}
