package com.juragpt.auditor.migrations.connection;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.postgresql.PGConnection;

/**
 * A connection that may belong to a pool and goes back as it came. Meanwhile its driver leaves no prepared statement in the
 * server's session, which a pooler would give to somebody else.
 */
public final class Loan {

    private final Connection connection;
    private final boolean autoCommit;
    private final boolean readOnly;
    private final int prepareThreshold;
    // Null as long as it is as it was.
    private Integer networkTimeout;

    private Loan(Connection connection) throws SQLException {
        this.connection = connection;
        autoCommit = connection.getAutoCommit();
        readOnly = connection.isReadOnly();
        prepareThreshold = isPostgres() ? postgres().getPrepareThreshold() : 0;
    }

    /** Remembers how the driver was set, and ends what the lender may have left open: auto-commit is on. */
    public static Loan take(Connection connection) throws SQLException {
        Loan loan = new Loan(connection);
        if (loan.isPostgres()) {
            loan.postgres().setPrepareThreshold(0);
        }
        connection.setAutoCommit(true);
        return loan;
    }

    /**
     * From here on each transaction begins as one that can only read; nothing of that is kept in the server's session. Auto-commit
     * is off, because with it the driver may set the session itself.
     */
    public void readOnly() throws SQLException {
        connection.setAutoCommit(false);
        connection.setReadOnly(true);
    }

    /** Closes the connection when an answer takes longer than this, or than a shorter limit that it has; PostgreSQL only. */
    public void waitNoLongerThan(Duration time) throws SQLException {
        if (!isPostgres()) {
            return;
        }
        int before = connection.getNetworkTimeout();
        if (before == 0 || before > time.toMillis()) {
            connection.setNetworkTimeout(Runnable::run, (int) time.toMillis());
            networkTimeout = before;
        }
    }

    /** Sets the driver as it was; no transaction may be open. */
    public void giveBack() throws SQLException {
        connection.setReadOnly(readOnly);
        connection.setAutoCommit(autoCommit);
        if (isPostgres()) {
            postgres().setPrepareThreshold(prepareThreshold);
        }
        if (networkTimeout != null) {
            connection.setNetworkTimeout(Runnable::run, networkTimeout);
        }
    }

    private boolean isPostgres() throws SQLException {
        return connection.isWrapperFor(PGConnection.class);
    }

    private PGConnection postgres() throws SQLException {
        return connection.unwrap(PGConnection.class);
    }
}
