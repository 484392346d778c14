package com.juragpt.auditor.migrations.deploy;

import com.juragpt.auditor.migrations.api.LockHolder;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.changelog.Session;
import com.juragpt.auditor.migrations.connection.ConnectionSource;
import com.juragpt.auditor.migrations.connection.DeploymentTransaction;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.connection.SessionSettings;
import com.juragpt.auditor.migrations.lock.AdvisoryLock;
import com.juragpt.auditor.migrations.lock.AdvisoryLockService;
import com.juragpt.auditor.migrations.rehearse.Scratch;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import liquibase.exception.LiquibaseException;
import liquibase.lockservice.LockService;
import liquibase.lockservice.StandardLockService;

/**
 * One writer at a time, and all or nothing: holds the deployment lock for as long as it is open and runs work as one
 * transaction, which gives way to other sessions and is tried again.
 *
 * <p>On H2, where every DDL statement commits by itself, the work runs under Liquibase's own lock and as far as it gets.
 */
public final class Deployment implements AutoCloseable {

    /** What H2 users are told, once. */
    static final String H2_NOTE = "H2 commits every DDL statement by itself: what fails half-way stays half-way.";

    private static final Logger LOG = Logger.getLogger(Deployment.class.getName());
    private static final Duration POLL = Duration.ofMillis(300);
    private static final Duration REPORT = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static final Set<String> GAVE_WAY = Set.of(Failures.LOCK_NOT_AVAILABLE, Failures.DEADLOCK_DETECTED);
    // What the loser of two first deployments gets, one of which does not know our lock: the tables of Liquibase exist.
    private static final Set<String> LOST_THE_RACE = Set.of("42P07", "23505");

    private final ConnectionSource source;
    private final MigrationOptions options;
    private final Connection connection;
    private final boolean postgres;
    private final List<String> uncommitted = new ArrayList<>();
    private final List<String> kept = new ArrayList<>();
    private final Instant begun = Instant.now();
    private SessionSettings settings;
    private DeploymentMonitor watch;
    private DeploymentTransaction transaction;
    private AdvisoryLockService lock;
    // From the first split to the next commit the lock table says so to a Liquibase without our lock.
    private boolean lockRowIsCommitted;

    private Deployment(ConnectionSource source, MigrationOptions options, Connection connection, boolean postgres) {
        this.source = source;
        this.options = options;
        this.connection = connection;
        this.postgres = postgres;
    }

    /** What runs as one transaction; called again, on a fresh session, when the transaction had to give way. */
    @FunctionalInterface
    public interface Work<T> {
        T run(Session session) throws LiquibaseException, SQLException;
    }

    /**
     * Opens a connection and waits for the deployment lock.
     *
     * @param verb what the server's list of sessions shows for this one
     * @throws MigrationException {@link Problem#LOCKED}
     */
    public static Deployment begin(ConnectionSource source, MigrationOptions options, String verb) throws SQLException {
        Connection connection = source.connect();
        boolean postgres;
        try {
            postgres = connection.getMetaData().getDatabaseProductName().equals("PostgreSQL");
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
        Deployment deployment = new Deployment(source, options, connection, postgres);
        try {
            if (postgres) {
                deployment.takeAdvisoryLock(verb);
            } else {
                options.progress().accept(new Progress.Note(H2_NOTE));
            }
            return deployment;
        } catch (SQLException | RuntimeException e) {
            deployment.closeAfter(e);
            throw e;
        }
    }

    /**
     * Runs the work and commits it, or leaves the database as it was (but for what a changeset outside of transactions made
     * necessary to commit, which the exception's message names).
     *
     * @throws MigrationException what the work threw, {@link Problem#LOCK_TIMEOUT}, {@link Problem#LOCKED}
     */
    public <T> T run(Work<T> work) throws LiquibaseException, SQLException {
        return run(work, true);
    }

    /** The same, but everything is taken back in the end. PostgreSQL only. */
    public <T> T rehearse(Work<T> work) throws LiquibaseException, SQLException {
        Scratch.onlyThisTransactionWrites(connection);
        return run(work, false);
    }

    private <T> T run(Work<T> work, boolean keep) throws LiquibaseException, SQLException {
        if (!postgres) {
            return runOnH2(work);
        }
        Instant deadline = Instant.now().plus(options.lockWait());
        Instant waitingSince = Instant.now();
        Instant nextReport = waitingSince;
        int attempt = 1;
        boolean raced = false;
        while (true) {
            transaction = new DeploymentTransaction(connection, this::split);
            boolean working = false;
            try {
                if (!keep) {
                    Scratch.thisTransactionWrites(connection);
                }
                Session.setLockTimeout(connection, options.lockTimeout());
                Session session = Session.on(transaction.connection(), options);
                lock = new AdvisoryLockService();
                lock.setDatabase(session.database());
                // Liquibase learns that its tables are missing from a SELECT that fails.
                transaction.guard();
                if (lock.takeRow()) {
                    session.prepare();
                    transaction.unguard();
                    working = true;
                    T result = work.run(session);
                    if (!keep) {
                        transaction.rollback();
                        return result;
                    }
                    lock.freeRow();
                    commit();
                    return result;
                }
                LockHolder holder = lock.rowHolder()
                        .orElse(new LockHolder("a Liquibase that has just ended", null));
                transaction.rollback();
                nextReport = awaitHolder(holder, waitingSince, deadline, nextReport,
                        "if that deployer is dead, mvn liquibase:releaseLocks frees the lock; then run it again");
            } catch (LiquibaseException | SQLException | RuntimeException e) {
                takeBack(e);
                Optional<String> state = Failures.sqlState(e);
                if (!working && !raced && state.filter(LOST_THE_RACE::contains).isPresent()) {
                    raced = true;
                    continue;
                }
                // What ran outside of a transaction is not taken back, so it cannot simply be run again.
                boolean canTryAgain = state.filter(GAVE_WAY::contains).isPresent() && !transaction.isSplit();
                if (!canTryAgain) {
                    throw e instanceof MigrationException explained ? explained : Failures.explain(e, whatStays());
                }
                if (attempt > options.lockRetries()) {
                    throw new MigrationException(Problem.LOCK_TIMEOUT, "Gave up after " + attempt + " attempts: other sessions"
                            + " kept a lock that is needed. " + whatStays() + blockedBy()
                            + "\n  help: end those sessions or wait for them, then run it again; "
                            + "-Dmigrations.lockRetries=N tries longer", e);
                }
                Duration pause = pauseAfter(attempt);
                options.progress().accept(new Progress.Retrying(attempt, options.lockRetries() + 1, pause, watch.blockers()));
                sleep(pause);
                attempt++;
            }
        }
    }

    /** When this deployment began, the waiting for the lock included. */
    Instant begun() {
        return begun;
    }

    /** Called by the work for each changeset it has run or undone. */
    public void did(String changeset) {
        uncommitted.add(changeset);
    }

    /**
     * Called by the work after {@link #did} for a changeset outside of transactions: its effects are in the database, so its
     * history row has to be too, whatever becomes of the rest.
     */
    public void keep() throws SQLException {
        if (transaction != null) {
            transaction.keep();
            kept.addAll(uncommitted);
            uncommitted.clear();
        }
    }

    /** The changesets that earlier attempts, or this one before its last split, have run or undone for good. */
    public List<String> kept() {
        return List.copyOf(kept);
    }

    /** What the database has kept of a failed run, in a sentence for a message. */
    public String whatStays() {
        if (!postgres) {
            return uncommitted.isEmpty()
                    ? "No changeset was completed, but the failed one may have left traces: " + H2_NOTE
                    : "What ran before stays: " + String.join(", ", uncommitted) + ". " + H2_NOTE;
        }
        boolean split = transaction != null && transaction.isSplit();
        if (kept.isEmpty() && !split) {
            return "Nothing was changed.";
        }
        List<String> parts = new ArrayList<>();
        if (!kept.isEmpty()) {
            parts.add("What was committed before stays: " + String.join(", ", kept) + ".");
        }
        if (split) {
            parts.add("The changeset ran outside of transactions and may have left traces.");
        }
        return String.join(" ", parts);
    }

    /** Makes the changeset that runs next survivable: see {@link DeploymentTransaction#guard()}. Does nothing on H2. */
    void guard() throws SQLException {
        if (transaction != null) {
            transaction.guard();
        }
    }

    /** Ends {@link #guard()}. */
    void unguard() throws SQLException {
        if (transaction != null) {
            transaction.unguard();
        }
    }

    @Override
    public void close() throws SQLException {
        if (watch != null) {
            watch.close();
        }
        try (connection) {
            // Switching auto-commit on, or giving the connection back, would commit what an error has left open.
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
            if (settings != null) {
                connection.setAutoCommit(true);
                freeLocks();
                settings.restore();
            }
        } catch (SQLException e) {
            // All is done or taken back by now. The locks end with the session, so it must not live on in a pool.
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

    private void commit() throws SQLException {
        try {
            transaction.commit();
        } catch (SQLException e) {
            if (Failures.isConnectionLost(e)) {
                throw new MigrationException(Problem.CONNECTION_LOST, "The connection was lost during the final commit: the"
                        + " database is wholly new or " + (kept.isEmpty() ? "wholly old" : "where the last split left it")
                        + ", but which, cannot be known from here.\n  " + e.getMessage()
                        + "\n  help: mvn migrations:status shows which;"
                        + " if it is the old one, run the same again", e);
            }
            throw e;
        }
        lockRowIsCommitted = false;
        kept.addAll(uncommitted);
        uncommitted.clear();
    }

    private void takeAdvisoryLock(String verb) throws SQLException {
        settings = SessionSettings.change(connection, "auditor-migrations " + verb);
        Instant start = Instant.now();
        Instant deadline = start.plus(options.lockWait());
        Instant nextReport = start;
        while (!AdvisoryLock.tryLock(connection)) {
            LockHolder holder = AdvisoryLock.holder(connection).orElse(new LockHolder("a deployment that has just ended", null));
            nextReport = awaitHolder(holder, start, deadline, nextReport,
                    "wait for it, or if it hangs, end its session: SELECT pg_terminate_backend(<server process>)");
        }
        watch = new DeploymentMonitor(source, serverProcess(), watchInterval(), DeploymentMonitor.SIGN_OF_LIFE, options.progress());
    }

    private Instant awaitHolder(LockHolder holder, Instant start, Instant deadline, Instant nextReport, String help) {
        Instant now = Instant.now();
        Duration waited = Duration.between(start, now);
        if (now.isAfter(deadline)) {
            throw new MigrationException(Problem.LOCKED, "Another deployment is under way; waited " + waited.toSeconds()
                    + " s for it. " + whatStays() + "\n  held by: " + holder + "\n  help: " + help);
        }
        Instant report = nextReport;
        if (!now.isBefore(nextReport)) {
            options.progress().accept(new Progress.Waiting(holder, waited));
            report = now.plus(REPORT);
        }
        sleep(POLL);
        return report;
    }

    private <T> T runOnH2(Work<T> work) throws LiquibaseException, SQLException {
        connection.setAutoCommit(false);
        Session session = Session.on(connection, options);
        LockService lock = new StandardLockService();
        lock.setDatabase(session.database());
        lock.setChangeLogLockWaitTime(Math.max(1, options.lockWait().toMinutes()));
        lock.waitForLock();
        try {
            session.prepare();
            T result = work.run(session);
            connection.commit();
            return result;
        } finally {
            lock.releaseLock();
        }
    }

    private void split() {
        kept.addAll(uncommitted);
        uncommitted.clear();
        lockRowIsCommitted = true;
        options.progress().accept(new Progress.Split(kept.size()));
    }

    private void takeBack(Exception cause) {
        uncommitted.clear();
        try {
            transaction.rollback();
        } catch (SQLException e) {
            // A session that is gone was rolled back by the server; the cause says why it is gone.
            cause.addSuppressed(e);
        }
    }

    private String blockedBy() {
        String blockers = watch.blockers();
        return blockers.isEmpty() ? "" : "\n  blocked by: " + blockers.replace("\n", "\n  blocked by: ");
    }

    private Duration watchInterval() {
        long timeout = options.lockTimeout().toMillis();
        return Duration.ofMillis(timeout == 0 ? 1000 : Math.max(50, Math.min(1000, timeout / 4)));
    }

    private static Duration pauseAfter(int attempt) {
        Duration doubled = Duration.ofMillis(500L << Math.min(attempt - 1, 10));
        return doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
    }

    private int serverProcess() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            return row.getInt(1);
        }
    }

    private void sleep(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MigrationException(Problem.LOCKED, "Interrupted while waiting. " + whatStays(), e);
        }
    }
}
