package com.juragpt.auditor.migrations.connection;

import java.sql.Connection;
import java.sql.SQLException;

/** A transaction that can only read and is always rolled back; afterwards the connection has its former settings. */
public final class ReadOnlyTransaction implements AutoCloseable {

    private final Loan loan;
    private final DeploymentTransaction transaction;

    /** @param real stays the caller's to close */
    public ReadOnlyTransaction(Connection real) throws SQLException {
        loan = Loan.take(real);
        loan.readOnly();
        transaction = new DeploymentTransaction(real, DeploymentTransaction.Splits.UNNOTICED);
    }

    public Connection connection() {
        return transaction.connection();
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
