package com.juragpt.auditor.migrations.draft;

import com.juragpt.auditor.migrations.draft.DraftedChange.Phase;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import liquibase.change.Change;
import liquibase.change.core.RenameColumnChange;
import liquibase.change.core.RenameTableChange;
import liquibase.structure.DatabaseObject;
import liquibase.structure.core.Column;
import liquibase.structure.core.ForeignKey;
import liquibase.structure.core.Index;
import liquibase.structure.core.PrimaryKey;
import liquibase.structure.core.Sequence;
import liquibase.structure.core.Table;
import liquibase.structure.core.UniqueConstraint;
import liquibase.structure.core.View;

/**
 * Turns the differences of two schemas into changes, one by one and each with what undoes it: for that the same object is compared
 * the other way round.
 */
final class ChangePlanner {

    private final SchemaDiff forward;
    private final SchemaDiff back;
    private final List<DraftedChange> changes = new ArrayList<>();
    private final Set<String> createdTables;
    private final Set<String> droppedTables;

    /**
     * @param forward from what is built to the reference
     * @param back from the reference to what is built
     */
    ChangePlanner(SchemaDiff forward, SchemaDiff back) {
        this.forward = forward;
        this.back = back;
        createdTables = names(forward.missing(Table.class));
        droppedTables = names(forward.unexpected(Table.class));
    }

    private static Set<String> names(List<Table> tables) {
        return tables.stream().map(Table::getName).collect(Collectors.toSet());
    }

    /** The changes of all tables; those of one in the order in which they can run. */
    List<DraftedChange> plan() {
        forward.missing(Sequence.class)
                .forEach(sequence -> create(Phase.CREATE_SEQUENCE, "create-" + sequence.getName(), sequence));
        forward.unexpected(Sequence.class).forEach(sequence -> drop(Phase.DROP_SEQUENCE, "drop-" + sequence.getName(), sequence));
        forward.missing(Table.class).forEach(this::createTable);
        forward.unexpected(Table.class).forEach(this::dropTable);
        columns();
        forward.missing(PrimaryKey.class).stream().filter(key -> !createdTables.contains(SchemaDiff.tableOf(key)))
                .forEach(key -> create(Phase.ADD_PRIMARY_KEY, "add-" + key.getName(), key));
        forward.unexpected(PrimaryKey.class).stream().filter(this::stays)
                .forEach(key -> drop(Phase.DROP_PRIMARY_KEY, "drop-" + key.getName(), key));
        constraints(UniqueConstraint.class, Phase.ADD_UNIQUE, "add-", Phase.DROP_UNIQUE);
        constraints(Index.class, Phase.CREATE_INDEX, "create-", Phase.DROP_INDEX);
        constraints(ForeignKey.class, Phase.ADD_FOREIGN_KEY, "add-", Phase.DROP_FOREIGN_KEY);
        forward.changed(PrimaryKey.class)
                .forEach(key -> replace(key, PrimaryKey.class, Phase.ADD_PRIMARY_KEY, "add-", Phase.DROP_PRIMARY_KEY));
        views();
        changedFields(Table.class);
        changedFields(Sequence.class);
        return withOwnIds();
    }

    private boolean stays(DatabaseObject object) {
        return !droppedTables.contains(SchemaDiff.tableOf(object));
    }

    private void createTable(Table table) {
        create(Phase.CREATE_TABLE, "create-" + table.getName(), table);
        // Liquibase makes the key a part of the table, if its columns are in the table's order.
        if (table.getPrimaryKey() != null && changes.stream().noneMatch(change -> change.table().equals(table.getName())
                && ChangesetYaml.mentions(change.change(), "primaryKeyName"))) {
            create(Phase.ADD_PRIMARY_KEY, "add-" + table.getPrimaryKey().getName(), table.getPrimaryKey());
        }
    }

    /** What goes with the table comes back with it; foreign keys are dropped one by one, as they may be in each other's way. */
    private void dropTable(Table table) {
        List<Change> rollback = new ArrayList<>(back.create(table));
        if (table.getPrimaryKey() != null
                && rollback.stream().noneMatch(change -> ChangesetYaml.mentions(change, "primaryKeyName"))) {
            rollback.addAll(back.create(table.getPrimaryKey()));
        }
        Stream.concat(forward.unexpected(UniqueConstraint.class).stream(), forward.unexpected(Index.class).stream())
                .filter(part -> table.getName().equals(SchemaDiff.tableOf(part)))
                .forEach(part -> rollback.addAll(back.create(part)));
        forward.drop(table)
                .forEach(change -> add(table.getName(), Phase.DROP_TABLE, "drop-" + table.getName(), change, rollback));
    }

    private void columns() {
        for (Column column : forward.missing(Column.class)) {
            if (column.getRelation() instanceof Table && !createdTables.contains(SchemaDiff.tableOf(column))) {
                create(Phase.ADD_COLUMN, "add-" + words(column), column);
            }
        }
        for (Column column : forward.unexpected(Column.class)) {
            if (column.getRelation() instanceof Table && stays(column)) {
                drop(Phase.DROP_COLUMN, "drop-" + words(column), column);
            }
        }
        for (Column column : forward.changed(Column.class)) {
            if (column.getRelation() instanceof Table) {
                Column before = forward.counterpart(column, Column.class);
                // The type first: a default is of the type, and a value must be there before it is required.
                Stream.of("type", "defaultValue", "autoIncrementInformation", "nullable", "remarks")
                        .filter(forward.fields(column)::contains)
                        .forEach(field -> forward.change(column, field)
                                .forEach(
                                        change -> add(SchemaDiff.tableOf(column), Phase.CHANGE, verb(change) + "-" + words(column)
                                                + "-" + noun(field), change, back.change(before, field))));
            }
        }
    }

    private static String words(Column column) {
        return SchemaDiff.tableOf(column) + "-" + column.getName();
    }

    private static String noun(String field) {
        return switch (field) {
            case "defaultValue" -> "default";
            case "nullable" -> "not null";
            case "autoIncrementInformation" -> "counter";
            default -> field.replaceAll("([A-Z])", " $1");
        };
    }

    /** The verb of Liquibase's name for a change: {@code add}, {@code drop}, {@code modify}, {@code set}. */
    private static String verb(Change change) {
        return change.getSerializedObjectName().replaceAll("[A-Z].*", "");
    }

    private <T extends DatabaseObject> void constraints(Class<T> kind, Phase adding, String verb, Phase dropping) {
        forward.missing(kind).forEach(object -> create(adding, verb + object.getName(), object));
        forward.unexpected(kind).stream().filter(object -> kind == ForeignKey.class || stays(object))
                .forEach(object -> drop(dropping, "drop-" + object.getName(), object));
        forward.changed(kind).forEach(object -> replace(object, kind, adding, verb, dropping));
    }

    /** What cannot be altered is dropped as it is and created as it should be. */
    private <T extends DatabaseObject> void replace(T object, Class<T> kind, Phase adding, String verb, Phase dropping) {
        drop(dropping, "drop-" + object.getName(), forward.counterpart(object, kind));
        create(adding, verb + object.getName(), object);
    }

    private void views() {
        forward.missing(View.class).forEach(view -> create(Phase.CREATE_VIEW, "create-" + view.getName(), view));
        forward.unexpected(View.class).forEach(view -> drop(Phase.DROP_VIEW, "drop-" + view.getName(), view));
        // Not replaced: PostgreSQL lets a view only get more columns, so that the way back would fail.
        forward.changed(View.class).forEach(view -> replace(view, View.class, Phase.CREATE_VIEW, "create-", Phase.DROP_VIEW));
    }

    private <T extends DatabaseObject> void changedFields(Class<T> kind) {
        for (T object : forward.changed(kind)) {
            T before = forward.counterpart(object, kind);
            for (String field : forward.fields(object)) {
                forward.change(object, field).forEach(change -> add(object.getName(), Phase.CHANGE,
                        verb(change) + "-" + object.getName() + "-" + noun(field), change, back.change(before, field)));
            }
        }
    }

    private void create(Phase phase, String id, DatabaseObject object) {
        forward.create(object).forEach(change -> add(SchemaDiff.tableOf(object), phase, id, change, back.drop(object)));
    }

    private void drop(Phase phase, String id, DatabaseObject object) {
        forward.drop(object).forEach(change -> add(SchemaDiff.tableOf(object), phase, id, change, back.create(object)));
    }

    private void add(String table, Phase phase, String id, Change change, List<Change> rollback) {
        changes.add(new DraftedChange(table, phase, RevisionName.inId(id), change, List.copyOf(rollback), List.of()));
    }

    private List<DraftedChange> withOwnIds() {
        Set<String> taken = new HashSet<>();
        Map<String, Integer> times = new HashMap<>();
        List<DraftedChange> own = new ArrayList<>();
        for (DraftedChange change : changes) {
            String id = change.id();
            while (!taken.add(id)) {
                id = change.id() + "-" + (times.merge(change.id(), 1, Integer::sum) + 1);
            }
            own.add(new DraftedChange(change.table(), change.phase(), id, change.change(), change.rollback(), change.remark()));
        }
        return own;
    }

    /**
     * A rename that a drop and an addition may have been.
     *
     * @param dropped the id of the change that drops
     * @param sentence what may have been renamed to what
     * @param rename the change that would do it
     * @param reverse the change that would undo it
     */
    record Rename(String dropped, String sentence, Change rename, Change reverse) {}

    /** What goes and comes under another name with the same type; a table, with the same columns. */
    List<Rename> renames(List<DraftedChange> planned) {
        List<Rename> renames = new ArrayList<>();
        for (Column gone : forward.unexpected(Column.class)) {
            for (Column come : forward.missing(Column.class)) {
                String table = SchemaDiff.tableOf(gone);
                if (gone.getRelation() instanceof Table && table.equals(SchemaDiff.tableOf(come))
                        && type(gone).equals(type(come))) {
                    idOf(planned, Phase.DROP_COLUMN, table, words(gone)).ifPresent(id -> renames.add(new Rename(id,
                            "column " + table + "." + gone.getName() + " may have become " + come.getName() + " (" + type(gone)
                                    + ")",
                            rename(table, gone.getName(), come.getName()), rename(table, come.getName(), gone.getName()))));
                }
            }
        }
        for (Table gone : forward.unexpected(Table.class)) {
            for (Table come : forward.missing(Table.class)) {
                if (columnsOf(gone).equals(columnsOf(come))) {
                    idOf(planned, Phase.DROP_TABLE, gone.getName(), gone.getName()).ifPresent(id -> renames.add(new Rename(id,
                            "table " + gone.getName() + " may have become " + come.getName() + " (with the same columns)",
                            rename(gone.getName(), come.getName()), rename(come.getName(), gone.getName()))));
                }
            }
        }
        return renames;
    }

    private static Optional<String> idOf(List<DraftedChange> planned, Phase phase, String table, String words) {
        return planned.stream().filter(change -> change.phase() == phase && change.table().equals(table)
                && change.id().startsWith("drop-" + RevisionName.inId(words))).map(DraftedChange::id).findFirst();
    }

    private static String type(Column column) {
        // Liquibase adds what PostgreSQL does not have.
        return String.valueOf(column.getType()).replaceAll(" (?:BYTE|CHAR)\\)", ")");
    }

    private static Set<String> columnsOf(Table table) {
        return table.getColumns().stream().map(column -> column.getName() + " " + type(column)).collect(Collectors.toSet());
    }

    private static Change rename(String table, String from, String to) {
        RenameColumnChange change = new RenameColumnChange();
        change.setTableName(table);
        change.setOldColumnName(from);
        change.setNewColumnName(to);
        return change;
    }

    private static Change rename(String from, String to) {
        RenameTableChange change = new RenameTableChange();
        change.setOldTableName(from);
        change.setNewTableName(to);
        return change;
    }
}
