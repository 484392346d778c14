package com.juragpt.auditor.migrations.lock;

import com.juragpt.auditor.migrations.api.LockHolder;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.connection.Sql;
import com.juragpt.auditor.migrations.connection.Stopwatch;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Date;
import java.util.Optional;
import liquibase.Scope;
import liquibase.changelog.ChangeLogHistoryServiceFactory;
import liquibase.database.Database;
import liquibase.database.core.PostgresDatabase;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.DatabaseException;
import liquibase.exception.LockException;
import liquibase.executor.ExecutorService;
import liquibase.executor.LoggingExecutor;
import liquibase.lockservice.DatabaseChangeLogLock;
import liquibase.lockservice.StandardLockService;
import liquibase.statement.core.CreateDatabaseChangeLogLockTableStatement;

/**
 * Liquibase's changelog lock on PostgreSQL as an advisory lock, for the stock goals and for this module's own: Liquibase
 * finds it through {@code META-INF/services}.
 *
 * <p>The lock that counts is {@link AdvisoryLock}, which ends with the session. The row in {@code DATABASECHANGELOGLOCK} is
 * kept as well, so that a Liquibase without this class is excluded too, as {@link LockRow} says.
 */
public final class AdvisoryLockService extends StandardLockService {

    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration REPORT = Duration.ofSeconds(10);

    @Override
    public int getPriority() {
        return PRIORITY_DATABASE;
    }

    @Override
    public boolean supports(Database database) {
        return database instanceof PostgresDatabase && database.getShortName().equals("postgresql")
                && database.getConnection() instanceof JdbcConnection;
    }

    @Override
    public void init() throws DatabaseException {
        if (!onlyWritesSql()) {
            refuseWithoutPrivilege();
        }
        super.init();
    }

    /** Liquibase makes its table in ten attempts with pauses, whatever the reason of a failure. No privilege comes by waiting. */
    private void refuseWithoutPrivilege() throws DatabaseException {
        try {
            if (isDatabaseChangeLogLockTableCreated(true)) {
                Sql.number(connection(), "SELECT count(*) FROM " + row().table());
            } else {
                Scope.getCurrentScope().getSingleton(ExecutorService.class).getExecutor("jdbc", database)
                        .execute(new CreateDatabaseChangeLogLockTableStatement());
                database.commit();
            }
        } catch (SQLException | DatabaseException e) {
            if (Failures.sqlState(e).filter(Failures.INSUFFICIENT_PRIVILEGE::equals).isPresent()) {
                throw e instanceof DatabaseException refused ? refused : new DatabaseException(e);
            }
            // Somebody who does not know the advisory lock may be making it: the further attempts are for that.
            database.rollback();
        }
    }

    @Override
    public boolean acquireLock() throws LockException {
        if (hasChangeLogLock) {
            return true;
        }
        if (onlyWritesSql()) {
            return super.acquireLock();
        }
        try {
            if (!AdvisoryLock.tryLock(connection())) {
                database.rollback();
                return false;
            }
            boolean taken = false;
            try {
                taken = takeRow();
            } finally {
                if (!taken) {
                    // The session may belong to a pool, and would keep the lock there.
                    unlockAdvisory();
                }
            }
            return taken;
        } catch (SQLException | DatabaseException e) {
            throw new LockException(e);
        }
    }

    /**
     * Whether this session has to release the lock. The flag alone does not show it: whenever a command ends, Liquibase discards
     * the lock services of all commands in the JVM and creates new ones.
     */
    @Override
    public boolean hasChangeLogLock() {
        if (hasChangeLogLock || onlyWritesSql()) {
            return hasChangeLogLock;
        }
        try {
            return AdvisoryLock.isHeldBy(connection());
        } catch (SQLException e) {
            // The lock has ended with the session, or the transaction accepts no query and Liquibase rolls it back to release.
            Scope.getCurrentScope().getLog(getClass()).fine("Cannot ask for the advisory lock", e);
            return false;
        }
    }

    /**
     * Takes the row of the lock table, creating the table if need be. The caller holds the advisory lock.
     *
     * @return whether it was free or left by a dead deployer; false if a Liquibase without this class holds it
     */
    public boolean takeRow() throws SQLException, DatabaseException {
        database.rollback();
        init();
        if (!row().take()) {
            database.rollback();
            return false;
        }
        database.commit();
        hasChangeLogLock = true;
        Scope.getCurrentScope().getSingleton(ChangeLogHistoryServiceFactory.class).getChangeLogService(database).reset();
        database.setCanCacheLiquibaseTableInfo(true);
        return true;
    }

    /** Frees the row of the lock table, for the owner of the surrounding transaction to commit. */
    public void freeRow() throws SQLException {
        row().free();
        hasChangeLogLock = false;
    }

    @Override
    public void waitForLock() throws LockException {
        Stopwatch time = Stopwatch.start();
        Duration nextReport = Duration.ZERO;
        while (!acquireLock()) {
            Duration waited = time.elapsed();
            if (waited.compareTo(Duration.ofMinutes(getChangeLogLockWaitTime())) > 0) {
                throw new LockException("Could not acquire the changelog lock within " + getChangeLogLockWaitTime()
                        + " minutes. Nothing was changed. It is held by " + describeHolder()
                        + ". If that deployer is dead, releaseLocks frees the lock");
            }
            if (waited.compareTo(nextReport) >= 0) {
                Scope.getCurrentScope().getLog(getClass()).info("Waiting for the changelog lock, held by " + describeHolder());
                nextReport = waited.plus(REPORT);
            }
            try {
                Thread.sleep(POLL.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LockException("Interrupted while waiting for the changelog lock. Nothing was changed.", e);
            }
        }
    }

    @Override
    public void releaseLock() throws LockException {
        try {
            super.releaseLock();
        } finally {
            releaseAdvisory();
        }
    }

    private void releaseAdvisory() throws LockException {
        if (onlyWritesSql()) {
            return;
        }
        try {
            unlockAdvisory();
        } catch (SQLException | DatabaseException e) {
            throw new LockException(e);
        }
    }

    /**
     * Frees the row of the lock table, and names a session that still holds the advisory lock, because only ending it frees that.
     * While such a session has the row in its open transaction, others see a free row and do not wait.
     */
    @Override
    public void forceReleaseLock() throws LockException, DatabaseException {
        try {
            Optional<LockHolder> holder = AdvisoryLock.holder(connection());
            boolean isOurs = AdvisoryLock.isHeldBy(connection());
            database.rollback();
            if (holder.isEmpty() || isOurs) {
                init();
                releaseLock();
                return;
            }
            if (isDatabaseChangeLogLockTableCreated(true)) {
                row().freeUnlessInUse();
            }
            Scope.getCurrentScope().getLog(getClass()).warning("The lock table is free, but a deployment is under way: "
                    + holder.get() + " holds the advisory lock. It ends with that session; end it by"
                    + " SELECT pg_terminate_backend(PROCESS) only if you know that it hangs.");
        } catch (SQLException e) {
            throw new LockException(e);
        }
    }

    @Override
    public DatabaseChangeLogLock[] listLocks() throws LockException {
        DatabaseChangeLogLock[] rows = super.listLocks();
        if (rows.length > 0) {
            return rows;
        }
        try {
            return AdvisoryLock.holder(connection())
                    .map(holder -> new DatabaseChangeLogLock(1, holder.since() == null ? null : Date.from(holder.since()),
                            holder.who()))
                    .map(lock -> new DatabaseChangeLogLock[] {lock})
                    .orElse(rows);
        } catch (SQLException e) {
            throw new LockException(e);
        }
    }

    private String describeHolder() throws LockException {
        try {
            Optional<LockHolder> holder = AdvisoryLock.holder(connection());
            if (holder.isEmpty()) {
                holder = row().holder();
            }
            database.rollback();
            return holder.map(LockHolder::toString).orElse("a session that has just ended");
        } catch (SQLException | DatabaseException e) {
            throw new LockException(e);
        }
    }

    private void unlockAdvisory() throws SQLException, DatabaseException {
        database.rollback();
        AdvisoryLock.unlock(connection());
        database.rollback();
    }

    /** Whether the command is of the updateSQL family, which writes nothing to the database and so locks nothing in it. */
    boolean onlyWritesSql() {
        return Scope.getCurrentScope().getSingleton(ExecutorService.class).getExecutor("jdbc",
                database) instanceof LoggingExecutor;
    }

    private Connection connection() {
        return ((JdbcConnection) database.getConnection()).getUnderlyingConnection();
    }

    private LockRow row() {
        return LockRow.of(database);
    }
}
