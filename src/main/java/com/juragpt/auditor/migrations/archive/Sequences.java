package com.juragpt.auditor.migrations.archive;

import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** The sequences that give the columns of a table their numbers: where they stand, and how they are moved past numbers in use. */
final class Sequences {

    // Owned ones, those of identity columns among them, and those that a default names.
    private static final String OF_TABLE = """
            SELECT DISTINCT attname, s.oid::bigint, n.nspname, s.relname, has_sequence_privilege(s.oid, 'SELECT')
              FROM pg_attribute a
                   LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
                   JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
                                       AND d.refobjid = attrelid AND d.refobjsubid = attnum AND d.deptype IN ('a', 'i')
                                    OR d.classid = 'pg_attrdef'::regclass AND d.objid = pg_attrdef.oid
                                       AND d.refclassid = 'pg_class'::regclass
                   JOIN pg_class s ON s.relkind = 'S' AND s.oid = CASE d.classid WHEN 'pg_attrdef'::regclass
                                                                                 THEN d.refobjid ELSE d.objid END
                   JOIN pg_namespace n ON n.oid = s.relnamespace
             WHERE attrelid = ? AND attnum > 0 AND NOT attisdropped""";
    private static final String OF_NAME = """
            SELECT s.oid::bigint FROM pg_class s JOIN pg_namespace n ON n.oid = relnamespace
             WHERE relkind = 'S' AND nspname = ? AND relname = ?""";
    private static final String SHAPE =
            "SELECT seqincrement, seqmin, seqmax, seqcache FROM pg_sequence WHERE seqrelid = ?";
    private static final String IS_NUMBER = "SELECT atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)"
            + " FROM pg_attribute WHERE attrelid = ? AND attname = ?";

    private final Connection connection;

    Sequences(Connection connection) {
        this.connection = connection;
    }

    private record Found(String column, long oid, String schema, String name, boolean readable) {}

    /** Where the sequences of a table stand; without those that this role may not read. */
    List<ArchiveManifest.Position> of(Relation table) throws SQLException {
        List<ArchiveManifest.Position> positions = new ArrayList<>();
        for (Found sequence : find(table)) {
            if (sequence.readable()) {
                try (PreparedStatement statement = connection.prepareStatement("SELECT last_value, is_called FROM "
                        + Quoting.name(sequence.schema(), sequence.name())); ResultSet row = statement.executeQuery()) {
                    row.next();
                    positions.add(new ArchiveManifest.Position(table.schema(), table.name(), sequence.column(), sequence.schema(),
                            sequence.name(), row.getLong(1), row.getBoolean(2)));
                }
            }
        }
        return positions;
    }

    private List<Found> find(Relation table) throws SQLException {
        List<Found> found = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(OF_TABLE)) {
            statement.setLong(1, table.oid());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    found.add(new Found(row.getString(1), row.getLong(2), row.getString(3), row.getString(4), row.getBoolean(5)));
                }
            }
        }
        return found;
    }

    /**
     * Moves the sequences of a table past every number that they had handed out when it was archived. None is moved back. It stays so even if the transaction is rolled back, which costs numbers and nothing else.
     *
     * @param pastRows whether they are moved past the numbers in the table, too, as rows have come back to it
     */
    void raise(Relation table, List<ArchiveManifest.Position> archived, boolean pastRows) throws SQLException {
        List<Found> sequences = find(table);
        for (Found sequence : sequences) {
            raise(sequence.schema(), sequence.name(), sequence.oid(), archived.stream()
                    .filter(position -> isOf(table, position) && position.column().equals(sequence.column())).toList(), table,
                    pastRows ? sequence.column() : null);
        }
        for (ArchiveManifest.Position position : archived) {
            if (isOf(table, position) && sequences.stream().noneMatch(found -> found.column().equals(position.column()))) {
                long oid = Sql.number(connection, OF_NAME, position.sequenceSchema(), position.sequence());
                if (oid != 0) {
                    raise(position.sequenceSchema(), position.sequence(), oid, List.of(position), table, null);
                }
            }
        }
    }

    private static boolean isOf(Relation table, ArchiveManifest.Position position) {
        return position.schema().equals(table.schema()) && position.table().equals(table.name());
    }

    private void raise(String schema, String name, long oid, List<ArchiveManifest.Position> archived, Relation table,
            String column) throws SQLException {
        String sequence = Quoting.name(schema, name);
        long step;
        long least;
        long most;
        try (PreparedStatement statement = connection.prepareStatement(SHAPE)) {
            statement.setLong(1, oid);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                step = row.getLong(1);
                least = row.getLong(2);
                most = row.getLong(3);
                // Changes nothing, and keeps others from drawing a number until the transaction ends.
                Sql.execute(connection, "ALTER SEQUENCE " + sequence + " CACHE " + row.getLong(4));
            }
        }
        List<Long> used = new ArrayList<>();
        for (ArchiveManifest.Position position : archived) {
            used.add(position.called() ? position.lastValue() : position.lastValue() - step);
        }
        if (column != null && Sql.test(connection, IS_NUMBER, table.oid(), column).orElse(false)) {
            String extreme = (step > 0 ? "max(" : "min(") + Quoting.name(column) + ")";
            String inTable = Sql.text(connection, "SELECT " + extreme + " FROM " + table.sql());
            if (inTable != null) {
                used.add(Long.valueOf(inTable));
            }
        }
        long now = Sql.number(connection,
                "SELECT CASE WHEN is_called THEN last_value ELSE last_value - (" + step + ") END FROM " + sequence);
        long last = now;
        for (long number : used) {
            last = step > 0 ? Math.max(last, Math.min(number, most)) : Math.min(last, Math.max(number, least));
        }
        if (last != now) {
            Sql.number(connection, "SELECT setval(?::regclass, ?, true)", sequence, last);
        }
    }
}
