package com.juragpt.auditor.migrations.deploy;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.changelog.Changelog;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.SqlFunction;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import liquibase.exception.LiquibaseException;
import liquibase.lockservice.LockService;
import liquibase.lockservice.StandardLockService;

/** A deployment on H2, where every DDL statement commits by itself: under Liquibase's own lock and without atomicity. */
final class H2Deployment extends Deployment {

    /** What H2 users are told, once. */
    private static final String NOTE = "H2 commits every DDL statement by itself: a failed deployment stays half done.";

    private final Connection connection;
    private final MigrationOptions options;

    H2Deployment(Connection connection, MigrationOptions options) {
        this.connection = connection;
        this.options = options;
        options.progress().accept(new Progress.Note(NOTE));
    }

    @Override
    public <T> T run(SqlFunction<MigrationContext, T> work) throws LiquibaseException, SQLException {
        connection.setAutoCommit(false);
        try (MigrationContext context = MigrationContext.open(connection, options)) {
            // An invalid changelog is refused before anything is written.
            Changelog changelog = context.changelog();
            LockService lock = new StandardLockService();
            lock.setDatabase(context.database());
            lock.setChangeLogLockWaitTime(Math.max(1, options.limits().lockWait().toMinutes()));
            lock.waitForLock();
            try {
                context.history().prepare(changelog);
                T result = work.apply(context);
                connection.commit();
                return result;
            } finally {
                lock.releaseLock();
            }
        }
    }

    @Override
    public void expectSplits(List<String> changesets) {
        // There is no transaction to split, and no pooler.
    }

    @Override
    public void keep() {
        // Each statement keeps itself.
    }

    @Override
    public void keepTogether(boolean all) {
        // Nothing is in a transaction.
    }

    @Override
    public String whatStays() {
        return uncommitted().isEmpty()
                ? "No changeset was completed, but the failed one may have left traces: " + NOTE
                : "These changesets stay: " + String.join(", ", uncommitted()) + ". " + NOTE;
    }

    @Override
    public Optional<SQLException> refused() {
        return Optional.empty();
    }

    @Override
    public void guard() {
        // A failing statement ends no transaction on H2.
    }

    @Override
    public void unguard() {
        // see guard()
    }

    @Override
    public void close() throws SQLException {
        try (connection) {
            // Closing the connection would commit what an error has left open.
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
        }
    }
}
