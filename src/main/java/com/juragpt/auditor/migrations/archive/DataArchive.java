package com.juragpt.auditor.migrations.archive;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.connection.Sql;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import liquibase.structure.core.Table;

/**
 * Copies data that a rollback or an update is about to delete into a schema of its own, in its transaction. On PostgreSQL the schema
 * says what it holds, and can be restored.
 */
public final class DataArchive {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd_HHmmss", Locale.ROOT);
    // https://www.postgresql.org/docs/current/limits.html, in bytes as UTF-8; of H2's 256 characters enough is left
    private static final int LONGEST_NAME = 63;
    // Needs no quotes behind a schema's name, where even reserved words do not.
    private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_]*");

    private static final Pattern LAST_NAME = Pattern.compile("(?:\"((?:[^\"]|\"\")+)\"|([^.\"]+))$");

    private static final String GRANTEE = "SELECT quote_ident(current_database()) || ' TO ' || quote_ident(current_user)";

    private final MigrationContext context;
    private final Supplier<Origin> origin;
    private final String schema;
    private final List<String> tables = new ArrayList<>();
    private final Set<String> names = new HashSet<>(ArchiveWriter.RESERVED);

    /**
     * What an archive says of where it comes from.
     *
     * @param tag where the rollback ends; null for an update
     * @param deployments whose changesets are rolled back, or that deletes
     * @param changesets that are rolled back, newest first, or have run
     */
    public record Origin(String tag, List<String> deployments, List<String> changesets) {}

    private DataArchive(MigrationContext context, String verb, Supplier<Origin> origin, DataArchive before) throws SQLException {
        this.context = context;
        this.origin = origin;
        schema = before != null ? before.schema
                : unused(verb + "_" + TIME.format(LocalDateTime.now(ZoneOffset.UTC)), schemas());
        if (before != null) {
            tables.addAll(before.tables);
            names.addAll(before.names);
        }
    }

    /**
     * @param context whose transaction the copies belong to
     * @param before the archive of an earlier transaction of the same rollback, as far as that was committed; or null
     */
    public static DataArchive ofRollback(MigrationContext context, Origin origin, DataArchive before) throws SQLException {
        return new DataArchive(context, "rollback", () -> origin, before);
    }

    /**
     * @param origin what there is to say so far, asked for whenever something was added
     * @param before the archive of an earlier attempt of the same update, of which a split may have committed a part; or null
     */
    public static DataArchive ofUpdate(MigrationContext context, Supplier<Origin> origin, DataArchive before)
            throws SQLException {
        List<String> rolledBack = new ArrayList<>();
        if (before != null) {
            for (String copy : before.tables) {
                if (Sql.text(context.connection(), "SELECT to_regclass(?)::text", copy) == null) {
                    rolledBack.add(copy);
                }
            }
        }
        boolean committed = before != null && rolledBack.size() < before.tables.size();
        DataArchive archive = new DataArchive(context, "update", origin, committed ? before : null);
        for (String copy : rolledBack) {
            archive.tables.remove(copy);
            archive.names.remove(archive.lastName(copy).toLowerCase(Locale.ROOT));
        }
        return archive;
    }

    /**
     * Copies every table that is lost whole or in rows, and every lost column together with what its rows are known by.
     *
     * @throws MigrationException {@link Problem#MISSING_PRIVILEGE} if the role may not create the schema
     */
    public void copy(List<DataLoss> losses) throws SQLException {
        if (losses.isEmpty()) {
            return;
        }
        if (tables.isEmpty()) {
            createSchema();
            if (context.onPostgres()) {
                writer().begin();
            }
        }
        if (context.onPostgres()) {
            copyRelations(losses);
            describe();
        } else {
            copyTables(losses);
        }
    }

    private void copyRelations(List<DataLoss> losses) throws SQLException {
        Set<Long> ofRows = new HashSet<>();
        for (DataLoss loss : losses) {
            if (loss.column() == null) {
                ofRows.add(Relation.of(context.connection(), loss.table()).oid());
            }
        }
        Set<String> copied = new HashSet<>();
        for (DataLoss loss : losses) {
            String column = loss.column() == null ? null : lastName(loss.column());
            for (Relation table : relations(loss, column)) {
                boolean isInAnother = column == null
                        && table.partitionOf(context.connection()).stream().anyMatch(ofRows::contains);
                if (!isInAnother && copied.add(table.oid() + " " + column)) {
                    copy(table, column, loss);
                }
            }
        }
    }

    /** The tables that lose something, each with its own rows: what heirs have, nobody could tell from what their parent has. */
    private List<Relation> relations(DataLoss loss, String column) throws SQLException {
        Relation table = Relation.of(context.connection(), loss.table());
        return loss.kind() == DataLoss.Kind.TABLE ? List.of(table) : table.tree(context.connection()).stream()
                .filter(each -> column == null || each.column(column).isPresent()).toList();
    }

    private void copy(Relation table, String column, DataLoss loss) throws SQLException {
        String copy = nextName(table.name(), column);
        if (column == null) {
            writer().copyRows(table, loss.kind() == DataLoss.Kind.TABLE, loss.changeset(), copy);
        } else {
            if (!table.hasKeyWithout(column)) {
                note(table.shown() + " has no key without NULL, so the values of " + column
                        + " are archived with their rows, which a restore knows by their content alone");
            }
            writer().copyColumn(table, column, loss.kind() == DataLoss.Kind.COLUMN, loss.changeset(), copy);
        }
        tables.add(inArchive(copy));
    }

    private void copyTables(List<DataLoss> losses) throws SQLException {
        Set<String> sources = new HashSet<>();
        for (DataLoss loss : losses) {
            if (!sources.add(loss.table() + " " + loss.column())) {
                continue;
            }
            String copy = inArchive(nextName(lastName(loss.table()), loss.column() == null ? null : lastName(loss.column())));
            Sql.execute(context.connection(), "CREATE TABLE " + copy + " AS SELECT " + columns(loss) + " FROM " + loss.table());
            tables.add(copy);
        }
    }

    private String nextName(String table, String column) {
        String name = unused(table + (column == null ? "" : "__" + column), names);
        names.add(name.toLowerCase(Locale.ROOT));
        return name;
    }

    private String inArchive(String name) {
        return schema + "." + (context.onPostgres() && PLAIN.matcher(name).matches() ? name : quoted(name));
    }

    private ArchiveWriter writer() {
        return new ArchiveWriter(context.connection(), schema);
    }

    private void describe() throws SQLException {
        Origin says = origin.get();
        writer().describe(says.tag(), says.deployments(), says.changesets());
    }

    /** Forgets the copies after the first so many: what made them has been rolled back. */
    public void backTo(int copies) {
        tables.subList(copies, tables.size()).clear();
    }

    /** Ends the archive when everything is deleted. */
    public void finish() throws SQLException {
        if (tables.isEmpty() || !context.onPostgres()) {
            return;
        }
        writer().forgetWhatIsThere();
        describe();
        for (String column : writer().largeObjects()) {
            note(column + " holds numbers of large objects; those themselves are not part of the archive");
        }
    }

    private void note(String text) {
        context.options().progress().accept(new Progress.Note(text));
    }

    /** The schema, which is there only if something was copied. */
    public String schema() {
        return schema;
    }

    /** The copies, as SQL names them; empty if nothing was lost. */
    public List<String> tables() {
        return List.copyOf(tables);
    }

    private void createSchema() throws SQLException {
        String grantee = context.onPostgres() ? Sql.text(context.connection(), GRANTEE) : "";
        try {
            Sql.execute(context.connection(), "CREATE SCHEMA " + schema);
        } catch (SQLException e) {
            if (!Failures.INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
                throw e;
            }
            throw Diagnosis.of(Problem.MISSING_PRIVILEGE, "Cannot archive: the role may not create a schema in "
                    + context.databaseName())
                    .line(e.getMessage()).cause(e).help("GRANT CREATE ON DATABASE " + grantee);
        }
    }

    // H2. Without a key the rest of the row is all there is to know the row by.
    private String columns(DataLoss loss) throws SQLException {
        if (loss.column() == null) {
            return "*";
        }
        List<String> key = primaryKey(loss.table());
        return key.isEmpty() || key.contains(lastName(loss.column())) ? "*"
                : String.join(", ", key.stream().map(this::quoted).toList()) + ", " + loss.column();
    }

    private List<String> primaryKey(String table) throws SQLException {
        List<String> key = new ArrayList<>();
        try (ResultSet row = context.connection().getMetaData()
                .getPrimaryKeys(null, context.connection().getSchema(), lastName(table))) {
            while (row.next()) {
                key.add(row.getString("COLUMN_NAME"));
            }
        }
        return key;
    }

    private Set<String> schemas() throws SQLException {
        Set<String> schemas = new HashSet<>();
        try (ResultSet row = context.connection().getMetaData().getSchemas()) {
            while (row.next()) {
                schemas.add(row.getString("TABLE_SCHEM").toLowerCase(Locale.ROOT));
            }
        }
        return schemas;
    }

    private static String unused(String wanted, Set<String> used) {
        String name = cut(wanted, LONGEST_NAME);
        for (int i = 2; used.contains(name.toLowerCase(Locale.ROOT)); i++) {
            String suffix = "_" + i;
            name = cut(wanted, LONGEST_NAME - suffix.length()) + suffix;
        }
        return name;
    }

    /** As much of a name as fits into so many bytes. */
    private static String cut(String name, int bytes) {
        StringBuilder cut = new StringBuilder();
        int left = bytes;
        for (int c : name.codePoints().toArray()) {
            left -= Character.toString(c).getBytes(StandardCharsets.UTF_8).length;
            if (left < 0) {
                break;
            }
            cut.appendCodePoint(c);
        }
        return cut.toString();
    }

    private String quoted(String name) {
        return context.onPostgres() ? '"' + name.replace("\"", "\"\"") + '"'
                : context.database().escapeObjectName(name, Table.class);
    }

    /** The last part of a name in SQL, as the catalog has it: {@code public."Odd Name"} is {@code Odd Name}. */
    private String lastName(String sqlName) {
        Matcher name = LAST_NAME.matcher(sqlName);
        if (!name.find()) {
            throw new IllegalArgumentException("not a name: " + sqlName);
        }
        if (name.group(1) != null) {
            return name.group(1).replace("\"\"", "\"");
        }
        return context.onPostgres() ? name.group(2).toLowerCase(Locale.ROOT) : name.group(2).toUpperCase(Locale.ROOT);
    }

}
