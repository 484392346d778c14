package com.juragpt.auditor.migrations.review;

import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Failures;
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
 * What becomes of a changeset when it is deployed, as far as that is known before.
 *
 * @param outcome what is expected
 * @param doubt why it is not certain; null if it is
 */
record Prospect(Outcome outcome, String doubt) {

    /**
     * @param context in a transaction that can only read and that survives a failing statement; or without a database
     * @param first whether nothing that the precondition may look at will have changed by then
     * @param ranBefore whether it has a row in the history
     */
    static Prospect of(ChangeSet changeset, MigrationContext context, boolean first, boolean ranBefore)
            throws DatabaseException {
        Outcome run = ranBefore ? Outcome.RERAN : Outcome.EXECUTED;
        PreconditionContainer preconditions = changeset.getPreconditions();
        if (preconditions == null || preconditions.getNestedPreconditions().isEmpty()) {
            return new Prospect(run, null);
        }
        if (context.isOffline()) {
            return new Prospect(run, "it has a precondition, which only a database can answer");
        }
        if (!first) {
            return new Prospect(run, "it has a precondition, which is asked after the changesets before it;"
                    + " -Dmigrations.rehearse=true finds the answer");
        }
        return ask(changeset, preconditions, context.database(), run);
    }

    private static Prospect ask(ChangeSet changeset, PreconditionContainer preconditions, Database database, Outcome run)
            throws DatabaseException {
        ObjectQuotingStrategy before = database.getObjectQuotingStrategy();
        database.setObjectQuotingStrategy(changeset.getObjectQuotingStrategy());
        try {
            preconditions.check(database, changeset.getChangeLog(), changeset, null);
            return new Prospect(run, null);
        } catch (PreconditionFailedException e) {
            FailOption answer = preconditions.getOnFail();
            return answered(run, answer == FailOption.MARK_RAN, answer == FailOption.CONTINUE, answer == FailOption.WARN,
                    Failures.reasons(e));
        } catch (PreconditionErrorException e) {
            ErrorOption answer = preconditions.getOnError();
            return answered(run, answer == ErrorOption.MARK_RAN, answer == ErrorOption.CONTINUE, answer == ErrorOption.WARN,
                    Failures.reasons(e));
        } catch (RuntimeException e) {
            return new Prospect(run, "its precondition cannot be asked: " + e.getMessage());
        } finally {
            database.setObjectQuotingStrategy(before);
            // To the savepoint, as Liquibase does after each precondition; this also gives back the locks.
            database.rollback();
        }
    }

    private static Prospect answered(Outcome run, boolean marks, boolean skips, boolean warns, String reasons) {
        if (marks) {
            return new Prospect(Outcome.MARK_RAN, null);
        }
        if (skips) {
            return new Prospect(Outcome.SKIPPED, null);
        }
        return new Prospect(run, warns ? null : "its precondition ends the update: " + reasons);
    }
}
