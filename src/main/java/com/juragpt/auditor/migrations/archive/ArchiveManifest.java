package com.juragpt.auditor.migrations.archive;

import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Two tables in the archive's schema that say what its copies are copies of, and where sequences stood. */
final class ArchiveManifest {

    /** The names of its tables, which no copy may have. */
    static final Set<String> TABLES = Set.of("manifest", "manifest_sequences");

    private static final String CREATE = """
            CREATE TABLE %1$s.manifest (number int PRIMARY KEY, copy text NOT NULL, source_schema text NOT NULL,
                source_table text NOT NULL, kind text NOT NULL, changeset text NOT NULL, columns text[] NOT NULL,
                types text[] NOT NULL, generated text[] NOT NULL, key text[] NOT NULL, lost_column text);
            CREATE TABLE %1$s.manifest_sequences (source_schema text NOT NULL, source_table text NOT NULL,
                source_column text NOT NULL, sequence_schema text NOT NULL, sequence_name text NOT NULL,
                last_value bigint NOT NULL, is_called boolean NOT NULL,
                PRIMARY KEY (source_schema, source_table, source_column))""";
    private static final String ADD = "INSERT INTO %s.manifest VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    private static final String ENTRIES = "SELECT * FROM %s.manifest ORDER BY number";

    /** Where a sequence of a table's column stood. */
    record Position(String schema, String table, String column, String sequenceSchema, String sequence, long lastValue,
            boolean called) {}

    private final Connection connection;
    private final String schema;

    /** @param name the archive's */
    ArchiveManifest(Connection connection, String name) {
        this.connection = connection;
        schema = Quoting.name(name);
    }

    void create() throws SQLException {
        Sql.execute(connection, CREATE.formatted(schema));
    }

    void add(ArchiveEntry entry) throws SQLException {
        Sql.update(connection, ADD.formatted(schema), entry.number(), entry.copy(), entry.schema(), entry.table(),
                entry.kind().name().toLowerCase(Locale.ROOT), entry.changeset(), array(entry.columns()), array(entry.types()),
                array(entry.generated()), array(entry.key()), entry.column());
    }

    private java.sql.Array array(List<String> texts) throws SQLException {
        return connection.createArrayOf("text", texts.toArray());
    }

    void remove(ArchiveEntry entry) throws SQLException {
        Sql.update(connection, "DELETE FROM " + schema + ".manifest WHERE number = ?", entry.number());
    }

    List<ArchiveEntry> entries() throws SQLException {
        List<ArchiveEntry> entries = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(ENTRIES.formatted(schema));
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                entries.add(new ArchiveEntry(row.getInt("number"), row.getString("copy"), row.getString("source_schema"),
                        row.getString("source_table"),
                        ArchiveEntry.Kind.valueOf(row.getString("kind").toUpperCase(Locale.ROOT)), row.getString("changeset"),
                        texts(row, "columns"), texts(row, "types"), texts(row, "generated"), texts(row, "key"),
                        row.getString("lost_column")));
            }
        }
        return entries;
    }

    private static List<String> texts(ResultSet row, String column) throws SQLException {
        return List.of((String[]) row.getArray(column).getArray());
    }

    void add(Position position) throws SQLException {
        Sql.update(connection, "INSERT INTO " + schema + ".manifest_sequences VALUES (?, ?, ?, ?, ?, ?, ?)"
                + " ON CONFLICT DO NOTHING", position.schema(), position.table(), position.column(), position.sequenceSchema(),
                position.sequence(), position.lastValue(), position.called());
    }

    List<Position> positions() throws SQLException {
        List<Position> positions = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement("SELECT * FROM " + schema
                + ".manifest_sequences ORDER BY 1, 2, 3"); ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                positions.add(new Position(row.getString(1), row.getString(2), row.getString(3), row.getString(4),
                        row.getString(5), row.getLong(6), row.getBoolean(7)));
            }
        }
        return positions;
    }

    /** How many rows the copies have, all together. */
    long rows(List<ArchiveEntry> entries) throws SQLException {
        long rows = 0;
        for (ArchiveEntry entry : entries) {
            rows += Sql.number(connection, "SELECT count(*) FROM " + table(entry));
        }
        return rows;
    }

    /** A copy, as SQL names it. */
    String table(ArchiveEntry entry) {
        return schema + "." + Quoting.name(entry.copy());
    }

    /** The transaction that last wrote it, as {@code xmin} shows it. */
    List<String> writtenBy() throws SQLException {
        return Sql.list(connection, "SELECT DISTINCT xmin::text FROM " + schema + ".manifest");
    }

    /** Drops the archive, which has no copies any more. */
    void drop() throws SQLException {
        Sql.execute(connection, "DROP TABLE " + schema + ".manifest, " + schema + ".manifest_sequences; DROP SCHEMA " + schema);
    }

    /** Writes what the archive says of itself. */
    void describe(ArchiveComment comment) throws SQLException {
        Sql.execute(connection, "COMMENT ON SCHEMA " + schema + " IS " + Quoting.text(comment.text()));
    }
}
