package com.juragpt.auditor.migrations.catalog;

import com.juragpt.auditor.migrations.api.Difference;
import com.juragpt.auditor.migrations.api.Review.Change;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A schema as text: every object with its properties, in a fixed order, without the schema's name and without the tables of
 * Liquibase and Alembic. Two catalogs of the same schema are equal, in whatever order it was built.
 */
public final class Catalog {

    // Properties, by the labels that the queries give them.
    private static final String POSITION = "position";
    private static final String FROM_ELSEWHERE = "foreign key from elsewhere ";
    private static final String OWNED_BY_ROLE = "owned by role";
    private static final String BY_DEFAULT = "by default";
    /** What differences in the order of a table's columns begin with. */
    public static final String ANOTHER_ORDER = "has its columns in another order: ";

    private static final List<String> KINDS_WITH_COLUMNS =
            List.of("table ", "view ", "materialized view ", "foreign table ", "type ");
    private static final List<String> KINDS_WITH_GRANTS =
            List.of("sequence ", "function ", "procedure ", "aggregate ", "domain ");
    private static final List<String> KINDS_OF_PARTS = List.of("column ", "constraint ", "trigger ", "rule ", "policy ");

    private final SortedMap<String, SortedMap<String, String>> objects;

    Catalog(SortedMap<String, SortedMap<String, String>> objects) {
        this.objects = Collections.unmodifiableSortedMap(objects);
    }

    /** Whether the schema has no objects. */
    public boolean isEmpty() {
        return objects.isEmpty();
    }

    /** One line for each object: its kind and name, then its properties. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        objects.forEach((object, properties) -> {
            StringBuilder line = new StringBuilder(object);
            properties.forEach((property, value) -> line.append("  ").append(property).append('=').append(value));
            lines.add(line.toString());
        });
        return lines;
    }

    /**
     * The differences from another catalog, in words that show what to do about them; empty if and only if the two are equal. The
     * parts of an object that is missing, or that is not expected, are not listed as well.
     *
     * @param expected the catalog that this one should equal
     */
    public List<Difference> differencesFrom(Catalog expected) {
        List<Difference> differences = new ArrayList<>();
        Set<String> inBoth = wholes();
        inBoth.retainAll(expected.wholes());
        Set<String> inOne = wholes();
        inOne.addAll(expected.wholes());
        inOne.removeAll(inBoth);
        TreeSet<String> all = new TreeSet<>(objects.keySet());
        all.addAll(expected.objects.keySet());
        for (String object : all) {
            Map<String, String> found = objects.get(object);
            Map<String, String> wanted = expected.objects.get(object);
            if (found != null && wanted != null) {
                differences.addAll(propertyDifferences(object, found, wanted));
                if (hasColumns(object)) {
                    orderDifference(object, expected, differences);
                }
            } else if (wholesOf(object, found == null ? wanted : found).stream().noneMatch(inOne::contains)) {
                differences.add(new Difference(object, found == null ? "is missing" : "is there, but not expected"));
            }
        }
        return differences;
    }

    /**
     * The objects by which the differences of some objects are told: those that they are or may be part of, and all columns of
     * these.
     */
    static Set<String> contextOf(String object, SortedMap<String, String> properties,
            SortedMap<String, SortedMap<String, String>> objects) {
        Set<String> names = new HashSet<>(wholesOf(object, properties));
        nameOf(object, KINDS_WITH_COLUMNS).ifPresent(names::add);
        nameOf(object, KINDS_OF_PARTS).ifPresent(part -> {
            // A quoted name may have dots of its own.
            for (int dot = part.indexOf('.'); dot >= 0; dot = part.indexOf('.', dot + 1)) {
                names.add(part.substring(0, dot));
            }
        });
        Set<String> context = new HashSet<>();
        for (String name : names) {
            KINDS_WITH_COLUMNS.forEach(kind -> context.add(kind + name));
            KINDS_WITH_GRANTS.forEach(kind -> context.add(kind + name));
            // What follows a dot in the order of characters is a slash.
            context.addAll(objects.subMap("column " + name + ".", "column " + name + "/").keySet());
        }
        return context;
    }

    /**
     * The differences from the same schema as another role built it, perhaps in another schema. What depends on the surroundings
     * is left out: the owners of the objects, grants that the changelog does not make, and grants that every object has by
     * default.
     *
     * @param built the catalog that this one should equal
     */
    public List<Difference> differencesFromBuilt(Catalog built) {
        Catalog wanted = built.withoutSurroundings(grant -> !built.objects.get(grant).containsKey(BY_DEFAULT));
        return withoutSurroundings(wanted.objects::containsKey).differencesFrom(wanted);
    }

    /**
     * The differences of what a changelog has built from a schema that it should build; as {@link #differencesFromBuilt}, but told
     * from the other side.
     *
     * @param wanted the catalog that this one should equal
     */
    public List<Difference> differencesAsBuiltFrom(Catalog wanted) {
        Catalog built = withoutSurroundings(grant -> !objects.get(grant).containsKey(BY_DEFAULT));
        return built.differencesFrom(wanted.withoutSurroundings(built.objects::containsKey));
    }

    /** How the server defines an object, if it says it in one piece: {@code CHECK (rank > 0)}. */
    public Optional<String> definitionOf(String object) {
        return Optional.ofNullable(objects.get(object)).map(properties -> properties.get("definition"));
    }

    /** Whether a difference is that a table has the same columns in another order. */
    public static boolean isOrderOfColumns(Difference difference) {
        return difference.what().startsWith(ANOTHER_ORDER);
    }

    /** What is different since an earlier catalog of the same schema, by the table or the other whole that it is or belongs to. */
    public SortedMap<String, List<Change>> changesSince(Catalog earlier) {
        Set<String> wholes = wholes();
        wholes.addAll(earlier.wholes());
        SortedMap<String, List<Change>> changes = new TreeMap<>();
        TreeSet<String> all = new TreeSet<>(objects.keySet());
        all.addAll(earlier.objects.keySet());
        for (String object : all) {
            SortedMap<String, String> now = objects.get(object);
            SortedMap<String, String> before = earlier.objects.get(object);
            String after = now == null ? null : inWords(now);
            String former = before == null ? null : inWords(before);
            if (!Objects.equals(former, after)) {
                String whole = Stream.concat(nameOf(object, KINDS_WITH_COLUMNS).stream(),
                        wholesOf(object, now == null ? before : now).stream()).filter(wholes::contains).findFirst()
                        .orElse(object);
                changes.computeIfAbsent(whole, name -> new ArrayList<>()).add(new Change(object, former, after));
            }
        }
        return changes;
    }

    /** What it is comes first; where it stands, in its table and among the columns, is not told. */
    private static String inWords(SortedMap<String, String> properties) {
        List<String> words = new ArrayList<>();
        properties.forEach((property, value) -> {
            switch (property) {
                case POSITION, "table" -> {
                }
                case "definition", "type" -> words.add(0, value);
                case "nullable" -> words.add(value.equals("yes") ? "nullable" : nullability(value));
                default -> words.add(property + " " + value);
            }
        });
        return String.join(", ", words);
    }

    /** Without what other schemas have built on this one. */
    public Catalog alone() {
        SortedMap<String, SortedMap<String, String>> own = new TreeMap<>(objects);
        own.keySet().removeIf(object -> object.startsWith(FROM_ELSEWHERE));
        return new Catalog(own);
    }

    private Catalog withoutSurroundings(Predicate<String> grants) {
        SortedMap<String, SortedMap<String, String>> kept = new TreeMap<>();
        objects.forEach((object, properties) -> {
            if (!isGrant(object) || grants.test(object)) {
                SortedMap<String, String> own = new TreeMap<>(properties);
                own.keySet().removeAll(Set.of(OWNED_BY_ROLE, BY_DEFAULT));
                kept.put(object, own);
            }
        });
        return new Catalog(kept);
    }

    private static List<Difference> propertyDifferences(String object, Map<String, String> found, Map<String, String> wanted) {
        List<Difference> differences = new ArrayList<>();
        TreeSet<String> properties = new TreeSet<>(found.keySet());
        properties.addAll(wanted.keySet());
        properties.remove(POSITION);
        for (String property : properties) {
            String is = found.get(property);
            String expected = wanted.get(property);
            if (is == null || !is.equals(expected)) {
                differences.add(new Difference(object, words(property, is, expected)));
            }
        }
        return differences;
    }

    private static String words(String property, String is, String expected) {
        switch (property) {
            case "state":
                return expected == null ? "is " + is : "is " + (is == null ? "not " + expected : is + ", expected " + expected);
            case "type":
            case "definition":
                return "is " + is + ", expected " + expected;
            case OWNED_BY_ROLE:
                return "is owned by " + role(is) + ", expected " + role(expected);
            case "nullable":
                return "is " + nullability(is) + ", expected " + nullability(expected);
            default:
                return is == null ? "has no " + property + ", expected " + expected
                        : "has " + property + " " + is + ", expected " + (expected == null ? "none" : expected);
        }
    }

    private static String role(String name) {
        return name == null ? "the role in use" : "role " + name;
    }

    private static String nullability(String nullable) {
        return nullable.equals("yes") ? "nullable" : "NOT NULL" + nullable.substring("no".length());
    }

    /** One difference for each table: an additional or missing column moves all that follow it. */
    private void orderDifference(String table, Catalog expected, List<Difference> differences) {
        String prefix = "column " + nameOf(table, KINDS_WITH_COLUMNS).orElseThrow() + ".";
        List<String> here = columns(prefix);
        List<String> there = expected.columns(prefix);
        List<String> wanted = new ArrayList<>(there);
        wanted.retainAll(here);
        here.retainAll(there);
        for (int i = 0; i < here.size(); i++) {
            if (!here.get(i).equals(wanted.get(i))) {
                differences.add(new Difference(table, ANOTHER_ORDER
                        + here.get(i).substring(prefix.length()) + " stands where "
                        + wanted.get(i).substring(prefix.length()) + " is expected"));
                return;
            }
        }
    }

    private List<String> columns(String prefix) {
        List<String> columns = new ArrayList<>();
        for (Map.Entry<String, SortedMap<String, String>> object : objects.tailMap(prefix).entrySet()) {
            if (!object.getKey().startsWith(prefix)) {
                break;
            }
            columns.add(object.getKey());
        }
        columns.sort(Comparator.comparingInt(column -> Integer.parseInt(objects.get(column).get(POSITION))));
        return columns;
    }

    /** The names of the objects that others are part of. */
    private Set<String> wholes() {
        Set<String> names = new HashSet<>();
        for (String object : objects.keySet()) {
            nameOf(object, KINDS_WITH_COLUMNS).or(() -> nameOf(object, KINDS_WITH_GRANTS)).ifPresent(names::add);
        }
        return names;
    }

    private static boolean hasColumns(String object) {
        return nameOf(object, KINDS_WITH_COLUMNS).isPresent();
    }

    private static boolean isGrant(String object) {
        return object.startsWith("grant ");
    }

    private static Optional<String> nameOf(String object, List<String> kinds) {
        return kinds.stream().filter(object::startsWith).findFirst().map(kind -> object.substring(kind.length()));
    }

    /** The names of the objects that an object may be part of. */
    private static List<String> wholesOf(String object, Map<String, String> properties) {
        if (properties.containsKey("table")) {
            return List.of(properties.get("table"));
        }
        if (isGrant(object)) {
            String target = object.substring(object.indexOf(" on ") + " on ".length(), object.lastIndexOf(" to "));
            return List.of(target, upToDot(target));
        }
        return nameOf(object, KINDS_OF_PARTS).or(() -> Optional.ofNullable(properties.get("owner")))
                .map(part -> List.of(upToDot(part))).orElse(List.of());
    }

    private static String upToDot(String name) {
        return name.contains(".") ? name.substring(0, name.indexOf('.')) : name;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Catalog catalog && objects.equals(catalog.objects);
    }

    @Override
    public int hashCode() {
        return objects.hashCode();
    }

    @Override
    public String toString() {
        return String.join("\n", lines());
    }
}
