package com.juragpt.auditor.migrations.connection;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;

/** Where connections to the one database come from; each call gives a new one, to be closed by the caller. */
@FunctionalInterface
public interface ConnectionSource {

    Connection connect() throws SQLException;

    /**
     * The same, whose failures to connect are known as such. The driver calls some as it calls a session that breaks, and a pool may
     * give them no SQLSTATE at all.
     */
    static ConnectionSource of(ConnectionSource real) {
        return () -> {
            try {
                return real.connect();
            } catch (SQLException e) {
                throw e.getSQLState() == null || Failures.isConnectionLost(e)
                        ? new SQLNonTransientConnectionException(e.getMessage(), Failures.CANNOT_CONNECT, e) : e;
            }
        };
    }
}
