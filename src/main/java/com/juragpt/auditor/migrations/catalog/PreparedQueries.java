package com.juragpt.auditor.migrations.catalog;

import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Queries that the server parses and plans once for a PostgreSQL session, which for queries of its catalogs takes it ten times as
 * long as to answer. The driver prepares statements as well, but forgets them all at every statement that changes a schema.
 */
final class PreparedQueries {

    private static final String PREFIX = "migrations_query_";
    private static final Pattern ARGUMENT = Pattern.compile("[0-9,{}]*");

    private final Connection connection;
    private final Map<String, String> names = new HashMap<>();

    PreparedQueries(Connection connection) throws SQLException {
        this.connection = connection;
        forget(connection);
    }

    /** Lets the session forget all such queries, which no rollback does. */
    static void forget(Connection connection) throws SQLException {
        List<String> names = Sql.list(connection, "SELECT quote_ident(name) FROM pg_prepared_statements WHERE name LIKE '"
                + PREFIX.replace("_", "\\_") + "%'");
        for (String name : names) {
            Sql.execute(connection, "DEALLOCATE " + name);
        }
    }

    /** Takes the rows of a query. */
    @FunctionalInterface
    interface Taker {
        void take(ResultSet row) throws SQLException;
    }

    /** Queries that are sent to the server together, because each answer that is waited for takes as long as most of the queries. */
    final class Batch {

        private final List<String> statements = new ArrayList<>();
        private final List<Taker> takers = new ArrayList<>();

        /**
         * @param query with a question mark for each parameter and no other, or with {@code $1} and so on
         * @param arguments numbers, and arrays of them
         */
        Batch add(Taker taker, String query, String... arguments) throws SQLException {
            for (String argument : arguments) {
                if (!ARGUMENT.matcher(argument).matches()) {
                    throw new IllegalArgumentException(argument);
                }
            }
            return addExecution(taker, "EXECUTE " + nameOf(query, arguments.length) + (arguments.length == 0 ? ""
                    : Arrays.stream(arguments).collect(Collectors.joining("', '", "('", "')"))));
        }

        /** Adds a query whose answer does not matter, but its effect does. */
        Batch addConstant(String query) throws SQLException {
            // The question mark would be that of a parameter.
            return addExecution(row -> {
            }, query.contains("?") ? query : "EXECUTE " + nameOf(query, 0));
        }

        private Batch addExecution(Taker taker, String sql) {
            statements.add(sql);
            takers.add(taker);
            return this;
        }

        /** Sends them, if there are any. */
        void run() throws SQLException {
            if (statements.isEmpty()) {
                return;
            }
            try (Statement statement = connection.createStatement()) {
                statement.execute(String.join("; ", statements));
                for (Taker taker : takers) {
                    try (ResultSet row = statement.getResultSet()) {
                        taker.take(row);
                    }
                    statement.getMoreResults();
                }
            }
        }
    }

    private String nameOf(String query, int parameters) throws SQLException {
        String name = names.get(query);
        if (name == null) {
            name = PREFIX + names.size();
            prepare(name, query, parameters);
            names.put(query, name);
        }
        return name;
    }

    private void prepare(String name, String query, int parameters) throws SQLException {
        StringBuilder numbered = new StringBuilder("PREPARE " + name);
        for (int i = 0; i < parameters; i++) {
            numbered.append(i == 0 ? " (" : ", ").append("text");
        }
        numbered.append(parameters == 0 ? " AS " : ") AS ");
        int number = 0;
        for (char character : query.toCharArray()) {
            if (character == '?') {
                numbered.append('$').append(++number);
            } else {
                numbered.append(character);
            }
        }
        Sql.execute(connection, numbered.toString());
    }
}
