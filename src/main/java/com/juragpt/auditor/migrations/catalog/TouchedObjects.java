package com.juragpt.auditor.migrations.catalog;

import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds the objects of a PostgreSQL schema that this transaction has written to since it was asked last.
 *
 * <p>The server counts the rows that a transaction writes to each of its catalogs, rolled back or not, so it is known where
 * there is nothing to look for. Rows that are new are known by their {@code xmin}: a savepoint that is set after a reading gets a
 * higher number than all before it. Rows that were deleted are looked for among the known. An object is described by its own
 * rows and by the names of what it refers to, which the server records in {@code pg_depend}; so what depends on an object that
 * was touched is touched as well. Where something else may have been written, everything has to be read.
 */
final class TouchedObjects {

    // What is described by the rows of a catalog: its name, the catalog of the object, the column with the object's oid.
    private static final List<List<String>> DESCRIBED = List.of(
            List.of("pg_class", "'pg_class'::regclass", "oid", ""),
            List.of("pg_class", "'pg_class'::regclass", "substring(relname::text FROM '^pg_toast_([0-9]+)$')::oid",
                    " AND relkind = 't'"),
            List.of("pg_attrdef", "'pg_class'::regclass", "adrelid", ""),
            List.of("pg_index", "'pg_class'::regclass", "indexrelid", ""),
            List.of("pg_sequence", "'pg_class'::regclass", "seqrelid", ""),
            List.of("pg_inherits", "'pg_class'::regclass", "inhrelid", ""),
            List.of("pg_foreign_table", "'pg_class'::regclass", "ftrelid", ""),
            List.of("pg_partitioned_table", "'pg_class'::regclass", "partrelid", ""),
            List.of("pg_constraint", "'pg_constraint'::regclass", "oid", ""),
            List.of("pg_constraint", "'pg_class'::regclass", "conrelid", " AND contype = 'n'"),
            List.of("pg_constraint", "'pg_type'::regclass", "contypid", " AND contypid <> 0"),
            List.of("pg_trigger", "'pg_trigger'::regclass", "oid", ""),
            List.of("pg_rewrite", "'pg_rewrite'::regclass", "oid", ""),
            List.of("pg_policy", "'pg_policy'::regclass", "oid", ""),
            List.of("pg_statistic_ext", "'pg_statistic_ext'::regclass", "oid", ""),
            List.of("pg_proc", "'pg_proc'::regclass", "oid", ""),
            List.of("pg_aggregate", "'pg_proc'::regclass", "aggfnoid::oid", ""),
            List.of("pg_type", "'pg_type'::regclass", "oid", ""),
            List.of("pg_enum", "'pg_type'::regclass", "enumtypid", ""),
            List.of("pg_range", "'pg_type'::regclass", "rngtypid", ""),
            List.of("pg_description", "classoid", "objoid", ""));

    private static final String SESSION = "session";
    private static final String SETTINGS = "settings";
    private static final String ATTRIBUTES = "pg_attribute";

    // Rows that may be deleted while their object stays, which then is not touched otherwise.
    private static final String COMMENTS = "pg_description";
    private static final String PARENTS = "pg_inherits";
    private static final String CONSTRAINTS = "pg_constraint";

    // What descriptions name or depend on without a row in pg_depend, or what is too rare to be followed.
    private static final List<String> OF_EVERYTHING = List.of("pg_authid", "pg_auth_members", "pg_namespace", "pg_default_acl",
            "pg_collation", "pg_operator", "pg_opclass", "pg_opfamily", "pg_amop", "pg_amproc", "pg_conversion", "pg_ts_config",
            "pg_ts_config_map", "pg_ts_dict", "pg_ts_parser", "pg_ts_template", "pg_am", "pg_language", "pg_cast",
            "pg_foreign_data_wrapper", "pg_foreign_server", "pg_extension", "pg_tablespace", "pg_database");

    // One plan for each query, made once and by the rules of a catalog of any size: there are statistics of none of what is new.
    private static final Map<String, String> PLANNING = Map.of("plan_cache_mode", "force_generic_plan", "enable_seqscan", "off",
            "enable_hashjoin", "off", "enable_mergejoin", "off", "jit", "off");

    // Members of extensions are left out, and a temporary relation hides others, whose names are then written with their schema.
    private static final String WRITTEN = """
            SELECT name, (pg_stat_get_xact_tuples_inserted(id) + pg_stat_get_xact_tuples_updated(id))::text,
                   pg_stat_get_xact_tuples_deleted(id)::text
              FROM (VALUES %s) AS catalog (name, id)
            UNION ALL
            SELECT 'session', concat_ws(' ', current_user, current_setting('default_table_access_method'),
                                 current_setting('track_counts'), quote_ident(current_schema()), current_setting('search_path'),
                                 (SELECT count(*) || '/' || sum(objid::bigint) FROM pg_depend
                                   WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'),
                                 (SELECT count(*) || '/' || sum(objid::bigint) FROM pg_depend
                                   WHERE refclassid = 'pg_namespace'::regclass AND refobjid = pg_my_temp_schema())),
                   current_setting('track_counts')
            UNION ALL
            SELECT 'settings', quote_ident(current_schema()),
                   (SELECT 'SELECT ' || string_agg(format('set_config(%%L, %%L, true)', name, current_setting(name)), ', ')
                      FROM unnest(ARRAY['search_path', %s]) AS name)"""
            .formatted(Stream.concat(DESCRIBED.stream().map(described -> described.get(0)).distinct(),
                    Stream.concat(Stream.of(ATTRIBUTES), OF_EVERYTHING.stream()))
                    .map(name -> "('" + name + "', '" + name + "'::regclass)").collect(Collectors.joining(", ")),
                    PLANNING.keySet().stream().map(name -> "'" + name + "'").collect(Collectors.joining(", ")));

    // As a subquery that depends on each row, because a table of dependencies must not be read as a whole.
    private static final String DEPENDENT = """
            WITH RECURSIVE hit (classid, objid) AS (
                SELECT * FROM unnest(?::oid[], ?::oid[])
                UNION
                SELECT d.classid, d.objid
                  FROM hit, LATERAL (SELECT classid, objid FROM pg_depend
                                      WHERE refclassid = hit.classid AND refobjid = hit.objid OFFSET 0) d)
            SELECT classid::regclass::text, objid FROM hit
            UNION ALL
            SELECT 'pg_class', CASE classid WHEN 'pg_attrdef'::regclass THEN (SELECT adrelid FROM pg_attrdef WHERE oid = objid)
                                            ELSE (SELECT ev_class FROM pg_rewrite WHERE oid = objid) END
              FROM hit WHERE classid IN ('pg_attrdef'::regclass, 'pg_rewrite'::regclass)""";

    // The first parameter is the highest number that was read, the second how many rows were written to pg_attribute since. Most of
    // the time these are all of new relations, and the largest catalog of all need not be looked through for others.
    private static final String SINCE = """
            WITH since AS MATERIALIZED (SELECT age(?::xid) AS age, ?::bigint AS attributes),
                 new_class AS (SELECT oid, relnamespace FROM pg_class WHERE age(xmin) < (SELECT age FROM since))""";
    private static final String IS_NEW = "age(xmin) < (SELECT age FROM since)";
    private static final String NEW_ATTRIBUTES = """
            SELECT 'pg_class'::regclass::oid AS class, attrelid AS object, xmin FROM pg_attribute
             WHERE age(xmin) < (SELECT age FROM since) AND (SELECT attributes FROM since) <> (
                   SELECT count(*) FROM new_class,
                          LATERAL (SELECT FROM pg_attribute
                                    WHERE attrelid = new_class.oid AND age(xmin) < (SELECT age FROM since) OFFSET 0) one)""";

    private final Connection connection;
    private final PreparedQueries queries;
    private Map<String, List<String>> written = Map.of();
    private boolean changed;
    private Session session;
    // Rows of transactions with a higher number have not been read.
    private String read;

    TouchedObjects(Connection connection) throws SQLException {
        this.connection = connection;
        queries = new PreparedQueries(connection);
    }

    /** The queries of this session. */
    PreparedQueries queries() {
        return queries;
    }

    /** What descriptions depend on besides rows of the catalogs; unlike the numbers of rows written, a rollback restores it. */
    record Session(List<String> values) {}

    /** The session as it was when the last objects were found. */
    Session session() {
        return session;
    }

    /** Takes it that a rollback has restored the session as it was. */
    void goBackTo(Session earlier) {
        session = earlier;
    }

    /**
     * What was found.
     *
     * @param all whether everything has to be read
     * @param touched the oids of the objects to read, by the catalog that they have their row in
     * @param gone those of the objects that do not exist any more
     */
    record Found(boolean all, Map<String, Set<Long>> touched, Map<String, Set<Long>> gone) {

        /** The oids of what has to be read and of what is gone. */
        Set<Long> of(String catalog) {
            Set<Long> both = new HashSet<>(touched.getOrDefault(catalog, Set.of()));
            both.addAll(gone.getOrDefault(catalog, Set.of()));
            return both;
        }

        private static final Found EVERYTHING = new Found(true, Map.of(), Map.of());
        private static final Found NOTHING = new Found(false, Map.of(), Map.of());
    }

    /**
     * @param known the oids of the known objects of a catalog
     * @param having the oids of the known objects that have a property, with how often they have it
     */
    Found find(Function<String, Set<Long>> known, Function<String, Map<Long, Integer>> having) throws SQLException {
        Map<String, List<String>> before = written;
        written = written();
        Session then = session;
        session = new Session(written.get(SESSION));
        if (read == null) {
            read = Sql.text(connection, "SELECT pg_current_xact_id()::xid::text");
            return Found.EVERYTHING;
        }
        Map<String, List<String>> now = written;
        if (OF_EVERYTHING.stream().anyMatch(name -> !now.get(name).equals(before.get(name)))
                || !session.equals(then) || !now.get(SESSION).get(1).equals("on")) {
            return Found.EVERYTHING;
        }
        if (now.equals(before)) {
            return Found.NOTHING;
        }
        Set<String> inserted = now.keySet().stream().filter(name -> !now.get(name).get(0).equals(before.get(name).get(0)))
                .collect(Collectors.toSet());
        Set<String> deleted = now.keySet().stream().filter(name -> !now.get(name).get(1).equals(before.get(name).get(1)))
                .collect(Collectors.toSet());
        changeSettings();
        long attributes = Long.parseLong(now.get(ATTRIBUTES).get(0)) - Long.parseLong(before.get(ATTRIBUTES).get(0));
        List<List<String>> seeds = seeds(inserted, attributes);
        Map<String, Set<Long>> gone = gone(deleted, known);
        Map<String, Set<Long>> touched = withDependents(seeds);
        addBereft(deleted, having, gone, touched);
        gone.forEach((catalog, oids) -> touched.getOrDefault(catalog, new HashSet<>()).removeAll(oids));
        return new Found(false, touched, gone);
    }

    // The server writes names without their schema if that is on the search path.
    private void changeSettings() throws SQLException {
        // Not by a statement SET, at which the driver would forget what it has prepared.
        StringJoiner settings = new StringJoiner(", true), set_config(", "SELECT set_config(", ", true)");
        settings.add("'search_path', '" + written.get(SETTINGS).get(0).replace("'", "''") + "'");
        PLANNING.forEach((name, value) -> settings.add("'" + name + "', '" + value + "'"));
        Sql.text(connection, settings.toString());
        changed = true;
    }

    /** Restores the session's settings after the objects have been read. */
    void restoreSettings() throws SQLException {
        if (changed) {
            Sql.text(connection, written.get(SETTINGS).get(1));
            changed = false;
        }
    }

    private Map<String, List<String>> written() throws SQLException {
        Map<String, List<String>> rows = new HashMap<>();
        try (Statement statement = connection.createStatement(); ResultSet row = queries.run(statement, WRITTEN)) {
            while (row.next()) {
                rows.put(row.getString(1), List.of(String.valueOf(row.getString(2)), row.getString(3)));
            }
        }
        return rows;
    }

    private Map<String, Set<Long>> gone(Set<String> deleted, Function<String, Set<Long>> known) throws SQLException {
        Map<String, Set<Long>> gone = new HashMap<>();
        for (String catalog : Set.copyOf(PostgresCatalogQueries.CATALOGS)) {
            Set<Long> oids = deleted.contains(catalog) ? known.apply(catalog) : Set.of();
            if (!oids.isEmpty()) {
                String query = "SELECT u FROM unnest(?::oid[]) u WHERE NOT EXISTS (SELECT FROM " + catalog + " WHERE oid = u)";
                Set<Long> missing = new HashSet<>();
                try (Statement statement = connection.createStatement();
                        ResultSet row = queries.run(statement, query, array(oids))) {
                    while (row.next()) {
                        missing.add(row.getLong(1));
                    }
                }
                gone.put(catalog, missing);
            }
        }
        return gone;
    }

    /** The objects that have new rows, each as its catalog's oid and its own. */
    private List<List<String>> seeds(Set<String> inserted, long attributes) throws SQLException {
        StringJoiner selects = new StringJoiner(" UNION ALL ");
        for (List<String> described : DESCRIBED) {
            if (inserted.contains(described.get(0))) {
                selects.add("SELECT " + described.get(1) + "::oid AS class, " + described.get(2) + " AS object, xmin FROM "
                        + described.get(0) + " WHERE " + IS_NEW + described.get(3));
            }
        }
        if (inserted.contains(ATTRIBUTES)) {
            selects.add(NEW_ATTRIBUTES);
        }
        List<List<String>> seeds = new ArrayList<>();
        if (selects.length() > 0) {
            String query = SINCE + " SELECT class, object, xmin FROM (" + selects + ") seed ORDER BY age(xmin)";
            try (Statement statement = connection.createStatement();
                    ResultSet row = queries.run(statement, query, read, String.valueOf(attributes))) {
                while (row.next()) {
                    if (seeds.isEmpty()) {
                        read = row.getString(3);
                    }
                    seeds.add(List.of(row.getString(1), row.getString(2)));
                }
            }
        }
        return seeds;
    }

    private Map<String, Set<Long>> withDependents(List<List<String>> seeds) throws SQLException {
        Map<String, Set<Long>> touched = new HashMap<>();
        if (seeds.isEmpty()) {
            return touched;
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = queries.run(statement, DEPENDENT, array(seeds.stream().map(seed -> seed.get(0)).toList()),
                        array(seeds.stream().map(seed -> seed.get(1)).toList()))) {
            while (row.next()) {
                touched.computeIfAbsent(row.getString(1), catalog -> new HashSet<>()).add(row.getLong(2));
            }
        }
        return touched;
    }

    /** Adds the objects that have lost a row and no other. */
    private void addBereft(Set<String> deleted, Function<String, Map<Long, Integer>> having, Map<String, Set<Long>> gone,
            Map<String, Set<Long>> touched) throws SQLException {
        if (deleted.contains(PARENTS)) {
            touched.computeIfAbsent("pg_class", catalog -> new HashSet<>()).addAll(having.apply("parent").keySet());
        }
        if (deleted.contains(CONSTRAINTS)) {
            touched.computeIfAbsent("pg_type", catalog -> new HashSet<>()).addAll(having.apply("checks").keySet());
        }
        Map<Long, Integer> commented = deleted.contains(COMMENTS) ? new HashMap<>(having.apply("comment")) : Map.of();
        gone.values().forEach(commented.keySet()::removeAll);
        if (commented.isEmpty()) {
            return;
        }
        Map<Long, Integer> comments = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = queries.run(statement,
                        "SELECT objoid, count(*) FROM pg_description WHERE objoid = ANY (?::oid[]) GROUP BY objoid",
                        array(commented.keySet()))) {
            while (row.next()) {
                comments.put(row.getLong(1), row.getInt(2));
            }
        }
        commented.forEach((oid, count) -> {
            if (!count.equals(comments.get(oid))) {
                PostgresCatalogQueries.CATALOGS.forEach(
                        catalog -> touched.computeIfAbsent(catalog, one -> new HashSet<>()).add(oid));
            }
        });
    }

    /** The server's text of an array of oids. */
    static String array(Collection<?> oids) {
        return oids.stream().map(String::valueOf).collect(Collectors.joining(",", "{", "}"));
    }
}
