package com.juragpt.auditor.migrations.lock;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import liquibase.Scope;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;
import liquibase.changelog.StandardChangeLogHistoryService;
import liquibase.database.Database;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.DatabaseException;
import liquibase.exception.DatabaseHistoryException;
import liquibase.exception.LiquibaseException;
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

    private static final int FETCHED_AT_ONCE = 2_000;

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

    @Override
    public boolean hasDatabaseChangeLogTable() {
        return GatheredRows.of(getDatabase()).isPresent() || super.hasDatabaseChangeLogTable();
    }

    @Override
    public List<RanChangeSet> getRanChangeSets() throws DatabaseException {
        Optional<GatheredRows> gathered = GatheredRows.of(getDatabase());
        return gathered.isPresent() ? gathered.get().all() : super.getRanChangeSets();
    }

    @Override
    public List<Map<String, ?>> queryDatabaseChangeLogTable(Database database) throws DatabaseException {
        String sql = "SELECT * FROM " + GatheredRows.table(database) + " ORDER BY dateexecuted, orderexecuted";
        Connection connection = ((JdbcConnection) database.getConnection()).getUnderlyingConnection();
        try (Statement statement = connection.createStatement()) {
            // Within a transaction the driver then does not hold a long history once more.
            statement.setFetchSize(FETCHED_AT_ONCE);
            try (ResultSet rows = statement.executeQuery(sql)) {
                return CompactRow.readAll(rows);
            }
        } catch (SQLException e) {
            throw new DatabaseException(e.getMessage() + " [Failed SQL: " + sql + "]", e);
        }
    }

    @Override
    public RanChangeSet getRanChangeSet(ChangeSet changeset) throws DatabaseException, DatabaseHistoryException {
        Optional<GatheredRows> gathered = GatheredRows.of(getDatabase());
        return gathered.isPresent() ? gathered.get().find(changeset).orElse(null) : super.getRanChangeSet(changeset);
    }

    @Override
    public int getNextSequenceValue() throws LiquibaseException {
        Optional<GatheredRows> gathered = GatheredRows.of(getDatabase());
        return gathered.isPresent() ? gathered.get().nextNumber() : super.getNextSequenceValue();
    }

    @Override
    public void setExecType(ChangeSet changeset, ChangeSet.ExecType outcome) throws DatabaseException {
        Optional<GatheredRows> gathered = GatheredRows.of(getDatabase());
        if (gathered.isPresent() && !outcome.ranBefore) {
            gathered.get().add(changeset, outcome);
            return;
        }
        GatheredRows.end(getDatabase());
        super.setExecType(changeset, outcome);
    }

    @Override
    public void removeFromHistory(ChangeSet changeset) throws DatabaseException {
        GatheredRows.end(getDatabase());
        super.removeFromHistory(changeset);
    }

    @Override
    public void replaceChecksum(ChangeSet changeset) throws DatabaseException {
        GatheredRows.end(getDatabase());
        super.replaceChecksum(changeset);
    }

    @Override
    public void replaceFilePath(ChangeSet changeset, String oldPath) throws DatabaseException {
        GatheredRows.end(getDatabase());
        super.replaceFilePath(changeset, oldPath);
    }

    @Override
    public void tag(String tag) throws DatabaseException {
        GatheredRows.end(getDatabase());
        super.tag(tag);
    }
}
