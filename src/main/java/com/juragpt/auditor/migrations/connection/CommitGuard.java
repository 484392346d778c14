package com.juragpt.auditor.migrations.connection;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Keeps a PostgreSQL transaction from being committed, whoever asks for it: a foreign key that is violated, and that the server
 * checks at the commit. Even a changeset that itself says COMMIT cannot keep anything then.
 */
public final class CommitGuard {

    private static final String TABLE = "migrations_never_commit";
    private static final String INSTALL = """
            CREATE TEMPORARY TABLE %1$s (id int PRIMARY KEY, missing int REFERENCES %1$s DEFERRABLE INITIALLY DEFERRED);
            INSERT INTO %1$s VALUES (1, 2)""".formatted(TABLE);
    private static final String IS_THERE = "SELECT to_regclass('pg_temp." + TABLE + "') IS NOT NULL";

    private CommitGuard() {
    }

    /** Guards the connection's present transaction; its role needs the right to make temporary tables. */
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
