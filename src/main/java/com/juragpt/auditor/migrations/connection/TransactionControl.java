package com.juragpt.auditor.migrations.connection;

import java.sql.SQLException;
import java.util.Optional;
import java.util.regex.Pattern;

/** Finds statements that begin or end a transaction in SQL that is to run inside of one. */
final class TransactionControl {

    // Most SQL has none of these words, and need not be looked at closely.
    private static final Pattern SUSPICIOUS = Pattern.compile("(?i)\\b(?:COMMIT|END|ROLLBACK|ABORT|BEGIN|START|PREPARE)\\b");

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
        if (!SUSPICIOUS.matcher(sql).find()) {
            return Optional.empty();
        }
        return SqlText.statements(sql).stream().filter(statement -> STATEMENT.matcher(statement).matches()).findFirst();
    }
}
