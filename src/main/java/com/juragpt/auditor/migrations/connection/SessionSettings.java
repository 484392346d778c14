package com.juragpt.auditor.migrations.connection;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The former values of the PostgreSQL settings that a deployment changes: the session may belong to a pool. */
public final class SessionSettings {

    private static final Logger LOG = Logger.getLogger(SessionSettings.class.getName());

    // Of these, Liquibase 4 changes the search path.
    private static final String READ = """
            SELECT name, current_setting(name) FROM pg_settings
             WHERE name IN ('application_name', 'lock_timeout', 'client_connection_check_interval',
                            'default_transaction_read_only', 'search_path')""";
    private static final String WRITE = "SELECT set_config(?, ?, false)";

    private static final String CHECK_INTERVAL = "client_connection_check_interval";
    private static final String INVALID_PARAMETER_VALUE = "22023";

    private final Connection connection;
    private final boolean autoCommit;
    private final Map<String, String> before = new LinkedHashMap<>();

    private SessionSettings(Connection connection) throws SQLException {
        this.connection = connection;
        autoCommit = connection.getAutoCommit();
    }

    /**
     * Remembers the session's settings, makes it commit each statement, names it, and makes the server check twice a second
     * whether this process is still there, so that a statement does not outlive a killed deployer.
     *
     * @param name the session's name in the server's list of sessions
     */
    public static SessionSettings change(Connection connection, String name) throws SQLException {
        SessionSettings settings = new SessionSettings(connection);
        connection.setAutoCommit(true);
        try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(READ)) {
            while (row.next()) {
                settings.before.put(row.getString(1), row.getString(2));
            }
        }
        settings.set("application_name", name);
        // https://www.postgresql.org/docs/current/runtime-config-connection.html: since version 14
        if (settings.before.containsKey(CHECK_INTERVAL)) {
            try {
                settings.set(CHECK_INTERVAL, "500ms");
            } catch (SQLException e) {
                if (!INVALID_PARAMETER_VALUE.equals(e.getSQLState())) {
                    throw e;
                }
                // The manual: not on every operating system. There a killed deployer's last statement runs to its end.
                LOG.log(Level.FINE, "The server cannot watch the client", e);
            }
        }
        return settings;
    }

    /** How long a statement of this session waits for a lock from now on; zero waits without end. */
    public static void setLockTimeout(Connection connection, Duration timeout) throws SQLException {
        Sql.execute(connection, "SET lock_timeout = " + timeout.toMillis());
    }

    /**
     * Makes the session's transactions read-only by default: a changeset that contains COMMIT ends a transaction that must never
     * be committed, and must not write in the next one.
     *
     * @param connection in auto-commit mode, as the setting must not go with a rollback
     */
    public static void readOnlyByDefault(Connection connection) throws SQLException {
        Sql.execute(connection, "SET default_transaction_read_only = on");
    }

    /** Lets the transaction that has just begun write, after {@link #readOnlyByDefault}. */
    public static void letTransactionWrite(Connection connection) throws SQLException {
        Sql.execute(connection, "SET TRANSACTION READ WRITE");
    }

    /** Gives the session its settings back; no transaction may be open. */
    public void restore() throws SQLException {
        for (Map.Entry<String, String> setting : before.entrySet()) {
            set(setting.getKey(), setting.getValue());
        }
        connection.setAutoCommit(autoCommit);
    }

    private void set(String name, String value) throws SQLException {
        Sql.text(connection, WRITE, name, value);
    }
}
