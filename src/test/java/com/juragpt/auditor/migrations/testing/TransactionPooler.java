package com.juragpt.auditor.migrations.testing;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * What a pooler in transaction mode does to its clients, at its worst and without one: each transaction of a connection goes to
 * another session of the server, and the driver knows the process of none of them. After each it notes what the session has kept.
 */
public final class TransactionPooler extends PGSimpleDataSource implements AutoCloseable {

    private static final long serialVersionUID = 1L;

    private static final String KEPT = """
            SELECT 'lock ' || objid FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'
            UNION ALL SELECT name || ' = ' || setting FROM pg_settings WHERE source = 'session'
               AND NOT (name = 'application_name' AND setting LIKE 'PostgreSQL JDBC%')
            UNION ALL SELECT 'temporary ' || relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()
            UNION ALL SELECT 'prepared ' || statement FROM pg_prepared_statements""";

    private final transient DataSource server;
    private final transient List<Connection> sessions = new ArrayList<>();
    private final transient List<String> kept = new ArrayList<>();
    private final boolean lying;
    private int transactions;

    /** @param lying whether it tells its client the process of the first session, and not one that it made up */
    public TransactionPooler(DataSource server, boolean lying) {
        this.server = server;
        this.lying = lying;
    }

    /** What its sessions had of their own after a transaction; empty is right. */
    public synchronized List<String> kept() {
        return List.copyOf(kept);
    }

    /** How many transactions there were, those of auto-commit included. */
    public synchronized int transactions() {
        return transactions;
    }

    @Override
    public Connection getConnection() throws SQLException {
        Connection session = lease();
        Client client = new Client(lying ? session : server.getConnection(), session);
        return (Connection) Proxy.newProxyInstance(Connection.class.getClassLoader(), new Class<?>[] {Connection.class},
                (proxy, method, arguments) -> client.invoke(method, arguments));
    }

    @Override
    public synchronized void close() throws SQLException {
        for (Connection session : sessions) {
            session.close();
        }
    }

    private synchronized Connection lease() throws SQLException {
        return sessions.isEmpty() ? server.getConnection() : sessions.remove(0);
    }

    private synchronized void giveBack(Connection session) throws SQLException {
        session.setReadOnly(false);
        session.setAutoCommit(true);
        transactions++;
        Rows.of(session, KEPT).forEach(row -> kept.add(row.get(0) + " after transaction " + transactions));
        sessions.add(session);
    }

    private final class Client {

        private final Connection first;
        private Connection session;
        private boolean closed;

        Client(Connection first, Connection session) {
            this.first = first;
            this.session = session;
        }

        synchronized Object invoke(Method method, Object[] arguments) throws Throwable {
            switch (method.getName()) {
                case "close":
                    if (!closed) {
                        closed = true;
                        giveBack(session);
                        if (!lying) {
                            first.close();
                        }
                    }
                    return null;
                case "isClosed":
                    return closed;
                case "unwrap":
                    return first.unwrap((Class<?>) arguments[0]);
                case "commit":
                    session.commit();
                    change();
                    return null;
                case "rollback":
                    if (arguments == null) {
                        session.rollback();
                        change();
                        return null;
                    }
                    return call(method, arguments);
                default:
                    Object result = call(method, arguments);
                    if (result instanceof Statement && session.getAutoCommit()) {
                        // The statement stays with its session, and the next goes to another.
                        change();
                    }
                    return result;
            }
        }

        private void change() throws SQLException {
            boolean autoCommit = session.getAutoCommit();
            boolean readOnly = session.isReadOnly();
            Connection next = server.getConnection();
            giveBack(session);
            session = next;
            session.setAutoCommit(autoCommit);
            session.setReadOnly(readOnly);
        }

        private Object call(Method method, Object[] arguments) throws Throwable {
            // A setting of the one driver that a real client has.
            session.unwrap(PGConnection.class).setPrepareThreshold(first.unwrap(PGConnection.class).getPrepareThreshold());
            try {
                return method.invoke(session, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }
    }
}
