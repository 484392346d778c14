package com.juragpt.auditor.migrations.connection;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Finds statements that begin or end a transaction in SQL that is to run inside of one. */
final class TransactionControl {

    // Most SQL has none of these words, and need not be looked at closely.
    private static final List<String> SUSPICIOUS = List.of("COMMIT", "END", "ROLLBACK", "ABORT", "BEGIN", "START", "PREPARE");

    // https://www.postgresql.org/docs/current/sql-commands.html; going back to a savepoint ends nothing.
    private static final Pattern STATEMENT = Pattern.compile("(?is)(?:COMMIT|END|ABORT|BEGIN|START\\s+TRANSACTION"
            + "|PREPARE\\s+TRANSACTION|ROLLBACK(?!(?:\\s+WORK|\\s+TRANSACTION)?\\s+TO\\b))\\b.*");

    private TransactionControl() {
    }

    /**
     * @param sql one statement or several, as the server would get them
     * @throws SQLException with the state {@link Failures#INVALID_TRANSACTION_TERMINATION}, if one of them is such a statement
     */
    static void refuse(String sql) throws SQLException {
        Optional<String> found = find(sql);
        if (found.isPresent()) {
            throw new SQLException("not sent to the server: " + found.get(), Failures.INVALID_TRANSACTION_TERMINATION);
        }
    }

    private static Optional<String> find(String sql) throws SQLException {
        if (!isSuspicious(sql)) {
            return Optional.empty();
        }
        return SqlText.statements(sql).stream().filter(statement -> STATEMENT.matcher(statement).matches()).findFirst();
    }

    // Not by a pattern, which takes ten times as long: every statement of a deployment comes by here.
    private static boolean isSuspicious(String sql) {
        if (isOneStatement(sql)) {
            return startsSuspiciousWord(sql, 0);
        }
        boolean inWord = false;
        for (int i = 0; i < sql.length(); i++) {
            char character = sql.charAt(i);
            boolean startsWord = !inWord;
            inWord = isOfWord(character);
            if (startsWord && inWord && startsSuspiciousWord(sql, i)) {
                return true;
            }
        }
        return false;
    }

    // Many a long query says END somewhere; it cannot do harm if the first word is another one and no statement follows.
    private static boolean isOneStatement(String sql) {
        return !sql.isEmpty() && isOfWord(sql.charAt(0)) && sql.indexOf(';') < 0;
    }

    private static boolean startsSuspiciousWord(String sql, int start) {
        for (String word : SUSPICIOUS) {
            int end = start + word.length();
            if (sql.regionMatches(true, start, word, 0, word.length()) && (end == sql.length() || !isOfWord(sql.charAt(end)))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isOfWord(char character) {
        return character >= 'a' && character <= 'z' || character >= 'A' && character <= 'Z'
                || character >= '0' && character <= '9' || character == '_';
    }
}
