package com.juragpt.auditor.migrations.catalog;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a schema is, as text: every object with its properties, in an order of its own, without the schema's name and without
 * the tables of Liquibase and Alembic. Two catalogs of the same schema are equal, whatever order it was built in.
 */
public final class Catalog {

    private final SortedMap<String, SortedMap<String, String>> objects;

    Catalog(SortedMap<String, SortedMap<String, String>> objects) {
        this.objects = Collections.unmodifiableSortedMap(objects);
    }

    /** Whether the schema holds nothing. */
    public boolean isEmpty() {
        return objects.isEmpty();
    }

    /** A line an object: its kind and name, then its properties. */
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
     * What differs from another catalog, in words that tell what to do about it; empty when nothing does.
     *
     * @param expected what this one should be
     */
    public List<Difference> differencesFrom(Catalog expected) {
        List<Difference> differences = new ArrayList<>();
        TreeSet<String> all = new TreeSet<>(objects.keySet());
        all.addAll(expected.objects.keySet());
        for (String object : all) {
            Map<String, String> found = objects.get(object);
            Map<String, String> wanted = expected.objects.get(object);
            if (found == null) {
                differences.add(new Difference(object, "is missing"));
            } else if (wanted == null) {
                differences.add(new Difference(object, "is there, but not expected"));
            } else {
                differences.addAll(propertyDifferences(object, found, wanted));
            }
        }
        return differences;
    }

    /** The same without the grants that {@code expected} does not make: those are the environment's business. */
    public Catalog withoutGrantsNotIn(Catalog expected) {
        SortedMap<String, SortedMap<String, String>> kept = new TreeMap<>(objects);
        kept.keySet().removeIf(object -> object.startsWith("grant ") && !expected.objects.containsKey(object));
        return new Catalog(kept);
    }

    private static List<Difference> propertyDifferences(String object, Map<String, String> found, Map<String, String> wanted) {
        List<Difference> differences = new ArrayList<>();
        TreeSet<String> properties = new TreeSet<>(found.keySet());
        properties.addAll(wanted.keySet());
        for (String property : properties) {
            String is = found.get(property);
            String expected = wanted.get(property);
            if (is == null) {
                differences.add(new Difference(object, "has no " + property + ", expected " + expected));
            } else if (expected == null) {
                differences.add(new Difference(object, "has " + property + " " + is + ", expected none"));
            } else if (!is.equals(expected)) {
                differences.add(new Difference(object, property.equals("type") || property.equals("definition")
                        ? "is " + is + ", expected " + expected
                        : "has " + property + " " + is + ", expected " + expected));
            }
        }
        return differences;
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
