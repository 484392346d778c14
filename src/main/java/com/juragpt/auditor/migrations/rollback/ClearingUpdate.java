package com.juragpt.auditor.migrations.rollback;

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

    private static final String NAME = "(?:\"(?:[^\"]|\"\")+\"|[a-z_][a-z0-9_$]*)";
    private static final String ASSIGNMENT = NAME + "\\s*=\\s*NULL";
    private static final Pattern UPDATE = Pattern.compile("(?is)UPDATE\\s+(" + NAME + "(?:\\." + NAME + ")?)\\s+SET\\s+("
            + ASSIGNMENT + "(?:\\s*,\\s*" + ASSIGNMENT + ")*)\\s*(WHERE\\s[^;]*)?;?");
    private static final Pattern COLUMN = Pattern.compile("(?i)(" + NAME + ")\\s*=\\s*NULL");

    // What a function does cannot be seen here; a word before a parenthesis may be one.
    private static final Pattern MAY_BE_A_CALL =
            Pattern.compile("(?i)(?:^|[^a-z0-9_$\"])(?!(?:IN|AND|OR|NOT|ANY|ALL|EXISTS|WHERE)\\b)[a-z_\"][a-z0-9_$\"]*\\s*\\(");

    /** Reads a statement; empty for one that does anything else, or may. */
    static Optional<ClearingUpdate> of(String sql) {
        Matcher update = UPDATE.matcher(sql.strip());
        if (!update.matches()) {
            return Optional.empty();
        }
        String where = update.group(3) == null ? "" : update.group(3).strip();
        if (MAY_BE_A_CALL.matcher(where).find()) {
            return Optional.empty();
        }
        List<String> columns = COLUMN.matcher(update.group(2)).results().map(column -> column.group(1)).toList();
        return Optional.of(new ClearingUpdate(update.group(1), columns, where));
    }
}
