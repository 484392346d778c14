package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.api.RehearsalReport;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The relations of a PostgreSQL database at one moment of a transaction: where their rows are stored, and how this session
 * has locked them.
 */
final class RelationState {

    // https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES, weakest first
    private static final List<String> MODES = List.of("AccessShareLock", "RowShareLock", "RowExclusiveLock",
            "ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock");
    private static final int ACCESS_SHARE = 0;
    private static final int ROW_EXCLUSIVE = 2;

    private static final String RELATIONS = """
            SELECT c.oid, c.oid::regclass::text, c.relkind IN ('r', 'm'), pg_relation_filenode(c.oid),
                   coalesce(i.indrelid, 0), c.relkind = 'S'
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   LEFT JOIN pg_index i ON i.indexrelid = c.oid
                   LEFT JOIN pg_class t ON t.oid = i.indrelid
             WHERE c.relkind IN ('r', 'p', 'f', 'm', 'v', 'i', 'I', 'S')
               AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
               AND coalesce(t.relname, c.relname) NOT IN ('databasechangelog', 'databasechangeloglock')""";

    private static final String LOCKS = """
            SELECT relation, mode FROM pg_locks
             WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted""";

    private record Relation(String name, boolean stored, String file, long table, boolean sequence) {}

    private record Held(long relation, String mode) {}

    private final Map<Long, Relation> relations = new HashMap<>();
    private final Set<Held> locks = new HashSet<>();

    private RelationState() {
    }

    static RelationState read(Connection connection) throws SQLException {
        return read(connection, "", "");
    }

    /** What has become of these relations, and of no others: there may be many that have been made since. */
    RelationState readAgain(Connection connection) throws SQLException {
        if (relations.isEmpty()) {
            return new RelationState();
        }
        String these = relations.keySet().stream().map(String::valueOf).collect(Collectors.joining(",", " = ANY ('{", "}')"));
        return read(connection, " AND relation" + these, " AND c.oid" + these);
    }

    private static RelationState read(Connection connection, String ofLocks, String ofRelations) throws SQLException {
        RelationState state = new RelationState();
        try (Statement statement = connection.createStatement()) {
            // First, as the query after it takes locks itself.
            try (ResultSet row = statement.executeQuery(LOCKS + ofLocks)) {
                while (row.next()) {
                    state.locks.add(new Held(row.getLong(1), row.getString(2)));
                }
            }
            try (ResultSet row = statement.executeQuery(RELATIONS + ofRelations)) {
                while (row.next()) {
                    state.relations.put(row.getLong(1), new Relation(row.getString(2), row.getBoolean(3), row.getString(4),
                            row.getLong(5), row.getBoolean(6)));
                }
            }
        }
        return state;
    }

    /**
     * The strongest lock that was taken since {@code earlier} on each relation of {@code existing}, without locks that only
     * prevent a relation from being dropped, and without those on indexes whose table is locked as strongly.
     */
    List<RehearsalReport.Lock> locksTakenSince(RelationState earlier, RelationState existing) {
        Map<Long, Integer> strongest = new HashMap<>();
        for (Held lock : locks) {
            Relation relation = existing.relations.get(lock.relation());
            int strength = MODES.indexOf(lock.mode());
            if (relation != null && strength > (relation.sequence() ? ROW_EXCLUSIVE : ACCESS_SHARE)
                    && !earlier.locks.contains(lock)) {
                strongest.merge(lock.relation(), strength, Math::max);
            }
        }
        Map<String, String> taken = new TreeMap<>();
        strongest.forEach((oid, strength) -> {
            Relation relation = existing.relations.get(oid);
            if (strongest.getOrDefault(relation.table(), ACCESS_SHARE) < strength) {
                taken.put(relation.name(), MODES.get(strength));
            }
        });
        return taken.entrySet().stream()
                .map(lock -> new RehearsalReport.Lock(lock.getKey(), lock.getValue(), blocks(lock.getValue()))).toList();
    }

    /** The tables of {@code existing} that have been rewritten since {@code earlier}. */
    List<String> rewrittenSince(RelationState earlier, RelationState existing) {
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
