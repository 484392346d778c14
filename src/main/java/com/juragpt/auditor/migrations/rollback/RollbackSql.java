package com.juragpt.auditor.migrations.rollback;

import com.juragpt.auditor.migrations.api.OnBlankRollback;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.loss.ChangesSql;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import liquibase.change.Change;
import liquibase.change.DbmsTargetedChange;
import liquibase.change.core.EmptyChange;
import liquibase.change.core.OutputChange;
import liquibase.change.core.RawSQLChange;
import liquibase.change.core.TagDatabaseChange;
import liquibase.changelog.ChangeSet;
import liquibase.database.Database;
import liquibase.database.DatabaseList;
import liquibase.exception.LiquibaseException;
import liquibase.exception.ValidationErrors;
import liquibase.sql.visitor.SqlVisitor;

/** The SQL that Liquibase will run to roll a changeset back, determined without running it. */
public final class RollbackSql {

    private RollbackSql() {
    }

    /** A changeset has no rollback, for the reason in the message. */
    public static final class NoneException extends Exception {
        private static final long serialVersionUID = 1L;

        private final boolean blank;

        NoneException(String message) {
            this(message, false);
        }

        NoneException(String message, boolean blank) {
            super(message);
            this.blank = blank;
        }

        NoneException(Exception cause) {
            super(cause.getMessage(), cause);
            blank = false;
        }

        /** Whether it has a block that is blank, which may be meant. */
        public boolean isBlank() {
            return blank;
        }
    }

    /** @throws NoneException if it has none, or only one that pretends to be one */
    public static ChangesSql of(ChangeSet changeset, MigrationContext context) throws NoneException {
        Database database = context.database();
        try {
            return ChangesSql.collect(changeset, database, SqlVisitor::isApplyToRollback,
                    rollback -> collect(changeset, context, rollback));
        } catch (NoneException e) {
            throw e;
        } catch (Exception e) {
            throw new NoneException(e);
        }
    }

    private static void collect(ChangeSet changeset, MigrationContext context, ChangesSql.Collector rollback)
            throws NoneException, LiquibaseException {
        Database database = context.database();
        if (!changeset.supportsRollback(database)) {
            throw new NoneException("none is given, and Liquibase cannot derive one");
        }
        if (changeset.hasCustomRollbackChanges()) {
            List<Change> changes = changeset.getRollback().getChanges();
            if (context.options().onBlankRollback() == OnBlankRollback.REFUSE && isBlank(changeset, context)) {
                throw new NoneException("its rollback block is blank", true);
            }
            List<Change> meantForThis = changes.stream().filter(change -> isMeantFor(database, change)).toList();
            if (meantForThis.isEmpty() && doesSomething(changeset)) {
                throw new NoneException("its rollback block has nothing for " + database.getShortName());
            }
            for (Change change : meantForThis) {
                refuseInvalid(change, database);
                if (!saysEmpty(change)) {
                    rollback.add(change, false);
                }
            }
        } else {
            List<Change> newestFirst = new ArrayList<>(changeset.getChanges());
            Collections.reverse(newestFirst);
            for (Change change : newestFirst) {
                rollback.add(change, true);
            }
        }
    }

    private static void refuseInvalid(Change change, Database database) throws NoneException {
        ValidationErrors errors = change.validate(database);
        if (errors.hasErrors()) {
            throw new NoneException("its rollback block is not valid: " + String.join("; ", errors.getErrorMessages()));
        }
    }

    /** Whether the changeset does something and has a rollback block that somebody left blank. */
    public static boolean isBlank(ChangeSet changeset, MigrationContext context) {
        return changeset.hasCustomRollbackChanges() && doesSomething(changeset) && isBlank(changeset.getRollback().getChanges())
                && !context.blankRollback().isWritten(changeset);
    }

    private static boolean doesSomething(ChangeSet changeset) {
        return !changeset.getChanges().stream().allMatch(change -> change instanceof TagDatabaseChange
                || change instanceof EmptyChange || change instanceof OutputChange);
    }

    // Liquibase parses a blank rollback block and one that says "empty" to the same changes.
    private static boolean isBlank(List<Change> changes) {
        return changes.stream().allMatch(EmptyChange.class::isInstance);
    }

    // ChangeSet.rollback treats this SQL as another spelling of an empty rollback.
    private static boolean saysEmpty(Change change) {
        return change instanceof RawSQLChange raw && "empty".equalsIgnoreCase(raw.getSql());
    }

    private static boolean isMeantFor(Database database, Change change) {
        return saysEmpty(change) || !(change instanceof DbmsTargetedChange targeted)
                || DatabaseList.definitionMatches(targeted.getDbms(), database, true);
    }
}
