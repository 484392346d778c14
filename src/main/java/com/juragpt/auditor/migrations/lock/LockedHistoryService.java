package com.juragpt.auditor.migrations.lock;

import liquibase.Scope;
import liquibase.changelog.StandardChangeLogHistoryService;
import liquibase.database.Database;
import liquibase.exception.DatabaseException;
import liquibase.exception.LockException;

/**
 * Lets a stock goal wait for the deployment lock before it makes the history table. Liquibase does that before it takes its lock, so
 * a goal that comes while another deployer makes the same table would fail with a duplicate key.
 *
 * <p>Liquibase finds it through {@code META-INF/services}.
 */
public final class LockedHistoryService extends StandardChangeLogHistoryService {

    /** Set in the Liquibase scope of this module's own work, which holds the lock already where it needs it. */
    public static final String OWN_SCOPE = LockedHistoryService.class.getName();

    @Override
    public int getPriority() {
        return PRIORITY_DATABASE;
    }

    @Override
    public boolean supports(Database database) {
        return new AdvisoryLockService().supports(database);
    }

    @Override
    public void init() throws DatabaseException {
        AdvisoryLockService lock = new AdvisoryLockService();
        lock.setDatabase(getDatabase());
        if (Scope.getCurrentScope().has(OWN_SCOPE) || lock.onlyWritesSql() || hasDatabaseChangeLogTable()) {
            super.init();
            return;
        }
        try {
            lock.waitForLock();
            try {
                reset();
                super.init();
            } finally {
                lock.releaseLock();
            }
        } catch (LockException e) {
            throw new DatabaseException(e.getMessage(), e);
        }
    }
}
