package com.juragpt.auditor.migrations.deploy;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.SqlFunction;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import liquibase.exception.LiquibaseException;

/** One writer at a time: holds the deployment lock for as long as it is open, and knows what of its work is committed. */
public abstract class Deployment implements AutoCloseable {

    private final List<String> uncommitted = new ArrayList<>();
    private final List<String> kept = new ArrayList<>();

    Deployment() {
    }

    /**
     * Runs work and commits it.
     *
     * @param work called again, with a fresh context, when its transaction had to be rolled back for other sessions' sake
     * @throws MigrationException what the work threw, and what the deployment itself met; its message says what has stayed
     */
    public abstract <T> T run(SqlFunction<MigrationContext, T> work) throws LiquibaseException, SQLException;

    /** Called by the work for each changeset it has run or rolled back. */
    public final void did(String changeset) {
        uncommitted.add(changeset);
    }

    /**
     * Called by the work after {@link #did} for a changeset outside of transactions: its effects are in the database, so its
     * history row has to be too, whatever becomes of the rest.
     */
    public abstract void keep() throws SQLException;

    /** The changesets that earlier attempts, or this one before its last split, have run or rolled back for good. */
    public final List<String> kept() {
        return List.copyOf(kept);
    }

    /** What the database has kept of a failed run, in a sentence for a message. */
    public abstract String whatStays();

    /** Makes the changeset that runs next survivable, where a failing statement would otherwise end the transaction. */
    public abstract void guard() throws SQLException;

    /** Ends {@link #guard()}. */
    public abstract void unguard() throws SQLException;

    @Override
    public abstract void close() throws SQLException;

    final List<String> uncommitted() {
        return uncommitted;
    }

    /** What was done so far is committed. */
    final void committed() {
        kept.addAll(uncommitted);
        uncommitted.clear();
    }

    /** What was done since the last commit is rolled back. */
    final void rolledBack() {
        uncommitted.clear();
    }
}
