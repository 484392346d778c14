package com.juragpt.auditor.migrations.connection;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.postgresql.PGConnection;

/** A program between the driver and the server, such as PgBouncer, that shares the server's sessions among its clients. */
public final class Pooler {

    private Pooler() {
    }

    /**
     * Looks for one. The server tells each client its process when the client connects; a pooler, which has no session for it yet,
     * makes that number up. Whether it then keeps to one session cannot be seen from here.
     *
     * @return why the session cannot be taken for the connection's own; empty if it is
     */
    public static Optional<String> sign(Connection connection) throws SQLException {
        if (!connection.isWrapperFor(PGConnection.class)) {
            return Optional.of("the connection (" + connection.getClass().getName() + ") does not show the driver's own");
        }
        int told = connection.unwrap(PGConnection.class).getBackendPID();
        long actual = Sql.number(connection, "SELECT pg_backend_pid()");
        return told == actual ? Optional.empty()
                : Optional.of("the driver was given to server process " + told + ", and it is " + actual + " that answers");
    }
}
