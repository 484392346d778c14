package com.juragpt.auditor.migrations.deploy;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.LockHolder;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.ConnectionSource;
import com.juragpt.auditor.migrations.connection.DeploymentTransaction;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.connection.SessionSettings;
import com.juragpt.auditor.migrations.connection.SqlFunction;
import com.juragpt.auditor.migrations.lock.AdvisoryLock;
import com.juragpt.auditor.migrations.lock.AdvisoryLockService;
import com.juragpt.auditor.migrations.lock.LockRow;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import liquibase.exception.LiquibaseException;

/**
 * A deployment on PostgreSQL: all or nothing. Runs the work as one transaction; where the lock time-out cancels it, it is rolled
 * back and retried.
 */
final class PostgresDeployment extends Deployment {

    private static final Logger LOG = Logger.getLogger(PostgresDeployment.class.getName());

    // Two first deployments, one of which does not use our lock: the second to create Liquibase's tables gets these errors.
    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static final Set<String> LOST_THE_RACE = Set.of("42P07", "23505");

    private final MigrationOptions options;
    private final Connection connection;
    private final boolean rehearsal;
    private final SessionSettings settings;
    private DeploymentMonitor monitor;
    private DeploymentTransaction transaction;
    private AdvisoryLockService lock;
    // From the first split to the next commit: the row is committed, so a stock Liquibase sees it.
    private boolean lockRowIsCommitted;

    private PostgresDeployment(Connection connection, MigrationOptions options, boolean rehearsal, SessionSettings settings) {
        this.options = options;
        this.connection = connection;
        this.rehearsal = rehearsal;
        this.settings = settings;
    }

    static PostgresDeployment begin(ConnectionSource source, Connection connection, MigrationOptions options, String verb)
            throws SQLException {
        SessionSettings settings = SessionSettings.change(connection, "auditor-migrations " + verb);
        return new PostgresDeployment(connection, options, false, settings).locked(source);
    }

    /** A deployment whose transactions are rolled back in the end. */
    static PostgresDeployment beginRehearsal(ConnectionSource source, Connection connection, MigrationOptions options)
            throws SQLException {
        SessionSettings settings = SessionSettings.change(connection, "auditor-migrations rehearse");
        SessionSettings.readOnlyByDefault(connection);
        return new PostgresDeployment(connection, options, true, settings).locked(source);
    }

    private PostgresDeployment locked(ConnectionSource source) throws SQLException {
        try {
            LockWait wait = new LockWait(options);
            while (!AdvisoryLock.tryLock(connection)) {
                LockHolder holder = AdvisoryLock.holder(connection)
                        .orElse(new LockHolder("a deployment that has just ended", null));
                wait.poll(holder, whatStays(),
                        "wait for it, or if it hangs, end its session: SELECT pg_terminate_backend(<server process>)");
            }
            monitor = DeploymentMonitor.of(connection, source, options);
            return this;
        } catch (SQLException | RuntimeException e) {
            closeAfter(e);
            throw e;
        }
    }

    /**
     * {@inheritDoc} After a failure the database is as it was before, except for what was committed because a changeset runs
     * outside of transactions.
     */
    @Override
    public <T> T run(SqlFunction<MigrationContext, T> work) throws LiquibaseException, SQLException {
        Retries retries = new Retries(options);
        LockWait wait = new LockWait(options);
        while (true) {
            try (MigrationContext context = beginTransaction(wait)) {
                T result = work.apply(context);
                end();
                return result;
            } catch (LiquibaseException | SQLException | RuntimeException e) {
                rollbackAfter(e);
                // What ran outside of a transaction is not rolled back, so it cannot simply be run again.
                if (!Retries.mayHelp(e) || isSplit()) {
                    throw e instanceof MigrationException explained ? explained : Failures.explain(e, whatStays());
                }
                retries.pauseAfter(e, monitor.blockers(), whatStays());
            }
        }
    }

    /** Opens a transaction that holds the row of the lock table. */
    private MigrationContext beginTransaction(LockWait wait) throws LiquibaseException, SQLException {
        boolean raced = false;
        while (true) {
            MigrationContext context = openTransaction();
            Optional<LockHolder> holder;
            try {
                // Liquibase learns that its tables are missing from a SELECT that fails.
                transaction.guard();
                if (lock.takeRow()) {
                    context.history().prepare(context.changelog());
                    transaction.unguard();
                    return context;
                }
                holder = LockRow.of(context.database()).holder();
            } catch (LiquibaseException | SQLException | RuntimeException e) {
                context.close();
                if (raced || Failures.sqlState(e).filter(LOST_THE_RACE::contains).isEmpty()) {
                    throw e;
                }
                raced = true;
                transaction.rollback();
                continue;
            }
            context.close();
            transaction.rollback();
            wait.poll(holder.orElse(new LockHolder("a Liquibase that has just ended", null)), whatStays(),
                    "if that deployer is dead, mvn liquibase:releaseLocks frees the lock; then run it again");
        }
    }

    private MigrationContext openTransaction() throws LiquibaseException, SQLException {
        transaction = new DeploymentTransaction(connection, this::split);
        if (rehearsal) {
            SessionSettings.letTransactionWrite(connection);
        }
        SessionSettings.setLockTimeout(connection, options.limits().lockTimeout());
        MigrationContext context = MigrationContext.open(transaction.connection(), options);
        try {
            // An invalid changelog is refused before anything is written.
            context.changelog();
            lock = new AdvisoryLockService();
            lock.setDatabase(context.database());
            return context;
        } catch (SQLException | RuntimeException e) {
            context.close();
            throw e;
        }
    }

    private void end() throws SQLException {
        if (rehearsal) {
            transaction.rollback();
            return;
        }
        lock.freeRow();
        try {
            transaction.commit();
        } catch (SQLException e) {
            if (Failures.isConnectionLost(e)) {
                throw Diagnosis.of(Problem.CONNECTION_LOST, "The connection was lost during the final commit")
                        .whatStays("Either everything was committed, or " + (kept().isEmpty() ? "nothing"
                                : "only what preceded the last split") + "; the client cannot know which.")
                        .line(e.getMessage()).cause(e)
                        .help("mvn migrations:status shows which; if it was not committed, run the same again");
            }
            throw e;
        }
        lockRowIsCommitted = false;
        committed();
    }

    private void split() {
        committed();
        lockRowIsCommitted = true;
        options.progress().accept(new Progress.Split(kept().size()));
    }

    @Override
    public void keep() throws SQLException {
        transaction.keep();
        committed();
    }

    @Override
    public void keepTogether(boolean all) {
        transaction.keepTogether(all);
    }

    @Override
    public String whatStays() {
        boolean split = isSplit();
        if (kept().isEmpty() && !split) {
            return "Nothing was changed.";
        }
        List<String> sentences = new ArrayList<>();
        if (!kept().isEmpty()) {
            sentences.add("These changesets were committed before and stay: " + String.join(", ", kept()) + ".");
        }
        if (split) {
            sentences.add("The changeset ran outside of transactions and may have left traces.");
        }
        return String.join(" ", sentences);
    }

    private boolean isSplit() {
        return transaction != null && transaction.isSplit();
    }

    @Override
    public Optional<SQLException> refused() {
        return transaction.refused();
    }

    @Override
    public void guard() throws SQLException {
        transaction.guard();
    }

    @Override
    public void unguard() throws SQLException {
        transaction.unguard();
    }

    private void rollbackAfter(Exception cause) {
        rolledBack();
        try {
            if (transaction != null) {
                transaction.rollback();
            }
        } catch (SQLException e) {
            // If the session has ended, the server has rolled it back; the cause says why it ended.
            cause.addSuppressed(e);
        }
    }

    @Override
    public void close() throws SQLException {
        if (monitor != null) {
            monitor.close();
        }
        try (connection) {
            // Switching auto-commit on, or closing the connection, would commit what an error has left open.
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
            connection.setAutoCommit(true);
            freeLocks();
            settings.restore();
        } catch (SQLException e) {
            // Everything is committed or rolled back by now. The locks end with the session, so it must not return to a pool.
            LOG.log(Level.FINE, "The deployment's session did not end cleanly and is cut", e);
            connection.abort(Runnable::run);
        }
    }

    private void freeLocks() throws SQLException {
        try {
            if (lockRowIsCommitted) {
                lock.freeRow();
            }
        } finally {
            AdvisoryLock.unlock(connection);
        }
    }

    private void closeAfter(Exception cause) {
        try {
            close();
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }
}
