package com.juragpt.auditor.migrations.archive;

import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Puts tables that others refer to before those others. A foreign key that is checked at the end, or within its table, is none. */
final class RestoreOrder {

    private static final String REFERENCES = """
            SELECT DISTINCT conrelid || ' ' || confrelid FROM pg_constraint
             WHERE contype = 'f' AND NOT condeferrable AND conrelid <> confrelid AND conrelid = ANY (?::oid[])
               AND confrelid = ANY (?::oid[])""";

    private final Map<Long, Set<Long>> refersTo = new HashMap<>();

    RestoreOrder(Connection connection, List<RestorePart> parts) throws SQLException {
        Set<Long> tables = new HashSet<>();
        parts.forEach(part -> tables.add(part.table().oid()));
        String all = "{" + String.join(",", tables.stream().map(String::valueOf).toList()) + "}";
        for (String reference : Sql.list(connection, REFERENCES, all, all)) {
            String[] ends = reference.split(" ");
            refersTo.computeIfAbsent(Long.valueOf(ends[0]), table -> new HashSet<>()).add(Long.valueOf(ends[1]));
        }
    }

    /** The parts, each behind those that it refers to; those in a circle are left out. */
    List<RestorePart> of(List<RestorePart> parts) {
        List<RestorePart> ordered = new ArrayList<>();
        List<RestorePart> left = new ArrayList<>(parts);
        boolean found = true;
        while (found) {
            Set<Long> waiting = new HashSet<>();
            left.forEach(part -> waiting.add(part.table().oid()));
            List<RestorePart> next = left.stream()
                    .filter(part -> refersTo.getOrDefault(part.table().oid(), Set.of()).stream().noneMatch(waiting::contains))
                    .toList();
            ordered.addAll(next);
            left.removeAll(next);
            found = !next.isEmpty();
        }
        return ordered;
    }
}
