package com.juragpt.auditor.migrations.archive;

import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Fills an archive's schema on PostgreSQL: copies, and what they are copies of. */
public final class ArchiveWriter {

    /** The names in the schema that no copy may have. */
    public static final Set<String> RESERVED = ArchiveManifest.TABLES;

    // A data exception, or two types that there is no cast between.
    private static final Pattern CANNOT_CAST = Pattern.compile("22.*|42846");
    private static final Set<String> LARGE_OBJECTS = Set.of("oid", "oid[]", "lo");

    private final Connection connection;
    private final String schema;
    private final ArchiveManifest manifest;

    /** @param schema the archive's, which is there */
    public ArchiveWriter(Connection connection, String schema) {
        this.connection = connection;
        this.schema = schema;
        manifest = new ArchiveManifest(connection, schema);
    }

    /** Makes the empty schema an archive that only its owner may read. */
    public void begin() throws SQLException {
        Sql.execute(connection, "REVOKE ALL ON SCHEMA " + Quoting.name(schema) + " FROM PUBLIC");
        manifest.create();
    }

    /**
     * Copies the rows of a table, without those of tables that inherit from it, and says so.
     *
     * @param wholeTable whether the table is to be dropped, or rows of it deleted
     */
    public void copyRows(Relation table, boolean wholeTable, String changeset, String copy) throws SQLException {
        copy(table, wholeTable ? ArchiveEntry.Kind.TABLE : ArchiveEntry.Kind.ROWS, table.columns(), List.of(), null, changeset,
                copy);
    }

    /**
     * Copies a column with the key by which its rows are known; without a key, with all that there is to know them by.
     *
     * @param column without quotes; the table has it
     * @param wholeColumn whether the column is to be dropped, or values of it changed
     */
    public void copyColumn(Relation table, String column, boolean wholeColumn, String changeset, String copy)
            throws SQLException {
        List<String> key = table.key(column);
        List<Relation.Column> columns = key.isEmpty() ? table.columns() : table.columns().stream()
                .filter(each -> key.contains(each.name()) || each.name().equals(column)).toList();
        copy(table, wholeColumn ? ArchiveEntry.Kind.COLUMN : ArchiveEntry.Kind.VALUES, columns, key, column, changeset, copy);
    }

    private void copy(Relation table, ArchiveEntry.Kind kind, List<Relation.Column> columns, List<String> key, String column,
            String changeset, String copy) throws SQLException {
        ContentSettings settings = ContentSettings.exact(connection);
        Sql.execute(connection, "CREATE TABLE " + Quoting.name(schema, copy) + " AS SELECT "
                + columns.stream().map(ArchiveWriter::copied).collect(Collectors.joining(", ")) + " FROM " + table.only());
        settings.restore();
        int number = manifest.entries().size() + 1;
        manifest.add(new ArchiveEntry(number, copy, table.schema(), table.name(), kind, changeset,
                columns.stream().map(Relation.Column::name).toList(), columns.stream().map(Relation.Column::type).toList(),
                columns.stream().filter(Relation.Column::generated).map(Relation.Column::name).toList(),
                column == null ? table.key(null) : key, column));
        for (ArchiveManifest.Position position : new Sequences(connection).of(table)) {
            manifest.add(position);
        }
    }

    private static String copied(Relation.Column column) {
        String name = Quoting.name(column.name());
        return column.asText() ? name + "::text AS " + name : name;
    }

    /** The columns that have been copied and hold numbers of large objects, which are none of the table's data. */
    public List<String> largeObjects() throws SQLException {
        return largeObjects(manifest.entries());
    }

    static List<String> largeObjects(List<ArchiveEntry> entries) {
        List<String> found = new ArrayList<>();
        for (ArchiveEntry entry : entries) {
            for (int i = 0; i < entry.columns().size(); i++) {
                if (LARGE_OBJECTS.contains(entry.types().get(i).replaceFirst(".*\\.", ""))) {
                    found.add(entry.table() + "." + entry.columns().get(i));
                }
            }
        }
        return found.stream().distinct().toList();
    }

    /**
     * Says what the archive is; again whenever something was added.
     *
     * @param tag where the rollback ends
     * @param deployments whose changesets are rolled back
     * @param changesets that are rolled back, newest first
     */
    public void describe(String tag, List<String> deployments, List<String> changesets) throws SQLException {
        List<ArchiveEntry> entries = manifest.entries();
        Instant now = Instant.ofEpochSecond(Sql.number(connection, "SELECT floor(extract(epoch FROM now()))::bigint"));
        manifest.describe(new ArchiveComment(ArchiveComment.FORMAT, tag, now,
                Sql.text(connection, "SELECT current_user"), deployments, changesets, entries.size(), manifest.rows(entries)));
    }

    /**
     * Takes out of the copies, when all is done, the rows and values that are still in their tables, and notes what is there in
     * place of the other values.
     */
    public void forgetWhatIsThere() throws SQLException {
        ContentSettings settings = ContentSettings.exact(connection);
        keepTheFirstOfEachValue();
        for (ArchiveEntry entry : manifest.entries()) {
            Optional<Relation> table = Relation.find(connection, entry.schema(), entry.table());
            boolean mayBeThere = entry.kind() == ArchiveEntry.Kind.ROWS || entry.kind() == ArchiveEntry.Kind.VALUES;
            if (mayBeThere && table.isPresent() && ArchivedContent.fits(entry, table.get())) {
                compare(entry, table.get(), otherTypes(entry, table.get()));
            }
        }
        settings.restore();
    }

    // What a value is before the second changeset is what the first one has made of it: nobody's own.
    private void keepTheFirstOfEachValue() throws SQLException {
        List<ArchiveEntry> entries = manifest.entries();
        for (ArchiveEntry first : entries.stream().filter(entry -> entry.column() != null && !entry.key().isEmpty()).toList()) {
            for (ArchiveEntry later : entries.subList(entries.indexOf(first) + 1, entries.size())) {
                if (!later.schema().equals(first.schema()) || !later.table().equals(first.table())
                        || !typesOf(first.key(), later).equals(typesOf(first.key(), first))) {
                    continue;
                }
                String same = first.key().stream().map(Quoting::name).map(name -> "later." + name + " = first." + name)
                        .collect(Collectors.joining(" AND "));
                List<String> column = List.of(first.column());
                if (first.column().equals(later.column())) {
                    Sql.execute(connection, "DELETE FROM " + manifest.table(later) + " later USING " + manifest.table(first)
                            + " first WHERE " + same);
                } else if (later.column() == null && typesOf(column, later).equals(typesOf(column, first))) {
                    String name = Quoting.name(first.column());
                    Sql.execute(connection,
                            "UPDATE " + manifest.table(later) + " later SET " + name + " = first." + name + " FROM "
                                    + manifest.table(first) + " first WHERE " + same);
                }
            }
        }
    }

    /** Empty if the copy does not have all of these columns. */
    private static Optional<List<String>> typesOf(List<String> columns, ArchiveEntry entry) {
        return entry.columns().containsAll(columns)
                ? Optional.of(columns.stream().map(column -> entry.types().get(entry.columns().indexOf(column))).toList())
                : Optional.empty();
    }

    // Its table was locked from before the copy: a row that is there was not deleted, and nobody else has changed a value.
    private void compare(ArchiveEntry entry, Relation table, List<String> otherTypes) throws SQLException {
        ArchivedContent content = new ArchivedContent(connection, manifest.table(entry), entry, table);
        if (entry.column() == null) {
            if (otherTypes.isEmpty()) {
                forgetWhatIsThere(entry, content);
            }
        } else if (otherTypes.isEmpty() || otherTypes.equals(List.of(entry.column()))) {
            Sql.execute(connection, "SAVEPOINT comparing");
            try {
                // Rows without a key could not be told apart any more without those that are alike.
                if (!content.key().isEmpty()) {
                    forgetWhatIsThere(entry, content);
                }
                Sql.execute(connection, content.noteWhatIsLeft());
            } catch (SQLException e) {
                if (e.getSQLState() == null || !CANNOT_CAST.matcher(e.getSQLState()).matches()) {
                    throw e;
                }
                // Some value cannot go back to the former type, so there is nothing to compare. All of them stay archived.
                Sql.execute(connection, "ROLLBACK TO SAVEPOINT comparing");
            }
            Sql.execute(connection, "RELEASE SAVEPOINT comparing");
        }
    }

    /** The columns that have another type than when they were copied. */
    private static List<String> otherTypes(ArchiveEntry entry, Relation table) {
        List<String> other = new ArrayList<>();
        for (int i = 0; i < entry.columns().size(); i++) {
            String type = entry.types().get(i);
            if (table.column(entry.columns().get(i)).filter(now -> !now.type().equals(type)).isPresent()) {
                other.add(entry.columns().get(i));
            }
        }
        return other;
    }

    private void forgetWhatIsThere(ArchiveEntry entry, ArchivedContent content) throws SQLException {
        String same = entry.kind().isOfRows() ? "" : " AND " + content.archived(entry.column()) + " IS NOT DISTINCT FROM "
                + content.present(entry.column());
        if (entry.column() != null) {
            // No value is nothing to lose, and what has taken its place may have to stay.
            Sql.execute(connection, "DELETE FROM " + manifest.table(entry) + " WHERE " + Quoting.name(entry.column())
                    + " IS NOT DISTINCT FROM NULL");
        }
        Sql.execute(connection, "DELETE FROM " + manifest.table(entry) + " gone USING (SELECT a.\"~at\" FROM "
                + content.archivedRows() + " a JOIN " + content.presentRows() + " t ON " + content.match() + same
                + ") still WHERE gone.ctid = still.\"~at\"");
    }
}
