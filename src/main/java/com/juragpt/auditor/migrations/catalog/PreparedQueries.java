package com.juragpt.auditor.migrations.catalog;

import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
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

    /**
     * Runs a query.
     *
     * @param query with a question mark for each parameter, and no other
     * @param arguments numbers, and arrays of them
     */
    ResultSet run(Statement statement, String query, String... arguments) throws SQLException {
        String name = names.get(query);
        if (name == null) {
            name = PREFIX + names.size();
            prepare(name, query, arguments.length);
            names.put(query, name);
        }
        for (String argument : arguments) {
            if (!ARGUMENT.matcher(argument).matches()) {
                throw new IllegalArgumentException(argument);
            }
        }
        return statement.executeQuery("EXECUTE " + name + (arguments.length == 0 ? ""
                : Arrays.stream(arguments).collect(Collectors.joining("', '", "('", "')"))));
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
