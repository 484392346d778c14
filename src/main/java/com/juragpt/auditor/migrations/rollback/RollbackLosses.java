package com.juragpt.auditor.migrations.rollback;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.changelog.Session;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import liquibase.database.Database;
import liquibase.database.ObjectQuotingStrategy;
import liquibase.exception.LiquibaseException;
import liquibase.snapshot.SnapshotGeneratorFactory;
import liquibase.statement.SqlStatement;
import liquibase.statement.core.AddAutoIncrementStatement;
import liquibase.statement.core.AddColumnStatement;
import liquibase.statement.core.AddDefaultValueStatement;
import liquibase.statement.core.AddForeignKeyConstraintStatement;
import liquibase.statement.core.AddPrimaryKeyStatement;
import liquibase.statement.core.AddUniqueConstraintStatement;
import liquibase.statement.core.CommentStatement;
import liquibase.statement.core.CreateIndexStatement;
import liquibase.statement.core.CreateSequenceStatement;
import liquibase.statement.core.CreateTableStatement;
import liquibase.statement.core.CreateViewStatement;
import liquibase.statement.core.DeleteStatement;
import liquibase.statement.core.DropColumnStatement;
import liquibase.statement.core.DropDefaultValueStatement;
import liquibase.statement.core.DropForeignKeyConstraintStatement;
import liquibase.statement.core.DropIndexStatement;
import liquibase.statement.core.DropPrimaryKeyStatement;
import liquibase.statement.core.DropTableStatement;
import liquibase.statement.core.DropUniqueConstraintStatement;
import liquibase.statement.core.DropViewStatement;
import liquibase.statement.core.RenameColumnStatement;
import liquibase.statement.core.RenameSequenceStatement;
import liquibase.statement.core.RenameTableStatement;
import liquibase.statement.core.RenameViewStatement;
import liquibase.statement.core.ReorganizeTableStatement;
import liquibase.statement.core.SetColumnRemarksStatement;
import liquibase.statement.core.SetNullableStatement;
import liquibase.statement.core.SetTableRemarksStatement;
import liquibase.statement.core.SetViewRemarksStatement;
import liquibase.structure.core.Column;
import liquibase.structure.core.Table;

/**
 * Finds the data that statements would delete, by their kind and by looking at the tables as they are now.
 *
 * <p>Only kinds of statements that are known to keep all rows count as harmless; whatever else there is, raw SQL above all,
 * counts as of unknown effect.
 */
public final class RollbackLosses {

    /** Up to here rows are counted; beyond, the server's estimate is given. */
    static final int COUNTED = 100_000;

    private static final Set<Class<?>> HARMLESS = Set.of(
            AddAutoIncrementStatement.class, AddColumnStatement.class, AddDefaultValueStatement.class,
            AddForeignKeyConstraintStatement.class, AddPrimaryKeyStatement.class, AddUniqueConstraintStatement.class,
            CommentStatement.class, CreateIndexStatement.class, CreateSequenceStatement.class, CreateTableStatement.class,
            CreateViewStatement.class, DropDefaultValueStatement.class, DropForeignKeyConstraintStatement.class,
            DropIndexStatement.class, DropPrimaryKeyStatement.class, DropUniqueConstraintStatement.class, DropViewStatement.class,
            RenameColumnStatement.class, RenameSequenceStatement.class, RenameTableStatement.class, RenameViewStatement.class,
            ReorganizeTableStatement.class, SetColumnRemarksStatement.class, SetNullableStatement.class,
            SetTableRemarksStatement.class, SetViewRemarksStatement.class);

    // Only tables and partitioned tables are understood: a "table" may also be a view with triggers or a foreign table.
    private static final String TABLE = "SELECT oid::regclass::text FROM pg_class"
            + " WHERE oid = to_regclass(?) AND relkind IN ('r', 'p')";

    private static final String ESTIMATE = "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(?)";

    // A generated column can be computed anew.
    private static final String IS_STORED_COLUMN = """
            SELECT attgenerated = '' FROM pg_attribute
             WHERE attrelid = to_regclass(?) AND attname = (parse_ident(?))[1] AND attnum > 0 AND NOT attisdropped""";

    // What a delete does elsewhere: foreign keys that delete or overwrite referring rows, triggers and rules.
    private static final String HAS_SIDE_EFFECTS = """
            WITH RECURSIVE hit (oid) AS (
                SELECT to_regclass(?)::oid UNION SELECT inhrelid FROM pg_inherits JOIN hit ON inhparent = hit.oid)
            SELECT EXISTS (SELECT FROM pg_constraint JOIN hit ON confrelid = hit.oid
                            WHERE contype = 'f' AND confdeltype NOT IN ('a', 'r'))
                OR EXISTS (SELECT FROM pg_trigger JOIN hit ON tgrelid = hit.oid WHERE NOT tgisinternal)
                OR EXISTS (SELECT FROM pg_rewrite JOIN hit ON ev_class = hit.oid WHERE ev_type = '4')""";

    // What DROP … CASCADE takes along beyond constraints and views: columns of the table's row type, inheriting tables.
    private static final String CASCADES_TO_DATA = """
            WITH RECURSIVE doomed (classid, objid) AS (
                SELECT 'pg_class'::regclass::oid, to_regclass(?)::oid
                UNION
                SELECT d.classid, d.objid FROM pg_depend d JOIN doomed x ON d.refclassid = x.classid AND d.refobjid = x.objid)
            SELECT EXISTS (SELECT FROM doomed JOIN pg_class c ON classid = 'pg_class'::regclass AND objid = c.oid
                            WHERE relkind IN ('r', 'p', 'f') AND NOT relispartition AND c.oid <> to_regclass(?))""";

    private static final Pattern PLAIN_BUT_QUOTED = Pattern.compile("\"([a-z_][a-z0-9_]*)\"");

    private final Session session;
    private final Database database;
    // What the names mean at this point of the plan, where earlier steps have renamed or made things: a name in the database as
    // it is now, or empty for something that the plan itself makes and that has no rows.
    private final Map<String, String> tableNow = new HashMap<>();
    private final Map<String, String> columnNow = new HashMap<>();

    /** @param session whose database is looked at; one finder serves the changesets of one plan, in the order of the plan */
    public RollbackLosses(Session session) {
        this.session = session;
        database = session.database();
    }

    /** What the rollback of one changeset would delete. */
    public List<DataLoss> find(String changeset, RollbackSql way) throws LiquibaseException, SQLException {
        List<DataLoss> losses = new ArrayList<>();
        ObjectQuotingStrategy before = database.getObjectQuotingStrategy();
        database.setObjectQuotingStrategy(way.quoting());
        try {
            if (session.onPostgres()) {
                // Rows that a policy hides from this role would go all the same; now the server refuses to count without them.
                execute("SET LOCAL row_security = off");
            }
            for (SqlStatement statement : way.statements()) {
                find(changeset, statement, losses);
            }
        } finally {
            database.setObjectQuotingStrategy(before);
        }
        for (String opaque : way.opaque()) {
            losses.add(new DataLoss(changeset, DataLoss.Kind.UNKNOWN, null, null, 0, false, opaque));
        }
        return losses;
    }

    private void find(String changeset, SqlStatement statement, List<DataLoss> losses) throws LiquibaseException, SQLException {
        if (statement instanceof DropTableStatement drop) {
            losses.addAll(inTable(changeset, drop));
            tableNow.put(key(tableName(drop.getCatalogName(), drop.getSchemaName(), drop.getTableName())), "");
        } else if (statement instanceof DropColumnStatement drop) {
            for (DropColumnStatement one : drop.isMultiple() ? drop.getColumns() : List.of(drop)) {
                losses.addAll(inColumn(changeset, one));
            }
        } else if (statement instanceof DeleteStatement delete) {
            losses.addAll(inRows(changeset, delete));
        } else if (HARMLESS.contains(statement.getClass())) {
            follow(statement);
        } else {
            losses.add(unknown(changeset, statement));
        }
    }

    /** Keeps in mind what the statement does to names. */
    private void follow(SqlStatement statement) {
        if (statement instanceof RenameTableStatement rename) {
            String from = tableName(rename.getCatalogName(), rename.getSchemaName(), rename.getOldTableName());
            tableNow.put(key(tableName(rename.getCatalogName(), rename.getSchemaName(), rename.getNewTableName())), now(from));
            tableNow.put(key(from), "");
        } else if (statement instanceof CreateTableStatement create && !create.isIfNotExists()) {
            tableNow.put(key(tableName(create.getCatalogName(), create.getSchemaName(), create.getTableName())), "");
        } else if (statement instanceof RenameColumnStatement rename) {
            String table = now(tableName(rename.getCatalogName(), rename.getSchemaName(), rename.getTableName()));
            String from = columnName(rename.getOldColumnName());
            columnNow.put(key(table, columnName(rename.getNewColumnName())), now(table, from));
            columnNow.put(key(table, from), "");
        } else if (statement instanceof AddColumnStatement add) {
            for (AddColumnStatement one : add.isMultiple() ? add.getColumns() : List.of(add)) {
                String table = now(tableName(one.getCatalogName(), one.getSchemaName(), one.getTableName()));
                columnNow.put(key(table, columnName(one.getColumnName())), "");
            }
        }
    }

    private List<DataLoss> inTable(String changeset, DropTableStatement drop) throws LiquibaseException, SQLException {
        String now = now(tableName(drop.getCatalogName(), drop.getSchemaName(), drop.getTableName()));
        if (now.isEmpty()) {
            return List.of();
        }
        Optional<String> found = find(now, new Table(drop.getCatalogName(), drop.getSchemaName(), drop.getTableName()));
        if (found.isEmpty()) {
            return List.of(unknown(changeset, drop));
        }
        String table = found.get();
        List<DataLoss> losses = new ArrayList<>();
        losses.add(count(changeset, DataLoss.Kind.TABLE, table, null, "SELECT 1 FROM " + table));
        if (session.onPostgres() && drop.isCascadeConstraints() && ask(CASCADES_TO_DATA, table, table).orElse(true)) {
            losses.add(unknown(changeset, drop));
        }
        return losses;
    }

    private List<DataLoss> inColumn(String changeset, DropColumnStatement drop) throws LiquibaseException, SQLException {
        String now = now(tableName(drop.getCatalogName(), drop.getSchemaName(), drop.getTableName()));
        String column = now(now, columnName(drop.getColumnName()));
        columnNow.put(key(now, columnName(drop.getColumnName())), "");
        if (now.isEmpty() || column.isEmpty()) {
            return List.of();
        }
        Table relation = new Table(drop.getCatalogName(), drop.getSchemaName(), drop.getTableName());
        Optional<String> found = find(now, relation);
        if (found.isEmpty()) {
            return List.of(unknown(changeset, drop));
        }
        String table = found.get();
        if (session.onPostgres()) {
            Optional<Boolean> stored = ask(IS_STORED_COLUMN, table, column);
            if (stored.isEmpty()) {
                return List.of(unknown(changeset, drop));
            }
            if (!stored.get()) {
                return List.of();
            }
        } else {
            Column example = new Column(drop.getColumnName());
            example.setRelation(relation);
            if (!SnapshotGeneratorFactory.getInstance().has(example, database)) {
                return List.of(unknown(changeset, drop));
            }
        }
        return List.of(count(changeset, DataLoss.Kind.COLUMN, table, column,
                "SELECT 1 FROM " + table + " WHERE " + column + " IS NOT NULL"));
    }

    private List<DataLoss> inRows(String changeset, DeleteStatement delete) throws LiquibaseException, SQLException {
        String name = tableName(delete.getCatalogName(), delete.getSchemaName(), delete.getTableName());
        String now = now(name);
        if (now.isEmpty()) {
            return List.of();
        }
        Optional<String> found = find(now, new Table(delete.getCatalogName(), delete.getSchemaName(), delete.getTableName()));
        if (found.isEmpty()) {
            return List.of(unknown(changeset, delete));
        }
        String table = found.get();
        List<DataLoss> losses = new ArrayList<>();
        DataLoss rows = matching(changeset, delete, now.equals(name), table);
        losses.add(rows);
        if (rows.rows() > 0 && session.onPostgres() && ask(HAS_SIDE_EFFECTS, table).orElse(true)) {
            losses.add(unknown(changeset, delete));
        }
        return losses;
    }

    /** Counts what the delete's condition matches now; all rows, where it cannot be asked yet. */
    private DataLoss matching(String changeset, DeleteStatement delete, boolean underItsName, String table) throws SQLException {
        if (underItsName) {
            String matching = "SELECT 1 " + String.join(" ", RollbackSql.sqlOf(delete, database)).substring("DELETE ".length());
            if (session.onPostgres()) {
                execute("SAVEPOINT counting");
            }
            try {
                return count(changeset, DataLoss.Kind.ROWS, table, null, matching);
            } catch (SQLException e) {
                // The condition may name a column that an earlier step of the plan is yet to make.
                if (session.onPostgres()) {
                    execute("ROLLBACK TO SAVEPOINT counting");
                }
            }
        }
        return count(changeset, DataLoss.Kind.ROWS, table, null, "SELECT 1 FROM " + table);
    }

    private DataLoss count(String changeset, DataLoss.Kind kind, String table, String column, String query)
            throws SQLException {
        String bounded = "SELECT count(*) FROM (" + query + " LIMIT " + (COUNTED + 1) + ") AS counted";
        try (Statement statement = session.connection().createStatement(); ResultSet row = statement.executeQuery(bounded)) {
            row.next();
            long rows = row.getLong(1);
            if (rows <= COUNTED) {
                return new DataLoss(changeset, kind, table, column, rows, false, null);
            }
            return new DataLoss(changeset, kind, table, column, Math.max(rows, estimate(table)), true, null);
        }
    }

    private long estimate(String table) throws SQLException {
        if (!session.onPostgres()) {
            return 0;
        }
        try (PreparedStatement statement = session.connection().prepareStatement(ESTIMATE)) {
            statement.setString(1, table);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
    }

    /** The table as messages and SQL name it, or empty if there is no such table. */
    private Optional<String> find(String name, Table example) throws LiquibaseException, SQLException {
        if (!session.onPostgres()) {
            return SnapshotGeneratorFactory.getInstance().has(example, database) ? Optional.of(name) : Optional.empty();
        }
        try (PreparedStatement statement = session.connection().prepareStatement(TABLE)) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
            }
        }
    }

    private Optional<Boolean> ask(String question, String... parameters) throws SQLException {
        try (PreparedStatement statement = session.connection().prepareStatement(question)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setString(i + 1, parameters[i]);
            }
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(row.getBoolean(1)) : Optional.empty();
            }
        }
    }

    private DataLoss unknown(String changeset, SqlStatement statement) {
        return new DataLoss(changeset, DataLoss.Kind.UNKNOWN, null, null, 0, false,
                String.join("; ", RollbackSql.sqlOf(statement, database)));
    }

    private String tableName(String catalog, String schema, String table) {
        return database.escapeTableName(catalog, schema, table);
    }

    private String columnName(String column) {
        return database.escapeColumnName(null, null, null, column);
    }

    private String now(String table) {
        return tableNow.getOrDefault(key(table), table);
    }

    private String now(String table, String column) {
        return columnNow.getOrDefault(key(table, column), column);
    }

    // One changeset may quote a name that another leaves unquoted, and unquoted names are the same in any case.
    private static String key(String... names) {
        String key = String.join(".", names);
        String plain = PLAIN_BUT_QUOTED.matcher(key).replaceAll("$1");
        return plain.contains("\"") ? plain : plain.toLowerCase(Locale.ROOT);
    }

    /** Keeps other sessions from writing to what the losses name, so that what is counted stays true. PostgreSQL only. */
    void lock(List<DataLoss> losses) throws SQLException {
        for (String table : losses.stream().map(DataLoss::table).filter(t -> t != null).distinct().toList()) {
            execute("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = session.connection().createStatement()) {
            statement.execute(sql);
        }
    }
}
