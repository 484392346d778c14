package com.juragpt.auditor.migrations;

import java.sql.SQLException;
import java.util.Optional;
import java.util.stream.Collectors;
import liquibase.exception.DatabaseException;
import liquibase.exception.PreconditionErrorException;
import liquibase.exception.PreconditionFailedException;
import liquibase.precondition.FailedPrecondition;

/** Turns what Liquibase and the driver throw into this module's one exception. */
final class Failures {

    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static final String LOCK_NOT_AVAILABLE = "55P03";
    private static final String OUT_OF_MEMORY = "53200";
    private static final String CONNECTION_CLASS = "08";
    private static final String AUTHORIZATION_CLASS = "28";
    private static final String UNKNOWN_DATABASE = "3D000";

    private Failures() {
    }

    /** For whatever nobody closer to it has explained. */
    static MigrationException explain(Throwable thrown) {
        Optional<SQLException> sql = find(thrown, SQLException.class);
        String state = sql.map(SQLException::getSQLState).orElse("");
        if (state != null && (state.startsWith(CONNECTION_CLASS) || state.startsWith(AUTHORIZATION_CLASS)
                || state.equals(UNKNOWN_DATABASE))) {
            return new MigrationException(Problem.CANNOT_CONNECT, "The database could not be reached or refused the user."
                    + " An open transaction was rolled back by the server.\n  " + sql.get().getMessage()
                    + "\n  help: check DATABASE_URL or -Dliquibase.url, then run it again", thrown);
        }
        if (LOCK_NOT_AVAILABLE.equals(state)) {
            return new MigrationException(Problem.LOCK_TIMEOUT, "Another session kept a lock that is needed. Nothing was changed."
                    + "\n  " + evidence(thrown) + "\n  help: wait for that session, or give -Dmigrations.lockTimeout more", thrown);
        }
        return new MigrationException(Problem.DATABASE_ERROR, "The database refused something outside of any changeset."
                + " Nothing was changed.\n  " + evidence(thrown)
                + "\n  help: mvn migrations:status shows the state of the database", thrown);
    }

    /** The server's own words, the statement if Liquibase tells it, and what is known to help. */
    static String evidence(Throwable thrown) {
        StringBuilder text = new StringBuilder();
        Optional<SQLException> sql = find(thrown, SQLException.class);
        text.append(find(thrown, PreconditionFailedException.class).map(Failures::reasons)
                .orElseGet(() -> sql.map(Throwable::getMessage).orElseGet(() -> root(thrown).toString()))
                .strip().replace("\n", "\n  "));
        find(thrown, DatabaseException.class).map(Throwable::getMessage)
                .filter(message -> message != null && message.contains("[Failed SQL: "))
                .ifPresent(message -> text.append("\n  statement: ").append(failedSql(message)));
        if (sql.map(SQLException::getSQLState).filter(OUT_OF_MEMORY::equals).isPresent()) {
            text.append("\n  one transaction over that many tables needs a larger max_locks_per_transaction on the server");
        }
        return text.toString();
    }

    /** What the preconditions found; the exception's own message says no more than that they failed. */
    static String reasons(PreconditionFailedException failed) {
        return "precondition: " + failed.getFailedPreconditions().stream().map(FailedPrecondition::getMessage)
                .collect(Collectors.joining("; "));
    }

    /** As {@link #reasons(PreconditionFailedException)}, for preconditions that could not be asked. */
    static String reasons(PreconditionErrorException failed) {
        return "precondition: " + failed.getErrorPreconditions().stream().map(error -> root(error.getCause()).getMessage())
                .collect(Collectors.joining("; "));
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

    private static Throwable root(Throwable thrown) {
        Throwable t = thrown;
        while (t.getCause() != null) {
            t = t.getCause();
        }
        return t;
    }
}
