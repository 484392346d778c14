package com.juragpt.auditor.migrations.draft;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import liquibase.change.Change;
import liquibase.change.ColumnConfig;
import liquibase.change.core.AddColumnChange;
import liquibase.change.core.AddDefaultValueChange;
import liquibase.change.core.CreateTableChange;
import liquibase.diff.DiffGeneratorFactory;
import liquibase.diff.DiffResult;
import liquibase.diff.Difference;
import liquibase.diff.ObjectDifferences;
import liquibase.diff.compare.CompareControl;
import liquibase.diff.output.DiffOutputControl;
import liquibase.diff.output.changelog.ChangeGeneratorFactory;
import liquibase.exception.LiquibaseException;
import liquibase.statement.DatabaseFunction;
import liquibase.structure.DatabaseObject;
import liquibase.structure.core.Column;
import liquibase.structure.core.ForeignKey;
import liquibase.structure.core.Index;
import liquibase.structure.core.PrimaryKey;
import liquibase.structure.core.Relation;
import liquibase.structure.core.Table;
import liquibase.structure.core.UniqueConstraint;

/** What Liquibase says that one schema has and another has not, and the changes that it would make of that. */
final class SchemaDiff {

    private static final Set<String> BOOKKEEPING = Set.of("alembic_version");

    private final SchemaState reference;
    private final SchemaState built;
    private final CompareControl.SchemaComparison[] schemas;
    private final DiffResult result;

    private SchemaDiff(SchemaState reference, SchemaState built)
            throws LiquibaseException {
        this.reference = reference;
        this.built = built;
        schemas = new CompareControl.SchemaComparison[] {new CompareControl.SchemaComparison(reference.place(), built.place())};
        result = DiffGeneratorFactory.getInstance().compare(reference.snapshot(), built.snapshot(),
                new CompareControl(schemas, new HashSet<>(SchemaState.KINDS)));
    }

    /**
     * @param reference the schema that is wanted
     * @param built the schema that is to become like it
     */
    static SchemaDiff between(SchemaState reference,
            SchemaState built)
            throws LiquibaseException {
        return new SchemaDiff(reference, built);
    }

    /** The objects of a kind that are only in the reference, by name. */
    <T extends DatabaseObject> List<T> missing(Class<T> kind) {
        return own(result.getMissingObjects(kind).stream());
    }

    /** The objects of a kind that are only in the other schema, by name. */
    <T extends DatabaseObject> List<T> unexpected(Class<T> kind) {
        return own(result.getUnexpectedObjects(kind).stream());
    }

    /** The objects of a kind that both have, as the reference has them, by name. */
    <T extends DatabaseObject> List<T> changed(Class<T> kind) {
        return own(result.getChangedObjects(kind).keySet().stream());
    }

    private <T extends DatabaseObject> List<T> own(Stream<T> objects) {
        return objects.filter(this::counts).sorted(Comparator.comparing(SchemaDiff::nameOf)).toList();
    }

    private boolean counts(DatabaseObject object) {
        String table = tableOf(object);
        return object.getName() != null && table != null && !isBookkeeping(table) && !isKeyOrConstraint(object)
        // A part of an index's expression, not of a table.
                && !(object instanceof Column column && (Boolean.TRUE.equals(column.getComputed())
                        || Boolean.TRUE.equals(column.getDescending())));
    }

    private boolean isBookkeeping(String table) {
        return BOOKKEEPING.contains(table.toLowerCase(Locale.ROOT))
                || Stream.of(reference.database(), built.database()).anyMatch(database -> table
                        .equalsIgnoreCase(database.getDatabaseChangeLogTableName())
                        || table.equalsIgnoreCase(database.getDatabaseChangeLogLockTableName()));
    }

    private static boolean isKeyOrConstraint(DatabaseObject object) {
        if (!(object instanceof Index index) || !(index.getRelation() instanceof Table table)) {
            return false;
        }
        return table.getPrimaryKey() != null && (index.getName().equals(table.getPrimaryKey().getName())
                || isBackedBy(table.getPrimaryKey().getBackingIndex(), index))
                || table.getUniqueConstraints().stream().anyMatch(constraint -> index.getName().equals(constraint.getName())
                        || isBackedBy(constraint.getBackingIndex(), index));
    }

    private static boolean isBackedBy(Index backing, Index index) {
        return backing != null && index.getName().equals(backing.getName());
    }

    /** The object of the other schema that an object of the reference is compared with. */
    <T extends DatabaseObject> T counterpart(T object, Class<T> kind) {
        return built.snapshot().get(kind).stream()
                .filter(other -> nameOf(other).equalsIgnoreCase(nameOf(object)))
                .findFirst().orElseThrow(() -> new IllegalStateException("not in both schemas: " + nameOf(object)));
    }

    /** The fields in which an object of both differs. */
    List<String> fields(DatabaseObject object) {
        return differences(object).getDifferences().stream().map(Difference::getField).toList();
    }

    private ObjectDifferences differences(DatabaseObject object) {
        return result.getChangedObjects().entrySet().stream()
                .filter(changed -> changed.getKey().getClass() == object.getClass()
                        && nameOf(changed.getKey()).equalsIgnoreCase(nameOf(object)))
                .map(Map.Entry::getValue).findFirst().orElseThrow();
    }

    /** The changes that create an object of the reference. */
    List<Change> create(DatabaseObject missing) {
        return changes(
                ChangeGeneratorFactory.getInstance().fixMissing(missing, control(), reference.database(), built.database()));
    }

    /** The changes that drop an object of the other schema. */
    List<Change> drop(DatabaseObject unexpected) {
        return changes(
                ChangeGeneratorFactory.getInstance().fixUnexpected(unexpected, control(), reference.database(),
                        built.database()));
    }

    /** The changes that make one field of an object what it is in the reference. */
    List<Change> change(DatabaseObject object, String field) {
        ObjectDifferences differences = differences(object);
        List<Difference> others = differences.getDifferences().stream()
                .filter(difference -> !difference.getField().equals(field)).toList();
        others.forEach(difference -> differences.removeDifference(difference.getField()));
        try {
            return changes(ChangeGeneratorFactory.getInstance().fixChanged(object, differences, control(), reference.database(),
                    built.database()));
        } finally {
            others.forEach(difference -> differences.addDifference(difference.getMessage(), difference.getField(),
                    difference.getReferenceValue(), difference.getComparedValue()));
        }
    }

    private List<Change> changes(Change... changes) {
        if (changes == null) {
            return List.of();
        }
        Arrays.stream(changes).filter(Objects::nonNull).forEach(this::mendQuotes);
        return Arrays.stream(changes).filter(Objects::nonNull).toList();
    }

    /** Liquibase takes a quote for two when it reads a default and doubles each again in the change; an empty text it leaves out. */
    private void mendQuotes(Change change) {
        if (change instanceof CreateTableChange create) {
            create.getColumns().forEach(column -> mendQuotes(create.getTableName(), column));
        } else if (change instanceof AddColumnChange add) {
            add.getColumns().forEach(column -> mendQuotes(add.getTableName(), column));
        } else if (change instanceof AddDefaultValueChange add) {
            quotedDefault(add.getTableName(), add.getColumnName()).ifPresent(expression -> {
                add.setDefaultValue(null);
                add.setDefaultValueComputed(expression);
            });
        }
    }

    private void mendQuotes(String table, ColumnConfig column) {
        quotedDefault(table, column.getName()).ifPresent(expression -> {
            column.setDefaultValue(null);
            column.setDefaultValueComputed(expression);
        });
    }

    private Optional<DatabaseFunction> quotedDefault(String table, String column) {
        return Optional.ofNullable(reference.quotedDefaults().get(table + "." + column)).map(DatabaseFunction::new);
    }

    /** A new one each time: it remembers what has been handled, and here everything is asked for by itself. */
    private DiffOutputControl control() {
        return new DiffOutputControl(false, false, false, schemas);
    }

    /** The table, view or sequence that an object is, or is part of; null if it is part of none. */
    static String tableOf(DatabaseObject object) {
        if (object instanceof Column column) {
            return name(column.getRelation());
        }
        if (object instanceof ForeignKey key) {
            return name(key.getForeignKeyTable());
        }
        if (object instanceof Index index) {
            return name(index.getRelation());
        }
        if (object instanceof PrimaryKey key) {
            return name(key.getTable());
        }
        if (object instanceof UniqueConstraint constraint) {
            return name(constraint.getRelation());
        }
        return object.getName();
    }

    private static String name(Relation relation) {
        return relation == null ? null : relation.getName();
    }

    static String nameOf(DatabaseObject object) {
        return tableOf(object) + "." + object.getName();
    }
}
