package com.juragpt.auditor.migrations.connection;

import com.juragpt.auditor.migrations.api.Problem;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import liquibase.GlobalConfiguration;

/**
 * Finds the privilege for want of which the server refused a statement. Its message names the object, in a sentence that may be
 * translated; so the catalog is asked which of the objects with a name in that sentence the role may not use, and how.
 */
final class MissingPrivilege {

    private static final String GRANTEE = "SELECT quote_ident(current_user)";

    // The first property is what the message calls it, then come its full name and its owner.
    private static final String RELATIONS = """
            SELECT relname, format('%I.%I', nspname, relname), quote_ident(pg_get_userbyid(relowner)),
                   pg_has_role(relowner, 'USAGE'), (SELECT rolsuper FROM pg_roles r WHERE r.oid = relowner),
                   relkind = 'S', pg_table_is_visible(c.oid),
                   array_to_string(ARRAY(SELECT privilege FROM unnest(CASE relkind WHEN 'S' THEN ARRAY['USAGE', 'SELECT', 'UPDATE']
                       ELSE ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'] END) privilege
                    WHERE NOT CASE relkind WHEN 'S' THEN has_sequence_privilege(c.oid, privilege)
                              ELSE has_table_privilege(c.oid, privilege) END), ',')
              FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
             WHERE position(relname IN ?) > 0 AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
               AND nspname !~ '^pg_' AND nspname <> 'information_schema'""";

    private static final String SCHEMAS = """
            SELECT nspname, quote_ident(nspname), quote_ident(pg_get_userbyid(nspowner)),
                   array_to_string(ARRAY(SELECT privilege FROM unnest(ARRAY['USAGE', 'CREATE']) privilege
                                          WHERE NOT has_schema_privilege(oid, privilege)), ', ')
              FROM pg_namespace WHERE position(nspname IN ?) > 0""";

    private static final String FUNCTIONS = """
            SELECT proname, oid::regprocedure, quote_ident(pg_get_userbyid(proowner)), 'EXECUTE'
              FROM pg_proc WHERE position(proname IN ?) > 0 AND NOT has_function_privilege(oid, 'EXECUTE')""";

    private static final String DATABASE = """
            SELECT datname, quote_ident(datname), quote_ident(pg_get_userbyid(datdba)),
                   array_to_string(ARRAY(SELECT privilege FROM unnest(ARRAY['CREATE', 'TEMPORARY']) privilege
                                          WHERE NOT has_database_privilege(oid, privilege)), ', ')
              FROM pg_database WHERE datname = current_database() AND position(datname IN ?) > 0""";

    private static final String FOR_BOOKKEEPING = "SELECT, INSERT, UPDATE, DELETE";
    private static final Pattern VERB = Pattern.compile("[A-Za-z]+");
    private static final String NAMED = "(?:(?:\"(?:[^\"]|\"\")+\"|[^\\s\".]+)\\.)?\"?%s(?![\\p{L}\\p{N}_$]).*";
    private static final String TARGET = "(?is)\\s*(?:INSERT\\s+INTO|UPDATE(?:\\s+ONLY)?|DELETE\\s+FROM(?:\\s+ONLY)?"
            + "|TRUNCATE(?:\\s+TABLE)?)\\s+" + NAMED;
    private static final String REFERENCED = "(?is).*\\bREFERENCES\\s+" + NAMED;
    private static final String CREATED_IN = "(?is)\\s*CREATE\\s+(?:[A-Z]+\\s+)*\"?%s\"?\\s*\\..*";
    private static final Pattern MAKES_TRIGGER =
            Pattern.compile("(?is)\\s*CREATE\\s+(?:OR\\s+REPLACE\\s+)?(?:CONSTRAINT\\s+)?TRIGGER\\b.*");
    // Of one that uses data, the owner of a view or of a function may be the one who lacks the privilege.
    private static final Set<String> USES_DATA =
            Set.of("SELECT", "WITH", "TABLE", "INSERT", "UPDATE", "DELETE", "COPY", "MERGE", "CALL", "DO");
    private static final List<String> OTHER_KINDS = List.of("function", "schema", "database");
    private static final Map<String, String> QUERIES = Map.of("function", FUNCTIONS, "schema", SCHEMAS, "database", DATABASE);
    private static final Pattern READS = Pattern.compile(
            "(?is)\\s*CREATE\\s+(?:OR\\s+REPLACE\\s+)?(?:TEMP\\w*\\s+|UNLOGGED\\s+|MATERIALIZED\\s+)?(?:TABLE|VIEW)\\b.*");

    private record Relation(String name, String fullName, String owner, boolean isOwned, boolean isOfSuperuser,
            boolean isSequence, boolean isVisible,
            List<String> lacking) {

        boolean isBookkeeping() {
            return bookkeeping().anyMatch(name::equalsIgnoreCase);
        }
    }

    private final Connection connection;
    private final String message;
    private final String statement;
    private final String role;

    private MissingPrivilege(Connection connection, String message, String statement) throws SQLException {
        this.connection = connection;
        this.message = message;
        this.statement = statement;
        role = Sql.text(connection, GRANTEE);
    }

    /**
     * @param connection a new one, of the same role
     * @param message the server's words
     * @param statement the one that failed; empty if it is not known
     */
    static Optional<Obstacle> obstacle(Connection connection, String message, String statement) throws SQLException {
        return new MissingPrivilege(connection, message, statement).find();
    }

    /** Whether it writes to Liquibase's own tables, which every changeset needs. */
    static boolean isOfBookkeeping(String statement) {
        return bookkeeping().anyMatch(table -> targets(statement, table));
    }

    private static Stream<String> bookkeeping() {
        return Stream.of(GlobalConfiguration.DATABASECHANGELOG_TABLE_NAME.getCurrentValue(),
                GlobalConfiguration.DATABASECHANGELOGLOCK_TABLE_NAME.getCurrentValue());
    }

    private Optional<Obstacle> find() throws SQLException {
        // An English message says which kind it is; others leave it to the names.
        List<String> kinds = new ArrayList<>(OTHER_KINDS);
        kinds.add(0, "relation");
        kinds.sort(Comparator.comparing(kind -> !message.contains(" " + kind + " ")));
        for (String kind : kinds) {
            Optional<Obstacle> obstacle = kind.equals("relation") ? onRelation() : on(kind);
            if (obstacle.isPresent()) {
                return obstacle;
            }
        }
        return Optional.empty();
    }

    private Optional<Obstacle> onRelation() throws SQLException {
        for (Relation relation : relations()) {
            Optional<Obstacle> obstacle = on(relation);
            if (obstacle.isPresent()) {
                return obstacle;
            }
        }
        return Optional.empty();
    }

    private Optional<Obstacle> on(String kind) throws SQLException {
        try (PreparedStatement named = connection.prepareStatement(QUERIES.get(kind))) {
            named.setString(1, message);
            try (ResultSet row = named.executeQuery()) {
                while (row.next()) {
                    String lacking = row.getString(4);
                    if (!lacking.isEmpty() && isNamed(row.getString(1), message)) {
                        boolean onlyLooksIn = kind.equals("schema") && lacking.startsWith("USAGE")
                                && !matches(CREATED_IN, row.getString(1), statement);
                        String privileges = onlyLooksIn ? "USAGE" : lacking;
                        return Optional.of(missing(privileges, kind + " " + row.getString(2), privileges,
                                kind.toUpperCase(Locale.ROOT) + " " + row.getString(2), row.getString(3)));
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** Those that the message may mean, the likeliest first. */
    private List<Relation> relations() throws SQLException {
        List<Relation> relations = new ArrayList<>();
        try (PreparedStatement named = connection.prepareStatement(RELATIONS)) {
            named.setString(1, message);
            try (ResultSet row = named.executeQuery()) {
                while (row.next()) {
                    Relation relation = new Relation(row.getString(1), row.getString(2), row.getString(3), row.getBoolean(4),
                            row.getBoolean(5), row.getBoolean(6), row.getBoolean(7),
                            Arrays.stream(row.getString(8).split(",")).filter(privilege -> !privilege.isEmpty()).toList());
                    if (isNamed(relation.name(), message)) {
                        relations.add(relation);
                    }
                }
            }
        }
        relations.sort(Comparator.comparing((Relation relation) -> !isNamed(relation.fullName(), statement))
                .thenComparing(relation -> !isNamed(relation.name(), statement)).thenComparing(relation -> !relation.isVisible())
                .thenComparing(relation -> -message.lastIndexOf(relation.name())));
        return relations;
    }

    private static boolean isNamed(String name, String text) {
        return Pattern.compile("(?<![\\p{L}\\p{N}_$])" + Pattern.quote(name) + "(?![\\p{L}\\p{N}_$])").matcher(text).find();
    }

    private Optional<Obstacle> on(Relation relation) throws SQLException {
        List<String> wanted = needed(relation).filter(relation.lacking()::contains).toList();
        if (!wanted.isEmpty()) {
            String privileges = String.join(", ", wanted);
            String kind = relation.isSequence() ? "SEQUENCE " : "";
            return Optional.of(missing(privileges, relation.fullName(), relation.isBookkeeping() ? FOR_BOOKKEEPING : privileges,
                    kind + relation.fullName(), relation.owner()));
        }
        Optional<Obstacle> hidden = RowSecurity.obstacle(connection, relation.fullName());
        if (hidden.isPresent() || relation.isOwned() || USES_DATA.contains(verb())) {
            return hidden;
        }
        // A member of a superuser would be one.
        return Optional.of(new Obstacle(Problem.MISSING_PRIVILEGE,
                "the role " + role + " is not an owner of " + relation.fullName() + ", which belongs to "
                        + relation.owner(),
                relation.isOfSuperuser() ? "ALTER TABLE " + relation.fullName() + " OWNER TO " + role
                        : "GRANT " + relation.owner() + " TO " + role + ", or let " + relation.owner() + " deploy"));
    }

    private Stream<String> needed(Relation relation) {
        if (relation.isBookkeeping()) {
            return Arrays.stream(FOR_BOOKKEEPING.split(", "));
        }
        if (relation.isSequence()) {
            return Stream.of("USAGE", "SELECT", "UPDATE");
        }
        String verb = verb();
        if (targets(statement, relation.name())) {
            return verb.equals("INSERT") || verb.equals("TRUNCATE") ? Stream.of(verb) : Stream.of("SELECT", verb);
        }
        if (matches(REFERENCED, relation.name(), statement)) {
            return Stream.of("REFERENCES");
        }
        boolean reads = verb.isEmpty() || USES_DATA.contains(verb) || READS.matcher(statement).matches();
        return reads ? Stream.of("SELECT") : MAKES_TRIGGER.matcher(statement).matches() ? Stream.of("TRIGGER") : Stream.of();
    }

    private String verb() {
        Matcher first = VERB.matcher(statement);
        return first.find() ? first.group().toUpperCase(Locale.ROOT) : "";
    }

    private static boolean targets(String statement, String table) {
        return matches(TARGET, table, statement);
    }

    private static boolean matches(String pattern, String table, String statement) {
        return Pattern.compile(pattern.formatted(Pattern.quote(table))).matcher(statement).matches();
    }

    private Obstacle missing(String lacking, String object, String granted, String grantedOn, String owner) {
        return new Obstacle(Problem.MISSING_PRIVILEGE, "the role " + role + " lacks " + lacking + " on " + object
                + ", which belongs to " + owner, "GRANT " + granted + " ON " + grantedOn + " TO " + role);
    }
}
