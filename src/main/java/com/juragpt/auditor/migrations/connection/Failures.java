package com.juragpt.auditor.migrations.connection;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import liquibase.exception.DatabaseException;
import liquibase.exception.LiquibaseException;
import liquibase.exception.PreconditionErrorException;
import liquibase.exception.PreconditionFailedException;
import liquibase.exception.UnsupportedChecksumVersionException;
import liquibase.precondition.FailedPrecondition;

/** Turns the exceptions of Liquibase and the driver into this module's one exception. */
public final class Failures {

    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    public static final String LOCK_NOT_AVAILABLE = "55P03";
    public static final String DEADLOCK_DETECTED = "40P01";
    public static final String INVALID_TRANSACTION_TERMINATION = "2D000";
    public static final String INSUFFICIENT_PRIVILEGE = "42501";
    public static final String QUERY_CANCELED = "57014";
    public static final String READ_ONLY_TRANSACTION = "25006";
    static final String CANNOT_CONNECT = "08001";
    private static final String IN_FAILED_TRANSACTION = "25P02";
    private static final String OUT_OF_MEMORY = "53200";
    private static final String TOO_MANY_CONNECTIONS = "53300";
    private static final String STARTING_UP = "57P03";
    // Ended by an administrator, a crash, a dropped database or idleness; then what the driver says of a broken connection.
    private static final Set<String> SESSION_IS_GONE = Set.of("57P01", "57P02", "57P04", "57P05", "25P03", "25P04",
            "08000", "08003", "08006", "08007");
    private static final String CONNECTION_CLASS = "08";
    private static final String AUTHORIZATION_CLASS = "28";
    private static final String UNKNOWN_DATABASE = "3D000";

    private Failures() {
    }

    /** Explains an exception that no closer caller has explained, where nothing was changed. */
    public static MigrationException explain(Throwable thrown) {
        return explain(thrown, "Nothing was changed.");
    }

    /**
     * Explains an exception that no closer caller has explained.
     *
     * @param whatStays a sentence that says what the database has kept
     */
    public static MigrationException explain(Throwable thrown, String whatStays) {
        String state = sqlState(thrown).orElse("");
        if (isConnectionLost(thrown)) {
            return connectionLost("The connection to the database was lost", whatStays, thrown);
        }
        if (state.startsWith(CONNECTION_CLASS) || state.startsWith(AUTHORIZATION_CLASS) || state.equals(UNKNOWN_DATABASE)
                || state.equals(TOO_MANY_CONNECTIONS) || state.equals(STARTING_UP)) {
            return failure(Problem.CANNOT_CONNECT, "The database could not be reached or refused the user", whatStays, thrown)
                    .help("check DATABASE_URL or -Dliquibase.url, then run it again");
        }
        if (state.equals(LOCK_NOT_AVAILABLE)) {
            return failure(Problem.LOCK_TIMEOUT, "Another session holds a lock that is needed", whatStays, thrown)
                    .help("run it again; mvn migrations:status shows who is deploying");
        }
        if (find(thrown, UnsupportedChecksumVersionException.class).isPresent()) {
            return failure(Problem.DAMAGED_HISTORY, "The history has a checksum that this version of Liquibase cannot read",
                    whatStays,
                    thrown).help("deploy with the version that wrote it, or repair its md5sum in databasechangelog by hand");
        }
        if (find(thrown, SQLException.class).isEmpty() && find(thrown, IOException.class).isPresent()) {
            return Diagnosis.of(Problem.INVALID_CHANGELOG, "A file that the changelog names cannot be read").whatStays(whatStays)
                    .line(String.valueOf(root(thrown).getMessage())).cause(thrown)
                    .help("correct its name in the changelog, or add the file");
        }
        if (find(thrown, SQLException.class).isEmpty() && find(thrown, LiquibaseException.class).isEmpty()) {
            return failure(Problem.INTERNAL_ERROR, "Something failed that neither the database nor the changelog explains",
                    whatStays, thrown).line("at " + place(root(thrown)))
                    .help("run it again with mvn -e, and report the stack trace");
        }
        return failure(Problem.DATABASE_ERROR, "The database refused something outside of any changeset", whatStays, thrown)
                .help(help(thrown, "mvn migrations:status shows the state of the database"));
    }

    /**
     * @param what what was lost and when, a sentence without its full stop
     * @param whatStays a sentence that says what the database has kept
     */
    public static MigrationException connectionLost(String what, String whatStays, Throwable thrown) {
        return failure(Problem.CONNECTION_LOST, what, whatStays, thrown)
                .help("find out who ended the session (the server's log says), then run it again");
    }

    /**
     * @param what what was to begin or end the transaction: a changeset, or its rollback
     * @param file the file it stands in
     * @param whatStays a sentence that says what the database has kept
     */
    public static MigrationException transactionControl(String what, String databaseName, String file, String whatStays,
            Throwable thrown) {
        return failure(Problem.CHANGESET_FAILED, what + " ends the transaction by itself and was stopped in " + databaseName,
                whatStays, thrown).line("file: " + file)
                .help("take that statement out of it, or give the changeset runInTransaction: false (its checksum stays)");
    }

    private static Diagnosis failure(Problem problem, String what, String whatStays, Throwable thrown) {
        return Diagnosis.of(problem, what).whatStays(whatStays).line(evidence(thrown)).cause(thrown);
    }

    /** Whether something was to begin or end the transaction that it runs in. */
    public static boolean isTransactionControl(Throwable thrown) {
        return sqlState(thrown).filter(INVALID_TRANSACTION_TERMINATION::equals).isPresent();
    }

    /** Whether a session has ended that was open before, as opposed to one that could not be opened. */
    public static boolean isConnectionLost(Throwable thrown) {
        return sqlState(thrown).filter(SESSION_IS_GONE::contains).isPresent();
    }

    /** The first SQLSTATE among the causes; of a transaction that accepts no more statements, that of what failed in it before. */
    public static Optional<String> sqlState(Throwable thrown) {
        return databaseError(thrown).map(SQLException::getSQLState);
    }

    // Liquibase swallows some failures and goes on, and what it runs next is refused. The driver then has the first as the cause.
    private static Optional<SQLException> databaseError(Throwable thrown) {
        SQLException first = null;
        for (Throwable t = thrown; t != null; t = t.getCause()) {
            if (t instanceof SQLException sql && sql.getSQLState() != null) {
                first = first == null ? sql : first;
                if (!IN_FAILED_TRANSACTION.equals(sql.getSQLState())) {
                    return Optional.of(sql);
                }
            }
        }
        return Optional.ofNullable(first);
    }

    /** The server's message, and the statement if Liquibase names it. */
    public static String evidence(Throwable thrown) {
        StringBuilder text = new StringBuilder();
        Optional<SQLException> sql = databaseError(thrown).or(() -> find(thrown, SQLException.class));
        text.append(find(thrown, PreconditionFailedException.class).map(Failures::reasons)
                .orElseGet(() -> sql.map(Throwable::getMessage).orElseGet(() -> root(thrown).toString()))
                .strip());
        statement(thrown).ifPresent(statement -> text.append("\nstatement: ").append(statement));
        return text.toString();
    }

    /** The statement that failed, if Liquibase names it. */
    static Optional<String> statement(Throwable thrown) {
        return find(thrown, DatabaseException.class).map(Throwable::getMessage)
                .filter(message -> message != null && message.contains("[Failed SQL: ")).map(Failures::failedSql);
    }

    /** The driver's message of the database's error; empty if there is none. */
    static String serverMessage(Throwable thrown) {
        return databaseError(thrown).map(Throwable::getMessage).orElse("");
    }

    /** The messages of the failed preconditions; the exception's own message says only that they failed. */
    public static String reasons(PreconditionFailedException failed) {
        return "precondition: " + failed.getFailedPreconditions().stream().map(FailedPrecondition::getMessage)
                .collect(Collectors.joining("; "));
    }

    /** As {@link #reasons(PreconditionFailedException)}, for preconditions that could not be evaluated. */
    public static String reasons(PreconditionErrorException failed) {
        return "precondition: " + failed.getErrorPreconditions().stream().map(error -> root(error.getCause()).getMessage())
                .collect(Collectors.joining("; "));
    }

    /** The advice for a failure of a well-known kind; for any other the caller's own. */
    public static String help(Throwable thrown, String otherwise) {
        String state = sqlState(thrown).orElse("");
        if (state.equals(OUT_OF_MEMORY) && serverMessage(thrown).contains("max_locks_per_transaction")) {
            return "one transaction over that many tables needs a larger max_locks_per_transaction on the server"
                    + " (and its restart); -Dmigrations.count=N goes in smaller steps";
        }
        if (state.equals(QUERY_CANCELED)) {
            return "?options=-c%20statement_timeout%3D0 at the end of the URL lifts the role's statement_timeout for this run, if"
                    + " that is what cancelled it";
        }
        return otherwise;
    }

    private static String failedSql(String message) {
        String sql = message.substring(message.indexOf("[Failed SQL: ") + "[Failed SQL: ".length());
        int end = sql.lastIndexOf(']');
        return (end < 0 ? sql : sql.substring(0, end)).replaceFirst("^\\(\\d+\\) ", "").strip();
    }

    private static <T extends Throwable> Optional<T> find(Throwable thrown, Class<T> type) {
        for (Throwable t = thrown; t != null; t = t.getCause()) {
            if (type.isInstance(t)) {
                return Optional.of(type.cast(t));
            }
        }
        return Optional.empty();
    }

    private static String place(Throwable thrown) {
        return Arrays.stream(thrown.getStackTrace()).filter(frame -> !frame.getClassName().startsWith("java."))
                .findFirst().map(StackTraceElement::toString).orElse("an unknown place");
    }

    private static Throwable root(Throwable thrown) {
        Throwable t = thrown;
        while (t.getCause() != null) {
            t = t.getCause();
        }
        return t;
    }
}
