package com.juragpt.auditor.migrations.connection;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The PostgreSQL settings of a deployment. They end with its transaction, because the session may belong to a pool, or to a pooler
 * that gives each transaction another session. Only a deployment that needs several transactions sets them for the session.
 */
public final class SessionSettings {

    private static final Logger LOG = Logger.getLogger(SessionSettings.class.getName());

    // Liquibase 4 changes the search path, and changesets may change the others, for the session.
    private static final String READ = """
            SELECT name, current_setting(name), setting = reset_val FROM pg_settings
             WHERE name IN ('application_name', 'lock_timeout', 'client_connection_check_interval',
                            'default_transaction_read_only', 'search_path')""";

    // Where a role has it on, the text that the server makes of a name is no longer the name.
    private static final String NAMES_AS_THEY_ARE = "SET LOCAL quote_all_identifiers = off";

    private static final String CHECK_INTERVAL = "client_connection_check_interval";
    private static final String INVALID_PARAMETER_VALUE = "22023";

    private final Connection connection;
    private final String name;
    private final Duration lockTimeout;
    private final Map<String, String> before = new LinkedHashMap<>();
    private final StringJoiner resets = new StringJoiner("; ");

    private SessionSettings(Connection connection, String name, Duration lockTimeout) throws SQLException {
        this.connection = connection;
        this.name = name;
        this.lockTimeout = lockTimeout;
        try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(READ)) {
            while (row.next()) {
                if (row.getBoolean(3)) {
                    resets.add("RESET " + row.getString(1));
                } else {
                    before.put(row.getString(1), row.getString(2));
                }
            }
        }
    }

    /**
     * Begins the connection's next transaction: each of its statements sees what others have committed before it, whatever the
     * session's default is. Remembers the session's settings, and gives the transaction a name and a lock time-out.
     *
     * @param connection with auto-commit off and no open transaction
     * @param name what the session is called in the server's list of sessions
     * @param write whether the transaction may write although those of this connection are {@linkplain Loan#readOnly read only}
     */
    public static SessionSettings begin(Connection connection, String name, Duration lockTimeout, boolean write)
            throws SQLException {
        beginTransaction(connection, write);
        SessionSettings settings = new SessionSettings(connection, name, lockTimeout);
        settings.setForTransaction();
        return settings;
    }

    /** Begins another transaction of a session that {@linkplain #keepForSession keeps} these settings. */
    public void beginAgain() throws SQLException {
        beginTransaction(connection, false);
        setForTransaction();
    }

    // The lock is taken in the transaction itself, so a snapshot as old as the transaction would not show what its former holder did.
    private static void beginTransaction(Connection connection, boolean write) throws SQLException {
        // SET TRANSACTION would leave its mark in the session.
        Sql.execute(connection, "SET LOCAL transaction_isolation = 'read committed'; " + NAMES_AS_THEY_ARE
                + (write ? "; SET LOCAL transaction_read_only = off" : ""));
    }

    private void setForTransaction() throws SQLException {
        Sql.text(connection, "SELECT set_config('application_name', ?, true), set_config('lock_timeout', ?, true)", name,
                String.valueOf(lockTimeout.toMillis()));
    }

    /**
     * Makes the server check twice a second, until the transaction ends, whether this process is still there, so that a statement
     * does not outlive a killed deployer.
     */
    public void watchClient() throws SQLException {
        // https://www.postgresql.org/docs/current/runtime-config-connection.html: since version 14
        Savepoint savepoint = connection.setSavepoint();
        try {
            Sql.execute(connection, "SET LOCAL " + CHECK_INTERVAL + " = '500ms'");
            connection.releaseSavepoint(savepoint);
        } catch (SQLException e) {
            if (!INVALID_PARAMETER_VALUE.equals(e.getSQLState())) {
                throw e;
            }
            // The manual: not on every operating system. There a killed deployer's last statement runs to its end.
            LOG.log(Level.FINE, "The server cannot watch the client", e);
            connection.rollback(savepoint);
        }
    }

    /** Sets up a transaction that will be rolled back: how long its statements wait for a lock, and how the server writes names. */
    public static void setForReading(Connection connection, Duration lockTimeout) throws SQLException {
        Sql.execute(connection, "SET LOCAL lock_timeout = " + lockTimeout.toMillis() + "; " + NAMES_AS_THEY_ARE);
    }

    /**
     * How long a statement waits for a lock from now on; zero waits without end. Holds for the session, unless its transaction is
     * rolled back, so {@link #restoreAtCommit} or {@link #restore} has to follow.
     */
    public static void setLockTimeout(Connection connection, Duration timeout) throws SQLException {
        Sql.execute(connection, "SET lock_timeout = " + timeout.toMillis());
    }

    /** Keeps the present values when the transaction is committed, for the transactions after it. */
    public void keepForSession() throws SQLException {
        Sql.text(connection, "SELECT set_config(name, current_setting(name), false) FROM unnest(ARRAY['application_name',"
                + " 'lock_timeout', '" + CHECK_INTERVAL + "']) AS s (name)");
    }

    /** Gives the session its settings back when the transaction is committed, whatever was set for the session in it. */
    public void restoreAtCommit() throws SQLException {
        // What is deferred to the commit may wait for locks, and has its time-out only now. To set that again for the transaction
        // would pin the session's own, which then follows no change of the server's configuration.
        Sql.execute(connection, "SET CONSTRAINTS ALL IMMEDIATE");
        restore();
    }

    /** Gives the session its settings back. */
    public void restore() throws SQLException {
        if (resets.length() > 0) {
            Sql.execute(connection, resets.toString());
        }
        for (Map.Entry<String, String> setting : before.entrySet()) {
            Sql.text(connection, "SELECT set_config(?, ?, false)", setting.getKey(), setting.getValue());
        }
    }
}
