package com.juragpt.auditor.migrations.connection;

import com.juragpt.auditor.migrations.api.Problem;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** The search path of a PostgreSQL session: its first schema is the one that everything here works in. */
public final class SearchPath {

    private static final String PATH = "SELECT current_setting('search_path')";
    private static final String ROLE = "SELECT quote_ident(current_user)";
    private static final String HAS_SCHEMA = "SELECT current_schema() IS NOT NULL";

    // A missing schema and one that the role may not use are skipped alike.
    private static final String UNUSABLE = "SELECT quote_ident(nspname) FROM regexp_matches(current_setting('search_path'),"
            + " '\"((?:[^\"]|\"\")*)\"|([^\",\\s]+)', 'g') WITH ORDINALITY AS part (name, position)"
            + " JOIN pg_namespace n ON nspname = CASE WHEN '$user' IN (name[1], name[2]) THEN current_user"
            + " ELSE coalesce(replace(name[1], '\"\"', '\"'), lower(name[2])) END"
            + " WHERE NOT has_schema_privilege(n.oid, 'USAGE') ORDER BY position LIMIT 1";

    private static final String HAS_HISTORY = "EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid"
            + " AND relname IN ('databasechangelog', 'alembic_version'))";
    private static final String HAS_TABLES =
            "EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid AND relkind IN ('r', 'p', 'v', 'm'))";
    // The likeliest first.
    private static final String OTHERS = """
            SELECT quote_ident(nspname) FROM pg_namespace n
             WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND nspname IS DISTINCT FROM current_schema() AND %%s
             ORDER BY NOT %s, nspname <> 'public', NOT %s, nspname""".formatted(HAS_HISTORY, HAS_TABLES);
    private static final String USABLE = OTHERS.formatted("has_schema_privilege(n.oid, 'USAGE')");
    private static final String FULL = OTHERS.formatted(HAS_TABLES);
    private static final String LIKELY = OTHERS.formatted(HAS_TABLES + " AND (nspname = 'public' OR " + HAS_HISTORY + ")");

    private SearchPath() {
    }

    /**
     * Why the session has no schema to work in; empty if it has one.
     *
     * @param privileges what the work needs on that schema, as GRANT writes it
     */
    static Optional<Obstacle> obstacle(Connection connection, String privileges) throws SQLException {
        if (Sql.test(connection, HAS_SCHEMA).orElseThrow()) {
            return Optional.empty();
        }
        String role = Sql.text(connection, ROLE);
        String path = Sql.text(connection, PATH);
        String unusable = Sql.text(connection, UNUSABLE);
        if (unusable != null) {
            return Optional.of(new Obstacle(Problem.MISSING_PRIVILEGE,
                    List.of("the role " + role + " may use no schema of its search_path, which is " + path,
                            "it lacks USAGE on schema " + unusable),
                    "GRANT " + privileges + " ON SCHEMA " + unusable + " TO " + role));
        }
        List<String> usable = Sql.list(connection, USABLE);
        return Optional.of(new Obstacle(Problem.MISSING_SCHEMA,
                List.of("the search_path of the role " + role + " is "
                        + (path.isEmpty() ? "empty" : path + ", and none of it exists"),
                        usable.isEmpty() ? "there is no schema that it may use"
                                : "schemas that it may use: " + String.join(", ", usable)),
                Setting.howToSet(connection, "search_path", usable.isEmpty() ? "<schema>" : usable.get(0))));
    }

    /** Where tables are when the schema that the session works in has none, as lines of evidence; none if there are none at all. */
    public static List<String> otherPlaces(Connection connection) throws SQLException {
        List<String> full = Sql.list(connection, FULL);
        return full.isEmpty() ? List.of()
                : List.of("the search_path of the role " + Sql.text(connection, ROLE) + " is " + Sql.text(connection, PATH),
                        "schemas that are not empty: " + String.join(", ", full));
    }

    /** What leads the session to the schema that is likely to be meant instead of its own empty one; empty if none is. */
    public static Optional<String> howToGetElsewhere(Connection connection) throws SQLException {
        List<String> likely = Sql.list(connection, LIKELY);
        return likely.isEmpty() ? Optional.empty() : Optional.of(Setting.howToSet(connection, "search_path", likely.get(0)));
    }
}
