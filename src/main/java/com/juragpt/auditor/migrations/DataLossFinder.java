package com.juragpt.auditor.migrations;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import liquibase.database.Database;
import liquibase.exception.DatabaseException;
import liquibase.exception.LiquibaseException;
import liquibase.snapshot.SnapshotGeneratorFactory;
import liquibase.sql.Sql;
import liquibase.sqlgenerator.SqlGeneratorFactory;
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
final class DataLossFinder {

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

    // Foreign keys that delete or overwrite referring rows, and triggers, which may do anything.
    private static final String SIDE_EFFECTS = """
            SELECT EXISTS (SELECT FROM pg_constraint WHERE confrelid = to_regclass(?) AND contype = 'f' AND confdeltype <> 'a'
                             AND confdeltype <> 'r')
                OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass(?) AND NOT tgisinternal)""";

    private final Session session;
    private final Database database;

    DataLossFinder(Session session) {
        this.session = session;
        database = session.database();
    }

    /** What the statements, all of one changeset's rollback, would delete. */
    List<DataLoss> find(String changeset, List<SqlStatement> statements) throws LiquibaseException, SQLException {
        List<DataLoss> losses = new ArrayList<>();
        for (SqlStatement statement : statements) {
            if (statement instanceof DropTableStatement drop) {
                losses.add(inTable(changeset, drop.getCatalogName(), drop.getSchemaName(), drop.getTableName(), statement));
            } else if (statement instanceof DropColumnStatement drop) {
                for (DropColumnStatement one : drop.isMultiple() ? drop.getColumns() : List.of(drop)) {
                    losses.add(inColumn(changeset, one));
                }
            } else if (statement instanceof DeleteStatement delete) {
                losses.addAll(inRows(changeset, delete));
            } else if (!HARMLESS.contains(statement.getClass())) {
                losses.add(unknown(changeset, statement));
            }
        }
        return losses;
    }

    private DataLoss inTable(String changeset, String catalog, String schema, String name, SqlStatement statement)
            throws LiquibaseException, SQLException {
        if (!exists(new Table(catalog, schema, name))) {
            return unknown(changeset, statement);
        }
        String table = database.escapeTableName(catalog, schema, name);
        return count(changeset, DataLoss.Kind.TABLE, table, null, "SELECT 1 FROM " + table);
    }

    private DataLoss inColumn(String changeset, DropColumnStatement drop) throws LiquibaseException, SQLException {
        Table relation = new Table(drop.getCatalogName(), drop.getSchemaName(), drop.getTableName());
        Column example = new Column(drop.getColumnName());
        example.setRelation(relation);
        if (!exists(relation) || !SnapshotGeneratorFactory.getInstance().has(example, database)) {
            return unknown(changeset, drop);
        }
        String table = database.escapeTableName(drop.getCatalogName(), drop.getSchemaName(), drop.getTableName());
        String column = database.escapeColumnName(drop.getCatalogName(), drop.getSchemaName(), drop.getTableName(),
                drop.getColumnName());
        return count(changeset, DataLoss.Kind.COLUMN, table, column,
                "SELECT 1 FROM " + table + " WHERE " + column + " IS NOT NULL");
    }

    private List<DataLoss> inRows(String changeset, DeleteStatement delete) throws LiquibaseException, SQLException {
        List<DataLoss> losses = new ArrayList<>();
        DataLoss rows = inTable(changeset, delete.getCatalogName(), delete.getSchemaName(), delete.getTableName(), delete);
        if (rows.kind() == DataLoss.Kind.UNKNOWN) {
            return List.of(rows);
        }
        losses.add(new DataLoss(changeset, DataLoss.Kind.ROWS, rows.table(), null, rows.rows(), rows.estimated(), null));
        if (rows.rows() > 0 && session.onPostgres() && hasSideEffects(rows.table())) {
            losses.add(unknown(changeset, delete));
        }
        return losses;
    }

    private boolean hasSideEffects(String table) throws SQLException {
        try (PreparedStatement statement = session.connection().prepareStatement(SIDE_EFFECTS)) {
            statement.setString(1, table);
            statement.setString(2, table);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
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
        String sql = "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(?)";
        try (PreparedStatement statement = session.connection().prepareStatement(sql)) {
            statement.setString(1, table);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
    }

    private boolean exists(Table table) throws LiquibaseException {
        return SnapshotGeneratorFactory.getInstance().has(table, database);
    }

    private DataLoss unknown(String changeset, SqlStatement statement) {
        return new DataLoss(changeset, DataLoss.Kind.UNKNOWN, null, null, 0, false, String.join("; ", sqlOf(statement, database)));
    }

    /** The SQL of a statement, as the database will get it. */
    static List<String> sqlOf(SqlStatement statement, Database database) {
        List<String> lines = new ArrayList<>();
        for (Sql sql : SqlGeneratorFactory.getInstance().generateSql(statement, database)) {
            lines.add(sql.toSql());
        }
        return lines;
    }

    /** Keeps other sessions from writing to what the losses name, so that what is counted stays true. PostgreSQL only. */
    void lock(List<DataLoss> losses) throws SQLException, DatabaseException {
        for (String table : losses.stream().map(DataLoss::table).filter(t -> t != null).distinct().toList()) {
            try (Statement statement = session.connection().createStatement()) {
                statement.execute("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
            }
        }
    }
}
