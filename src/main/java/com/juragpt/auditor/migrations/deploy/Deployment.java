package com.juragpt.auditor.migrations.deploy;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.SqlFunction;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import liquibase.exception.LiquibaseException;

/** One writer at a time: holds the deployment lock while it works, and knows which part of its work is committed. */
public abstract class Deployment implements AutoCloseable {

    private final List<String> uncommitted = new ArrayList<>();
    private final List<String> kept = new ArrayList<>();

    Deployment() {
    }

    /**
     * Runs work and commits it.
     *
     * @param work called again, with a fresh context, when its transaction was cancelled by the lock time-out or a deadlock
     * @throws MigrationException {@link Problem#LOCKED} if another deployment is under way for too long; from the work or from the
     *     deployment itself; its message says what the database has kept
     */
    public abstract <T> T run(SqlFunction<MigrationContext, T> work) throws LiquibaseException, SQLException;

    /**
     * Called by the work before it changes anything.
     *
     * @param changesets those that it will run or roll back outside of transactions; may be empty
     * @throws MigrationException {@link Problem#POOLED_CONNECTION} if the lock would not outlive the first of several transactions
     */
    public abstract void expectSplits(List<String> changesets) throws SQLException;

    /** Called by the work for each changeset it has run or rolled back. */
    public final void did(String changeset) {
        uncommitted.add(changeset);
    }

    /**
     * Called by the work after {@link #did} for a changeset outside of transactions: its effects are in the database, so its
     * history row has to be committed too, whether or not the rest succeeds.
     */
    public abstract void keep() throws SQLException;

    /**
     * Called by the work before a step whose changeset asks to run outside of transactions: whether to run it in the deployment's
     * transaction all the same.
     */
    public abstract void keepTogether(boolean all);

    /** The changesets whose run or rollback was committed by earlier attempts, or by this one before its last split. */
    public final List<String> kept() {
        return List.copyOf(kept);
    }

    /** What the database has kept of a failed run, in a sentence for a message. */
    public abstract String whatStays();

    /** Why a statement was refused that would have ended the transaction, even where Liquibase goes on after it. */
    public abstract Optional<SQLException> refused();

    /** Lets the transaction survive a failing statement of the next changeset. */
    public abstract void guard() throws SQLException;

    /** Ends {@link #guard()}. */
    public abstract void unguard() throws SQLException;

    @Override
    public abstract void close() throws SQLException;

    final List<String> uncommitted() {
        return uncommitted;
    }

    /** Notes that the work so far is committed. */
    final void committed() {
        kept.addAll(uncommitted);
        uncommitted.clear();
    }

    /** Notes that the work since the last commit is rolled back. */
    final void rolledBack() {
        uncommitted.clear();
    }
}
