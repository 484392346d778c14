package com.juragpt.auditor.migrations.connection;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Distinguishes an unreadable table from a missing one. Liquibase treats an unreadable table as missing, and a database without a
 * history as an empty one.
 */
public final class ReadAccess {

    private static final String MAY_READ = "SELECT coalesce(has_table_privilege(to_regclass(?), 'SELECT'), true)";
    private static final String ROLE = "SELECT quote_ident(current_user)";

    private ReadAccess() {
    }

    /**
     * @param connection to PostgreSQL
     * @param table as SQL names it; it need not exist
     * @throws MigrationException {@link Problem#MISSING_PRIVILEGE}, {@link Problem#MISSING_SCHEMA}
     */
    public static void require(Connection connection, String table) throws SQLException {
        Optional<Obstacle> obstacle = SearchPath.obstacle(connection, "USAGE");
        if (obstacle.isEmpty() && !Sql.test(connection, MAY_READ, table).orElseThrow()) {
            String role = Sql.text(connection, ROLE);
            obstacle = Optional.of(new Obstacle(Problem.MISSING_PRIVILEGE, "the role " + role + " lacks SELECT on it",
                    "GRANT SELECT ON " + table + " TO " + role));
        }
        if (obstacle.isEmpty()) {
            obstacle = RowSecurity.obstacle(connection, table);
        }
        if (obstacle.isPresent()) {
            throw obstacle.get().refusal("Cannot read " + table + " in " + DatabaseName.of(connection));
        }
    }
}
