package com.juragpt.auditor.migrations.rollback;

import com.juragpt.auditor.migrations.api.OnBlankRollback;
import com.juragpt.auditor.migrations.changelog.ChangesetSql;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import liquibase.Scope;
import liquibase.change.Change;
import liquibase.change.DbmsTargetedChange;
import liquibase.change.core.EmptyChange;
import liquibase.change.core.ExecuteShellCommandChange;
import liquibase.change.core.OutputChange;
import liquibase.change.core.RawSQLChange;
import liquibase.change.core.TagDatabaseChange;
import liquibase.change.custom.CustomChangeWrapper;
import liquibase.changelog.ChangeSet;
import liquibase.database.Database;
import liquibase.database.DatabaseList;
import liquibase.database.ObjectQuotingStrategy;
import liquibase.exception.LiquibaseException;
import liquibase.exception.ValidationErrors;
import liquibase.sql.visitor.SqlVisitor;
import liquibase.statement.SqlStatement;

/**
 * The SQL that Liquibase will run to roll a changeset back, determined without running it.
 *
 * @param statements in the order in which they run
 * @param sql the same as SQL text; a part that is not SQL is described in parentheses
 * @param opaque the parts, as in {@code sql}, whose effect cannot be known from their kind: programs, Java code, SQL that a
 *     {@code modifySql} rewrites
 * @param quoting how the changeset quotes names, which decides what a name in the statements means
 */
public record RollbackSql(List<SqlStatement> statements, List<String> sql, List<String> opaque, ObjectQuotingStrategy quoting) {

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
        boolean isBlank() {
            return blank;
        }
    }

    /** @throws NoneException if it has none, or only one that pretends to be one */
    public static RollbackSql of(ChangeSet changeset, MigrationContext context) throws NoneException {
        Database database = context.database();
        ObjectQuotingStrategy before = database.getObjectQuotingStrategy();
        database.setObjectQuotingStrategy(changeset.getObjectQuotingStrategy());
        try {
            // Without the flag, some changes run when they generate their statements.
            return Scope.child(Map.of(Change.SHOULD_EXECUTE, Boolean.FALSE), () -> collect(changeset, context));
        } catch (NoneException e) {
            throw e;
        } catch (Exception e) {
            throw new NoneException(e);
        } finally {
            database.setObjectQuotingStrategy(before);
        }
    }

    private static RollbackSql collect(ChangeSet changeset, MigrationContext context) throws NoneException, LiquibaseException {
        Database database = context.database();
        if (!changeset.supportsRollback(database)) {
            throw new NoneException("none is given, and Liquibase cannot derive one");
        }
        RollbackSql rollback = new RollbackSql(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(),
                changeset.getObjectQuotingStrategy());
        List<SqlVisitor> visitors = changeset.getSqlVisitors().stream().filter(SqlVisitor::isApplyToRollback).toList();
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
                rollback.add(change, false, database, visitors);
            }
        } else {
            List<Change> newestFirst = new ArrayList<>(changeset.getChanges());
            Collections.reverse(newestFirst);
            for (Change change : newestFirst) {
                rollback.add(change, true, database, visitors);
            }
        }
        return rollback;
    }

    private void add(Change change, boolean derived, Database database, List<SqlVisitor> visitors) throws LiquibaseException {
        if (saysEmpty(change)) {
            return;
        }
        if (change instanceof ExecuteShellCommandChange || change instanceof CustomChangeWrapper) {
            String description = "(" + change.getConfirmationMessage() + ")";
            sql.add(description);
            opaque.add(description);
            return;
        }
        SqlStatement[] generated = derived ? change.generateRollbackStatements(database) : change.generateStatements(database);
        for (SqlStatement statement : Arrays.asList(generated)) {
            boolean rewritten = false;
            List<String> lines = new ArrayList<>();
            for (String plain : ChangesetSql.of(statement, database)) {
                String line = plain;
                for (SqlVisitor visitor : visitors) {
                    line = visitor.modifySql(line, database);
                }
                rewritten |= !line.equals(plain);
                lines.add(line);
            }
            sql.addAll(lines);
            if (rewritten) {
                opaque.addAll(lines);
            } else {
                statements.add(statement);
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
