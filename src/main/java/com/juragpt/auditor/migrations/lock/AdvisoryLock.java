package com.juragpt.auditor.migrations.lock;

import com.juragpt.auditor.migrations.api.LockHolder;
import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.Optional;

/**
 * The deployment lock: one advisory lock per database, held by the server's session or by its transaction, so that it ends with
 * it however the deployer ends.
 *
 * @see <a href="https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS">PostgreSQL, Advisory Locks</a>
 */
public final class AdvisoryLock {

    /** "jura" and "lqbs" in ASCII: pg_locks shows the halves as classid 1786081889 and objid 1819370099. */
    public static final long KEY = 0x6A757261_6C716273L;

    private static final String TRY = "SELECT pg_try_advisory_lock(?)";
    private static final String TRY_FOR_TRANSACTION = "SELECT pg_try_advisory_xact_lock(?)";
    private static final String UNLOCK = "SELECT pg_advisory_unlock(?)";

    private static final String OURS = """
            l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
               AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND l.classid::bigint = %d AND l.objid::bigint = %d""".formatted(KEY >>> 32, KEY & 0xFFFFFFFFL);

    // pg_stat_activity hides other users' details from an ordinary role, but never pid and user. The session may be a pooler's,
    // and much older than the deployment in it.
    private static final String HOLDER = """
            SELECT a.pid, a.usename, a.application_name, a.client_addr::text, coalesce(a.xact_start, a.backend_start)
              FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE\s""" + OURS;

    /** A condition of SQL: whether some session holds the lock. */
    public static final String IS_HELD = "EXISTS (SELECT FROM pg_locks l WHERE " + OURS + ")";

    private static final String HELD_HERE =
            "SELECT EXISTS (SELECT FROM pg_locks l WHERE l.pid = pg_backend_pid() AND " + OURS + ")";

    private AdvisoryLock() {
    }

    /**
     * Takes the lock for the session, if it is free; never waits in the server, where a waiter would hold up
     * CREATE INDEX CONCURRENTLY. The connection must have the session to itself, and {@link #unlock} has to follow.
     */
    public static boolean tryLock(Connection connection) throws SQLException {
        return Sql.test(connection, TRY, KEY).orElseThrow();
    }

    /**
     * Takes the lock for the connection's open transaction, if it is free. The server releases it as the transaction ends, in the
     * same moment in which others see what it did.
     */
    public static boolean tryLockForTransaction(Connection connection) throws SQLException {
        return Sql.test(connection, TRY_FOR_TRANSACTION, KEY).orElseThrow();
    }

    /** Releases the session's lock, however often it was taken; does nothing if it was not. */
    public static void unlock(Connection connection) throws SQLException {
        while (isHeldBy(connection)) {
            if (!Sql.test(connection, UNLOCK, KEY).orElseThrow()) {
                // What is left is the open transaction's, and ends with it.
                return;
            }
        }
    }

    /** Whether the connection's own session holds the lock, be it for its transaction. */
    public static boolean isHeldBy(Connection connection) throws SQLException {
        return Sql.test(connection, HELD_HERE).orElseThrow();
    }

    /** The session that holds the lock, if one does. */
    public static Optional<LockHolder> holder(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(HOLDER)) {
            if (!row.next()) {
                return Optional.empty();
            }
            StringBuilder who = new StringBuilder("server process ").append(row.getInt(1));
            who.append(" (user ").append(row.getString(2));
            if (row.getString(3) != null && !row.getString(3).isBlank()) {
                who.append(", ").append(row.getString(3));
            }
            if (row.getString(4) != null) {
                who.append(", from ").append(row.getString(4).replaceFirst("/(32|128)$", ""));
            }
            Timestamp since = row.getTimestamp(5);
            return Optional.of(new LockHolder(who.append(')').toString(), since == null ? null : since.toInstant()));
        }
    }

    /** The server process of the connection's session, as {@code pg_stat_activity} names it. */
    public static int serverProcess(Connection connection) throws SQLException {
        return Math.toIntExact(Sql.number(connection, "SELECT pg_backend_pid()"));
    }
}
