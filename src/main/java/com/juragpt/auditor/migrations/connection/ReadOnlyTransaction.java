package com.juragpt.auditor.migrations.connection;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/** A transaction that can only read and is always rolled back; afterwards the connection has its former settings. */
public final class ReadOnlyTransaction implements AutoCloseable {

    private final Connection real;
    private final Loan loan;
    private final DeploymentTransaction transaction;

    /** @param real stays the caller's to close */
    public ReadOnlyTransaction(Connection real) throws SQLException {
        this.real = real;
        loan = Loan.take(real);
        loan.readOnly();
        transaction = new DeploymentTransaction(real, DeploymentTransaction.Splits.UNNOTICED);
    }

    /** For Liquibase and whatever it runs, which cannot end the transaction. */
    public Connection connection() {
        return transaction.connection();
    }

    /** For queries of this module, which end nothing. */
    public Connection own() {
        return real;
    }

    /**
     * Makes each statement see the database as the first one does, and wait for locks no longer than this; PostgreSQL only.
     *
     * @param lockTimeout zero waits without end
     * @param query the first one, of one row with one text
     * @return that text
     */
    public String ofOneMoment(Duration lockTimeout, String query) throws SQLException {
        // SET TRANSACTION would leave its mark in the session.
        return Sql.lastText(real, "SET LOCAL transaction_isolation = 'repeatable read'; SET LOCAL lock_timeout = "
                + lockTimeout.toMillis() + "; " + query);
    }

    /** See {@link DeploymentTransaction#guard()}. */
    public void guard() throws SQLException {
        transaction.guard();
    }

    @Override
    public void close() throws SQLException {
        transaction.rollback();
        loan.giveBack();
    }
}
