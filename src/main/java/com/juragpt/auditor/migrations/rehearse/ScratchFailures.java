package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RehearsalReport.Place;
import com.juragpt.auditor.migrations.connection.CommitGuard;
import com.juragpt.auditor.migrations.connection.Failures;
import java.util.Set;
import liquibase.changelog.ChangeSet;
import liquibase.exception.LiquibaseException;

/** Explains why a changeset could not be run in a scratch space, and what caused it. */
final class ScratchFailures {

    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static final Set<String> NO_SUCH_SAVEPOINT = Set.of("3B001", "25P01");
    // Not caused by the changeset, or fatal to the session: lock time-out, deadlock, a session that has ended.
    private static final Set<String> FROM_OUTSIDE = Set.of(Failures.LOCK_NOT_AVAILABLE, Failures.DEADLOCK_DETECTED,
            Failures.QUERY_CANCELED, Failures.READ_ONLY_TRANSACTION);
    private static final String CONNECTION_CLASS = "08";
    private static final String SHUTDOWN_CLASS = "57P";

    private final ScratchSpace space;

    ScratchFailures(ScratchSpace space) {
        this.space = space;
    }

    /** Whether the work cannot go on after the failure, even if its effects are rolled back. */
    static boolean endsTheWork(Exception e) {
        String state = Failures.sqlState(e).orElse("");
        return FROM_OUTSIDE.contains(state) || NO_SUCH_SAVEPOINT.contains(state) || state.startsWith(CONNECTION_CLASS)
                || state.startsWith(SHUTDOWN_CLASS) || Failures.isConnectionLost(e) || CommitGuard.isHitBy(e)
                || Failures.isTransactionControl(e);
    }

    /** Why {@code changeset} (null: none yet) ended the work; {@code what} names the part of it, for instance its rollback. */
    MigrationException explain(ChangeSet changeset, String what, Exception e) {
        if (e instanceof MigrationException explained) {
            return explained;
        }
        String id = changeset == null ? "The changelog" : what + changeset.getId();
        String state = Failures.sqlState(e).orElse("");
        if (CommitGuard.isHitBy(e) || Failures.isTransactionControl(e) || NO_SUCH_SAVEPOINT.contains(state)
                || state.equals(Failures.READ_ONLY_TRANSACTION)) {
            return endsTheTransaction(id, changeset, e);
        }
        if (Failures.isConnectionLost(e)) {
            return Failures.connectionLost("The connection to the database was lost"
                    + (changeset == null ? "" : " while " + id + " was tried in " + space.name()), "Nothing was changed.", e);
        }
        if (state.equals(Failures.QUERY_CANCELED)) {
            return diagnosis(Problem.STATEMENT_TIMEOUT, id + " was cancelled in " + space.name() + " after at most "
                    + space.context().options().limits().statementTimeout().toSeconds() + " s", changeset, e)
                    .help("-Dmigrations.statementTimeout=SECONDS gives each statement more time; others may have to"
                            + " wait for it");
        }
        String where = switch (space.place()) {
            case LIVE -> " failed when it was rehearsed in " + space.name();
            case EMPTY_SCHEMA -> " failed in an empty schema of " + space.name() + " that was made for it";
            case MEMORY -> " failed in " + space.name();
        };
        return diagnosis(Problem.CHANGESET_FAILED, id + where, changeset, e)
                .help(space.place() != Place.EMPTY_SCHEMA ? "fix the changeset, then rehearse again"
                        : "a changeset that needs more than its own schema (an extension's type in it, another schema) cannot"
                                + " run in an empty one");
    }

    /** @param e the exception that revealed it; null if a check did */
    MigrationException endsTheTransaction(String id, ChangeSet changeset, Exception e) {
        return diagnosis(Problem.CHANGESET_FAILED, id + " ends the transaction by itself, so it cannot be rolled back"
                + " and was stopped in " + space.name(), changeset, e)
                .help("remove COMMIT and ROLLBACK from it: Liquibase commits after each changeset");
    }

    MigrationException invalid(LiquibaseException e) {
        return Diagnosis.of(Problem.INVALID_CHANGELOG, "Cannot run the changelog in " + space.name() + ": it is not valid")
                .line(e.getMessage()).cause(e).help("fix the changelog, then run it again");
    }

    private static Diagnosis diagnosis(Problem problem, String failure, ChangeSet changeset, Exception e) {
        Diagnosis diagnosis = Diagnosis.of(problem, failure);
        if (e != null) {
            diagnosis.line(Failures.evidence(e)).cause(e);
        }
        if (changeset != null) {
            diagnosis.line("file: " + changeset.getFilePath());
        }
        return diagnosis;
    }
}
