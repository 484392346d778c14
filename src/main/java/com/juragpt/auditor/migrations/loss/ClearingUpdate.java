package com.juragpt.auditor.migrations.loss;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An UPDATE that does no more than to set columns to NULL, as the rollback of a backfill does: which values it deletes is known.
 *
 * @param table as SQL names it
 * @param columns as SQL names them
 * @param where the condition with the word WHERE, or empty
 */
record ClearingUpdate(String table, List<String> columns, String where) {

    private static final String ASSIGNMENT = PlainSql.NAME + "\\s*=\\s*NULL";
    private static final Pattern UPDATE = Pattern.compile("(?is)UPDATE\\s+(" + PlainSql.QUALIFIED + ")\\s+SET\\s+("
            + ASSIGNMENT + "(?:\\s*,\\s*" + ASSIGNMENT + ")*)\\s*(WHERE\\s[^;]*)?;?");
    private static final Pattern COLUMN = Pattern.compile("(?i)(" + PlainSql.NAME + ")\\s*=\\s*NULL");

    /** Reads a statement; empty for one that does anything else, or may. */
    static Optional<ClearingUpdate> of(String sql) {
        Matcher update = UPDATE.matcher(sql.strip());
        if (!update.matches()) {
            return Optional.empty();
        }
        String where = update.group(3) == null ? "" : update.group(3).strip();
        if (!Condition.isPlain(where)) {
            return Optional.empty();
        }
        List<String> columns = COLUMN.matcher(update.group(2)).results().map(column -> column.group(1)).toList();
        return Optional.of(new ClearingUpdate(update.group(1), columns, where));
    }
}
