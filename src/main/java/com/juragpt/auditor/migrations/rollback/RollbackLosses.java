package com.juragpt.auditor.migrations.rollback;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.changelog.ChangesetSql;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
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
 * Finds the data that statements would delete, from their kind and from the tables as they are now.
 *
 * <p>Only kinds of statements that are known to keep all rows count as harmless; every other statement, raw SQL above all, counts
 * as one of unknown effect.
 */
public final class RollbackLosses {

    private static final Set<Class<?>> HARMLESS = Set.of(
            AddAutoIncrementStatement.class, AddColumnStatement.class, AddDefaultValueStatement.class,
            AddForeignKeyConstraintStatement.class, AddPrimaryKeyStatement.class, AddUniqueConstraintStatement.class,
            CommentStatement.class, CreateIndexStatement.class, CreateSequenceStatement.class, CreateTableStatement.class,
            CreateViewStatement.class, DropDefaultValueStatement.class, DropForeignKeyConstraintStatement.class,
            DropIndexStatement.class, DropPrimaryKeyStatement.class, DropUniqueConstraintStatement.class, DropViewStatement.class,
            RenameColumnStatement.class, RenameSequenceStatement.class, RenameTableStatement.class, RenameViewStatement.class,
            ReorganizeTableStatement.class, SetColumnRemarksStatement.class, SetNullableStatement.class,
            SetTableRemarksStatement.class, SetViewRemarksStatement.class);

    // An index keeps no rows of its own; CASCADE might take a constraint along that others rely on.
    private static final Pattern DROP_INDEX = Pattern.compile("(?is)DROP\\s+INDEX\\s+(?:(?!\\bCASCADE\\b)[^;'$])*;?");

    // Only tables and partitioned tables are understood: a "table" may also be a view with triggers or a foreign table.
    private static final String TABLE = "SELECT oid::regclass::text FROM pg_class"
            + " WHERE oid = to_regclass(?) AND relkind IN ('r', 'p')";

    // A generated column can be computed again.
    private static final String IS_STORED_COLUMN = """
            SELECT attgenerated = '' FROM pg_attribute
             WHERE attrelid = to_regclass(?) AND attname = (parse_ident(?))[1] AND attnum > 0 AND NOT attisdropped""";

    // A statement may change other data: by foreign keys that pass it on to referring rows, by triggers and rules.
    private static final String HAS_SIDE_EFFECTS = """
            WITH RECURSIVE hit (oid) AS (
                SELECT to_regclass(?)::oid UNION SELECT inhrelid FROM pg_inherits JOIN hit ON inhparent = hit.oid)
            SELECT EXISTS (SELECT FROM pg_constraint JOIN hit ON confrelid = hit.oid
                            WHERE contype = 'f' AND %s NOT IN ('a', 'r'))
                OR EXISTS (SELECT FROM pg_trigger JOIN hit ON tgrelid = hit.oid WHERE NOT tgisinternal)
                OR EXISTS (SELECT FROM pg_rewrite JOIN hit ON ev_class = hit.oid WHERE ev_type = '%s')""";
    private static final String DELETE_HAS_SIDE_EFFECTS = HAS_SIDE_EFFECTS.formatted("confdeltype", "4");
    private static final String UPDATE_HAS_SIDE_EFFECTS = HAS_SIDE_EFFECTS.formatted("confupdtype", "2");

    // DROP … CASCADE may drop more than constraints and views: columns of the table's row type, inheriting tables.
    private static final String CASCADES_TO_DATA = """
            WITH RECURSIVE doomed (classid, objid) AS (
                SELECT 'pg_class'::regclass::oid, to_regclass(?)::oid
                UNION
                SELECT d.classid, d.objid FROM pg_depend d JOIN doomed x ON d.refclassid = x.classid AND d.refobjid = x.objid)
            SELECT EXISTS (SELECT FROM doomed JOIN pg_class c ON classid = 'pg_class'::regclass AND objid = c.oid
                            WHERE relkind IN ('r', 'p', 'f') AND NOT relispartition AND c.oid <> to_regclass(?))""";

    private final MigrationContext context;
    private final Database database;
    private final PlannedNames names;
    private final RowCounter counter;

    /** @param context of the database to examine; one instance serves the changesets of one plan, in the order of the plan */
    public RollbackLosses(MigrationContext context) {
        this.context = context;
        database = context.database();
        names = new PlannedNames(database);
        counter = new RowCounter(context);
    }

    /** What the rollback of one changeset would delete. */
    public List<DataLoss> find(String changeset, RollbackSql rollback) throws LiquibaseException, SQLException {
        List<DataLoss> losses = new ArrayList<>();
        ObjectQuotingStrategy before = database.getObjectQuotingStrategy();
        database.setObjectQuotingStrategy(rollback.quoting());
        try {
            if (context.onPostgres()) {
                // Rows that a policy hides from this role would be deleted too; so the server refuses to count without them.
                Sql.execute(context.connection(), "SET LOCAL row_security = off");
            }
            for (SqlStatement statement : rollback.statements()) {
                losses.addAll(in(changeset, statement));
            }
        } finally {
            database.setObjectQuotingStrategy(before);
        }
        rollback.opaque().forEach(sql -> losses.add(unknown(changeset, sql)));
        return losses;
    }

    /** Whether the values that {@code cleared} tells of are part of what {@code dropped} tells of. */
    static boolean takesAlong(DataLoss dropped, DataLoss cleared) {
        return cleared.kind() == DataLoss.Kind.VALUES && cleared.table().equals(dropped.table())
                && (dropped.kind() == DataLoss.Kind.TABLE
                        || dropped.kind() == DataLoss.Kind.COLUMN && cleared.column().equals(dropped.column()));
    }

    private List<DataLoss> in(String changeset, SqlStatement statement) throws LiquibaseException, SQLException {
        if (statement instanceof DropTableStatement drop) {
            return inTable(changeset, drop);
        }
        if (statement instanceof DropColumnStatement drop) {
            List<DataLoss> losses = new ArrayList<>();
            for (DropColumnStatement one : drop.isMultiple() ? drop.getColumns() : List.of(drop)) {
                losses.addAll(inColumn(changeset, one));
            }
            return losses;
        }
        if (statement instanceof DeleteStatement delete) {
            return inRows(changeset, delete);
        }
        if (HARMLESS.contains(statement.getClass())) {
            names.follow(statement);
            return List.of();
        }
        String sql = String.join("; ", ChangesetSql.of(statement, database)).strip();
        if (DROP_INDEX.matcher(sql).matches()) {
            return List.of();
        }
        Optional<ClearingUpdate> update = ClearingUpdate.of(sql);
        return update.isPresent() ? inValues(changeset, update.get(), sql) : List.of(unknown(changeset, sql));
    }

    private List<DataLoss> inValues(String changeset, ClearingUpdate update, String sql) throws SQLException {
        Optional<String> now = names.tableNow(update.table());
        if (now.isEmpty()) {
            return List.of();
        }
        // Under another name, the condition cannot be asked yet.
        boolean asNow = now.get().equals(update.table())
                && update.columns().stream().allMatch(column -> names.columnNow(now.get(), column).equals(Optional.of(column)));
        Optional<String> table = asNow ? clearedTable(update) : Optional.empty();
        if (table.isEmpty()) {
            return List.of(unknown(changeset, sql));
        }
        List<DataLoss> losses = new ArrayList<>();
        for (String column : update.columns()) {
            String condition = update.where().isEmpty() ? "" : " AND (" + update.where().substring("WHERE".length()) + ")";
            losses.add(counter.count(changeset, DataLoss.Kind.VALUES, table.get(), column,
                    "SELECT 1 FROM " + table.get() + " WHERE " + column + " IS NOT NULL" + condition));
        }
        return losses;
    }

    /** The table as messages and SQL name it; empty if the update may do more than clear those columns of it. */
    private Optional<String> clearedTable(ClearingUpdate update) throws SQLException {
        if (!context.onPostgres()) {
            return ClearedOnH2.isAll(context.connection(), update) ? Optional.of(nameOnH2(update.table())) : Optional.empty();
        }
        String table = Sql.text(context.connection(), TABLE, update.table());
        if (table == null || ask(UPDATE_HAS_SIDE_EFFECTS, table).orElse(true)) {
            return Optional.empty();
        }
        for (String column : update.columns()) {
            if (ask(IS_STORED_COLUMN, table, column).isEmpty()) {
                return Optional.empty();
            }
        }
        return Optional.of(table);
    }

    /** As a plan's own statements name it, where raw SQL can be read like that. */
    private String nameOnH2(String table) {
        return table.contains("\"") || table.contains(".") ? table : names.table(null, null, table);
    }

    private List<DataLoss> inTable(String changeset, DropTableStatement drop) throws LiquibaseException, SQLException {
        String name = names.table(drop.getCatalogName(), drop.getSchemaName(), drop.getTableName());
        Optional<String> now = names.tableNow(name);
        names.dropTable(name);
        if (now.isEmpty()) {
            return List.of();
        }
        Optional<String> found = find(now.get(), new Table(drop.getCatalogName(), drop.getSchemaName(), drop.getTableName()));
        if (found.isEmpty()) {
            return List.of(unknown(changeset, drop));
        }
        String table = found.get();
        List<DataLoss> losses = new ArrayList<>();
        losses.add(counter.count(changeset, DataLoss.Kind.TABLE, table, null, "SELECT 1 FROM " + table));
        if (context.onPostgres() && drop.isCascadeConstraints() && ask(CASCADES_TO_DATA, table, table).orElse(true)) {
            losses.add(unknown(changeset, drop));
        }
        return losses;
    }

    private List<DataLoss> inColumn(String changeset, DropColumnStatement drop) throws LiquibaseException, SQLException {
        Optional<String> now = names.tableNow(names.table(drop.getCatalogName(), drop.getSchemaName(), drop.getTableName()));
        String name = names.column(drop.getColumnName());
        Optional<String> column = now.flatMap(table -> names.columnNow(table, name));
        now.ifPresent(table -> names.dropColumn(table, name));
        if (column.isEmpty()) {
            return List.of();
        }
        Table relation = new Table(drop.getCatalogName(), drop.getSchemaName(), drop.getTableName());
        Optional<String> table = find(now.get(), relation);
        Optional<Boolean> stored = table.isEmpty() ? Optional.empty() : isStored(drop, relation, table.get(), column.get());
        if (stored.isEmpty()) {
            return List.of(unknown(changeset, drop));
        }
        return !stored.get() ? List.of() : List.of(counter.count(changeset, DataLoss.Kind.COLUMN, table.get(), column.get(),
                "SELECT 1 FROM " + table.get() + " WHERE " + column.get() + " IS NOT NULL"));
    }

    /** Whether the column's values cannot be computed again; empty if there is no such column. */
    private Optional<Boolean> isStored(DropColumnStatement drop, Table relation, String table, String column)
            throws LiquibaseException, SQLException {
        if (context.onPostgres()) {
            return ask(IS_STORED_COLUMN, table, column);
        }
        Column example = new Column(drop.getColumnName());
        example.setRelation(relation);
        return SnapshotGeneratorFactory.getInstance().has(example, database) ? Optional.of(true) : Optional.empty();
    }

    private List<DataLoss> inRows(String changeset, DeleteStatement delete) throws LiquibaseException, SQLException {
        String name = names.table(delete.getCatalogName(), delete.getSchemaName(), delete.getTableName());
        Optional<String> now = names.tableNow(name);
        if (now.isEmpty()) {
            return List.of();
        }
        Optional<String> table =
                find(now.get(), new Table(delete.getCatalogName(), delete.getSchemaName(), delete.getTableName()));
        if (table.isEmpty()) {
            return List.of(unknown(changeset, delete));
        }
        List<DataLoss> losses = new ArrayList<>();
        DataLoss rows = matching(changeset, delete, now.get().equals(name), table.get());
        losses.add(rows);
        if (rows.rows() > 0 && context.onPostgres() && ask(DELETE_HAS_SIDE_EFFECTS, table.get()).orElse(true)) {
            losses.add(unknown(changeset, delete));
        }
        return losses;
    }

    /** Counts the rows that the delete's condition matches now, or all rows where it cannot be evaluated yet. */
    private DataLoss matching(String changeset, DeleteStatement delete, boolean underItsName, String table) throws SQLException {
        if (underItsName) {
            String matching = "SELECT 1 " + String.join(" ", ChangesetSql.of(delete, database)).substring("DELETE ".length());
            if (context.onPostgres()) {
                Sql.execute(context.connection(), "SAVEPOINT counting");
            }
            try {
                return counter.count(changeset, DataLoss.Kind.ROWS, table, null, matching);
            } catch (SQLException e) {
                // The condition may name a column that an earlier step of the plan has yet to create.
                if (context.onPostgres()) {
                    Sql.execute(context.connection(), "ROLLBACK TO SAVEPOINT counting");
                }
            }
        }
        return counter.count(changeset, DataLoss.Kind.ROWS, table, null, "SELECT 1 FROM " + table);
    }

    /** The table as messages and SQL name it, or empty if there is no such table. */
    private Optional<String> find(String name, Table example) throws LiquibaseException, SQLException {
        if (!context.onPostgres()) {
            return SnapshotGeneratorFactory.getInstance().has(example, database) ? Optional.of(name) : Optional.empty();
        }
        return Optional.ofNullable(Sql.text(context.connection(), TABLE, name));
    }

    private Optional<Boolean> ask(String question, Object... parameters) throws SQLException {
        return Sql.test(context.connection(), question, parameters);
    }

    private DataLoss unknown(String changeset, SqlStatement statement) {
        return unknown(changeset, String.join("; ", ChangesetSql.of(statement, database)));
    }

    private static DataLoss unknown(String changeset, String sql) {
        return new DataLoss(changeset, DataLoss.Kind.UNKNOWN, null, null, 0, false, sql);
    }
}
