package com.juragpt.auditor.migrations.connection;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs single statements on a connection, for their effect or for the first column of their result. */
public final class Sql {

    private Sql() {
    }

    /** Runs a statement, or several that do not depend on each other's results. */
    public static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The first column of the first row; null if that is NULL or there is no row. */
    public static String text(Connection connection, String query, Object... parameters) throws SQLException {
        return texts(connection, query, parameters).stream().findFirst().flatMap(text -> text).orElse(null);
    }

    /** The same of the last of several statements, which have no parameters and go to the server together. */
    static String lastText(Connection connection, String statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            boolean isQuery = statement.execute(statements);
            while (!isQuery) {
                isQuery = statement.getMoreResults();
            }
            try (ResultSet row = statement.getResultSet()) {
                return row.next() ? row.getString(1) : null;
            }
        }
    }

    /** The first column of the first row as a condition; empty if there is no row. */
    public static Optional<Boolean> test(Connection connection, String query, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(connection, query, parameters); ResultSet row = statement.executeQuery()) {
            return row.next() ? Optional.of(row.getBoolean(1)) : Optional.empty();
        }
    }

    /** The first column of the first row as a number; 0 if there is no row. */
    public static long number(Connection connection, String query, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(connection, query, parameters); ResultSet row = statement.executeQuery()) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    /** The first column of every row, none of which may be NULL. */
    public static List<String> list(Connection connection, String query, Object... parameters) throws SQLException {
        return texts(connection, query, parameters).stream().map(Optional::orElseThrow).toList();
    }

    /** Runs a statement that changes rows, and says how many. */
    public static int update(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql, parameters)) {
            return statement.executeUpdate();
        }
    }

    private static List<Optional<String>> texts(Connection connection, String query, Object... parameters)
            throws SQLException {
        List<Optional<String>> texts = new ArrayList<>();
        try (PreparedStatement statement = prepare(connection, query, parameters); ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                texts.add(Optional.ofNullable(row.getString(1)));
            }
        }
        return texts;
    }

    private static PreparedStatement prepare(Connection connection, String sql, Object... parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        try {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            return statement;
        } catch (SQLException e) {
            statement.close();
            throw e;
        }
    }
}
