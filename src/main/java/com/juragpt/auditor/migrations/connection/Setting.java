package com.juragpt.auditor.migrations.connection;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;

/** A setting of a PostgreSQL session: where its value comes from, and so where another has to be written. */
final class Setting {

    private static final String SOURCE = "SELECT source FROM pg_settings WHERE name = ?";
    // https://www.postgresql.org/docs/current/view-pg-settings.html; ALTER ROLE would win over these.
    private static final Set<String> OF_THE_SERVER = Set.of("configuration file", "command line");
    private static final String ROLE = "SELECT quote_ident(current_user)";
    private static final String DATABASE = "SELECT quote_ident(current_database())";

    private Setting() {
    }

    /** Whether it has its value from the server's configuration, for all roles and databases. */
    static boolean isOfTheServer(Connection connection, String name) throws SQLException {
        return OF_THE_SERVER.contains(String.valueOf(Sql.text(connection, SOURCE, name)));
    }

    /**
     * What gives the setting another value for the sessions to come.
     *
     * @param value as SQL writes it
     */
    static String howToSet(Connection connection, String name, String value) throws SQLException {
        String assignment = " SET " + name + " = " + value;
        String role = "ALTER ROLE " + Sql.text(connection, ROLE);
        return switch (String.valueOf(Sql.text(connection, SOURCE, name))) {
            case "client" ->
                    "in the database's URL or its data source, where " + name + " is set: options=-c" + name + "=" + value
                            + (name.equals("search_path") ? ", or currentSchema=" + value : "");
            case "database" -> "ALTER DATABASE " + Sql.text(connection, DATABASE) + assignment;
            case "database user" -> role + " IN DATABASE " + Sql.text(connection, DATABASE) + assignment;
            default -> role + assignment;
        };
    }
}
