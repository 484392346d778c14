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
}
