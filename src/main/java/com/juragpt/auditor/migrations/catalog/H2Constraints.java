package com.juragpt.auditor.migrations.catalog;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The constraints of H2's schema PUBLIC. They are put together here, because H2 joins its own tables by reading them anew for each
 * row, which takes seconds for some hundred tables.
 *
 * <p>Until H2 opens the database anew, {@code KEY_COLUMN_USAGE} has the former names of renamed columns; from it only the number of
 * columns is taken.
 */
final class H2Constraints {

    private static final String NAME = "CONSTRAINT_SCHEMA || '.' || CONSTRAINT_NAME";
    private static final String ALL = "SELECT " + NAME + ", CONSTRAINT_NAME, TABLE_NAME, CONSTRAINT_TYPE,"
            + " INDEX_SCHEMA || '.' || INDEX_NAME, TABLE_SCHEMA = 'PUBLIC' AND TABLE_NAME NOT IN ('DATABASECHANGELOG',"
            + " 'DATABASECHANGELOGLOCK', 'ALEMBIC_VERSION') FROM INFORMATION_SCHEMA.TABLE_CONSTRAINTS";
    private static final String COLUMNS =
            "SELECT " + NAME + " || '.' || TABLE_NAME, COLUMN_NAME FROM INFORMATION_SCHEMA.CONSTRAINT_COLUMN_USAGE";
    private static final String COUNTS = "SELECT " + NAME + ", COLUMN_NAME FROM INFORMATION_SCHEMA.KEY_COLUMN_USAGE";
    private static final String INDEX_COLUMNS = "SELECT INDEX_SCHEMA || '.' || INDEX_NAME, COLUMN_NAME"
            + " FROM INFORMATION_SCHEMA.INDEX_COLUMNS ORDER BY INDEX_SCHEMA, INDEX_NAME, ORDINAL_POSITION";
    private static final String CHECKS = "SELECT " + NAME + ", CHECK_CLAUSE FROM INFORMATION_SCHEMA.CHECK_CONSTRAINTS";
    private static final String REFERRED = "SELECT " + NAME + ", UNIQUE_CONSTRAINT_SCHEMA || '.' || UNIQUE_CONSTRAINT_NAME"
            + " FROM INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS";
    private static final String RULES = "SELECT " + NAME + ", ' ON UPDATE ' || UPDATE_RULE || ' ON DELETE ' || DELETE_RULE"
            + " FROM INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS";

    private static final Pattern GENERATED = Pattern.compile("CONSTRAINT_[0-9A-F_]+");

    private record Constraint(String id, String name, String table, String type, String index, boolean isOwn) {}

    private final Map<String, Constraint> all = new HashMap<>();
    private final Map<String, List<String>> columns;
    private final Map<String, List<String>> counts;
    private final Map<String, List<String>> indexes;
    private final Map<String, List<String>> checks;
    private final Map<String, List<String>> referred;
    private final Map<String, List<String>> rules;

    private H2Constraints(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery(ALL)) {
                while (row.next()) {
                    all.put(row.getString(1),
                            new Constraint(row.getString(1), row.getString(2), row.getString(3), row.getString(4),
                                    row.getString(5), row.getBoolean(6)));
                }
            }
            columns = lists(statement, COLUMNS);
            counts = lists(statement, COUNTS);
            indexes = lists(statement, INDEX_COLUMNS);
            checks = lists(statement, CHECKS);
            referred = lists(statement, REFERRED);
            rules = lists(statement, RULES);
        }
    }

    /** The definitions by the names, with the table's before them; in place of a generated name stands what is constrained. */
    static SortedMap<String, String> read(Connection connection) throws SQLException {
        H2Constraints constraints = new H2Constraints(connection);
        SortedMap<String, String> definitions = new TreeMap<>();
        for (Constraint constraint : constraints.all.values()) {
            if (constraint.isOwn()) {
                definitions.put(constraints.name(constraint), constraints.definition(constraint));
            }
        }
        return definitions;
    }

    private static Map<String, List<String>> lists(Statement statement, String query) throws SQLException {
        Map<String, List<String>> lists = new HashMap<>();
        try (ResultSet row = statement.executeQuery(query)) {
            while (row.next()) {
                lists.computeIfAbsent(row.getString(1), key -> new ArrayList<>()).add(row.getString(2));
            }
        }
        return lists;
    }

    private String name(Constraint constraint) {
        String columnsOf = columns(constraint);
        String name = !GENERATED.matcher(constraint.name()).matches() ? constraint.name()
                : "(" + constraint.type() + (columnsOf.isEmpty() ? "" : " " + columnsOf) + check(constraint) + ")";
        return (constraint.table() + "." + name).toLowerCase(Locale.ROOT);
    }

    private String definition(Constraint constraint) {
        String columnsOf = columns(constraint);
        StringBuilder definition = new StringBuilder(constraint.type());
        definition.append(columnsOf.isEmpty() ? "" : " (" + columnsOf + ")").append(check(constraint));
        Constraint key = all.get(first(referred, constraint));
        if (key != null) {
            definition.append(" REFERENCES ").append(key.table()).append(" (").append(columns(key)).append(')')
                    .append(first(rules, constraint));
        }
        return definition.toString();
    }

    private String check(Constraint constraint) {
        String clause = first(checks, constraint);
        return clause.isEmpty() ? "" : " " + clause;
    }

    private static String first(Map<String, List<String>> lists, Constraint constraint) {
        return lists.getOrDefault(constraint.id(), List.of("")).get(0);
    }

    private String columns(Constraint constraint) {
        List<String> index = indexes.getOrDefault(constraint.index(), List.of());
        return switch (constraint.type()) {
            case "CHECK" -> "";
            // Its columns come first in its index, which may be another's and have more; those that it refers to are used as well.
            case "FOREIGN KEY" -> String.join(", ", index.subList(0, counts.get(constraint.id()).size()));
            // Its index may be another's and have less.
            default -> {
                TreeSet<String> sorted = new TreeSet<>(Comparator.comparing((String column) -> index.contains(column)
                        ? index.indexOf(column) : index.size()).thenComparing(Comparator.naturalOrder()));
                sorted.addAll(columns.get(constraint.id() + "." + constraint.table()));
                yield String.join(", ", sorted);
            }
        };
    }
}
