package com.juragpt.auditor.migrations.loss;

import com.juragpt.auditor.migrations.changelog.ChangesetSql;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.SqlText;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import liquibase.changelog.ChangeSet;
import liquibase.database.Database;
import liquibase.database.ObjectQuotingStrategy;
import liquibase.statement.SqlStatement;
import liquibase.statement.core.DeleteStatement;
import liquibase.statement.core.DropColumnStatement;
import liquibase.statement.core.DropTableStatement;
import liquibase.statement.core.ModifyDataTypeStatement;

/**
 * What a changeset deleted or overwrote when it went up, as far as its statements still say it: its rollback does not bring that
 * back.
 */
public final class DeletedBefore {

    // In the outline of a statement.
    private static final Pattern UPSERT = Pattern.compile(
            "(?is)(?:INSERT|MERGE)\\s+INTO\\s+(" + PlainSql.QUALIFIED + ")\\b.*\\b(?:CONFLICT\\b.*\\bDO|THEN)\\s+UPDATE\\b.*");

    private final Database database;

    /**
     * Something that is gone.
     *
     * @param what in words such as {@code column mood of law}
     * @param table whose values it is, as SQL names it; null if it is something else
     * @param column whose values it is, as SQL names it; null if not only of one
     */
    public record Gone(String what, String table, String column) {

        private Gone(String what) {
            this(what, null, null);
        }

        private static Gone values(String table, String column) {
            return new Gone("values of " + (column == null ? "" : column + " of ") + table, table, column);
        }
    }

    public DeletedBefore(MigrationContext context) {
        database = context.database();
    }

    /**
     * Empty if it deleted and overwrote nothing, or does not say.
     *
     * @param rollback of the same changeset: a type that it gives back says whether the other one may have cut values
     */
    public List<Gone> by(ChangeSet changeset, ChangesSql rollback) throws SQLException {
        ChangesSql sql;
        try {
            sql = ChangesSql.ofUpdate(changeset, database);
        } catch (Exception e) {
            // What cannot say what it would run now has run once, and does not say what it did.
            return List.of();
        }
        ObjectQuotingStrategy before = database.getObjectQuotingStrategy();
        database.setObjectQuotingStrategy(sql.quoting());
        try {
            List<Gone> deleted = new ArrayList<>();
            for (SqlStatement statement : sql.statements()) {
                deleted.addAll(by(statement));
            }
            List<TypeChange> undone = typeChanges(rollback);
            for (TypeChange change : typeChanges(sql)) {
                if (undone.stream().noneMatch(change::mayBeUndoneWithoutLossBy) && !TypeRoom.isForAll(change.type())) {
                    deleted.add(new Gone("what " + change.type() + " has cut or rounded of " + change.column() + " of "
                            + change.table(), change.table(), change.column()));
                }
            }
            return deleted.stream().distinct().toList();
        } finally {
            database.setObjectQuotingStrategy(before);
        }
    }

    private record TypeChange(String table, String column, String type) {

        boolean mayBeUndoneWithoutLossBy(TypeChange rollback) {
            return table.equalsIgnoreCase(rollback.table) && column.equalsIgnoreCase(rollback.column)
                    && TypeRoom.isFor(rollback.type, type);
        }
    }

    private static List<TypeChange> typeChanges(ChangesSql sql) throws SQLException {
        List<TypeChange> changes = new ArrayList<>();
        for (int i = 0; i < sql.statements().size(); i++) {
            if (sql.statements().get(i) instanceof ModifyDataTypeStatement modify) {
                changes.add(new TypeChange(modify.getTableName(), modify.getColumnName(), modify.getNewDataType()));
                continue;
            }
            for (String line : sql.texts().get(i)) {
                for (String one : SqlText.statements(line)) {
                    PlainSql.of(one).filter(plain -> plain.form() == PlainSql.Form.CHANGE_TYPE && plain.value().isEmpty())
                            .ifPresent(plain -> changes.add(new TypeChange(plain.table(), plain.column(), plain.rest())));
                }
            }
        }
        return changes;
    }

    private List<Gone> by(SqlStatement statement) throws SQLException {
        if (statement instanceof DropTableStatement drop) {
            return List.of(new Gone("table " + drop.getTableName()));
        }
        List<Gone> deleted = new ArrayList<>();
        if (statement instanceof DropColumnStatement drop) {
            for (DropColumnStatement one : drop.isMultiple() ? drop.getColumns() : List.of(drop)) {
                deleted.add(new Gone("column " + one.getColumnName() + " of " + one.getTableName()));
            }
            return deleted;
        }
        if (statement instanceof DeleteStatement delete) {
            return List.of(new Gone("rows of " + delete.getTableName()));
        }
        for (String line : ChangesetSql.of(statement, database)) {
            for (String one : SqlText.statements(line)) {
                deleted.addAll(by(one));
            }
        }
        return deleted;
    }

    private static List<Gone> by(String sql) {
        Optional<PlainUpdate> update = PlainUpdate.of(sql);
        if (update.isPresent()) {
            return update.get().columns().stream().filter(column -> !update.get().fills(column))
                    .map(column -> Gone.values(update.get().table(), column)).toList();
        }
        Matcher upsert = UPSERT.matcher(SqlText.outline(sql));
        if (upsert.matches()) {
            return List.of(Gone.values(sql.substring(upsert.start(1), upsert.end(1)), null));
        }
        Optional<PlainSql> plain = PlainSql.of(sql);
        if (plain.isEmpty()) {
            return List.of();
        }
        return switch (plain.get().form()) {
            case DROP_TABLE -> plain.get().names().stream().map(table -> new Gone("table " + table)).toList();
            case DROP_COLUMN -> List.of(new Gone("column " + plain.get().column() + " of " + plain.get().table()));
            case DELETE -> List.of(new Gone("rows of " + plain.get().table()));
            case CHANGE_TYPE -> plain.get().value().isEmpty() ? List.of()
                    : List.of(Gone.values(plain.get().table(), plain.get().column()));
            default -> List.of();
        };
    }
}
