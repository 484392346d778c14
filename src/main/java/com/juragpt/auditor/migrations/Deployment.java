package com.juragpt.auditor.migrations;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import liquibase.exception.LiquibaseException;
import liquibase.lockservice.LockService;
import liquibase.lockservice.StandardLockService;

/**
 * One writer at a time, and all or nothing: holds the deployment lock for as long as it is open and runs work as one
 * transaction, which gives way to other sessions and is tried again.
 *
 * <p>On H2, where every DDL statement commits by itself, the work runs under Liquibase's own lock and as far as it gets.
 */
final class Deployment implements AutoCloseable {

    /** What H2 users are told, once. */
    static final String H2_NOTE = "H2 commits every DDL statement by itself: what fails half-way stays half-way.";

    private static final Duration POLL = Duration.ofMillis(300);
    private static final Duration REPORT = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static final String LOCK_NOT_AVAILABLE = "55P03";
    private static final String DEADLOCK_DETECTED = "40P01";
    // What the loser of two first deployments gets, one of which does not know our lock: the tables of Liquibase exist.
    private static final Set<String> LOST_THE_RACE = Set.of("42P07", "23505");

    private final ConnectionSource source;
    private final MigrationOptions options;
    private final Connection connection;
    private final boolean postgres;
    private final List<String> uncommitted = Collections.synchronizedList(new ArrayList<>());
    private final List<String> committed = new ArrayList<>();
    private Watch watch;
    private OneTransaction transaction;
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
    interface Work<T> {
        T run(Session session) throws LiquibaseException, SQLException;
    }

    /**
     * Opens a connection and waits for the deployment lock.
     *
     * @param verb what the server's list of sessions shows for this one
     * @throws MigrationException {@link Problem#LOCKED}
     */
    static Deployment begin(ConnectionSource source, MigrationOptions options, String verb) throws SQLException {
        Connection connection = source.connect();
        try {
            boolean postgres = connection.getMetaData().getDatabaseProductName().equals("PostgreSQL");
            Deployment deployment = new Deployment(source, options, connection, postgres);
            if (postgres) {
                deployment.takeAdvisoryLock(verb);
            } else {
                options.progress().accept(new Progress.Note(H2_NOTE));
            }
            return deployment;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /**
     * Runs the work and commits it, or leaves the database as it was (but for what a changeset outside of transactions made
     * necessary to commit, which the exception's message names).
     *
     * @throws MigrationException what the work threw, {@link Problem#LOCK_TIMEOUT}, {@link Problem#LOCKED}
     */
    <T> T run(Work<T> work) throws LiquibaseException, SQLException {
        return run(work, true);
    }

    /** The same, but everything is taken back in the end. PostgreSQL only. */
    <T> T rehearse(Work<T> work) throws LiquibaseException, SQLException {
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
        while (true) {
            transaction = new OneTransaction(connection, this::split);
            boolean working = false;
            try {
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
                    transaction.commit();
                    lockRowIsCommitted = false;
                    committed.addAll(uncommitted);
                    uncommitted.clear();
                    return result;
                }
                LockHolder holder = lock.rowHolder()
                        .orElse(new LockHolder("a Liquibase that has just ended", null));
                transaction.rollback();
                nextReport = awaitHolder(holder, waitingSince, deadline, nextReport);
            } catch (LiquibaseException | SQLException | RuntimeException e) {
                takeBack(e);
                Optional<String> state = sqlState(e);
                boolean gaveWay = state.filter(Set.of(LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED)::contains).isPresent();
                boolean lostTheRace = !working && state.filter(LOST_THE_RACE::contains).isPresent();
                if (!gaveWay && !lostTheRace) {
                    throw e;
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

    /** Called by the work for each changeset it has run or undone. */
    void did(String changeset) {
        uncommitted.add(changeset);
    }

    /** What the database has kept of a failed run, in a sentence for a message. */
    String whatStays() {
        if (!postgres) {
            return uncommitted.isEmpty()
                    ? "No changeset was completed, but the failed one may have left traces: " + H2_NOTE
                    : "What ran before stays: " + String.join(", ", uncommitted) + ". " + H2_NOTE;
        }
        if (!lockRowIsCommitted) {
            return "Nothing was changed.";
        }
        return (committed.isEmpty() ? "" : "What was committed before it stays: " + String.join(", ", committed) + ". ")
                + "A changeset outside of transactions may itself have left traces.";
    }

    /** Makes the changeset that runs next survivable: see {@link OneTransaction#guard()}. Does nothing on H2. */
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
        try (connection) {
            if (watch != null) {
                watch.close();
            }
            if (postgres) {
                connection.setAutoCommit(true);
                if (lockRowIsCommitted) {
                    lock.freeRow();
                }
                AdvisoryLock.unlock(connection);
                // The connection may go back to a pool.
                try (Statement statement = connection.createStatement()) {
                    statement.execute("RESET lock_timeout");
                    statement.execute("RESET application_name");
                }
            }
        }
    }

    private void takeAdvisoryLock(String verb) throws SQLException {
        connection.setAutoCommit(true);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET application_name = 'auditor-migrations " + verb + "'");
        }
        Instant start = Instant.now();
        Instant deadline = start.plus(options.lockWait());
        Instant nextReport = start;
        while (!AdvisoryLock.tryLock(connection)) {
            LockHolder holder = AdvisoryLock.holder(connection).orElse(new LockHolder("a deployment that has just ended", null));
            nextReport = awaitHolder(holder, start, deadline, nextReport);
        }
        watch = new Watch(source, serverProcess(), watchInterval(), options.progress());
    }

    private Instant awaitHolder(LockHolder holder, Instant start, Instant deadline, Instant nextReport) {
        Instant now = Instant.now();
        Duration waited = Duration.between(start, now);
        if (now.isAfter(deadline)) {
            throw new MigrationException(Problem.LOCKED, "Another deployment is under way; waited " + waited.toSeconds()
                    + " s for it. " + whatStays() + "\n  held by: " + holder
                    + "\n  help: mvn migrations:status shows whether it still is");
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
        committed.addAll(uncommitted);
        uncommitted.clear();
        lockRowIsCommitted = true;
        options.progress().accept(new Progress.Split(committed.size()));
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

    private static Optional<String> sqlState(Throwable thrown) {
        for (Throwable t = thrown; t != null; t = t.getCause()) {
            if (t instanceof SQLException sql && sql.getSQLState() != null) {
                return Optional.of(sql.getSQLState());
            }
        }
        return Optional.empty();
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
