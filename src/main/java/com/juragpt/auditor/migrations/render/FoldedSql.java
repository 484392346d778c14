package com.juragpt.auditor.migrations.render;

/** A statement on lines that can be read. Only blanks between its words become line breaks, so it stays the same statement. */
final class FoldedSql {

    private static final int WIDTH = 100;
    private static final String INDENT = "\n    ";

    private FoldedSql() {
    }

    /** The statement without blanks around it and without a semicolon at its end; as it is, where its author has laid it out. */
    static String of(String sql) {
        String text = sql.strip();
        while (text.endsWith(";")) {
            text = text.substring(0, text.length() - 1).stripTrailing();
        }
        // Comments end at line breaks, dollar quotes and escapes have rules of their own: those stay as they are.
        if (text.length() <= WIDTH || text.indexOf('\n') >= 0 || text.contains("--") || text.contains("/*") || text.contains("$")
                || text.contains("\\")) {
            return text;
        }
        return text.regionMatches(true, 0, "CREATE TABLE ", 0, 13) ? itemByItem(text) : wrapped(text);
    }

    /** The statement with its semicolon, which a comment at the end must not swallow. */
    static String ended(String sql) {
        String text = of(sql);
        return text + (text.substring(text.lastIndexOf('\n') + 1).contains("--") ? "\n;" : ";");
    }

    private static String itemByItem(String text) {
        StringBuilder folded = new StringBuilder();
        int depth = 0;
        char quote = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (c == '\'' || c == '"') {
                quote = c;
            } else if (c == ')') {
                depth--;
                folded.append(depth == 0 ? "\n" : "");
            }
            boolean breaks = quote == 0 && c == ' ' && depth == 1 && text.charAt(i - 1) == ',';
            folded.append(breaks ? INDENT : String.valueOf(c));
            if (quote == 0 && c == '(' && depth++ == 0) {
                folded.append(INDENT);
            }
        }
        return folded.toString();
    }

    private static String wrapped(String text) {
        StringBuilder folded = new StringBuilder();
        int lineStart = 0;
        int lastBlank = -1;
        char quote = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (c == '\'' || c == '"') {
                quote = c;
            } else if (c == ' ') {
                lastBlank = i;
            }
            if (i - lineStart >= WIDTH && lastBlank > lineStart) {
                folded.append(text, lineStart, lastBlank).append(INDENT);
                lineStart = lastBlank + 1;
            }
        }
        return folded.append(text.substring(lineStart)).toString();
    }
}
