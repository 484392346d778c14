package com.juragpt.auditor.migrations.draft;

import com.juragpt.auditor.migrations.draft.DraftedChange.Phase;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import liquibase.change.Change;

/**
 * Divides drafted changes into files, one for each table, in an order in which they can run: a table comes after those that it
 * refers to, and a table that goes comes after those that refer to it; names of constraints and indexes are given up by one before
 * another gets them.
 */
final class DraftFiles {

    private static final String DROPPED_KEYS = "dropped_foreign_keys.yaml";
    private static final String ADDED_KEYS = "foreign_keys.yaml";

    // What views are made of goes after them and comes before them.
    private static final Set<Phase> BEFORE_TABLES = EnumSet.of(Phase.DROP_VIEW, Phase.CREATE_SEQUENCE);
    private static final Set<Phase> AFTER_TABLES = EnumSet.of(Phase.CREATE_VIEW, Phase.DROP_SEQUENCE);

    private DraftFiles() {
    }

    /** The changes by the name of their file, in the order in which the files are included. */
    static Map<String, List<DraftedChange>> divide(List<DraftedChange> changes) {
        Map<String, List<DraftedChange>> tables = new TreeMap<>();
        for (DraftedChange change : changes) {
            if (!BEFORE_TABLES.contains(change.phase()) && !AFTER_TABLES.contains(change.phase())) {
                tables.computeIfAbsent(change.table(), table -> new ArrayList<>()).add(change);
            }
        }
        List<DraftedChange> droppedKeys = new ArrayList<>();
        List<DraftedChange> addedKeys = new ArrayList<>();
        List<String> order = new ArrayList<>();
        Map<String, Set<String>> after = new HashMap<>();
        tables.forEach((table, own) -> after.put(table, predecessors(table, tables)));
        Set<String> left = new TreeSet<>(tables.keySet());
        while (!left.isEmpty()) {
            List<String> ready = left.stream().filter(table -> after.get(table).stream().noneMatch(left::contains)).toList();
            if (ready.isEmpty()) {
                // A circle of foreign keys: none of them can stand in its table's file.
                for (String table : left) {
                    moveKeys(tables.get(table), Phase.DROP_FOREIGN_KEY, droppedKeys);
                    moveKeys(tables.get(table), Phase.ADD_FOREIGN_KEY, addedKeys);
                }
                ready = List.copyOf(left);
            }
            order.addAll(ready);
            left.removeAll(ready);
        }
        Map<String, List<DraftedChange>> files = new LinkedHashMap<>();
        put(files, DROPPED_KEYS, droppedKeys);
        byTable(changes, BEFORE_TABLES).forEach((name, own) -> put(files, RevisionName.file(name), own));
        order.forEach(table -> put(files, RevisionName.file(table), tables.get(table)));
        put(files, ADDED_KEYS, addedKeys);
        byTable(changes, AFTER_TABLES).forEach((name, own) -> put(files, RevisionName.file(name), own));
        files.values().forEach(own -> own.sort(Comparator.comparing(DraftedChange::phase)));
        return files;
    }

    private static Map<String, List<DraftedChange>> byTable(List<DraftedChange> changes, Set<Phase> phases) {
        return changes.stream().filter(change -> phases.contains(change.phase()))
                .collect(Collectors.groupingBy(DraftedChange::table, TreeMap::new, Collectors.toList()));
    }

    private static void put(Map<String, List<DraftedChange>> files, String name, List<DraftedChange> changes) {
        if (!changes.isEmpty()) {
            String free = name;
            for (int i = 2; files.containsKey(free); i++) {
                free = name.replace(".yaml", "_" + i + ".yaml");
            }
            files.put(free, new ArrayList<>(changes));
        }
    }

    private static void moveKeys(List<DraftedChange> from, Phase phase, List<DraftedChange> to) {
        from.stream().filter(change -> change.phase() == phase).forEach(to::add);
        from.removeIf(change -> change.phase() == phase);
    }

    private static Set<String> predecessors(String table, Map<String, List<DraftedChange>> tables) {
        Set<String> before = new TreeSet<>();
        for (DraftedChange change : tables.get(table)) {
            if (change.phase() == Phase.ADD_FOREIGN_KEY) {
                before.add(referenced(change.change()));
            }
        }
        tables.forEach((other, changes) -> changes.stream().filter(change -> change.phase() == Phase.DROP_FOREIGN_KEY)
                .filter(change -> change.rollback().stream().anyMatch(key -> table.equals(referenced(key))))
                .forEach(change -> before.add(other)));
        Set<String> taken = new TreeSet<>();
        tables.get(table).forEach(change -> taken.addAll(ChangesetYaml.namesIn(change.change())));
        tables.forEach((other, changes) -> changes.stream().filter(change -> change.phase().drops())
                .filter(change -> change.rollback().stream().flatMap(rollback -> ChangesetYaml.namesIn(rollback).stream())
                        .anyMatch(taken::contains))
                .forEach(change -> before.add(other)));
        before.remove(table);
        return before;
    }

    private static String referenced(Change key) {
        return String.valueOf(key.getSerializableFieldValue("referencedTableName"));
    }
}
