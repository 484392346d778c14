package com.juragpt.auditor.migrations.archive;

import com.juragpt.auditor.migrations.api.RestoreResult;
import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Restores one copy: first looks what would become of each of its rows, then writes, then looks again.
 *
 * <p>What it finds stands in a table of the archive, a row for each row of the copy.
 */
final class RestorePart {

    // What becomes of a row: it is inserted; it is updated, as only a deployment has written what is there; it is there; it is
    // there with another content; there is no row to update; there is none, and nothing to update it with.
    private static final String ROWS = """
            CREATE TABLE %1$s AS SELECT a."~at" AS at, t."~in" AS in_table, t."~there" AS there,
                CASE WHEN t."~there" IS NULL THEN 'insert' WHEN %5$s THEN 'there' WHEN t."~by" = ANY (%6$s) THEN 'update'
                     ELSE 'conflict' END AS state
              FROM %2$s a LEFT JOIN %3$s t ON %4$s""";
    private static final String VALUES = """
            CREATE TABLE %1$s AS SELECT a."~at" AS at, t."~in" AS in_table, t."~there" AS there,
                CASE WHEN t."~there" IS NULL THEN CASE WHEN %7$s IS DISTINCT FROM NULL THEN 'gone' ELSE 'nothing' END
                     WHEN %7$s IS NOT DISTINCT FROM %5$s THEN 'there'
                     WHEN %5$s IS NOT DISTINCT FROM NULL OR %5$s = ANY (%8$s) OR t."~by" = ANY (%6$s) OR %9$s
                         THEN 'update'
                     ELSE 'conflict' END AS state
              FROM %2$s a LEFT JOIN %3$s t ON %4$s""";

    // The value that rows have which are older than the column.
    private static final String VALUE_OF_OLD_ROWS = """
            SELECT DISTINCT array_to_string(attmissingval, ',')::%s::text FROM pg_attribute
             WHERE attname = ? AND atthasmissing AND NOT attisdropped
               AND (attrelid = ?::oid OR attrelid IN (SELECT relid FROM pg_partition_tree(?::oid::regclass)))""";

    private static final String TRIGGERS = """
            SELECT tgname FROM pg_trigger WHERE tgrelid = ? AND NOT tgisinternal AND tgenabled IN ('O', 'A')
               AND tgtype::int & 20 <> 0 ORDER BY 1""";

    private static final int SHOWN = 10;

    private final Connection connection;
    private final ArchiveEntry entry;
    private final Relation table;
    private final ArchivedContent content;
    private final String copy;
    private final String work;
    private final Set<String> written;
    private long expected;

    /**
     * @param copy as SQL names it
     * @param work a name for a table, as SQL writes it
     * @param written the transactions that deployed, as {@code xmin} shows them
     */
    RestorePart(Connection connection, ArchiveEntry entry, Relation table, String copy, String work, Set<String> written)
            throws SQLException {
        this.connection = connection;
        this.entry = entry;
        this.table = table;
        this.copy = copy;
        this.work = work;
        this.written = written;
        content = new ArchivedContent(connection, copy, entry, table);
    }

    ArchiveEntry entry() {
        return entry;
    }

    Relation table() {
        return table;
    }

    ArchivedContent content() {
        return content;
    }

    String copy() {
        return copy;
    }

    /** Looks what becomes of each row. */
    void look() throws SQLException {
        Sql.execute(connection, "DROP TABLE IF EXISTS " + work);
        Sql.execute(connection, entry.kind().isOfRows()
                ? ROWS.formatted(work, content.archivedRows(), content.presentRows(), content.match(), content.sameRow(),
                        array(written))
                : VALUES.formatted(work, content.archivedRows(), content.presentRows(), content.match(),
                        content.present(entry.column()), array(written), content.archived(entry.column()),
                        array(valuesOfOldRows()), content.isWhatIsLeft()));
        if (entry.kind().isOfRows()) {
            for (Relation.Key other : table.keys()) {
                if (!other.columns().equals(content.key()) && content.writable().containsAll(other.columns())) {
                    findConflictsBy(other.columns());
                }
            }
        }
    }

    private List<String> valuesOfOldRows() throws SQLException {
        String type = table.column(entry.column()).orElseThrow().type();
        return Sql.list(connection, VALUE_OF_OLD_ROWS.formatted(type), entry.column(), table.oid(), table.oid());
    }

    // The row that another key leads to is another row, or there would be no need to insert or update one.
    private void findConflictsBy(List<String> columns) throws SQLException {
        Sql.execute(connection, "UPDATE " + work + " w SET state = 'conflict' FROM " + copy + " a, " + table.only() + " t"
                + " WHERE w.at = a.ctid AND w.state IN ('insert', 'update') AND " + content.match(columns)
                + " AND (w.there IS NULL OR (w.in_table, w.there) IS DISTINCT FROM (t.tableoid, t.ctid))");
    }

    private static String array(Iterable<String> texts) {
        List<String> quoted = new ArrayList<>();
        texts.forEach(text -> quoted.add(Quoting.text(text)));
        return "ARRAY[" + String.join(", ", quoted) + "]::text[]";
    }

    long count(String... states) throws SQLException {
        return Sql.number(connection, "SELECT count(*) FROM " + work + " WHERE state = ANY (" + array(List.of(states)) + ")");
    }

    /** Which rows are there with another content: some of them by their keys, and how many more. */
    List<String> conflicts() throws SQLException {
        long all = count("conflict");
        if (all == 0) {
            return List.of();
        }
        String row = content.key().isEmpty() ? "'a row'"
                : content.key().stream().map(column -> Quoting.text(column + " = ") + " || " + content.archived(column))
                        .collect(Collectors.joining(" || ', ' || "));
        List<String> lines = new ArrayList<>();
        for (String each : Sql.list(connection, "SELECT " + row + " FROM " + work + " w JOIN " + copy
                + " a ON w.at = a.ctid WHERE state = 'conflict' ORDER BY a.ctid LIMIT " + SHOWN)) {
            lines.add(entry.shown() + ": " + each);
        }
        if (all > SHOWN) {
            lines.add(entry.shown() + ": and " + (all - SHOWN) + " more");
        }
        return lines;
    }

    /** Writes what is to be inserted and updated. */
    void write() throws SQLException {
        List<String> writable = content.writable();
        String from = copy + " a JOIN " + work + " w ON w.at = a.ctid";
        expected = count("insert", "update", "there");
        if (entry.kind().isOfRows()) {
            Sql.execute(connection, "INSERT INTO " + table.sql() + " (" + Quoting.names("", writable)
                    + ") OVERRIDING SYSTEM VALUE SELECT "
                    + writable.stream().map(content::fitting).collect(Collectors.joining(", "))
                    + " FROM " + from + " WHERE w.state = 'insert' ORDER BY a.ctid");
        }
        List<String> set = entry.column() != null ? List.of(entry.column()) : writable.stream()
                .filter(column -> !content.key().contains(column) && !table.column(column).orElseThrow().alwaysIdentity())
                .toList();
        if (!set.isEmpty() && count("update") > 0) {
            Sql.execute(connection, "UPDATE " + table.only() + " t SET "
                    + set.stream().map(column -> Quoting.name(column) + " = " + content.fitting(column))
                            .collect(Collectors.joining(", "))
                    + " FROM " + from + " WHERE w.state = 'update' AND t.tableoid = w.in_table AND t.ctid = w.there");
        }
    }

    /** How many of the rows that were written, or were there, do not have their archived content; {@link #look()} again first. */
    long missing() throws SQLException {
        return expected - count("there");
    }

    /** The table's own triggers that inserts and updates fire. */
    List<String> triggers() throws SQLException {
        return Sql.list(connection, TRIGGERS, table.oid());
    }

    /**
     * Takes out of the copy what is accounted for.
     *
     * @param before how many were there before anything was written
     */
    RestoreResult.Part finish(long before) throws SQLException {
        Sql.execute(connection, "DELETE FROM " + copy + " a USING " + work
                + " w WHERE w.at = a.ctid AND w.state IN ('there', 'nothing')");
        return new RestoreResult.Part(table.shown(), entry.column(), expected - before,
                before + count("nothing"), count("conflict", "insert", "update"), count("gone"));
    }

    void forget() throws SQLException {
        Sql.execute(connection, "DROP TABLE IF EXISTS " + work);
    }
}
