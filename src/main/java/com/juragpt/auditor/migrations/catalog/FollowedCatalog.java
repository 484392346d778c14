package com.juragpt.auditor.migrations.catalog;

import com.juragpt.auditor.migrations.api.Difference;
import com.juragpt.auditor.migrations.catalog.CatalogReader.Row;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The {@link Catalog} of one schema as it changes in the course of a transaction. On PostgreSQL only what the transaction has
 * written since the last reading is read, on H2 the whole each time; of what was, only the differences are kept.
 *
 * <p>What may delete rows of the catalog and have that rolled back, as a block with an exception handler does, has to run in a
 * savepoint that was set after the last reading, see {@link TouchedObjects}.
 */
public final class FollowedCatalog {

    private static final int GRANTS = PostgresCatalogQueries.GRANTS_QUERY;

    /** @param query the number of the query that tells of it */
    private record Part(int query, long oid) {}

    private final Connection connection;
    private final TouchedObjects touched;
    private final List<Runnable> undoings = new ArrayList<>();
    private SortedMap<String, SortedMap<String, String>> objects = new TreeMap<>();
    private Map<Integer, NavigableMap<Long, Set<String>>> parts = new HashMap<>();

    private FollowedCatalog(Connection connection, TouchedObjects touched) {
        this.connection = connection;
        this.touched = touched;
    }

    /**
     * Reads the whole catalog, to follow it from there.
     *
     * @param connection on PostgreSQL in a transaction, with the schema to read first on its search path
     */
    public static FollowedCatalog read(Connection connection) throws SQLException {
        FollowedCatalog followed =
                new FollowedCatalog(connection, CatalogReader.isPostgres(connection) ? new TouchedObjects(connection) : null);
        followed.next();
        return followed;
    }

    /** Lets a PostgreSQL session forget what following a catalog has left in it, which no rollback does. */
    public static void forget(Connection connection) throws SQLException {
        PreparedQueries.forget(connection);
    }

    /** Reads what has changed since the last reading, or since the moment that was gone back to. */
    public CatalogChange next() throws SQLException {
        if (touched == null) {
            return readWhole();
        }
        TouchedObjects.Session session = touched.session();
        Map<Long, Boolean> toast = new HashMap<>();
        undoings.add(() -> touched.goBackTo(session, toast));
        TouchedObjects.Found found = touched.find(this::oidsOf, this::oidsWith, toast);
        if (found.all()) {
            return readWhole();
        }
        return readSome(found);
    }

    /** The present moment of the transaction, as far as it was read. */
    public int moment() {
        return undoings.size();
    }

    /** Takes it that a rollback has restored what was there at an earlier moment. */
    public void goBackTo(int moment) {
        for (int i = undoings.size() - 1; i >= moment; i--) {
            undoings.remove(i).run();
        }
    }

    /** The differences of what there is now, in words, from what there was before {@code change} led here. */
    public List<Difference> differences(CatalogChange change) {
        Set<String> relevant = new HashSet<>();
        for (Map.Entry<String, CatalogChange.Object> changed : change.objects()) {
            relevant.add(changed.getKey());
            Stream.of(changed.getValue().before(), changed.getValue().after()).filter(Objects::nonNull).forEach(
                    properties -> relevant.addAll(Catalog.contextOf(changed.getKey(), properties, objects)));
        }
        SortedMap<String, SortedMap<String, String>> now = new TreeMap<>();
        SortedMap<String, SortedMap<String, String>> before = new TreeMap<>();
        for (String object : relevant) {
            putUnlessNull(now, object, objects.get(object));
            putUnlessNull(before, object, change.before(object, objects.get(object)));
        }
        return new Catalog(now).differencesFrom(new Catalog(before));
    }

    /** The whole as it was read. */
    Catalog catalog() {
        return new Catalog(new TreeMap<>(objects));
    }

    private static void putUnlessNull(SortedMap<String, SortedMap<String, String>> objects, String object,
            SortedMap<String, String> properties) {
        if (properties != null) {
            objects.put(object, properties);
        }
    }

    private CatalogChange readWhole() throws SQLException {
        SortedMap<String, SortedMap<String, String>> objectsBefore = objects;
        Map<Integer, NavigableMap<Long, Set<String>>> partsBefore = parts;
        SortedMap<String, SortedMap<String, String>> all = new TreeMap<>();
        Map<Integer, NavigableMap<Long, Set<String>>> allParts = new HashMap<>();
        List<Row> rows = new ArrayList<>();
        CatalogReader.readAll(connection, rows::add);
        Set<Part> others = partsBefore.isEmpty() ? Set.of() : madeByOthers(rows);
        for (Row row : rows) {
            Part part = new Part(row.query(), row.oid());
            if (!others.contains(part)) {
                row.addTo(all);
                if (touched != null) {
                    namesOf(part, allParts).add(row.object());
                }
            }
        }
        objects = all;
        parts = allParts;
        undoings.add(() -> {
            objects = objectsBefore;
            parts = partsBefore;
        });
        Map<String, CatalogChange.Object> changed = new HashMap<>();
        objectsBefore.forEach((object, was) -> changed.put(object, new CatalogChange.Object(was, all.get(object))));
        all.forEach((object, is) -> changed.putIfAbsent(object, new CatalogChange.Object(null, is)));
        return CatalogChange.of(changed);
    }

    /** What other transactions have made since the first reading, of which the catalog then knows nothing. */
    private Set<Part> madeByOthers(List<Row> rows) throws SQLException {
        Map<Integer, Set<Long>> unknown = new TreeMap<>();
        for (Row row : rows) {
            if (row.query() < PostgresCatalogQueries.CATALOGS.size() && !partsOf(row.query()).containsKey(row.oid())) {
                unknown.computeIfAbsent(row.query(), query -> new HashSet<>()).add(row.oid());
            }
        }
        Set<Part> others = new HashSet<>();
        for (Map.Entry<Integer, Set<Long>> some : unknown.entrySet()) {
            for (long oid : touched.madeByOthers(PostgresCatalogQueries.CATALOGS.get(some.getKey()), some.getValue())) {
                others.add(new Part(some.getKey(), oid));
                others.add(new Part(GRANTS, oid));
            }
        }
        return others;
    }

    private CatalogChange readSome(TouchedObjects.Found found) throws SQLException {
        Map<String, SortedMap<String, String>> before = new HashMap<>();
        Map<Part, Set<String>> partsBefore = new HashMap<>();
        for (int i = 0; i < PostgresCatalogQueries.CATALOGS.size(); i++) {
            int query = i;
            Stream.of(found.touchedBy(query), found.goneFrom(PostgresCatalogQueries.CATALOGS.get(query))).flatMap(Set::stream)
                    .forEach(oid -> remove(new Part(query, oid), before, partsBefore));
        }
        Map<Integer, Set<Long>> toRead = new TreeMap<>(found.touched());
        // An oid of one catalog may be that of something else in another, so grants are read again for whatever is left with it.
        Set<Long> grants = new HashSet<>(found.touchedBy(GRANTS));
        PostgresCatalogQueries.GRANTABLE.stream().map(found::goneFrom).flatMap(Set::stream).filter(this::isKnown)
                .forEach(grants::add);
        Set<Long> granted = new HashSet<>(grants);
        // What is known of them may be that of something else with the same oid.
        granted.removeIf(oid -> found.ungranted().contains(oid) && !partsOf(GRANTS).containsKey(oid));
        if (granted.isEmpty()) {
            toRead.remove(GRANTS);
        } else {
            toRead.put(GRANTS, granted);
        }
        Stream.concat(grants.stream(), PostgresCatalogQueries.GRANTABLE.stream().map(found::goneFrom).flatMap(Set::stream))
                .forEach(oid -> remove(new Part(GRANTS, oid), before, partsBefore));
        List<Row> rows = new ArrayList<>();
        PreparedQueries.Batch batch = touched.queries().new Batch();
        CatalogReader.readSome(batch, toRead, rows::add);
        touched.restoreSettings(batch);
        batch.run();
        for (Row row : rows) {
            if (!before.containsKey(row.object())) {
                before.put(row.object(), objects.get(row.object()));
            }
            Part part = new Part(row.query(), row.oid());
            partsBefore.putIfAbsent(part, Set.of());
            row.addTo(objects);
            namesOf(part, parts).add(row.object());
        }
        if (before.isEmpty()) {
            return CatalogChange.NONE;
        }
        undoings.add(() -> {
            before.forEach((object, was) -> {
                objects.remove(object);
                putUnlessNull(objects, object, was);
            });
            partsBefore.forEach((part, was) -> {
                parts.get(part.query()).remove(part.oid());
                if (!was.isEmpty()) {
                    namesOf(part, parts).addAll(was);
                }
            });
        });
        Map<String, CatalogChange.Object> changed = new HashMap<>();
        before.forEach((object, was) -> changed.put(object, new CatalogChange.Object(was, objects.get(object))));
        return CatalogChange.of(changed);
    }

    private void remove(Part part, Map<String, SortedMap<String, String>> before, Map<Part, Set<String>> partsBefore) {
        Set<String> was = partsOf(part.query()).remove(part.oid());
        if (was != null) {
            partsBefore.put(part, was);
            was.forEach(object -> before.put(object, objects.remove(object)));
        }
    }

    private static Set<String> namesOf(Part part, Map<Integer, NavigableMap<Long, Set<String>>> parts) {
        return parts.computeIfAbsent(part.query(), query -> new TreeMap<>()).computeIfAbsent(part.oid(), oid -> new HashSet<>());
    }

    private boolean isKnown(long oid) {
        return IntStream.range(0, GRANTS).anyMatch(query -> partsOf(query).containsKey(oid));
    }

    /** The oids of the known objects that a catalog of the server has rows of, by the query that tells of them. */
    private List<NavigableSet<Long>> oidsOf(String catalog) {
        return IntStream.range(0, PostgresCatalogQueries.CATALOGS.size())
                .filter(query -> PostgresCatalogQueries.CATALOGS.get(query).equals(catalog))
                .mapToObj(query -> partsOf(query).navigableKeySet()).filter(oids -> !oids.isEmpty()).toList();
    }

    private NavigableMap<Long, Set<String>> partsOf(int query) {
        return parts.computeIfAbsent(query, none -> new TreeMap<>());
    }

    /** The oids of the known objects that have a property, with how many of their parts have it. */
    private Map<Long, Integer> oidsWith(String property) {
        Map<Long, Integer> oids = new HashMap<>();
        PostgresCatalogQueries.tellingOf(property).forEach(query -> partsOf(query).forEach((oid, names) -> {
            int having = 0;
            for (String name : names) {
                having += objects.get(name).containsKey(property) ? 1 : 0;
            }
            if (having > 0) {
                oids.merge(oid, having, Integer::sum);
            }
        }));
        return oids;
    }
}
