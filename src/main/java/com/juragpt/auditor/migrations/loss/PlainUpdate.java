package com.juragpt.auditor.migrations.loss;

import com.juragpt.auditor.migrations.connection.SqlText;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An UPDATE that sets columns of one table, each to an expression: which values it overwrites can be asked for before it runs.
 *
 * @param table as SQL names it
 * @param alias what the rest of the statement calls the table
 * @param assignments the columns with what they are set to
 * @param from the other tables that it reads, or empty
 * @param where the condition without the word WHERE, or empty
 */
record PlainUpdate(String table, String alias, List<Assignment> assignments, String from, String where) {

    /**
     * A column that is set.
     *
     * @param column as SQL names it
     * @param value an expression
     */
    record Assignment(String column, String value) {

        /** Whether the column has no value afterwards. */
        boolean clears() {
            return value.equalsIgnoreCase("NULL");
        }
    }

    private static final Pattern UPDATE =
            Pattern.compile("(?is)UPDATE\\s+(" + PlainSql.QUALIFIED + ")(?:\\s+(?:AS\\s+)?(?!SET\\b)("
                    + PlainSql.NAME + "))?\\s+SET\\s(.*)");
    private static final Pattern FROM = Pattern.compile("(?i)(?<!\\bDISTINCT\\s)\\bFROM\\b");
    private static final Pattern WHERE = Pattern.compile("(?i)\\bWHERE\\b");
    private static final Pattern MORE = Pattern.compile("(?i);|\\bRETURNING\\b");
    private static final Pattern ASSIGNMENT = Pattern.compile("(?s)\\s*(" + PlainSql.NAME + ")\\s*=(.*)");
    private static final Pattern AND = Pattern.compile("(?i)\\bAND\\b");
    private static final Pattern NOT_ONLY_AND = Pattern.compile("(?i)\\b(?:OR|BETWEEN|CASE|IF)\\b");
    private static final Pattern IS_NULL =
            Pattern.compile("(?is)\\s*(?:(.+?)\\s*\\.\\s*)?(" + PlainSql.NAME + ")\\s+IS\\s+NULL\\s*");

    /** Reads a statement; empty for one of another form. */
    static Optional<PlainUpdate> of(String statement) {
        String sql = statement.strip().replaceFirst("\\s*;$", "");
        String outline = SqlText.outline(sql);
        Matcher update = UPDATE.matcher(outline);
        if (!update.matches() || "ONLY".equalsIgnoreCase(update.group(1)) || MORE.matcher(outline).find()) {
            return Optional.empty();
        }
        Matcher where = WHERE.matcher(outline);
        int condition = where.find(update.start(3)) ? where.start() : sql.length();
        Matcher from = FROM.matcher(outline).region(update.start(3), condition);
        int others = from.find() ? from.start() : condition;
        List<Assignment> assignments = new ArrayList<>();
        for (int begin = update.start(3); begin <= others;) {
            int comma = outline.indexOf(',', begin);
            int end = comma < 0 || comma > others ? others : comma;
            Matcher assignment = ASSIGNMENT.matcher(outline).region(begin, end);
            if (!assignment.matches()) {
                return Optional.empty();
            }
            assignments.add(new Assignment(part(sql, assignment.start(1), assignment.end(1)),
                    part(sql, assignment.start(2), assignment.end(2))));
            begin = end + 1;
        }
        String table = part(sql, update.start(1), update.end(1));
        return Optional.of(new PlainUpdate(table, update.group(2) == null ? table : part(sql, update.start(2), update.end(2)),
                List.copyOf(assignments), part(sql, Math.min(others + "FROM".length(), condition), condition),
                part(sql, Math.min(condition + "WHERE".length(), sql.length()), sql.length())));
    }

    private static String part(String sql, int begin, int end) {
        return sql.substring(begin, end).strip();
    }

    List<String> columns() {
        return assignments.stream().map(Assignment::column).toList();
    }

    /** Its condition and its expressions. */
    String expressions() {
        StringBuilder all = new StringBuilder(from).append(' ').append(where);
        assignments.forEach(assignment -> all.append(' ').append(assignment.value()));
        return all.toString();
    }

    /** Whether its condition says that the column has no value yet. */
    boolean fills(String column) {
        String outline = SqlText.outline(where);
        if (NOT_ONLY_AND.matcher(outline).find()) {
            return false;
        }
        Matcher and = AND.matcher(outline);
        for (int begin = 0; begin <= where.length();) {
            int end = and.find(begin) ? and.start() : where.length();
            Matcher isNull = IS_NULL.matcher(where.substring(begin, end));
            if (isNull.matches() && isSame(isNull.group(2), column)
                    && (isNull.group(1) == null ? from.isEmpty() : isSame(isNull.group(1), alias))) {
                return true;
            }
            begin = end + "AND".length();
        }
        return false;
    }

    private static boolean isSame(String name, String other) {
        return name.equals(other) || !name.contains("\"") && name.toLowerCase(Locale.ROOT).equals(other.toLowerCase(Locale.ROOT));
    }

    /** The tables that it reads, as they stand after FROM. */
    String tables() {
        return table + (alias.equals(table) ? "" : " AS " + alias) + (from.isEmpty() ? "" : ", " + from + "\n");
    }

    /** The condition that chooses its rows; a comment at its end may hide what follows on the same line. */
    String condition() {
        return where.isEmpty() ? "true" : "(" + where + "\n)";
    }
}
