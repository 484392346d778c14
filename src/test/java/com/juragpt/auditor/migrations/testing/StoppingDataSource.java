package com.juragpt.auditor.migrations.testing;

import java.io.PrintWriter;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * Counts what the first of its connections sends to the server, a number each: statements, commits, rollbacks and changes of
 * auto-commit. Before it sends the one asked for, it runs the action.
 */
public final class StoppingDataSource implements DataSource {

    private static final Set<String> SENDING = Set.of("commit", "rollback", "setAutoCommit", "setSavepoint", "releaseSavepoint");

    private final DataSource real;
    private final int stopBefore;
    private final boolean stopBeforeCommits;
    private final Runnable action;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger sent = new AtomicInteger();
    private final List<Integer> commits = Collections.synchronizedList(new ArrayList<>());

    /**
     * @param stopBefore the number of what is not sent any more before the action has run, from 1; 0 for never
     * @param action for instance to block for ever
     */
    public StoppingDataSource(DataSource real, int stopBefore, Runnable action) {
        this(real, stopBefore, false, action);
    }

    private StoppingDataSource(DataSource real, int stopBefore, boolean stopBeforeCommits, Runnable action) {
        this.real = real;
        this.stopBefore = stopBefore;
        this.stopBeforeCommits = stopBeforeCommits;
        this.action = action;
    }

    /** Runs the action before each commit. */
    public static StoppingDataSource beforeCommits(DataSource real, Runnable action) {
        return new StoppingDataSource(real, 0, true, action);
    }

    /** How much was sent so far. */
    public int sent() {
        return sent.get();
    }

    /** The numbers of the commits among them. */
    public List<Integer> commits() {
        return List.copyOf(commits);
    }

    @Override
    public Connection getConnection() throws SQLException {
        Connection connection = real.getConnection();
        return connections.incrementAndGet() == 1 ? counting(Connection.class, connection) : connection;
    }

    private <T> T counting(Class<T> type, T target) {
        InvocationHandler handler = (proxy, method, arguments) -> {
            if (SENDING.contains(method.getName()) || method.getName().startsWith("execute")) {
                int number = sent.incrementAndGet();
                boolean commit = method.getName().equals("commit");
                if (commit) {
                    commits.add(number);
                }
                if (number == stopBefore || commit && stopBeforeCommits) {
                    action.run();
                }
            }
            Object result;
            try {
                result = method.invoke(target, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
            if (result instanceof CallableStatement statement) {
                return counting(CallableStatement.class, statement);
            }
            if (result instanceof PreparedStatement statement) {
                return counting(PreparedStatement.class, statement);
            }
            return result instanceof Statement statement ? counting(Statement.class, statement) : result;
        };
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    @Override
    public Connection getConnection(String user, String password) {
        throw new UnsupportedOperationException();
    }

    @Override
    public PrintWriter getLogWriter() {
        return null;
    }

    @Override
    public void setLogWriter(PrintWriter out) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void setLoginTimeout(int seconds) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int getLoginTimeout() {
        return 0;
    }

    @Override
    public Logger getParentLogger() {
        return Logger.getGlobal();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        return real.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return real.isWrapperFor(type);
    }
}
