package com.juragpt.auditor.migrations.review;

import com.juragpt.auditor.migrations.connection.SqlText;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/** Runs a script in a session of its own. */
final class ScriptRun {

    private static final String FOR_PSQL = "\\set ON_ERROR_STOP on\n";

    private ScriptRun() {
    }

    /** As {@code psql} does, one statement after the other up to the first that fails; returns what the server says of that. */
    static Optional<String> byStatements(String script, TestDatabase database) throws SQLException {
        try (Connection connection = database.connect(); Statement statement = connection.createStatement()) {
            for (String sql : SqlText.statements(script.replace(FOR_PSQL, ""))) {
                statement.execute(sql);
            }
            return Optional.empty();
        } catch (SQLException e) {
            return Optional.of(e.getMessage());
        }
    }

    /** All of it as one string of the simple protocol. */
    static Optional<String> atOnce(String script, TestDatabase database) throws SQLException {
        try (Connection connection = database.connect(); Statement statement = connection.createStatement()) {
            statement.execute(script);
            return Optional.empty();
        } catch (SQLException e) {
            return Optional.of(e.getMessage());
        }
    }
}
