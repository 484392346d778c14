package com.juragpt.auditor.migrations.rollback;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.connection.Sql;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import liquibase.structure.core.Table;

/** Copies data that a rollback is about to delete into a schema of its own, in the rollback's transaction. */
final class RollbackArchive {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd_HHmmss", Locale.ROOT);
    // https://www.postgresql.org/docs/current/limits.html, in bytes; of H2's 256 characters enough is left
    private static final int LONGEST_NAME = 63;
    // Needs no quotes behind a schema's name, where even reserved words do not.
    private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_]*");

    private static final Pattern LAST_NAME = Pattern.compile("(?:\"((?:[^\"]|\"\")+)\"|([^.\"]+))$");

    private static final String GRANTEE = "SELECT quote_ident(current_database()) || ' TO ' || quote_ident(current_user)";

    private static final String KEY_COLUMNS = """
            SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
             WHERE indrelid = to_regclass(?) AND indisprimary ORDER BY array_position(indkey::int[], attnum::int)""";

    private final MigrationContext context;
    private final String schema;
    private final List<String> tables = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    /**
     * @param context whose transaction the copies belong to
     * @param before the archive of an earlier transaction of the same rollback, as far as that was committed; or null
     */
    RollbackArchive(MigrationContext context, RollbackArchive before) throws SQLException {
        this.context = context;
        schema = before != null ? before.schema
                : unused("rollback_" + TIME.format(LocalDateTime.now(ZoneOffset.UTC)), schemas());
        if (before != null) {
            tables.addAll(before.tables);
            names.addAll(before.names);
        }
    }

    /**
     * Copies every table that is lost whole or in rows, and every lost column together with its table's primary key.
     *
     * @throws MigrationException {@link Problem#MISSING_PRIVILEGE} if the role may not create the schema
     */
    void copy(List<DataLoss> losses) throws SQLException {
        if (losses.isEmpty()) {
            return;
        }
        if (tables.isEmpty()) {
            createSchema();
        }
        Set<String> sources = new HashSet<>();
        for (DataLoss loss : losses) {
            if (!sources.add(loss.table() + " " + loss.column())) {
                continue;
            }
            String name = unused(lastName(loss.table()) + (loss.column() == null ? "" : "__" + lastName(loss.column())), names);
            names.add(name.toLowerCase(Locale.ROOT));
            String copy = schema + "." + (context.onPostgres() && PLAIN.matcher(name).matches() ? name : quoted(name));
            Sql.execute(context.connection(), "CREATE TABLE " + copy + " AS SELECT " + columns(loss) + " FROM " + loss.table());
            tables.add(copy);
        }
    }

    String schema() {
        return schema;
    }

    List<String> tables() {
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

    // Without a key the rest of the row is all there is to know the row by.
    private String columns(DataLoss loss) throws SQLException {
        if (loss.column() == null) {
            return "*";
        }
        List<String> key = primaryKey(loss.table());
        return key.isEmpty() || key.contains(lastName(loss.column())) ? "*"
                : String.join(", ", key.stream().map(this::quoted).toList()) + ", " + loss.column();
    }

    private List<String> primaryKey(String table) throws SQLException {
        if (context.onPostgres()) {
            return Sql.list(context.connection(), KEY_COLUMNS, table);
        }
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
        try (ResultSet row = context.connection().getMetaData().getSchemas()) {
            while (row.next()) {
                names.add(row.getString("TABLE_SCHEM").toLowerCase(Locale.ROOT));
            }
        }
        return names;
    }

    private static String unused(String wanted, Set<String> used) {
        String name = wanted.substring(0, Math.min(LONGEST_NAME, wanted.length()));
        for (int i = 2; used.contains(name.toLowerCase(Locale.ROOT)); i++) {
            String suffix = "_" + i;
            name = wanted.substring(0, Math.min(LONGEST_NAME - suffix.length(), wanted.length())) + suffix;
        }
        return name;
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
