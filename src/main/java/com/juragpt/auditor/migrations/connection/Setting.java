package com.juragpt.auditor.migrations.connection;

import java.sql.Connection;
import java.sql.SQLException;

/** A setting of a PostgreSQL session: where its value comes from, and so where another has to be written. */
final class Setting {

    private static final String SOURCE = "SELECT source FROM pg_settings WHERE name = ?";
    private static final String ROLE = "SELECT quote_ident(current_user)";
    private static final String DATABASE = "SELECT quote_ident(current_database())";

    private Setting() {
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
