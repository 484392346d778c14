package com.juragpt.auditor.migrations.changelog;

import java.util.Set;
import java.util.regex.Pattern;
import liquibase.change.AbstractSQLChange;
import liquibase.change.AddColumnConfig;
import liquibase.change.Change;
import liquibase.change.core.AddColumnChange;
import liquibase.change.core.AddForeignKeyConstraintChange;
import liquibase.change.core.AddPrimaryKeyChange;
import liquibase.change.core.AddUniqueConstraintChange;
import liquibase.change.core.CreateIndexChange;
import liquibase.change.core.CreateSequenceChange;
import liquibase.change.core.CreateTableChange;
import liquibase.change.core.DropColumnChange;
import liquibase.change.core.DropForeignKeyConstraintChange;
import liquibase.change.core.DropIndexChange;
import liquibase.change.core.DropNotNullConstraintChange;
import liquibase.change.core.DropTableChange;
import liquibase.change.core.DropUniqueConstraintChange;
import liquibase.change.core.DropViewChange;
import liquibase.change.core.RenameColumnChange;
import liquibase.change.core.RenameTableChange;
import liquibase.change.core.SetColumnRemarksChange;
import liquibase.change.core.SetTableRemarksChange;
import liquibase.change.core.TagDatabaseChange;
import liquibase.changelog.ChangeSet;

/**
 * Tells the changesets that have exactly the same effect when they are applied again to the same state. One that touches rows may
 * have another: no rollback to a savepoint gives back the numbers that it drew from a sequence.
 */
public final class RepeatableChanges {

    private static final Set<Class<?>> STRUCTURE_ALONE = Set.of(AddForeignKeyConstraintChange.class, AddPrimaryKeyChange.class,
            AddUniqueConstraintChange.class, CreateIndexChange.class, CreateSequenceChange.class, CreateTableChange.class,
            DropColumnChange.class, DropForeignKeyConstraintChange.class, DropIndexChange.class,
            DropNotNullConstraintChange.class, DropTableChange.class, DropUniqueConstraintChange.class, DropViewChange.class,
            RenameColumnChange.class, RenameTableChange.class, SetColumnRemarksChange.class, SetTableRemarksChange.class,
            TagDatabaseChange.class);

    private static final Pattern STRUCTURE = Pattern.compile("(?is)\\s*(?:CREATE|ALTER|DROP|COMMENT)\\b.*");
    // Too many words rather than too few: one that is found costs a savepoint, one that is missed a wrong verdict.
    private static final Pattern PERHAPS_ROWS = Pattern.compile("(?i)\\b(?:SELECT|INSERT|UPDATE|DELETE|MERGE|COPY|DO|CALL|EXECUTE"
            + "|TABLE\\s+\\S+\\s+AS|VALUES|TRUNCATE|REFRESH|USING|DEFAULT|(?:BIG|SMALL)?SERIAL[248]?|IDENTITY|GENERATED|RETURN"
            + "|NEXTVAL|SETVAL|LANGUAGE|RESTART)\\b|\\$");

    private RepeatableChanges() {
    }

    /** Whether the changeset is known to be one; also false of a changeset about which it cannot be known. */
    public static boolean areAllOf(ChangeSet changeset) {
        return !ChangesetSql.mayFailAndBeSurvived(changeset) && changeset.getSqlVisitors().isEmpty()
                && changeset.getChanges().stream().allMatch(RepeatableChanges::isRepeatable);
    }

    private static boolean isRepeatable(Change change) {
        if (change instanceof AddColumnChange add) {
            return add.getColumns().stream().allMatch(RepeatableChanges::isEmptyAtFirst);
        }
        if (change instanceof AbstractSQLChange raw) {
            String sql = raw.getSql();
            return sql != null && STRUCTURE.matcher(sql).matches() && !PERHAPS_ROWS.matcher(sql).find();
        }
        return STRUCTURE_ALONE.contains(change.getClass());
    }

    private static boolean isEmptyAtFirst(AddColumnConfig column) {
        return !column.hasDefaultValue() && column.getValueObject() == null && !Boolean.TRUE.equals(column.isAutoIncrement())
                && column.getType() != null && !PERHAPS_ROWS.matcher(column.getType()).find();
    }
}
