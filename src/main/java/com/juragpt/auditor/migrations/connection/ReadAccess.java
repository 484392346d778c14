package com.juragpt.auditor.migrations.connection;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Distinguishes an unreadable table from a missing one. Liquibase treats an unreadable table as missing, and a database without a
 * history as an empty one.
 */
public final class ReadAccess {

    private static final String QUERY = "SELECT current_user, current_setting('search_path'), current_schema(),"
            + " coalesce(has_table_privilege(to_regclass(?), 'SELECT'), true)";

    private ReadAccess() {
    }

    /**
     * @param connection to PostgreSQL
     * @param table as SQL names it; it need not exist
     * @throws MigrationException {@link Problem#DATABASE_ERROR}
     */
    public static void require(Connection connection, String table) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(QUERY)) {
            statement.setString(1, table);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                String role = row.getString(1);
                Diagnosis unreadable = Diagnosis.of(Problem.DATABASE_ERROR,
                        "Cannot read " + table + " in " + DatabaseName.of(connection));
                if (row.getString(3) == null) {
                    throw unreadable.line("the role " + role + " may use no schema of its search_path, which is "
                            + row.getString(2)).help("GRANT USAGE ON SCHEMA public TO " + role);
                }
                if (!row.getBoolean(4)) {
                    throw unreadable.line("the role " + role + " lacks SELECT on it")
                            .help("GRANT SELECT ON " + table + " TO " + role);
                }
            }
        }
    }
}
