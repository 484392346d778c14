package com.juragpt.auditor.migrations.changelog;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import liquibase.change.AddColumnConfig;
import liquibase.change.Change;
import liquibase.change.ColumnConfig;
import liquibase.change.ConstraintsConfig;
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

/**
 * Tells the changesets that do nothing but create structure. Nothing of theirs can look into the history, and they leave the
 * session's settings alone.
 */
public final class CreatingChanges {

    private static final Set<Class<?>> CREATING = Set.of(AddColumnChange.class, AddForeignKeyConstraintChange.class,
            AddPrimaryKeyChange.class, AddUniqueConstraintChange.class, CreateIndexChange.class, CreateSequenceChange.class,
            CreateTableChange.class, SetColumnRemarksChange.class, SetTableRemarksChange.class);

    // By another one that follows, or by a comment that hides the rest.
    private static final Pattern ENDS = Pattern.compile(";|--|/\\*");

    // From Liquibase 5 on.
    private static final String PARTITIONS = "partitionBy";
    private static final boolean HAS_PARTITIONS = new CreateTableChange().getSerializableFields().contains(PARTITIONS);

    private CreatingChanges() {
    }

    /** Whether the changeset is known to be one. */
    public static boolean areAllOf(ChangeSet changeset) {
        return changeset.isRunInTransaction() && !ChangesetSql.mayFailAndBeSurvived(changeset)
                && changeset.getSqlVisitors().isEmpty()
                && changeset.getChanges().stream().allMatch(CreatingChanges::isCreating);
    }

    private static boolean isCreating(Change change) {
        return CREATING.contains(change.getClass()) && columns(change).stream().allMatch(CreatingChanges::isPlain)
                && hasPlainOptions(change);
    }

    // What is taken over into the statement as it stands, besides columns.
    private static boolean hasPlainOptions(Change change) {
        if (change instanceof CreateTableChange create) {
            return PlainOption.isName(create.getTablespace()) && PlainOption.isWords(create.getTableType())
                    && !(HAS_PARTITIONS && mayEndTheStatement(create.getSerializableFieldValue(PARTITIONS)));
        }
        if (change instanceof CreateIndexChange create) {
            return PlainOption.isName(create.getTablespace()) && PlainOption.isName(create.getUsing());
        }
        if (change instanceof AddPrimaryKeyChange add) {
            return PlainOption.isName(add.getTablespace()) && PlainOption.isName(add.getForIndexName());
        }
        if (change instanceof AddUniqueConstraintChange add) {
            return PlainOption.isName(add.getTablespace()) && PlainOption.isName(add.getForIndexName());
        }
        if (change instanceof AddForeignKeyConstraintChange add) {
            return PlainOption.isWords(add.getOnDelete()) && PlainOption.isWords(add.getOnUpdate());
        }
        return !(change instanceof CreateSequenceChange create) || !mayEndTheStatement(create.getDataType());
    }

    private static boolean mayEndTheStatement(Object text) {
        return text != null && ENDS.matcher(text.toString()).find();
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

    // What is taken over into the statement as it stands could be more than one statement, or call something.
    private static boolean isPlain(ColumnConfig column) {
        // Liquibase does not quote a name or a default that looks like a call.
        boolean computes = Boolean.TRUE.equals(column.getComputed()) || mayCall(column.getName())
                || column instanceof AddColumnConfig && (column.getDefaultValueComputed() != null
                        || column.getValueObject() != null || mayCall(column.getDefaultValue()));
        ConstraintsConfig constraints = column.getConstraints() == null ? new ConstraintsConfig() : column.getConstraints();
        return !computes && Stream
                .of(column.getName(), column.getType(), column.getDefaultValueObject(), column.getGenerationType(),
                        constraints.getCheckConstraint(), constraints.getReferences(), constraints.getPrimaryKeyTablespace())
                .noneMatch(CreatingChanges::mayEndTheStatement);
    }

    private static boolean mayCall(String text) {
        return text != null && (text.contains("(") || text.contains("'"));
    }
}
