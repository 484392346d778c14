package com.juragpt.auditor.migrations.catalog;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;

/** What has changed in a schema from one moment to another: the objects that are not as they were, with their properties. */
public final class CatalogChange {

    /** No change. */
    public static final CatalogChange NONE = new CatalogChange(Map.of());

    /** An object's properties; null where there is no such object. */
    record Object(SortedMap<String, String> before, SortedMap<String, String> after) {}

    private final Map<String, Object> objects;

    private CatalogChange(Map<String, Object> objects) {
        this.objects = objects;
    }

    /** @param objects some of which may not have changed */
    static CatalogChange of(Map<String, Object> objects) {
        Map<String, Object> changed = new HashMap<>(objects);
        changed.values().removeIf(object -> Objects.equals(object.before(), object.after()));
        return changed.isEmpty() ? NONE : new CatalogChange(changed);
    }

    /** This change and then another one. */
    public CatalogChange then(CatalogChange next) {
        if (objects.isEmpty() || next.objects.isEmpty()) {
            return objects.isEmpty() ? next : this;
        }
        Map<String, Object> both = new HashMap<>(objects);
        next.objects.forEach((name, object) -> both.merge(name, object,
                (first, second) -> new Object(first.before(), second.after())));
        return of(both);
    }

    /** The change back. */
    public CatalogChange reversed() {
        Map<String, Object> back = new HashMap<>();
        objects.forEach((name, object) -> back.put(name, new Object(object.after(), object.before())));
        return of(back);
    }

    /** How many objects are not as they were. */
    public int size() {
        return objects.size();
    }

    Set<Map.Entry<String, Object>> objects() {
        return objects.entrySet();
    }

    /** The object as it was before, if it has changed. */
    SortedMap<String, String> before(String object, SortedMap<String, String> otherwise) {
        Object changed = objects.get(object);
        return changed == null ? otherwise : changed.before();
    }
}
