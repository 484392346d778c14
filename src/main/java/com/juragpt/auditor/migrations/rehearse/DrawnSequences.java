package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;

/**
 * The sequences of a PostgreSQL database that this transaction has drawn numbers from, or set, which no rollback restores.
 * Numbers that other sessions draw meanwhile do not count.
 */
public final class DrawnSequences {

    private static final int AT_ONCE = 200;

    private static final String READABLE = """
            SELECT c.oid::regclass::text, quote_literal(c.oid::regclass)
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind = 'S' AND n.nspname NOT LIKE 'pg\\_%' AND has_schema_privilege(n.oid, 'USAGE')
               AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'SELECT') END""";

    // nextval and setval take this lock, and a rollback to a savepoint does not release it before the transaction ends.
    private static final String TOUCHED = """
            SELECT DISTINCT c.oid::regclass::text FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
             WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' AND c.relkind = 'S'
             ORDER BY 1""";

    private final Connection connection;
    private final Map<String, String> before;

    /** @param connection in the transaction that may draw numbers */
    public DrawnSequences(Connection connection) throws SQLException {
        this.connection = connection;
        before = values();
    }

    /** Their names, asked after everything else in the transaction was rolled back. */
    public List<String> names() throws SQLException {
        Map<String, String> now = values();
        List<String> names = new ArrayList<>();
        for (String name : Sql.list(connection, TOUCHED)) {
            if (!before.containsKey(name) || !before.get(name).equals(now.get(name))) {
                names.add(name);
            }
        }
        return names;
    }

    /** The same problem with the sequences as evidence; {@code drawn} holds those of earlier attempts and receives the others. */
    public MigrationException namedIn(MigrationException problem, Set<String> drawn) {
        try {
            drawn.addAll(names());
        } catch (SQLException e) {
            // The session has ended, or a changeset has ended its transaction; then it cannot be known.
            problem.addSuppressed(e);
        }
        if (drawn.isEmpty()) {
            return problem;
        }
        return problem.withEvidence("PostgreSQL does not roll back the numbers drawn from: " + String.join(", ", drawn));
    }

    private Map<String, String> values() throws SQLException {
        Map<String, String> values = new HashMap<>();
        try (Statement statement = connection.createStatement()) {
            List<String> queries = new ArrayList<>();
            try (ResultSet row = statement.executeQuery(READABLE)) {
                while (row.next()) {
                    // Not through pg_sequences, which would itself take the lock that tells who drew.
                    queries.add("SELECT " + row.getString(2) + ", last_value || ' ' || is_called FROM " + row.getString(1));
                }
            }
            for (int i = 0; i < queries.size(); i += AT_ONCE) {
                StringJoiner together = new StringJoiner(" UNION ALL ");
                queries.subList(i, Math.min(i + AT_ONCE, queries.size())).forEach(together::add);
                try (ResultSet row = statement.executeQuery(together.toString())) {
                    while (row.next()) {
                        values.put(row.getString(1), row.getString(2));
                    }
                }
            }
        }
        return values;
    }
}
