package com.juragpt.auditor.migrations.lock;

import com.juragpt.auditor.migrations.api.LockHolder;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.connection.Sql;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import liquibase.database.Database;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.DatabaseException;
import liquibase.exception.LockException;
import liquibase.lockservice.StandardLockService;

/**
 * The one row of Liquibase's lock table. The holder of the {@link AdvisoryLock} marks it, so that a Liquibase without that lock
 * is excluded too. A holder that finds the row marked already knows that the session that marked it has ended.
 */
public final class LockRow {

    static final String MARK = "advisory lock, ";
    private static final String FREE = " SET locked = FALSE, lockgranted = NULL, lockedby = NULL WHERE id = 1";
    private static final Duration BRIEFLY = Duration.ofMillis(500);

    private final Database database;
    private final Connection connection;

    private LockRow(Database database) {
        this.database = database;
        connection = ((JdbcConnection) database.getConnection()).getUnderlyingConnection();
    }

    public static LockRow of(Database database) {
        return new LockRow(database);
    }

    /**
     * Marks the row, if it is free or its writer is gone. The caller holds the advisory lock, and the table exists.
     *
     * @return false if a Liquibase without the advisory lock holds it
     */
    boolean take() throws SQLException {
        return Sql.update(connection, "UPDATE " + table() + " SET locked = TRUE, lockgranted = ?, lockedby = ?"
                + " WHERE id = 1 AND (locked = FALSE OR lockedby LIKE ?)",
                Timestamp.from(Instant.now()), MARK + host() + ", server process " + AdvisoryLock.serverProcess(connection),
                MARK + "%") > 0;
    }

    /** Frees the row if it is marked. */
    void free() throws SQLException {
        Sql.update(connection, "UPDATE " + table() + FREE + " AND lockedby LIKE ?", MARK + "%");
    }

    /** Frees the row, whoever wrote it, unless an open transaction has changed it, which then blocks nobody else. */
    void freeUnlessInUse() throws SQLException, DatabaseException {
        try {
            Sql.execute(connection, "SET LOCAL lock_timeout = " + BRIEFLY.toMillis());
            Sql.update(connection, "UPDATE " + table() + FREE);
            database.commit();
        } catch (SQLException e) {
            database.rollback();
            if (!Failures.LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
                throw e;
            }
        }
    }

    /** The holder that the row names, if it is locked; empty if there is no lock table. */
    public Optional<LockHolder> holder() throws LockException {
        StandardLockService rows = new StandardLockService();
        rows.setDatabase(database);
        return Arrays.stream(rows.listLocks()).findFirst().map(row -> new LockHolder(String.valueOf(row.getLockedBy()),
                row.getLockGranted() == null ? null : row.getLockGranted().toInstant()));
    }

    /** Whether the row was written by a deployment with the advisory lock. */
    public static boolean isMarked(LockHolder holder) {
        return holder.who().startsWith(MARK);
    }

    /** The table, quoted and with its schema. */
    public String table() {
        return database.escapeTableName(database.getLiquibaseCatalogName(), database.getLiquibaseSchemaName(),
                database.getDatabaseChangeLogLockTableName());
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            // The host name is only information for people: the server process identifies the session as well.
            return "host without a name";
        }
    }
}
