package com.juragpt.auditor.migrations.connection;

import java.sql.Connection;
import java.sql.SQLException;

/** A source that gives a connection that is open already, and then new ones; so that a first look at a database costs none. */
public final class OpenConnection implements ConnectionSource, AutoCloseable {

    private final ConnectionSource source;
    private Connection first;

    /** Opens the connection. */
    public OpenConnection(ConnectionSource source) throws SQLException {
        this.source = source;
        first = source.connect();
    }

    /** The connection, as long as nobody has taken it. */
    public Connection first() {
        return first;
    }

    @Override
    public Connection connect() throws SQLException {
        if (first == null) {
            return source.connect();
        }
        Connection taken = first;
        first = null;
        return taken;
    }

    /** Closes the connection if nobody has taken it. */
    @Override
    public void close() throws SQLException {
        if (first != null) {
            first.close();
        }
    }
}
