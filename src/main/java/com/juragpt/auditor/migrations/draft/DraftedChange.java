package com.juragpt.auditor.migrations.draft;

import java.util.List;
import liquibase.change.Change;

/**
 * One change of a draft, with what undoes it.
 *
 * @param table the table, view or sequence whose file it stands in
 * @param phase when it comes among the changes of its file
 * @param id the verb and the object of its id
 * @param change what it does
 * @param rollback what undoes that, in order
 * @param remark what its author should know, a line each
 */
record DraftedChange(String table, Phase phase, String id, Change change, List<Change> rollback, List<String> remark) {

    /** The order of the changes in a file: constraints go before what they are of, and come after it. */
    enum Phase {
        DROP_VIEW,
        DROP_FOREIGN_KEY,
        DROP_INDEX,
        DROP_UNIQUE,
        DROP_PRIMARY_KEY,
        CREATE_SEQUENCE,
        CREATE_TABLE,
        ADD_COLUMN,
        CHANGE,
        DROP_COLUMN,
        ADD_PRIMARY_KEY,
        ADD_UNIQUE,
        CREATE_INDEX,
        ADD_FOREIGN_KEY,
        CREATE_VIEW,
        DROP_TABLE,
        DROP_SEQUENCE;

        boolean drops() {
            return name().startsWith("DROP_");
        }
    }

    DraftedChange remarked(List<String> lines) {
        return new DraftedChange(table, phase, id, change, rollback, lines);
    }
}
