package com.juragpt.auditor.migrations.connection;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.core.NativeQuery;
import org.postgresql.core.Parser;

/** SQL taken apart by the driver's own reading of quotes, dollar quotes and comments, as that decides what is a statement. */
public final class SqlText {

    private SqlText() {
    }

    /** The statements, without the semicolons between them and the comments before each. */
    public static List<String> statements(String sql) throws SQLException {
        List<String> statements = new ArrayList<>();
        for (NativeQuery statement : Parser.parseJdbcSql(sql, true, false, true, false, false)) {
            String text = withoutLeadingComments(statement.nativeSql);
            if (!text.isEmpty()) {
                statements.add(text);
            }
        }
        return statements;
    }

    private static String withoutLeadingComments(String statement) {
        char[] text = statement.toCharArray();
        int i = 0;
        while (i < text.length) {
            int end = Math.max(Parser.parseLineComment(text, i), Parser.parseBlockComment(text, i));
            if (!Character.isWhitespace(text[i]) && end == i) {
                break;
            }
            i = end + 1;
        }
        return statement.substring(Math.min(i, text.length)).strip();
    }

    /**
     * The same text, character by character, with nothing in it that could be taken for a word: what is in quotes or is a comment
     * is blank, and the names in double quotes are made of the letter x.
     */
    public static String bare(String sql) {
        return blanked(sql, false);
    }

    /** As {@link #bare}, and what is in parentheses or brackets is blank too. */
    public static String outline(String sql) {
        return blanked(sql, true);
    }

    private static String blanked(String sql, boolean nested) {
        char[] text = sql.toCharArray();
        StringBuilder result = new StringBuilder(sql);
        int depth = 0;
        for (int i = 0; i < text.length; i++) {
            int end = endOfQuoted(text, i);
            if (end > i) {
                boolean isName = text[i] == '"' && (depth == 0 || !nested);
                boolean isComment = text[i] == '-' || text[i] == '/';
                for (int at = isComment ? i : i + 1; at < (isComment ? end + 1 : end) && at < text.length; at++) {
                    result.setCharAt(at, isName ? 'x' : ' ');
                }
                if (depth > 0 && nested) {
                    result.setCharAt(i, ' ');
                    result.setCharAt(Math.min(end, text.length - 1), ' ');
                }
                i = end;
                continue;
            }
            boolean closes = text[i] == ')' || text[i] == ']';
            depth -= closes && depth > 0 ? 1 : 0;
            if (depth > 0 && nested) {
                result.setCharAt(i, ' ');
            }
            depth += text[i] == '(' || text[i] == '[' ? 1 : 0;
        }
        return result.toString();
    }

    /** Where a text, a quoted name or a comment ends that begins there; the same place if none does. */
    private static int endOfQuoted(char[] text, int at) {
        return switch (text[at]) {
            case '\'' -> Parser.parseSingleQuotes(text, at, true);
            case '"' -> Parser.parseDoubleQuotes(text, at);
            case '$' -> Parser.parseDollarQuotes(text, at);
            case '-' -> Parser.parseLineComment(text, at);
            case '/' -> Parser.parseBlockComment(text, at);
            default -> at;
        };
    }
}
