package com.juragpt.auditor.migrations.loss;

import com.juragpt.auditor.migrations.connection.SqlText;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A statement of raw SQL that has one of the plain forms whose effect on data is known. What is written in any other way is not
 * read.
 *
 * @param form what it does
 * @param names the tables that it drops; or the table that it changes, followed by the column or columns; as SQL names them
 * @param rest for {@link Form#DELETE} the condition with the word WHERE, or empty; for {@link Form#CHANGE_TYPE} the type
 * @param value for {@link Form#CHANGE_TYPE} what becomes of the values, where that is more than a cast; otherwise empty
 * @param cascade whether it takes along what depends on it
 */
record PlainSql(Form form, List<String> names, String rest, String value, boolean cascade) {

    enum Form {
        DROP_TABLE,
        DROP_COLUMN,
        DELETE,
        CHANGE_TYPE,
        /** Deletes nothing, and from then on the name is that of a table without rows. */
        CREATE_TABLE,
        /** Deletes nothing. */
        KEEPS_DATA
    }

    static final String NAME = "(?:\"(?:[^\"]|\"\")+\"|[a-zA-Z_][a-zA-Z0-9_$]*)";
    static final String QUALIFIED = NAME + "(?:\\s*\\.\\s*" + NAME + ")?";

    private static final String END = "\\s*(CASCADE|RESTRICT)?\\s*;?";
    private static final Pattern DROP_TABLE = Pattern.compile("(?is)DROP\\s+TABLE\\s+(?:IF\\s+EXISTS\\s+)?("
            + QUALIFIED + "(?:\\s*,\\s*" + QUALIFIED + ")*)" + END);
    private static final Pattern DROP_COLUMN = Pattern.compile("(?is)ALTER\\s+TABLE\\s+(?:IF\\s+EXISTS\\s+)?(" + QUALIFIED
            + ")\\s+DROP\\s+COLUMN\\s+(?:IF\\s+EXISTS\\s+)?(" + NAME + ")" + END);
    private static final Pattern DELETE =
            Pattern.compile("(?is)DELETE\\s+FROM\\s+(" + QUALIFIED + ")\\s*(WHERE\\s[^;]*)?;?");
    private static final Pattern TRUNCATE = Pattern.compile("(?is)TRUNCATE\\s+(?:TABLE\\s+)?(" + QUALIFIED + ")\\s*;?");
    private static final Pattern CHANGE_TYPE = Pattern.compile("(?is)ALTER\\s+TABLE\\s+(" + QUALIFIED + ")\\s+ALTER\\s+"
            + "(?:COLUMN\\s+)?(" + NAME + ")\\s+(?:SET\\s+DATA\\s+)?TYPE\\s+((?:(?!\\bUSING\\b)[a-z0-9_ .\"])+(?:\\([0-9, ]+\\))?"
            + "(?:(?!\\bUSING\\b)[a-z ])*(?:\\[\\s*\\])?)(?:\\s*\\bUSING\\b(.+?))?;?");
    private static final Pattern CAST =
            Pattern.compile("(?is)\\(?\\s*(" + NAME + ")\\s*::\\s*([^():]+(?:\\([0-9, ]+\\))?[^():]*?)\\)?");
    private static final Pattern SEVERAL = Pattern.compile("[,;]");

    // What is dropped here holds no rows, and without CASCADE it takes nothing along.
    private static final Pattern DROP_WITHOUT_ROWS = Pattern.compile("(?is)DROP\\s+(?:INDEX|VIEW|FUNCTION|PROCEDURE|TRIGGER"
            + "|POLICY|RULE|TYPE|DOMAIN)\\s+(?:(?!\\bCASCADE\\b)[^;'$])*;?");
    // Runs nothing yet.
    private static final Pattern CREATE = Pattern.compile("(?is)(?:CREATE\\s+(?:OR\\s+REPLACE\\s+)?(?:FUNCTION|PROCEDURE|TRIGGER"
            + "|VIEW|TYPE|DOMAIN)|COMMENT\\s+ON|GRANT|REVOKE)\\s.*");
    // By its columns alone, and not from what a query finds.
    private static final Pattern CREATE_TABLE = Pattern.compile("(?is)CREATE\\s+TABLE\\s+(IF\\s+NOT\\s+EXISTS\\s+)?(" + QUALIFIED
            + ")\\s*\\((?:(?!\\b(?:SELECT|VALUES|EXECUTE|WITH|TABLE)\\b)[^;$])*\\)\\s*;?");
    // Of columns alone, as an expression may call something for each row.
    private static final Pattern CREATE_INDEX = Pattern.compile("(?is)CREATE\\s+(?:UNIQUE\\s+)?INDEX\\s+(?:CONCURRENTLY\\s+)?"
            + "(?:IF\\s+NOT\\s+EXISTS\\s+)?(?:" + NAME + "\\s+)?ON\\s+" + QUALIFIED + "\\s*(?:USING\\s+[a-z]+\\s*)?"
            + "\\([^();$']*\\)[^();$']*;?");
    private static final Pattern COMMA = Pattern.compile("\\s*,\\s*(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)");

    /**
     * Reads a statement.
     *
     * @param sql one statement, without comments before it
     * @return empty if it has none of the plain forms
     */
    static Optional<PlainSql> of(String sql) {
        Matcher dropTable = DROP_TABLE.matcher(sql);
        if (dropTable.matches()) {
            return Optional.of(new PlainSql(Form.DROP_TABLE, List.of(COMMA.split(dropTable.group(1))), "", "",
                    isCascade(dropTable.group(2))));
        }
        Matcher dropColumn = DROP_COLUMN.matcher(sql);
        if (dropColumn.matches()) {
            return Optional.of(new PlainSql(Form.DROP_COLUMN, List.of(dropColumn.group(1), dropColumn.group(2)), "", "",
                    isCascade(dropColumn.group(3))));
        }
        Matcher delete = DELETE.matcher(sql);
        if (delete.matches() && !"ONLY".equalsIgnoreCase(delete.group(1))) {
            String where = delete.group(2) == null ? "" : delete.group(2).strip();
            return Condition.isPlain(where)
                    ? Optional.of(new PlainSql(Form.DELETE, List.of(delete.group(1)), where, "", false)) : Optional.empty();
        }
        Matcher truncate = TRUNCATE.matcher(sql);
        if (truncate.matches() && !"ONLY".equalsIgnoreCase(truncate.group(1))) {
            return Optional.of(new PlainSql(Form.DELETE, List.of(truncate.group(1)), "", "", false));
        }
        Matcher type = CHANGE_TYPE.matcher(sql);
        if (type.matches() && !SEVERAL.matcher(SqlText.outline(sql).replaceFirst(";\\s*$", "")).find()) {
            return Optional.of(new PlainSql(Form.CHANGE_TYPE, List.of(type.group(1), type.group(2)), type.group(3).strip(),
                    value(type), false));
        }
        Matcher createTable = CREATE_TABLE.matcher(sql);
        if (createTable.matches()) {
            return Optional.of(new PlainSql(createTable.group(1) == null ? Form.CREATE_TABLE : Form.KEEPS_DATA,
                    List.of(createTable.group(2)), "", "", false));
        }
        return DROP_WITHOUT_ROWS.matcher(sql).matches() || CREATE.matcher(sql).matches()
                || CREATE_INDEX.matcher(sql).matches()
                        ? Optional.of(new PlainSql(Form.KEEPS_DATA, List.of(), "", "", false)) : Optional.empty();
    }

    boolean keepsData() {
        return form == Form.KEEPS_DATA || form == Form.CREATE_TABLE;
    }

    String table() {
        return names.get(0);
    }

    String column() {
        return names.get(1);
    }

    private static String value(Matcher type) {
        String using = type.group(4) == null ? "" : type.group(4).strip();
        Matcher cast = CAST.matcher(using);
        return cast.matches() && cast.group(1).equals(type.group(2))
                && cast.group(2).strip().equalsIgnoreCase(type.group(3).strip())
                        ? "" : using;
    }

    private static boolean isCascade(String word) {
        return "CASCADE".equalsIgnoreCase(word);
    }
}
