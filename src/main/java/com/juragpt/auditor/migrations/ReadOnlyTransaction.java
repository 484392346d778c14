package com.juragpt.auditor.migrations;

import java.sql.Connection;
import java.sql.SQLException;

/** A transaction that can only read and is always rolled back; gives the connection back as it was. */
final class ReadOnlyTransaction implements AutoCloseable {

    private final Connection real;
    private final boolean autoCommit;
    private final boolean readOnly;
    private final OneTransaction transaction;

    /** @param real stays the caller's to close */
    ReadOnlyTransaction(Connection real) throws SQLException {
        this.real = real;
        autoCommit = real.getAutoCommit();
        readOnly = real.isReadOnly();
        real.setAutoCommit(true);
        real.setReadOnly(true);
        transaction = new OneTransaction(real, () -> { });
    }

    Connection connection() {
        return transaction.connection();
    }

    /** See {@link OneTransaction#guard()}. */
    void guard() throws SQLException {
        transaction.guard();
    }

    @Override
    public void close() throws SQLException {
        transaction.rollback();
        real.setAutoCommit(true);
        real.setReadOnly(readOnly);
        real.setAutoCommit(autoCommit);
    }
}
