package com.juragpt.auditor.migrations.connection;

import com.juragpt.auditor.migrations.api.Problem;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** Row-level security: what it hides from a role is missing in every count and every copy, and is deleted all the same. */
final class RowSecurity {

    private static final String TABLE = """
            SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
             WHERE c.oid = to_regclass(?) AND relrowsecurity AND row_security_active(c.oid)""";
    private static final String IS_OWNER = "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass(?)";
    private static final String ROLE = "SELECT quote_ident(current_user)";

    private RowSecurity() {
    }

    /** @param table as SQL names it; it need not exist */
    static Optional<Obstacle> obstacle(Connection connection, String table) throws SQLException {
        String name = Sql.text(connection, TABLE, table);
        if (name == null) {
            return Optional.empty();
        }
        String role = Sql.text(connection, ROLE);
        String bypass = "ALTER ROLE " + role + " BYPASSRLS";
        boolean forced = Sql.test(connection, IS_OWNER, table).orElse(false);
        return Optional.of(new Obstacle(Problem.MISSING_PRIVILEGE,
                "row-level security may hide rows of " + name + " from the role " + role
                        + (forced ? ", although it owns the table: FORCE ROW LEVEL SECURITY is set" : ""),
                forced ? "ALTER TABLE " + name + " NO FORCE ROW LEVEL SECURITY; or, as a superuser, " + bypass : bypass));
    }
}
