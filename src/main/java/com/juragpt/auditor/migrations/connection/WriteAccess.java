package com.juragpt.auditor.migrations.connection;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import liquibase.GlobalConfiguration;

/**
 * Finds out before a deployment what would keep it from the lock table: Liquibase tries ten times to make that table, and a policy
 * that hides its row looks like a lock that somebody holds.
 */
public final class WriteAccess {

    private static final String LOCK_TABLE = """
            SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
             WHERE nspname = current_schema() AND relname IN (?, lower(?))""";
    private static final String MAY_CREATE = "SELECT has_schema_privilege(current_schema(), 'CREATE')";
    private static final String SCHEMA = "SELECT quote_ident(current_schema())";
    private static final String ROLE = "SELECT quote_ident(current_user)";

    private WriteAccess() {
    }

    /**
     * @param connection to PostgreSQL, in the transaction that is to write
     * @throws MigrationException {@link Problem#READ_ONLY_DATABASE}, {@link Problem#MISSING_SCHEMA},
     *     {@link Problem#MISSING_PRIVILEGE}
     */
    public static void require(Connection connection) throws SQLException {
        refuse(connection, ReadOnlyServer.obstacleInTransaction(connection));
        requireLockTable(connection);
    }

    /** The same for a session whose transactions are made writable, whatever they are by default. */
    public static void requireLockTable(Connection connection) throws SQLException {
        if (GlobalConfiguration.LIQUIBASE_SCHEMA_NAME.getCurrentValue() != null) {
            return;
        }
        refuse(connection, SearchPath.obstacle(connection, "USAGE, CREATE"));
        String name = GlobalConfiguration.DATABASECHANGELOGLOCK_TABLE_NAME.getCurrentValue();
        String table = Sql.text(connection, LOCK_TABLE, name, name);
        if (table != null) {
            refuse(connection, RowSecurity.obstacle(connection, table));
        } else if (!Sql.test(connection, MAY_CREATE).orElseThrow()) {
            String role = Sql.text(connection, ROLE);
            String schema = Sql.text(connection, SCHEMA);
            refuse(connection, Optional.of(new Obstacle(Problem.MISSING_PRIVILEGE,
                    "the role " + role + " lacks CREATE on schema " + schema,
                    "GRANT CREATE ON SCHEMA " + schema + " TO " + role)));
        }
    }

    private static void refuse(Connection connection, Optional<Obstacle> obstacle) throws SQLException {
        if (obstacle.isPresent()) {
            throw obstacle.get().refusal("Cannot write to " + DatabaseName.of(connection));
        }
    }
}
