package com.juragpt.auditor.migrations.changelog;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import liquibase.change.AddColumnConfig;
import liquibase.change.Change;
import liquibase.change.ColumnConfig;
import liquibase.change.ConstraintsConfig;
import liquibase.change.core.AddColumnChange;
import liquibase.change.core.CreateTableChange;
import liquibase.change.core.DropColumnChange;
import liquibase.change.core.DropForeignKeyConstraintChange;
import liquibase.change.core.DropIndexChange;
import liquibase.change.core.DropPrimaryKeyChange;
import liquibase.change.core.DropSequenceChange;
import liquibase.change.core.DropTableChange;
import liquibase.change.core.DropUniqueConstraintChange;
import liquibase.change.core.SetColumnRemarksChange;
import liquibase.change.core.SetTableRemarksChange;
import liquibase.changelog.ChangeSet;
import liquibase.serializer.LiquibaseSerializable;
import liquibase.statement.DatabaseFunction;

/**
 * Tells the changesets that do nothing but create structure in the default schema, and whose rollbacks do nothing but drop some. All of
 * that is in the catalog of the schema, and no function of anybody's is called for the rows that are there.
 */
public final class SeenStructure {

    private static final Set<Class<?>> DROPPING = Set.of(DropColumnChange.class, DropForeignKeyConstraintChange.class,
            DropIndexChange.class, DropPrimaryKeyChange.class, DropSequenceChange.class, DropTableChange.class,
            DropUniqueConstraintChange.class, SetColumnRemarksChange.class, SetTableRemarksChange.class);

    // The catalog leaves them out.
    private static final Set<String> UNSEEN = Set.of("databasechangelog", "databasechangeloglock", "alembic_version");

    private static final Pattern ELSEWHERE = Pattern.compile("(?i).*(?:schema|catalog)Name|tableType|partitionBy|using");
    private static final Pattern TABLE = Pattern.compile("(?i).*tableName");

    // A domain may have a check, and other types functions of their own. The server's own types come first on the search path.
    private static final Pattern KNOWN_TYPE =
            Pattern.compile("(?i)(?:(?:tiny|small|big)?int|int[248]|integer|(?:small|big)?serial"
                    + "|n?varchar2?|n?char|character(?: varying)?|(?:long)?text|n?clob|blob|bytea|bool(?:ean)?|date|datetime"
                    + "|time(?:stamp)?(?:tz)?|uuid|jsonb?|xml|numeric|number|decimal|currency|real|float[48]?|double(?: precision)?)"
                    + "(?: ?\\([0-9, ]+\\))?(?: with(?:out)? time zone)?(?:\\[\\])*");

    private SeenStructure() {
    }

    /** Whether the changeset is known to be one. */
    public static boolean isAllOf(ChangeSet changeset) {
        if (!CreatingChanges.areAllOf(changeset) || !changeset.getChanges().stream().allMatch(SeenStructure::isSeen)) {
            return false;
        }
        List<Change> rollback = changeset.getRollback().getChanges();
        // Without a block of its own Liquibase drops what each change has created.
        return changeset.hasCustomRollbackChanges()
                ? !rollback.isEmpty()
                        && rollback.stream().allMatch(
                                change -> DROPPING.contains(change.getClass()) && isHere(change) && isOneStatement(change))
                : rollback.isEmpty();
    }

    private static boolean isSeen(Change change) {
        List<? extends ColumnConfig> columns = change instanceof CreateTableChange create ? create.getColumns()
                : change instanceof AddColumnChange add ? add.getColumns() : List.of();
        return isHere(change) && columns.stream().allMatch(SeenStructure::isPlain) && isOneStatement(change);
    }

    // Some of what is said in words is taken over into the statement as it stands, and could be more than one.
    private static boolean isOneStatement(Change change) {
        return texts(change).noneMatch(text -> text.contains(";"));
    }

    private static Stream<String> texts(LiquibaseSerializable part) {
        return part.getSerializableFields().stream().map(part::getSerializableFieldValue).filter(Objects::nonNull)
                .flatMap(value -> value instanceof Collection<?> several ? several.stream() : Stream.of(value))
                .flatMap(value -> value instanceof LiquibaseSerializable inner ? texts(inner) : Stream.of(value.toString()));
    }

    private static boolean isHere(Change change) {
        return change.getSerializableFields().stream().allMatch(field -> {
            Object value = change.getSerializableFieldValue(field);
            return value == null || !ELSEWHERE.matcher(field).matches()
                    && !(TABLE.matcher(field).matches() && UNSEEN.contains(value.toString().toLowerCase(Locale.ROOT)));
        });
    }

    private static boolean isPlain(ColumnConfig column) {
        if (column.getType() == null || !KNOWN_TYPE.matcher(column.getType().strip()).matches()) {
            return false;
        }
        ConstraintsConfig constraints = column.getConstraints() == null ? new ConstraintsConfig() : column.getConstraints();
        if (constraints.getReferencedTableSchemaName() != null || constraints.getReferencedTableCatalogName() != null
                || String.valueOf(constraints.getReferences()).contains(".")) {
            return false;
        }
        // For each row that is there a value is drawn, or the condition asked.
        return !(column instanceof AddColumnConfig) || !Boolean.TRUE.equals(column.isAutoIncrement())
                && !column.getType().toLowerCase(Locale.ROOT).contains("serial")
                && !(column.getDefaultValueObject() instanceof DatabaseFunction) && constraints.getCheckConstraint() == null;
    }
}
