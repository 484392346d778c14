package com.juragpt.auditor.migrations;

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
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * The relations of a PostgreSQL database at one moment of a transaction: where their rows are stored, and how this session
 * has locked them.
 */
final class RelationState {

    // https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES, weakest first
    private static final List<String> MODES = List.of("AccessShareLock", "RowShareLock", "RowExclusiveLock",
            "ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock");

    private static final String RELATIONS = """
            SELECT c.oid, c.oid::regclass::text, c.relkind IN ('r', 'm'), pg_relation_filenode(c.oid)
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p', 'f', 'm', 'v') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
               AND c.relname NOT IN ('databasechangelog', 'databasechangeloglock')""";

    private static final String LOCKS = """
            SELECT relation, mode FROM pg_locks
             WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted""";

    private record Relation(String name, boolean stored, String file) { }

    private record Held(long relation, String mode) { }

    private final Map<Long, Relation> relations = new HashMap<>();
    private final Set<Held> locks = new HashSet<>();

    private RelationState() {
    }

    static RelationState read(Connection connection) throws SQLException {
        RelationState state = new RelationState();
        try (Statement statement = connection.createStatement()) {
            // First, as the query after it takes locks itself.
            try (ResultSet row = statement.executeQuery(LOCKS)) {
                while (row.next()) {
                    state.locks.add(new Held(row.getLong(1), row.getString(2)));
                }
            }
            try (ResultSet row = statement.executeQuery(RELATIONS)) {
                while (row.next()) {
                    state.relations.put(row.getLong(1), new Relation(row.getString(2), row.getBoolean(3), row.getString(4)));
                }
            }
        }
        return state;
    }

    /** The strongest lock that was taken since {@code earlier} on each relation of {@code existing}; reading locks left out. */
    List<RehearsalReport.Lock> locksTakenSince(RelationState earlier, RelationState existing) {
        Map<String, Integer> strongest = new TreeMap<>();
        for (Held lock : locks) {
            Relation relation = existing.relations.get(lock.relation());
            int strength = MODES.indexOf(lock.mode());
            if (relation != null && strength > 0 && !earlier.locks.contains(lock)) {
                strongest.merge(relation.name(), strength, Math::max);
            }
        }
        List<RehearsalReport.Lock> taken = new ArrayList<>();
        strongest.forEach((relation, strength) -> taken.add(
                new RehearsalReport.Lock(relation, MODES.get(strength), blocks(MODES.get(strength)))));
        return taken;
    }

    /** The tables of {@code existing} whose rows have been written anew since {@code earlier}. */
    Collection<String> rewrittenSince(RelationState earlier, RelationState existing) {
        List<String> rewritten = new ArrayList<>();
        relations.forEach((oid, now) -> {
            Relation before = earlier.relations.get(oid);
            if (before != null && now.stored() && existing.relations.containsKey(oid)
                    && !Objects.equals(before.file(), now.file())) {
                rewritten.add(now.name());
            }
        });
        rewritten.sort(null);
        return rewritten;
    }

    private static RehearsalReport.Blocks blocks(String mode) {
        return switch (mode) {
            case "AccessExclusiveLock" -> RehearsalReport.Blocks.READS_AND_WRITES;
            case "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock" -> RehearsalReport.Blocks.WRITES;
            default -> RehearsalReport.Blocks.NOTHING;
        };
    }
}
