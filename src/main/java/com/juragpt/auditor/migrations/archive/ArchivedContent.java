package com.juragpt.auditor.migrations.archive;

import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The SQL that compares a copy with the table as it is now. A row is known by its key. Where there is none, it is known by its
 * content: of rows that are alike each is as good as the other, so the first is the first.
 *
 * <p>The archived rows are called {@code a}, the present ones {@code t}.
 */
final class ArchivedContent {

    private static final String COPY_COLUMNS = """
            SELECT attname || '=' || format_type(atttypid, atttypmod) FROM pg_attribute
             WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped""";

    // Compared by its characters, whatever counts as equal in the column.
    private static final String TEXT = "::text COLLATE \"C\"";

    // What a narrower type has made of the archived value, as text of the former type.
    private static final String LEFT = "\"~left\"";

    private final String copy;
    private final ArchiveEntry entry;
    private final Relation table;
    private final Map<String, String> copyTypes = new TreeMap<>();
    private final List<String> key;

    /** @param copy as SQL names it; {@link #fits} */
    ArchivedContent(Connection connection, String copy, ArchiveEntry entry, Relation table) throws SQLException {
        this.copy = copy;
        this.entry = entry;
        this.table = table;
        for (String column : Sql.list(connection, COPY_COLUMNS, copy)) {
            int end = column.lastIndexOf('=');
            copyTypes.put(column.substring(0, end), column.substring(end + 1));
        }
        key = key(entry, table);
    }

    /** Whether the rows of the copy can be found in the table: by their key, or for want of one by content that it still has. */
    static boolean fits(ArchiveEntry entry, Relation table) {
        if (entry.column() == null) {
            return true;
        }
        return table.column(entry.column()).isPresent() && (entry.key().isEmpty() || !key(entry, table).isEmpty());
    }

    /** The columns by which the rows are known now; empty if by their content. */
    private static List<String> key(ArchiveEntry entry, Relation table) {
        List<List<String>> keys = table.keys().stream().filter(key -> key.isWithout(entry.column())).map(Relation.Key::columns)
                .filter(columns -> entry.columns().containsAll(columns)).toList();
        for (List<String> columns : keys) {
            if (columns.equals(entry.key())) {
                return columns;
            }
        }
        // A copy of values has its key alone; what is a key only now may have been filled anew.
        return entry.column() != null || keys.isEmpty() ? List.of() : keys.get(0);
    }

    List<String> key() {
        return key;
    }

    /** The columns of whole rows, or of what tells rows without a key apart, as far as the table still has them. */
    List<String> content() {
        return entry.content().stream().filter(column -> table.column(column).isPresent()).toList();
    }

    /** The columns that can be written. */
    List<String> writable() {
        return entry.columns().stream()
                .filter(column -> table.column(column).filter(now -> !now.generated()).isPresent()).toList();
    }

    /** The archived rows, with what is needed to find them. */
    String archivedRows() {
        return "(SELECT a.ctid AS \"~at\", " + alike(true) + "a.* FROM " + copy + " a)";
    }

    /** The present rows, the same way. */
    String presentRows() {
        return "(SELECT t.ctid AS \"~there\", t.tableoid AS \"~in\", t.xmin::text AS \"~by\", " + alike(false) + "t.* FROM "
                + table.only() + " t)";
    }

    private String alike(boolean inCopy) {
        if (!key.isEmpty()) {
            return "";
        }
        String content = row(content(), inCopy);
        String order = entry.column() == null ? ""
                : " ORDER BY " + (inCopy ? archived(entry.column()) : present(entry.column()));
        return content + " AS \"~alike\", row_number() OVER (PARTITION BY " + content + order + ") AS \"~nth\", ";
    }

    /** The condition that a present row is the archived one. */
    String match() {
        return key.isEmpty() ? "a.\"~alike\" = t.\"~alike\" AND a.\"~nth\" = t.\"~nth\"" : match(key);
    }

    /** The condition that a present row has the archived one's values in some columns. */
    String match(List<String> columns) {
        return columns.stream().map(column -> "t." + Quoting.name(column) + " = " + fitting(column))
                .collect(Collectors.joining(" AND "));
    }

    /** The condition that the present row has the content of the archived one. */
    String sameRow() {
        return row(content(), true) + " = " + row(content(), false);
    }

    private String row(List<String> columns, boolean inCopy) {
        List<String> texts = new ArrayList<>();
        for (String column : columns) {
            texts.add(inCopy ? archived(column) : present(column));
        }
        return "ROW(" + String.join(", ", texts) + ")::text";
    }

    /** The statements that note in the copy what the table has now in place of each value. */
    String noteWhatIsLeft() {
        return "ALTER TABLE " + copy + " ADD COLUMN " + LEFT + " text; UPDATE " + copy + " noted SET " + LEFT
                + " = found.left_over FROM (SELECT a.\"~at\", " + present(entry.column()) + " AS left_over FROM " + archivedRows()
                + " a JOIN " + presentRows() + " t ON " + match() + ") found WHERE noted.ctid = found.\"~at\"";
    }

    /** The condition that the present value is what a narrower type has left of the archived one, and so nobody's own. */
    String isWhatIsLeft() {
        return copyTypes.containsKey("~left") ? present(entry.column()) + " = a." + LEFT + " COLLATE \"C\"" : "false";
    }

    /** The archived value as text. */
    String archived(String column) {
        return "a." + Quoting.name(column) + TEXT;
    }

    /** The present value as text: as the value of the former type that it would have been. */
    String present(String column) {
        Relation.Column now = table.column(column).orElseThrow();
        String type = copyTypes.get(column);
        String name = "t." + Quoting.name(column);
        return now.asText() || type.equals(now.type()) || type.equals("text") ? name + TEXT
                : name + "::" + type + TEXT;
    }

    /** The archived value as one of the present type. */
    String fitting(String column) {
        String type = table.column(column).orElseThrow().type();
        return "a." + Quoting.name(column) + (copyTypes.get(column).equals(type) ? "" : "::" + type);
    }

    /** Whether the archived values have to be converted. */
    boolean isConverted(String column) {
        return !copyTypes.get(column).equals(table.column(column).orElseThrow().type());
    }

    /** The archived value, converted to the present type and back, as text. */
    String thereAndBack(String column) {
        Relation.Column now = table.column(column).orElseThrow();
        String type = copyTypes.get(column);
        return "(" + fitting(column) + ")" + (now.asText() || type.equals("text") ? "" : "::" + type) + TEXT;
    }
}
