package com.juragpt.auditor.migrations.deploy;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.LockHolder;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.ConnectionSource;
import com.juragpt.auditor.migrations.connection.DatabaseName;
import com.juragpt.auditor.migrations.connection.DeploymentTransaction;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.connection.Loan;
import com.juragpt.auditor.migrations.connection.Pooler;
import com.juragpt.auditor.migrations.connection.SessionSettings;
import com.juragpt.auditor.migrations.connection.SqlFunction;
import com.juragpt.auditor.migrations.connection.WriteAccess;
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

    private final ConnectionSource source;
    private final MigrationOptions options;
    private final Connection connection;
    private final Loan loan;
    private final String name;
    private final boolean rehearsal;
    private SessionSettings settings;
    private DeploymentMonitor monitor;
    private DeploymentTransaction transaction;
    private AdvisoryLockService lock;
    // From the first split to the end: the session has the lock and the settings, besides its transactions.
    private boolean holdsSession;
    // From the first split to the next commit: the row is committed, so a stock Liquibase sees it.
    private boolean lockRowIsCommitted;
    private int serverProcess;
    private MigrationException lost;
    // Whether the commit that is next, or has failed, is the last one.
    private boolean ending;

    /**
     * @param verb what the deployment is called in the server's list of sessions
     * @param rehearsal whether its transactions are rolled back in the end
     */
    PostgresDeployment(ConnectionSource source, Connection connection, MigrationOptions options, String verb, boolean rehearsal)
            throws SQLException {
        this.source = source;
        this.options = options;
        this.connection = connection;
        this.rehearsal = rehearsal;
        name = "auditor-migrations " + verb;
        loan = Loan.take(connection);
        if (rehearsal) {
            // A changeset that ends the transaction, which must never be committed, must not write in the next one.
            loan.readOnly();
        }
    }

    /**
     * {@inheritDoc} After a failure the database is as it was before, except for what was committed because a changeset runs
     * outside of transactions.
     */
    @Override
    public <T> T run(SqlFunction<MigrationContext, T> work) throws LiquibaseException, SQLException {
        Retries retries = new Retries(options);
        while (true) {
            try (MigrationContext context = beginTransaction()) {
                T result = work.apply(context);
                end();
                return result;
            } catch (LiquibaseException | SQLException | RuntimeException e) {
                requireKnownOutcome(e);
                rollbackAfter(e);
                requireLock();
                // What ran outside of a transaction is not rolled back, so it cannot simply be run again.
                if (!Retries.mayHelp(e) || isSplit()) {
                    throw e instanceof MigrationException explained ? explained : Failures.explain(e, whatStays());
                }
                retries.pauseAfter(e, monitor == null ? "" : monitor.blockers(), whatStays());
            }
        }
    }

    /**
     * Opens a transaction that holds the deployment lock and the row of the lock table. It asks for the lock before it reads
     * the history, so it sees all that the lock's former holder did.
     */
    private MigrationContext beginTransaction() throws LiquibaseException, SQLException {
        LockWait wait = new LockWait(options);
        boolean raced = false;
        while (true) {
            openTransaction();
            requireWriteAccess();
            if (!AdvisoryLock.tryLockForTransaction(connection)) {
                LockHolder holder = AdvisoryLock.holder(connection)
                        .orElse(new LockHolder("a deployment that has just ended", null));
                transaction.rollback();
                wait.poll(holder, whatStays(),
                        "wait for it, or if it hangs, end its session: SELECT pg_terminate_backend(<server process>)");
                continue;
            }
            watch();
            MigrationContext context = openContext();
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
                rollBack();
                continue;
            }
            context.close();
            rollBack();
            wait.poll(holder.orElse(new LockHolder("a Liquibase that has just ended", null)), whatStays(),
                    "if that deployer is dead, mvn liquibase:releaseLocks frees the lock; then run it again");
        }
    }

    private void openTransaction() throws SQLException {
        transaction = new DeploymentTransaction(connection, new Splits());
        if (holdsSession) {
            settings.beginAgain();
        } else {
            settings = SessionSettings.begin(connection, name, options.limits().lockTimeout(), rehearsal);
        }
    }

    /** In the transaction, so that a pooler has no other session for it and nothing is prepared there. */
    private void requireWriteAccess() throws SQLException {
        if (rehearsal) {
            WriteAccess.requireLockTable(connection);
        } else {
            WriteAccess.require(connection);
        }
    }

    /** Watches each other and the server: this process its session from outside, and the session this process. */
    private void watch() throws SQLException {
        settings.watchClient();
        serverProcess = AdvisoryLock.serverProcess(connection);
        if (monitor == null) {
            monitor = DeploymentMonitor.of(serverProcess, source, options);
        } else {
            monitor.watch(serverProcess);
        }
    }

    private MigrationContext openContext() throws LiquibaseException, SQLException {
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
        requireLock();
        if (rehearsal) {
            rollBack();
            return;
        }
        lock.freeRow();
        settings.restoreAtCommit();
        ending = true;
        transaction.commit();
        committed();
        lockRowIsCommitted = false;
        noteWarnings();
    }

    /** What a server has to say of a commit that it has carried out: for instance that no standby has it yet. */
    private void noteWarnings() {
        transaction.takeWarnings().forEach(warning -> options.progress()
                .accept(new Progress.Note("the server warned at the commit: " + warning.replace("\n", "; "))));
    }

    /** The one failure after which nobody here can say what the database has kept. */
    private void requireKnownOutcome(Exception e) {
        if (transaction != null && transaction.isInDoubt()) {
            throw Diagnosis.of(Problem.CONNECTION_LOST,
                    "The connection was lost during a commit, and whether the commit arrived is not known")
                    .whatStays(whatMayStay()).line(Failures.evidence(e)).cause(e)
                    .help("mvn migrations:status tells which, on the new primary if there was a failover;"
                            + " if it was not committed, run the same again");
        }
    }

    private String whatMayStay() {
        String doubtful = String.join(", ", uncommitted());
        boolean first = kept().isEmpty();
        String before = first ? "" : keptSentence() + " ";
        if (isSplit()) {
            return before + "What ran outside of transactions stays: " + doubtful
                    + ". Either the history has it too, or not.";
        }
        if (ending) {
            return first ? "Either everything was committed, or nothing."
                    : before + "Either all the rest was committed too, or nothing of it.";
        }
        if (doubtful.isEmpty()) {
            return first ? "Nothing was changed." : before + "Nothing else was changed.";
        }
        return first ? "Either these changesets were committed, or nothing: " + doubtful + "."
                : before + "Either these were committed too, or none of them: " + doubtful + ".";
    }

    @Override
    public void expectSplits(List<String> changesets) throws SQLException {
        if (!changesets.isEmpty() && !holdsSession) {
            refusePooler("outside of transactions: " + String.join(", ", changesets));
        }
    }

    private void refusePooler(String why) throws SQLException {
        Optional<String> sign = Pooler.sign(connection);
        if (sign.isPresent()) {
            throw Diagnosis
                    .of(Problem.POOLED_CONNECTION, "Changesets that run outside of transactions need a session of their own,"
                            + " and a pooler is between here and " + DatabaseName.of(connection))
                    .whatStays(whatStays()).line(why).line(sign.get())
                    .help("run it again through a direct connection to the server: its own host and port, often 5432, in"
                            + " DATABASE_URL or -Dliquibase.url");
        }
    }

    /** Before the first commit: from here on the lock and the settings have to outlive transactions. */
    private void holdSession() throws SQLException {
        if (!holdsSession) {
            refusePooler("something asks to run outside of transactions");
            holdsSession = true;
            if (!AdvisoryLock.tryLock(connection)) {
                throw new IllegalStateException("the transaction has the lock, and its own session cannot take it");
            }
            settings.keepForSession();
        }
    }

    /** A pooler that does not make up a process cannot be seen before; what it did not keep together must not run. */
    private void requireSameSession() throws SQLException {
        int now = AdvisoryLock.serverProcess(connection);
        if (now != serverProcess) {
            lost = Diagnosis.of(Problem.POOLED_CONNECTION, "The session changed from one transaction to the next: a pooler is"
                    + " between here and " + DatabaseName.of(connection))
                    .whatStays(whatStays())
                    .line("the deployment lock stays with server process " + serverProcess + ", and " + now + " answers")
                    .help("SELECT pg_terminate_backend(" + serverProcess
                            + "), then run it again through a direct connection to the"
                            + " server: its own host and port, often 5432, in DATABASE_URL or -Dliquibase.url");
            throw lost;
        }
    }

    private void requireLock() {
        if (lost != null) {
            // With failOnError: false Liquibase goes on after it.
            throw lost;
        }
    }

    private final class Splits implements DeploymentTransaction.Splits {

        @Override
        public void before() throws SQLException {
            holdSession();
        }

        @Override
        public void after() throws SQLException {
            committed();
            lockRowIsCommitted = true;
            noteWarnings();
            requireSameSession();
            options.progress().accept(new Progress.Split(kept().size()));
        }
    }

    @Override
    public void keep() throws SQLException {
        requireLock();
        holdSession();
        transaction.keep();
        lockRowIsCommitted = true;
        committed();
        noteWarnings();
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
            sentences.add(keptSentence());
        }
        if (split) {
            sentences.add("The changeset ran outside of transactions and may have left traces.");
        }
        return String.join(" ", sentences);
    }

    private String keptSentence() {
        return "These changesets were committed before and stay: " + String.join(", ", kept()) + ".";
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
                rollBack();
            }
        } catch (SQLException e) {
            // If the session has ended, the server has rolled it back; the cause says why it ended.
            cause.addSuppressed(e);
        }
    }

    private void rollBack() throws SQLException {
        if (monitor != null && !holdsSession) {
            monitor.watch(0);
        }
        transaction.rollback();
    }

    @Override
    public void close() throws SQLException {
        if (monitor != null) {
            monitor.close();
        }
        try {
            // Switching auto-commit on, or closing the connection, would commit what an error has left open.
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
            if (holdsSession) {
                connection.setAutoCommit(true);
                freeLocks();
                settings.restore();
            }
            loan.giveBack();
        } catch (SQLException e) {
            // Everything is committed or rolled back by now. The locks end with the session, so it must not return to a pool.
            LOG.log(Level.FINE, "The deployment's session did not end cleanly and is cut", e);
            connection.abort(Runnable::run);
        } finally {
            connection.close();
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
}
