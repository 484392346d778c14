package com.juragpt.auditor.migrations.connection;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Makes it impossible to commit a PostgreSQL transaction, whoever tries: by a violated foreign key that the server checks at the
 * commit. Even a changeset that contains COMMIT then commits nothing.
 */
public final class CommitGuard {

    private static final String TABLE = "migrations_never_commit";
    private static final String INSTALL = """
            CREATE TEMPORARY TABLE %1$s (id int PRIMARY KEY, missing int REFERENCES %1$s DEFERRABLE INITIALLY DEFERRED);
            INSERT INTO %1$s VALUES (1, 2)""".formatted(TABLE);
    private static final String IS_THERE = "SELECT to_regclass('pg_temp." + TABLE + "') IS NOT NULL";

    private CommitGuard() {
    }

    /** Guards the connection's current transaction; its role needs the privilege to create temporary tables. */
    public static void install(Connection connection) throws SQLException {
        Sql.execute(connection, INSTALL);
    }

    /** Whether the connection is still in the transaction that was guarded. */
    public static boolean isThere(Connection connection) throws SQLException {
        return Sql.test(connection, IS_THERE).orElseThrow();
    }

    /** Whether the failure is that of somebody who tried to commit. */
    public static boolean isHitBy(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof SQLException && t.getMessage() != null && t.getMessage().contains(TABLE)) {
                return true;
            }
        }
        return false;
    }
}
