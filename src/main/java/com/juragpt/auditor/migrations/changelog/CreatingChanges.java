package com.juragpt.auditor.migrations.changelog;

import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import liquibase.change.AddColumnConfig;
import liquibase.change.Change;
import liquibase.change.ColumnConfig;
import liquibase.change.core.AddColumnChange;
import liquibase.change.core.AddForeignKeyConstraintChange;
import liquibase.change.core.AddPrimaryKeyChange;
import liquibase.change.core.AddUniqueConstraintChange;
import liquibase.change.core.CreateIndexChange;
import liquibase.change.core.CreateSequenceChange;
import liquibase.change.core.CreateTableChange;
import liquibase.change.core.SetColumnRemarksChange;
import liquibase.change.core.SetTableRemarksChange;
import liquibase.changelog.ChangeSet;
import liquibase.serializer.LiquibaseSerializable;

/**
 * Tells the changesets that do nothing but create structure. Nothing of theirs can look into the history, and they leave the
 * session's settings alone.
 */
public final class CreatingChanges {

    private static final Set<Class<?>> CREATING = Set.of(AddColumnChange.class, AddForeignKeyConstraintChange.class,
            AddPrimaryKeyChange.class, AddUniqueConstraintChange.class, CreateIndexChange.class, CreateSequenceChange.class,
            CreateTableChange.class, SetColumnRemarksChange.class, SetTableRemarksChange.class);

    private CreatingChanges() {
    }

    /** Whether the changeset is known to be one. */
    public static boolean areAllOf(ChangeSet changeset) {
        return changeset.isRunInTransaction() && !ChangesetSql.mayFailAndBeSurvived(changeset)
                && changeset.getSqlVisitors().isEmpty()
                && changeset.getChanges().stream().allMatch(CreatingChanges::isCreating);
    }

    private static boolean isCreating(Change change) {
        return CREATING.contains(change.getClass()) && columns(change).stream().noneMatch(CreatingChanges::computes)
                && texts(change).noneMatch(text -> text.contains(";"));
    }

    /** Everything that is said in words. Much of it is taken over into the statement as it stands, and could be more than one. */
    private static Stream<String> texts(LiquibaseSerializable part) {
        return part.getSerializableFields().stream().map(part::getSerializableFieldValue).filter(Objects::nonNull)
                .flatMap(value -> value instanceof Collection<?> several ? several.stream() : Stream.of(value))
                .flatMap(value -> value instanceof LiquibaseSerializable inner ? texts(inner) : Stream.of(value.toString()));
    }

    private static List<? extends ColumnConfig> columns(Change change) {
        if (change instanceof CreateTableChange create) {
            return create.getColumns();
        }
        if (change instanceof CreateIndexChange create) {
            return create.getColumns();
        }
        // The value for the rows that are there is computed at once, by whatever it calls; so it is in an index.
        return change instanceof AddColumnChange add ? add.getColumns() : List.of();
    }

    // Liquibase does not quote a name or a default that looks like a call.
    private static boolean computes(ColumnConfig column) {
        return Boolean.TRUE.equals(column.getComputed()) || String.valueOf(column.getName()).contains("(")
                || column instanceof AddColumnConfig && (column.getDefaultValueComputed() != null
                        || column.getValueObject() != null || mayCall(column.getDefaultValue()));
    }

    private static boolean mayCall(String text) {
        return text != null && (text.contains("(") || text.contains("'"));
    }
}
