package com.juragpt.auditor.migrations.catalog;

import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Finds the objects of a PostgreSQL schema that this transaction has written to since it was asked last.
 *
 * <p>The server counts the rows that a transaction writes to each of its catalogs, rolled back or not, so it is known where
 * there is nothing to look for. Rows that are new are known by their {@code xmin}, as a savepoint that is set after a reading gets
 * a higher number than all before it, or by their {@code cmin}, the number of the command that wrote them. The latter is lost when
 * a row is deleted and that is rolled back, so what may do that has to run in a savepoint. Rows that were deleted are looked for
 * among the known. An object is described by its own rows and by the names of what it refers to, which the server records in
 * {@code pg_depend}; so what depends on an object that was touched is touched as well. Where something else may have been
 * written, everything has to be read.
 */
final class TouchedObjects {

    /**
     * What the rows of a catalog describe.
     *
     * @param catalog its name
     * @param owner the catalog of the objects
     * @param object the column with the object's oid
     * @param key a column with an index, whose oids grow as objects are made
     * @param condition on the rows
     */
    private record Described(String catalog, String owner, String object, String key, String condition) {}

    private static final List<Described> DESCRIBED = List.of(
            new Described("pg_class", "'pg_class'::regclass", "oid", "oid", ""),
            new Described("pg_class", "'pg_class'::regclass", "substring(relname::text FROM '^pg_toast_([0-9]+)$')::oid", "oid",
                    " AND relkind = 't'"),
            new Described("pg_attrdef", "'pg_class'::regclass", "adrelid", "adrelid", ""),
            new Described("pg_index", "'pg_class'::regclass", "indexrelid", "indexrelid", ""),
            new Described("pg_sequence", "'pg_class'::regclass", "seqrelid", "seqrelid", ""),
            new Described("pg_inherits", "'pg_class'::regclass", "inhrelid", "inhrelid", ""),
            new Described("pg_foreign_table", "'pg_class'::regclass", "ftrelid", "ftrelid", ""),
            new Described("pg_partitioned_table", "'pg_class'::regclass", "partrelid", "partrelid", ""),
            new Described("pg_constraint", "'pg_constraint'::regclass", "oid", "oid", ""),
            new Described("pg_constraint", "'pg_class'::regclass", "conrelid", "oid", " AND contype = 'n'"),
            new Described("pg_constraint", "'pg_type'::regclass", "contypid", "oid", " AND contypid <> 0"),
            new Described("pg_trigger", "'pg_trigger'::regclass", "oid", "oid", ""),
            new Described("pg_rewrite", "'pg_rewrite'::regclass", "oid", "oid", ""),
            new Described("pg_policy", "'pg_policy'::regclass", "oid", "oid", ""),
            new Described("pg_statistic_ext", "'pg_statistic_ext'::regclass", "oid", "oid", ""),
            new Described("pg_proc", "'pg_proc'::regclass", "oid", "oid", ""),
            new Described("pg_aggregate", "'pg_proc'::regclass", "aggfnoid::oid", "aggfnoid", ""),
            new Described("pg_type", "'pg_type'::regclass", "oid", "oid", ""),
            new Described("pg_enum", "'pg_type'::regclass", "enumtypid", "enumtypid", ""),
            new Described("pg_range", "'pg_type'::regclass", "rngtypid", "rngtypid", ""),
            new Described("pg_description", "classoid", "objoid", "objoid", ""),
            new Described("pg_attribute", "'pg_class'::regclass", "attrelid", "attrelid", ""));

    private static final int LAST = 16;
    private static final String EVERYTHING = "everything";
    private static final String SESSION = "session";
    private static final String SETTINGS = "settings";

    // Rows that may be deleted while their object stays, which then is not touched otherwise.
    private static final String COMMENTS = "pg_description";
    private static final String PARENTS = "pg_inherits";
    private static final String CONSTRAINTS = "pg_constraint";

    private static final List<String> CATALOGS = DESCRIBED.stream().map(Described::catalog).distinct().toList();

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
            SELECT 'everything', sum(pg_stat_get_xact_tuples_inserted(id) + pg_stat_get_xact_tuples_updated(id)
                                     + pg_stat_get_xact_tuples_deleted(id))::text, NULL
              FROM unnest('{%s}'::regclass[]) AS id
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
            .formatted(
                    CATALOGS.stream().map(name -> "('" + name + "', '" + name + "'::regclass)").collect(Collectors.joining(", ")),
                    String.join(",", OF_EVERYTHING),
                    PLANNING.keySet().stream().map(name -> "'" + name + "'").collect(Collectors.joining(", ")));

    // As a subquery that depends on each row, because a table of dependencies must not be read as a whole.
    private static final String DEPENDENT = """
            WITH RECURSIVE hit (classid, objid) AS (
                SELECT * FROM unnest(?::oid[], ?::oid[])
                UNION
                SELECT d.classid, d.objid
                  FROM hit, LATERAL (SELECT classid, objid FROM pg_depend
                                      WHERE refclassid = hit.classid AND refobjid = hit.objid OFFSET 0) d)
            SELECT classid::regclass::text, objid,
                   (SELECT reltoastrelid <> 0 FROM pg_class WHERE classid = 'pg_class'::regclass AND oid = objid),
                   CASE classid WHEN 'pg_class'::regclass THEN (SELECT relkind FROM pg_class WHERE oid = objid)
                                WHEN 'pg_type'::regclass THEN (
                                     SELECT CASE WHEN typcategory = 'A' THEN 'A' WHEN typtype <> 'c' THEN typtype
                                                 ELSE (SELECT relkind FROM pg_class WHERE oid = typrelid) END
                                       FROM pg_type WHERE oid = objid) END::text,
                   CASE classid WHEN 'pg_class'::regclass
                                THEN (SELECT relacl IS NOT NULL FROM pg_class WHERE oid = objid)
                                     OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = objid AND attacl IS NOT NULL) END
              FROM hit
            UNION ALL
            SELECT 'pg_class', CASE classid WHEN 'pg_attrdef'::regclass THEN (SELECT adrelid FROM pg_attrdef WHERE oid = objid)
                                            ELSE (SELECT ev_class FROM pg_rewrite WHERE oid = objid) END, NULL, 'r', NULL
              FROM hit WHERE classid IN ('pg_attrdef'::regclass, 'pg_rewrite'::regclass)""";

    // The only numbers after the end of a snapshot that this transaction can see are those of its own savepoints, and they are fewer.
    private static final long MOST_SAVEPOINTS = 10_000_000;

    // What became of the transaction that wrote a row since this one began; null for a row that is older. The numbers of transactions
    // come round again, so that of a very old row may look like one that nobody has yet, which the server refuses to tell of.
    private static final String NUMBER = "pg_current_xact_id()::text::bigint + age($1::xid) - age(xmin)";
    private static final String WRITER = """
            CASE WHEN age(xmin) <= age($1::xid)
                      AND %1$s < pg_snapshot_xmax(pg_current_snapshot())::text::bigint + %2$s
                 THEN pg_xact_status((%1$s)::text::xid8) END""".formatted(NUMBER, MOST_SAVEPOINTS);

    // Written by this transaction, in a later savepoint than was read or with a later command; what others have written is committed, or
    // it would not be seen.
    private static final String SINCE = "(age(xmin) < age($2::xid) OR cmin::text::bigint >= $3::bigint) AND " + WRITER
            + " = 'in progress'";

    // The number of the command that wrote a row, unless what deleted it was rolled back, which replaces it.
    private static final String COMMAND = "CASE WHEN xmax::text = '0' THEN cmin::text::bigint END AS command";

    // Most of the time what was written is all of new objects, and an index finds it. To know that, the rows are counted: those
    // of all that a catalog describes once, and twice where a relation's row was written again for its table of long values.
    private static final String OF_NEW = "SELECT %2$s::oid AS class, %3$s AS object, xmin, " + COMMAND
            + ", '%1$s' AS catalog, %6$s AS times FROM %1$s WHERE %4$s > $4::oid AND " + SINCE + " %5$s";
    private static final String WRITTEN_TWICE = "1 + (reltoastrelid <> 0)::int";

    // Where there are other rows as well, or rows that were written twice or are gone again, the whole catalog is looked through.
    private static final String OF_ALL =
            "SELECT %2$s::oid AS class, %3$s AS object, xmin, " + COMMAND + " FROM %1$s WHERE " + SINCE + " %4$s";

    private final Connection connection;
    private final PreparedQueries queries;
    private Map<String, List<String>> written = Map.of();
    private boolean changed;
    private Session session;
    private String transaction;
    // Rows of transactions with a higher number have not been read, nor those of this one from a command with this number on.
    private String read;
    private long command;
    private long newest;
    // Tables with a table for long values, which has an index.
    private final Set<Long> toasted = new HashSet<>();

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

    /**
     * Takes it that a rollback has restored what there was.
     *
     * @param toast what {@link #find} has noted
     */
    void goBackTo(Session earlier, Map<Long, Boolean> toast) {
        session = earlier;
        toast.forEach(this::setToast);
    }

    /**
     * What was found.
     *
     * @param all whether everything has to be read
     * @param touched the oids of the objects to read, by the number of the query that tells of them
     * @param gone those of the objects that do not exist any more, by the catalog that had their row
     * @param ungranted the oids of touched relations on which nothing is granted, not even by default
     */
    record Found(boolean all, Map<Integer, Set<Long>> touched, Map<String, Set<Long>> gone, Set<Long> ungranted) {

        Set<Long> touchedBy(int query) {
            return touched.getOrDefault(query, Set.of());
        }

        Set<Long> goneFrom(String catalog) {
            return gone.getOrDefault(catalog, Set.of());
        }

        private static final Found EVERYTHING = new Found(true, Map.of(), Map.of(), Set.of());
        private static final Found NOTHING = new Found(false, Map.of(), Map.of(), Set.of());
    }

    /**
     * @param known the oids of the known objects of a catalog
     * @param having the oids of the known objects that have a property, with how often they have it
     * @param toast gets the relations that may have got or lost a table for long values, with whether they had one
     */
    Found find(Function<String, List<NavigableSet<Long>>> known, Function<String, Map<Long, Integer>> having,
            Map<Long, Boolean> toast)
            throws SQLException {
        Map<String, List<String>> before = written;
        written = written();
        Session then = session;
        session = new Session(written.get(SESSION));
        if (read == null) {
            transaction = Sql.text(connection, "SELECT pg_current_xact_id()::xid::text");
            read = transaction;
            newest = Sql.number(connection, "SELECT max(oid)::bigint FROM pg_class");
            return Found.EVERYTHING;
        }
        Map<String, List<String>> now = written;
        if (!now.get(EVERYTHING).equals(before.get(EVERYTHING))
                || !session.equals(then) || !now.get(SESSION).get(1).equals("on")) {
            return Found.EVERYTHING;
        }
        if (now.equals(before)) {
            return Found.NOTHING;
        }
        Set<String> inserted = now.keySet().stream().filter(name -> !now.get(name).get(0).equals(before.get(name).get(0)))
                .collect(Collectors.toSet());
        Map<String, Long> deleted = CATALOGS.stream().filter(name -> !now.get(name).get(1).equals(before.get(name).get(1)))
                .collect(Collectors.toMap(name -> name,
                        name -> Long.parseLong(now.get(name).get(1)) - Long.parseLong(before.get(name).get(1))));
        PreparedQueries.Batch batch = queries.new Batch().addConstant(changeSettings());
        Map<String, Long> rows = inserted.stream().filter(CATALOGS::contains).collect(Collectors.toMap(name -> name,
                name -> Long.parseLong(now.get(name).get(0)) - Long.parseLong(before.get(name).get(0))));
        Seeds seeds = new Seeds();
        addSeeds(rows, seeds, batch);
        Map<String, List<NavigableSet<Long>>> perhapsGone = new HashMap<>();
        Map<String, Set<Long>> gone = new HashMap<>();
        for (String catalog : deleted.keySet()) {
            List<NavigableSet<Long>> oids = known.apply(catalog);
            if (!oids.isEmpty()) {
                perhapsGone.put(catalog, oids);
                // What was made last is dropped first, most of the time, and then there is nothing else to look for.
                addMissing(catalog, oids.stream().flatMap(some -> some.descendingSet().stream().limit(LAST))
                        .sorted(Comparator.reverseOrder()).distinct().limit(LAST).toList(), gone, batch);
            }
        }
        batch.run();
        addOtherSeeds(rows, seeds);
        requireAll(deleted, perhapsGone, gone);
        Set<Long> ungranted = new HashSet<>();
        Map<Integer, Set<Long>> touched = withDependents(seeds, toast, ungranted);
        addBereft(deleted.keySet(), having, gone, touched);
        return new Found(false, touched, gone, ungranted);
    }

    // The server writes names without their schema if that is on the search path.
    private String changeSettings() {
        // Not by a statement SET, at which the driver would forget what it has prepared.
        StringJoiner settings = new StringJoiner(", true), set_config(", "SELECT set_config(", ", true)");
        settings.add("'search_path', '" + written.get(SETTINGS).get(0).replace("'", "''") + "'");
        PLANNING.forEach((name, value) -> settings.add("'" + name + "', '" + value + "'"));
        changed = true;
        return settings.toString();
    }

    /** Adds the query that restores the session's settings after the objects have been read. */
    void restoreSettings(PreparedQueries.Batch batch) throws SQLException {
        if (changed) {
            batch.addConstant(written.get(SETTINGS).get(1));
            changed = false;
        }
    }

    private Map<String, List<String>> written() throws SQLException {
        Map<String, List<String>> rows = new HashMap<>();
        queries.new Batch().add(row -> {
            while (row.next()) {
                rows.put(row.getString(1), List.of(String.valueOf(row.getString(2)), String.valueOf(row.getString(3))));
            }
        }, WRITTEN).run();
        return rows;
    }

    /** Those of some objects of a catalog that other transactions have made since this one was first asked. */
    Set<Long> madeByOthers(String catalog, Collection<Long> oids) throws SQLException {
        Set<Long> others = new HashSet<>();
        queries.new Batch().add(row -> {
            while (row.next()) {
                others.add(row.getLong(1));
            }
        }, "SELECT oid FROM " + catalog + " WHERE oid = ANY ($2::oid[]) AND " + WRITER + " = 'committed'", transaction,
                array(oids)).run();
        return others;
    }

    private void addMissing(String catalog, Collection<Long> oids, Map<String, Set<Long>> gone, PreparedQueries.Batch batch)
            throws SQLException {
        batch.add(row -> {
            Set<Long> missing = gone.computeIfAbsent(catalog, one -> new HashSet<>());
            while (row.next()) {
                missing.add(row.getLong(1));
            }
        }, "SELECT u FROM unnest(?::oid[]) u WHERE NOT EXISTS (SELECT FROM " + catalog + " WHERE oid = u)", array(oids));
    }

    /** Looks for more among all, unless what is gone already accounts for all rows that were deleted. */
    private void requireAll(Map<String, Long> deleted, Map<String, List<NavigableSet<Long>>> perhapsGone,
            Map<String, Set<Long>> gone) throws SQLException {
        PreparedQueries.Batch batch = queries.new Batch();
        for (Map.Entry<String, List<NavigableSet<Long>>> perhaps : perhapsGone.entrySet()) {
            String catalog = perhaps.getKey();
            if (gone.get(catalog).stream().mapToLong(oid -> catalog.equals("pg_class") && toasted.contains(oid) ? 3 : 1)
                    .sum() != deleted.get(catalog)) {
                addMissing(catalog, perhaps.getValue().stream().flatMap(Set::stream).collect(Collectors.toSet()), gone, batch);
            }
        }
        batch.run();
    }

    /** The objects that have new rows. */
    private final class Seeds {

        private final List<String> classes = new ArrayList<>();
        private final List<String> objects = new ArrayList<>();
        private final Map<String, Long> rows = new HashMap<>();
        private final String[] since = {transaction, read, String.valueOf(command), String.valueOf(newest)};
        private String newestRead = read;
        private long nextCommand = command;
        private long newestObject = newest;

        void take(ResultSet row) throws SQLException {
            classes.add(row.getString(1));
            objects.add(row.getString(2));
            newestObject = Math.max(newestObject, row.getLong(2));
            long number = row.getLong(4);
            if (!row.wasNull()) {
                nextCommand = Math.max(nextCommand, number + 1);
            }
            String xmin = row.getString(3);
            // Their numbers come round again.
            if ((int) (Long.parseLong(xmin) - Long.parseLong(newestRead)) > 0) {
                newestRead = xmin;
            }
        }
    }

    /** @param rows how many were written, by the catalog */
    private void addSeeds(Map<String, Long> rows, Seeds seeds, PreparedQueries.Batch batch) throws SQLException {
        StringJoiner selects = new StringJoiner(" UNION ALL ");
        Set<String> counted = new HashSet<>();
        for (Described described : DESCRIBED) {
            if (rows.containsKey(described.catalog())) {
                String times =
                        !counted.add(described.catalog()) ? "0" : described.catalog().equals("pg_class") ? WRITTEN_TWICE : "1";
                selects.add(OF_NEW.formatted(described.catalog(), described.owner(), described.object(), described.key(),
                        described.condition(), times));
            }
        }
        if (selects.length() > 0) {
            batch.add(row -> {
                while (row.next()) {
                    seeds.take(row);
                    seeds.rows.merge(row.getString(5), row.getLong(6), Long::sum);
                }
            }, selects.toString(), seeds.since);
        }
    }

    /** Looks for more in the whole of each catalog in which there must be more. */
    private void addOtherSeeds(Map<String, Long> rows, Seeds seeds) throws SQLException {
        PreparedQueries.Batch batch = queries.new Batch();
        for (Described described : DESCRIBED) {
            Long written = rows.get(described.catalog());
            if (written != null && !written.equals(seeds.rows.getOrDefault(described.catalog(), 0L))) {
                batch.add(row -> {
                    while (row.next()) {
                        seeds.take(row);
                    }
                }, OF_ALL.formatted(described.catalog(), described.owner(), described.object(), described.condition()),
                        seeds.since);
            }
        }
        batch.run();
        read = seeds.newestRead;
        command = seeds.nextCommand;
        newest = seeds.newestObject;
    }

    /** @param ungranted gets those that are relations on which nothing was granted */
    private Map<Integer, Set<Long>> withDependents(Seeds seeds, Map<Long, Boolean> toast, Set<Long> ungranted)
            throws SQLException {
        Map<Integer, Set<Long>> touched = new HashMap<>();
        if (seeds.objects.isEmpty()) {
            return touched;
        }
        Set<Long> granted = new HashSet<>();
        queries.new Batch().add(row -> {
            while (row.next()) {
                add(row.getLong(2), PostgresCatalogQueries.tellingOf(row.getString(1), row.getString(4)), touched);
                if (row.getString(1).equals("pg_class")) {
                    noteToast(row.getLong(2), row.getString(3), toast);
                }
                ("f".equals(row.getString(5)) ? ungranted : granted).add(row.getLong(2));
            }
        }, DEPENDENT, array(seeds.classes), array(seeds.objects)).run();
        ungranted.removeAll(granted);
        return touched;
    }

    /** @param has {@code t} or {@code f}, or null where it is not known */
    private void noteToast(long oid, String has, Map<Long, Boolean> before) {
        if (has != null) {
            before.putIfAbsent(oid, toasted.contains(oid));
            setToast(oid, has.equals("t"));
        }
    }

    private void setToast(long oid, boolean has) {
        if (has) {
            toasted.add(oid);
        } else {
            toasted.remove(oid);
        }
    }

    private static void add(long oid, Collection<Integer> queries, Map<Integer, Set<Long>> touched) {
        queries.forEach(query -> touched.computeIfAbsent(query, one -> new HashSet<>()).add(oid));
    }

    /** Adds the objects that have lost a row and no other. */
    private void addBereft(Set<String> deleted, Function<String, Map<Long, Integer>> having, Map<String, Set<Long>> gone,
            Map<Integer, Set<Long>> touched) throws SQLException {
        if (deleted.contains(PARENTS)) {
            having.apply("parent").keySet().forEach(oid -> add(oid, PostgresCatalogQueries.ALL_OF_SOME, touched));
        }
        if (deleted.contains(CONSTRAINTS)) {
            having.apply("checks").keySet().forEach(oid -> add(oid, PostgresCatalogQueries.ALL_OF_SOME, touched));
        }
        Map<Long, Integer> commented = deleted.contains(COMMENTS) ? new HashMap<>(having.apply("comment")) : Map.of();
        gone.values().forEach(commented.keySet()::removeAll);
        if (commented.isEmpty()) {
            return;
        }
        Map<Long, Integer> comments = new HashMap<>();
        queries.new Batch().add(row -> {
            while (row.next()) {
                comments.put(row.getLong(1), row.getInt(2));
            }
        }, "SELECT objoid, count(*) FROM pg_description WHERE objoid = ANY (?::oid[]) GROUP BY objoid", array(commented.keySet()))
                .run();
        commented.forEach((oid, count) -> {
            if (!count.equals(comments.get(oid))) {
                add(oid, PostgresCatalogQueries.ALL_OF_SOME, touched);
            }
        });
    }

    /** The server's text of an array of oids. */
    static String array(Collection<?> oids) {
        return oids.stream().map(String::valueOf).collect(Collectors.joining(",", "{", "}"));
    }
}
