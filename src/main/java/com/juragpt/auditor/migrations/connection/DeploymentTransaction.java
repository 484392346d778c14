package com.juragpt.auditor.migrations.connection;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.postgresql.util.PSQLWarning;

/**
 * The connection that turns Liquibase's many commits into one: Liquibase's own commits and rollbacks stay inside a single
 * transaction of the real connection, whose owner commits it or rolls it back.
 *
 * <p>A statement that would end the transaction by itself is refused before it reaches the server. A procedure or a program that
 * opens a connection of its own is beyond that.
 *
 * <p>A changeset with {@code runInTransaction: false} asks for auto-commit before it runs; there, and only there, the
 * transaction is committed and a new one begins after it. The owner then has to {@link #keep()} the changeset's history row.
 */
public final class DeploymentTransaction implements InvocationHandler {

    /** What the owner does about a commit that a changeset outside of transactions forces. */
    public interface Splits {

        /** Lets them happen. */
        Splits UNNOTICED = new Splits() {

            @Override
            public void before() {
                // nothing to prepare
            }

            @Override
            public void after() {
                // nothing to note
            }
        };

        /** Called before the commit; an exception keeps it from happening. */
        void before() throws SQLException;

        /** Called after the commit, before the changeset runs; an exception keeps it from running. */
        void after() throws SQLException;
    }

    private static final Logger LOG = Logger.getLogger(DeploymentTransaction.class.getName());

    private final Connection real;
    private final Splits splits;
    private final List<String> warnings = new ArrayList<>();
    private Connection proxy;
    private Savepoint savepoint;
    private SQLException refused;
    private boolean closed;
    private boolean split;
    private boolean together;
    private boolean inDoubt;

    /**
     * @param real the connection to work on; auto-commit is switched off
     * @param splits told of each commit that a changeset outside of transactions forces; null forbids such commits
     */
    public DeploymentTransaction(Connection real, Splits splits) throws SQLException {
        this.real = real;
        this.splits = splits;
        real.setAutoCommit(false);
    }

    /** On a connection with an open transaction, which nothing that Liquibase runs can end or split. */
    public static DeploymentTransaction withoutSplits(Connection real) throws SQLException {
        return new DeploymentTransaction(real, null);
    }

    /** The connection to give to Liquibase. */
    public Connection connection() {
        if (proxy == null) {
            // Making the class of it takes a JVM several milliseconds.
            proxy = (Connection) Proxy.newProxyInstance(Connection.class.getClassLoader(), new Class<?>[] {Connection.class},
                    this);
        }
        return proxy;
    }

    /**
     * From here on Liquibase's commit moves a savepoint and its rollback returns to it, as Liquibase expects where it survives a
     * failing statement. This is not the default, because each savepoint with writes keeps an entry of the server's lock table
     * until the transaction ends, and thousands of changesets would fill that table.
     */
    public void guard() throws SQLException {
        unguard();
        savepoint = real.setSavepoint();
    }

    /** Ends {@link #guard()}; what was done under it stays part of the transaction. */
    public void unguard() throws SQLException {
        if (savepoint != null) {
            real.releaseSavepoint(savepoint);
            savepoint = null;
        }
    }

    /**
     * Whether a changeset outside of transactions has begun and nothing has been committed since: its effects are in the
     * database, its history row is not.
     */
    public boolean isSplit() {
        return split;
    }

    /** Whether from here on a changeset that asks to run outside of the transaction is run inside of it all the same. */
    public void keepTogether(boolean all) {
        together = all;
    }

    /** Commits the history row of a changeset that ran outside of transactions, and goes on in a new transaction. */
    public void keep() throws SQLException {
        unguard();
        commitReal();
        split = false;
    }

    /** Ends the transaction; Liquibase's own commits and rollbacks do nothing from now on. */
    public void commit() throws SQLException {
        closed = true;
        commitReal();
        split = false;
    }

    private void commitReal() throws SQLException {
        real.clearWarnings();
        try {
            real.commit();
        } catch (SQLException e) {
            inDoubt = Failures.isConnectionLost(e);
            throw e;
        }
        try {
            for (SQLWarning warning = real.getWarnings(); warning != null; warning = warning.getNextWarning()) {
                warnings.add(text(warning));
            }
        } catch (SQLException e) {
            // It is committed, and must not look as if it had failed.
            LOG.log(Level.FINE, "What the server warned of at the commit cannot be read", e);
        }
    }

    // What it means stands in the detail, which the driver's message leaves out.
    private static String text(SQLWarning warning) {
        String detail = warning instanceof PSQLWarning ours && ours.getServerErrorMessage() != null
                ? ours.getServerErrorMessage().getDetail() : null;
        return warning.getMessage() + (detail == null ? "" : ": " + detail);
    }

    /** Whether the connection was lost in a commit: whether the server has carried it out, nobody here can know. */
    public boolean isInDoubt() {
        return inDoubt;
    }

    /** What the server warned of at the commits since the last call, in its own words. */
    public List<String> takeWarnings() {
        List<String> taken = List.copyOf(warnings);
        warnings.clear();
        return taken;
    }

    /** Rolls back everything since the last split. */
    public void rollback() throws SQLException {
        closed = true;
        if (real.getAutoCommit()) {
            real.setAutoCommit(false);
        } else {
            real.rollback();
        }
    }

    @Override
    public Object invoke(Object ignored, Method method, Object[] arguments) throws Throwable {
        if (arguments != null && method.getName().equals("rollback")) {
            // to a savepoint, and not the whole
            return onReal(method, arguments);
        }
        switch (method.getName()) {
            case "commit":
                if (savepoint != null && !closed) {
                    guard();
                }
                return null;
            case "rollback":
                if (savepoint != null && !closed) {
                    real.rollback(savepoint);
                }
                return null;
            case "setAutoCommit":
                setAutoCommit((Boolean) arguments[0]);
                return null;
            case "close":
                return null;
            case "isClosed":
                return closed || real.isClosed();
            case "equals":
                return ignored == arguments[0];
            case "hashCode":
                return System.identityHashCode(ignored);
            default:
                return onReal(method, arguments);
        }
    }

    private Object onReal(Method method, Object[] arguments) throws Throwable {
        if (method.getName().startsWith("prepare") && arguments[0] instanceof String sql) {
            refuseTransactionControl(sql);
        }
        Object result = call(method, real, arguments);
        return result instanceof Statement statement ? guarded(statement, method.getReturnType()) : result;
    }

    /** @param kind {@code Statement}, {@code PreparedStatement} or {@code CallableStatement} */
    private Object guarded(Statement statement, Class<?> kind) {
        return Proxy.newProxyInstance(Connection.class.getClassLoader(), new Class<?>[] {kind}, (ignored, method, arguments) -> {
            if (method.getName().equals("getConnection")) {
                return connection();
            }
            if (arguments != null && arguments[0] instanceof String sql && runsSql(method.getName())) {
                refuseTransactionControl(sql);
            }
            return call(method, statement, arguments);
        });
    }

    private static boolean runsSql(String method) {
        return method.startsWith("execute") || method.equals("addBatch");
    }

    private void refuseTransactionControl(String sql) throws SQLException {
        if (real.getAutoCommit()) {
            return;
        }
        try {
            TransactionControl.refuse(sql);
        } catch (SQLException e) {
            refused = e;
            throw e;
        }
    }

    /** The statement that was refused because it would have ended the transaction, however Liquibase took that. */
    public Optional<SQLException> refused() {
        return Optional.ofNullable(refused);
    }

    private static Object call(Method method, Object target, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private void setAutoCommit(boolean autoCommit) throws SQLException {
        if (closed || together || splits == null || autoCommit == real.getAutoCommit()) {
            return;
        }
        if (autoCommit) {
            unguard();
            splits.before();
            commitReal();
            real.setAutoCommit(true);
            splits.after();
            split = true;
        } else {
            real.setAutoCommit(false);
        }
    }
}
