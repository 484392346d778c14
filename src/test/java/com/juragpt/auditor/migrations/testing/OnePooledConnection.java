package com.juragpt.auditor.migrations.testing;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** A minimal pool of one connection: it resets nothing, and has no second one. */
public final class OnePooledConnection extends PGSimpleDataSource {

    private static final long serialVersionUID = 1L;

    private final transient Connection real;
    private transient Connection leased;
    private transient boolean free = true;

    /** @param source gives the one connection */
    public OnePooledConnection(DataSource source) throws SQLException {
        real = source.getConnection();
    }

    /** The connection itself, for the test to look at. */
    public Connection real() {
        return real;
    }

    @Override
    public synchronized Connection getConnection() throws SQLException {
        if (!free) {
            throw new SQLTransientConnectionException("the pool is exhausted");
        }
        free = false;
        if (leased == null) {
            leased = lease();
        }
        return leased;
    }

    private synchronized void giveBack() {
        free = true;
    }

    // One object for all leases, as some pools do it.
    private Connection lease() {
        return (Connection) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {Connection.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("close")) {
                        giveBack();
                        return null;
                    }
                    if (method.getName().equals("equals")) {
                        return proxy == arguments[0];
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
