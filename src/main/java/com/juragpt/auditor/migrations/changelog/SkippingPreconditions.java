package com.juragpt.auditor.migrations.changelog;

import com.juragpt.auditor.migrations.connection.Failures;
import java.util.Set;
import liquibase.changelog.ChangeSet;
import liquibase.database.Database;
import liquibase.database.ObjectQuotingStrategy;
import liquibase.exception.DatabaseException;
import liquibase.exception.PreconditionErrorException;
import liquibase.exception.PreconditionFailedException;
import liquibase.precondition.core.PreconditionContainer;
import liquibase.precondition.core.PreconditionContainer.ErrorOption;
import liquibase.precondition.core.PreconditionContainer.FailOption;

/**
 * Asks preconditions whether an update would skip their changeset ({@code onFail: CONTINUE} or {@code onError: CONTINUE}), of
 * which Liquibase records nothing. Works in a transaction that can only read and that survives a failing statement.
 */
final class SkippingPreconditions {

    // What refuses the question here, and says nothing of the answer that a deployment gets.
    private static final Set<String> NO_ANSWER = Set.of(Failures.INSUFFICIENT_PRIVILEGE, Failures.READ_ONLY_TRANSACTION,
            Failures.LOCK_NOT_AVAILABLE, Failures.QUERY_CANCELED);

    private final Database database;
    private boolean locked;

    SkippingPreconditions(Database database) {
        this.database = database;
    }

    /** Whether an update that begins now would skip the changeset; false if that cannot be known. */
    boolean skip(ChangeSet changeset) throws DatabaseException {
        PreconditionContainer preconditions = changeset.getPreconditions();
        if (locked || preconditions == null
                || preconditions.getOnFail() != FailOption.CONTINUE && preconditions.getOnError() != ErrorOption.CONTINUE) {
            return false;
        }
        ObjectQuotingStrategy before = database.getObjectQuotingStrategy();
        database.setObjectQuotingStrategy(changeset.getObjectQuotingStrategy());
        try {
            preconditions.check(database, changeset.getChangeLog(), changeset, null);
            return false;
        } catch (PreconditionFailedException e) {
            return preconditions.getOnFail() == FailOption.CONTINUE;
        } catch (PreconditionErrorException e) {
            String state = Failures.sqlState(e).orElse("");
            // A deployment may hold the lock: waiting for it once is enough.
            locked = state.equals(Failures.LOCK_NOT_AVAILABLE);
            return preconditions.getOnError() == ErrorOption.CONTINUE && !NO_ANSWER.contains(state);
        } catch (RuntimeException e) {
            // An update would fail at it, and not skip it.
            return false;
        } finally {
            database.setObjectQuotingStrategy(before);
            // To the savepoint, as Liquibase does after each precondition; this also gives back the locks.
            database.rollback();
        }
    }
}
