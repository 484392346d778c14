package com.juragpt.auditor.migrations.loss;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.changelog.ChangesetSql;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Sql;
import com.juragpt.auditor.migrations.connection.SqlText;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import liquibase.database.Database;
import liquibase.database.ObjectQuotingStrategy;
import liquibase.exception.LiquibaseException;
import liquibase.statement.SqlStatement;
import liquibase.statement.core.DeleteStatement;
import liquibase.statement.core.DropColumnStatement;
import liquibase.statement.core.DropForeignKeyConstraintStatement;
import liquibase.statement.core.DropTableStatement;
import liquibase.statement.core.DropViewStatement;

/**
 * Finds the data that statements would delete, from their kind and from the tables as they are now.
 *
 * <p>Only statements that are known to keep all data count as harmless; every other, most raw SQL above all, counts as one of
 * unknown effect.
 */
public final class StatementLosses {

    private final MigrationContext context;
    private final Database database;
    private final PlannedNames names;
    private final TableFacts tables;
    private final RowCounter counter;
    private final Dependents dependents;
    private final boolean bothWays;
    private final StandingColumns standing;
    private final WrittenColumns written = new WrittenColumns();

    /** @param context of the database to examine; one instance serves the changesets of one plan, in the order of the plan */
    public StatementLosses(MigrationContext context) {
        this(context, false, StandingColumns.ALL);
    }

    /** @param standing the columns whose values count where they are overwritten */
    StatementLosses(MigrationContext context, StandingColumns standing) {
        this(context, false, standing);
    }

    /**
     * For a plan that goes up and then down again: what it creates and drops itself counts as well, as having no rows yet.
     *
     * @param context as above
     */
    public static StatementLosses ofBothWays(MigrationContext context) {
        return new StatementLosses(context, true, StandingColumns.ALL);
    }

    private StatementLosses(MigrationContext context, boolean bothWays, StandingColumns standing) {
        this.context = context;
        this.bothWays = bothWays;
        this.standing = standing;
        database = context.database();
        names = new PlannedNames(database);
        tables = new TableFacts(context);
        counter = new RowCounter(context);
        dependents = new Dependents(context);
    }

    /** What the SQL of one changeset, or of its rollback, would delete. */
    public List<DataLoss> find(String changeset, ChangesSql sql) throws LiquibaseException, SQLException {
        List<DataLoss> losses = new ArrayList<>();
        ObjectQuotingStrategy before = database.getObjectQuotingStrategy();
        database.setObjectQuotingStrategy(sql.quoting());
        try (CountingAllRows counting = new CountingAllRows(context)) {
            for (int i = 0; i < sql.statements().size(); i++) {
                losses.addAll(in(changeset, sql.statements().get(i), sql.texts().get(i), counting));
            }
        } finally {
            database.setObjectQuotingStrategy(before);
        }
        sql.opaque().forEach(part -> losses.add(unknown(changeset, part)));
        if (losses.stream().anyMatch(loss -> loss.kind() == DataLoss.Kind.UNKNOWN)) {
            dependents.losesSight();
        }
        return losses;
    }

    /** What would keep the statements that were examined so far from dropping their tables, a line each. */
    public List<String> obstacles() throws LiquibaseException, SQLException {
        return dependents.found();
    }

    /** What losses do to data, in a sentence. */
    public static String verb(List<DataLoss> losses) {
        return losses.stream().allMatch(loss -> loss.kind() == DataLoss.Kind.OVERWRITTEN) ? "overwrite" : "delete";
    }

    /** Whether the statements examined so far drop, or make anew, the table or the column that something is gone from. */
    public boolean drop(DeletedBefore.Gone gone) {
        if (gone.table() == null) {
            return false;
        }
        // Raw SQL need not name the schema that a change does.
        boolean plain = !gone.table().contains("\"") && !gone.table().contains(".");
        for (String name : plain ? List.of(gone.table(), names.table(null, null, gone.table())) : List.of(gone.table())) {
            Optional<String> now = names.tableNow(name);
            if (now.isEmpty() || gone.column() != null && names.columnNow(now.get(), gone.column()).isEmpty()) {
                return true;
            }
        }
        return false;
    }

    /** What the statements examined so far write that is known before they run. */
    WrittenColumns written() {
        return written;
    }

    /** Whether the values that {@code changed} tells of are part of what {@code dropped} tells of. */
    public static boolean takesAlong(DataLoss dropped, DataLoss changed) {
        return (changed.kind() == DataLoss.Kind.VALUES || changed.kind() == DataLoss.Kind.OVERWRITTEN)
                && changed.table().equals(dropped.table())
                && (dropped.kind() == DataLoss.Kind.TABLE
                        || dropped.kind() == DataLoss.Kind.COLUMN && dropped.column().equals(changed.column()));
    }

    /** @param sql the statement's */
    private List<DataLoss> in(String changeset, SqlStatement statement, List<String> sql, CountingAllRows counting)
            throws LiquibaseException, SQLException {
        if (Harmless.is(statement, sql)) {
            names.follow(statement);
            follow(statement);
            return List.of();
        }
        counting.begin();
        if (statement instanceof DropTableStatement drop) {
            return inTable(changeset, names.table(drop.getCatalogName(), drop.getSchemaName(), drop.getTableName()),
                    drop.isCascadeConstraints(), text(sql));
        }
        List<DataLoss> losses = new ArrayList<>();
        if (statement instanceof DropColumnStatement drop) {
            for (DropColumnStatement one : drop.isMultiple() ? drop.getColumns() : List.of(drop)) {
                losses.addAll(inColumn(changeset, one, text(ChangesetSql.of(one, database))));
            }
            return losses;
        }
        if (statement instanceof DeleteStatement delete) {
            String table = names.table(delete.getCatalogName(), delete.getSchemaName(), delete.getTableName());
            return inRows(changeset, table, text(sql));
        }
        for (String line : sql) {
            for (String one : SqlText.statements(line)) {
                losses.addAll(inPlain(changeset, one));
            }
        }
        return losses;
    }

    /** Records what a statement drops that others depend by. */
    private void follow(SqlStatement statement) throws LiquibaseException, SQLException {
        if (statement instanceof DropForeignKeyConstraintStatement drop) {
            Optional<String> now = names.tableNow(
                    names.table(drop.getBaseTableCatalogName(), drop.getBaseTableSchemaName(), drop.getBaseTableName()));
            if (now.isPresent() && context.onPostgres()) {
                tables.find(now.get())
                        .ifPresent(table -> dependents.dropsConstraint(table, drop.getConstraintName()));
            }
        } else if (statement instanceof DropViewStatement drop) {
            dependents.dropsView(database.escapeViewName(drop.getCatalogName(), drop.getSchemaName(), drop.getViewName()));
        }
    }

    private List<DataLoss> inPlain(String changeset, String sql) throws LiquibaseException, SQLException {
        Optional<PlainUpdate> update = PlainUpdate.of(sql);
        if (update.isPresent()) {
            return inUpdate(changeset, update.get(), sql);
        }
        Optional<PlainSql> read = PlainSql.of(sql);
        if (read.isEmpty()) {
            return List.of(unknown(changeset, sql));
        }
        PlainSql plain = read.get();
        List<DataLoss> losses = new ArrayList<>();
        switch (plain.form()) {
            case DROP_TABLE -> {
                for (String table : plain.names()) {
                    losses.addAll(inTable(changeset, table, plain.cascade(), sql));
                }
            }
            case DROP_COLUMN -> losses.addAll(
                    inColumn(changeset, plain.table(), plain.column(), sql, plain.cascade()));
            case DELETE -> losses.addAll(inRows(changeset, plain.table(),
                    "DELETE FROM " + plain.table() + (plain.rest().isEmpty() ? "" : " " + plain.rest())));
            case CREATE_TABLE -> names.dropTable(plain.table());
            case CHANGE_TYPE -> losses.addAll(inType(changeset, plain, sql));
            default -> dependents.losesSight();
        }
        return losses;
    }

    private List<DataLoss> inUpdate(String changeset, PlainUpdate update, String sql) throws LiquibaseException, SQLException {
        Optional<String> now = names.tableNow(update.table());
        boolean known = callsNothingUnknown(update.expressions());
        if (now.isEmpty()) {
            return known ? List.of() : List.of(unknown(changeset, sql));
        }
        Optional<String> table = updatedTable(update, now.get());
        if (table.isEmpty()) {
            return List.of(unknown(changeset, sql));
        }
        // Under another name it cannot be asked yet; nor what depends on what is written before.
        boolean asNow = now.get().equals(update.table()) && !written.areReadBy(table.get(), update.expressions());
        List<DataLoss> losses = new ArrayList<>();
        for (PlainUpdate.Assignment assignment : update.assignments()) {
            Optional<String> there = names.columnNow(now.get(), assignment.column());
            if (there.isEmpty()) {
                continue;
            }
            String column = there.get();
            if (!tables.isStored(table.get(), column).orElse(false)) {
                return List.of(unknown(changeset, sql));
            }
            boolean isFull = standing.have(context.connection(), table.get(), column)
                    && (written.has(table.get(), column) || !update.fills(assignment.column()));
            if (isFull) {
                losses.add(overwritten(changeset, update, assignment, table.get(), column, known && asNow));
            }
        }
        written.add(table.get(), update, known || callsNothingUnknown(update.condition() + update.from()));
        if (!known) {
            losses.add(unknown(changeset, sql));
        }
        return losses;
    }

    private DataLoss overwritten(String changeset, PlainUpdate update, PlainUpdate.Assignment assignment, String table,
            String column, boolean canBeAsked) throws SQLException {
        DataLoss.Kind kind = assignment.clears() ? DataLoss.Kind.VALUES : DataLoss.Kind.OVERWRITTEN;
        if (canBeAsked && !written.has(table, column) && column.equals(assignment.column())) {
            String target = context.onPostgres() ? update.alias() + "." + column : column;
            String changed = assignment.clears() ? "" : " AND " + counter.differs(target,
                    "(" + assignment.value() + "\n)", context.onPostgres() ? tables.type(table, column) : null);
            String rows = update.from().isEmpty() ? "1" : "DISTINCT " + update.alias() + ".tableoid, " + update.alias() + ".ctid";
            Optional<DataLoss> count = counting(() -> counter.count(changeset, kind, table, column, "SELECT " + rows + " FROM "
                    + update.tables() + " WHERE " + counter.hasValue(target) + " AND " + update.condition() + changed));
            if (count.isPresent()) {
                return count.get();
            }
        }
        return counter.count(changeset, kind, table, column, all(table, column));
    }

    /** The rows that have a value in the column, or get one by then. */
    private String all(String table, String column) {
        return "SELECT 1 FROM " + table + (written.has(table, column) ? "" : " WHERE " + counter.hasValue(column));
    }

    private boolean callsNothingUnknown(String expressions) throws SQLException {
        return context.onPostgres() ? tables.callsNothingUnknown(expressions) : Condition.isPlain(expressions);
    }

    /** The table as messages and SQL name it; empty if the update may do more than set those columns of it. */
    private Optional<String> updatedTable(PlainUpdate update, String now) throws LiquibaseException, SQLException {
        if (!context.onPostgres()) {
            return now.equals(update.table()) && ClearedOnH2.isAll(context.connection(), update)
                    ? Optional.of(nameOnH2(update.table())) : Optional.empty();
        }
        Optional<String> table = tables.find(now);
        return table.isEmpty() || tables.updateReachesFurther(table.get(), update.columns()) ? Optional.empty() : table;
    }

    /** As a plan's own statements name it, where raw SQL can be read like that. */
    private String nameOnH2(String table) {
        return table.contains("\"") || table.contains(".") ? table : names.table(null, null, table);
    }

    /** Values that do not survive the way to another type and back are cut or rounded by it. */
    private List<DataLoss> inType(String changeset, PlainSql change, String sql) throws LiquibaseException, SQLException {
        Optional<String> now = names.tableNow(change.table());
        Optional<String> column = now.flatMap(table -> names.columnNow(table, change.column()));
        if (column.isEmpty()) {
            return List.of();
        }
        Optional<String> table = context.onPostgres() ? tables.find(now.get()) : Optional.empty();
        String value = change.value().isEmpty() ? column.get() : "(" + change.value() + "\n)";
        Optional<String> type = table.isEmpty() || !callsNothingUnknown(value) ? Optional.empty()
                : counting(() -> tables.knownType(table.get(), column.get(), change.rest())).flatMap(known -> known);
        if (type.isEmpty()) {
            return List.of(unknown(changeset, sql));
        }
        written.retype(table.get(), column.get());
        DataLoss cut = standing.have(context.connection(), table.get(), column.get())
                ? inType(changeset, change, table.get(), column.get(), value, type.get()) : null;
        if (cut == null || cut.isReal()) {
            written.add(table.get(), column.get());
        }
        return cut == null ? List.of() : List.of(cut);
    }

    private DataLoss inType(String changeset, PlainSql change, String table, String column, String value, String type)
            throws SQLException {
        String thereAndBack = "(" + value + "::" + change.rest() + ")::" + type;
        boolean canBeAsked = !written.has(table, column) && !written.areReadBy(table, value);
        DataLoss.Kind kind = change.value().isEmpty() ? DataLoss.Kind.CUT : DataLoss.Kind.OVERWRITTEN;
        // As text where the type knows no equality, as json does not.
        for (String differs : List.of(thereAndBack + " IS DISTINCT FROM " + column,
                "(" + thereAndBack + ")::text IS DISTINCT FROM " + column + "::text")) {
            Optional<DataLoss> cut = !canBeAsked ? Optional.empty() : counting(() -> counter.count(changeset, kind, table, column,
                    "SELECT 1 FROM " + table + " WHERE " + counter.hasValue(column) + " AND " + differs));
            if (cut.isPresent()) {
                return cut.get();
            }
        }
        // Some value cannot go back at all; which ones these are, the server does not say.
        return counter.count(changeset, kind, table, column, all(table, column));
    }

    private List<DataLoss> inTable(String changeset, String name, boolean cascade, String sql)
            throws LiquibaseException, SQLException {
        Optional<String> now = names.tableNow(name);
        names.dropTable(name);
        if (now.isEmpty()) {
            return ofNew(changeset, DataLoss.Kind.TABLE, name, null);
        }
        Optional<String> found = tables.find(now.get());
        if (found.isEmpty()) {
            return List.of(unknown(changeset, sql));
        }
        String table = found.get();
        dependents.dropsTable(changeset, table, cascade);
        List<DataLoss> losses = new ArrayList<>();
        losses.add(counter.count(changeset, DataLoss.Kind.TABLE, table, null, "SELECT 1 FROM " + table));
        if (context.onPostgres() && cascade && tables.cascadeTakesOtherData(table)) {
            losses.add(unknown(changeset, sql));
        }
        return losses;
    }

    private List<DataLoss> inColumn(String changeset, DropColumnStatement drop, String sql)
            throws LiquibaseException, SQLException {
        return inColumn(changeset, names.table(drop.getCatalogName(), drop.getSchemaName(), drop.getTableName()),
                names.column(drop.getColumnName()), sql, false);
    }

    private List<DataLoss> inColumn(String changeset, String tableName, String name, String sql,
            boolean cascade) throws LiquibaseException, SQLException {
        Optional<String> now = names.tableNow(tableName);
        Optional<String> column = now.flatMap(table -> names.columnNow(table, name));
        now.ifPresent(table -> names.dropColumn(table, name));
        if (column.isEmpty()) {
            return ofNew(changeset, DataLoss.Kind.COLUMN, tableName, name);
        }
        Optional<String> table = tables.find(now.get());
        Optional<Boolean> stored =
                table.isEmpty() ? Optional.empty() : tables.isStored(table.get(), column.get());
        // What else a CASCADE takes from a column on is not looked into.
        if (stored.isEmpty() || cascade) {
            return List.of(unknown(changeset, sql));
        }
        dependents.dropsColumn(table.get(), column.get());
        return !stored.get() ? List.of() : List.of(counter.count(changeset, DataLoss.Kind.COLUMN, table.get(), column.get(),
                all(table.get(), column.get())));
    }

    private List<DataLoss> inRows(String changeset, String name, String sql)
            throws LiquibaseException, SQLException {
        Optional<String> now = names.tableNow(name);
        if (now.isEmpty()) {
            return List.of();
        }
        Optional<String> table = tables.find(now.get());
        if (table.isEmpty()) {
            return List.of(unknown(changeset, sql));
        }
        boolean plain = Condition.isPlain(sql);
        List<DataLoss> losses = new ArrayList<>();
        boolean asNow = now.get().equals(name) && !written.areReadBy(table.get(), sql);
        DataLoss rows = matching(changeset, sql, plain && asNow, table.get());
        losses.add(rows);
        if (!plain || rows.rows() > 0 && context.onPostgres() && tables.deleteReachesFurther(table.get())) {
            losses.add(unknown(changeset, sql));
        }
        return losses;
    }

    /** Counts the rows that the delete's condition matches now, or all rows where it cannot be evaluated, or not yet. */
    private DataLoss matching(String changeset, String delete, boolean canBeAsked, String table) throws SQLException {
        Optional<DataLoss> matching = !canBeAsked ? Optional.empty() : counting(() -> counter.count(changeset,
                DataLoss.Kind.ROWS, table, null, "SELECT 1 " + delete.substring("DELETE ".length())));
        return matching.isPresent() ? matching.get()
                : counter.count(changeset, DataLoss.Kind.ROWS, table, null, "SELECT 1 FROM " + table);
    }

    @FunctionalInterface
    private interface Count<T> {
        T run() throws SQLException;
    }

    /** Counts; empty if the server cannot: a condition may name a column that an earlier step of the plan has yet to create. */
    private <T> Optional<T> counting(Count<T> count) throws SQLException {
        if (context.onPostgres()) {
            Sql.execute(context.connection(), "SAVEPOINT counting");
        }
        try {
            return Optional.of(count.run());
        } catch (SQLException e) {
            if (context.onPostgres()) {
                Sql.execute(context.connection(), "ROLLBACK TO SAVEPOINT counting");
            }
            return Optional.empty();
        }
    }

    private List<DataLoss> ofNew(String changeset, DataLoss.Kind kind, String table, String column) {
        return bothWays ? List.of(new DataLoss(changeset, kind, table, column, 0, false, null)) : List.of();
    }

    private static String text(List<String> sql) {
        return String.join("; ", sql);
    }

    private static DataLoss unknown(String changeset, String sql) {
        return new DataLoss(changeset, DataLoss.Kind.UNKNOWN, null, null, 0, false, sql);
    }
}
