package com.juragpt.auditor.migrations.changelog;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import liquibase.change.Change;
import liquibase.changelog.ChangeSet;
import liquibase.database.Database;
import liquibase.sql.Sql;
import liquibase.sql.visitor.RegExpReplaceSqlVisitor;
import liquibase.sqlgenerator.SqlGeneratorFactory;
import liquibase.statement.SqlStatement;

/** How a changeset has to be run, as far as its SQL decides it. */
public final class ChangesetSql {

    private static final Pattern OUTSIDE_TRANSACTIONS = Pattern.compile("(?i)\\b(?:CONCURRENTLY|VACUUM|CALL|DISCARD\\s+ALL"
            + "|ALTER\\s+SYSTEM|(?:CREATE|DROP|ALTER)\\s+(?:DATABASE|TABLESPACE|SUBSCRIPTION)"
            + "|REINDEX\\s+(?:\\([^)]*\\)\\s*)?(?:DATABASE|SYSTEM|SCHEMA|TABLE|INDEX)|CLUSTER|COMMIT)\\b");

    private ChangesetSql() {
    }

    /** Whether Liquibase goes on after an SQL error in the changeset. */
    public static boolean mayFailAndBeSurvived(ChangeSet changeset) {
        return Boolean.FALSE.equals(changeset.getFailOnError()) || changeset.getPreconditions() != null
                && !changeset.getPreconditions().getNestedPreconditions().isEmpty();
    }

    /** Whether the changeset runs outside of transactions and lets others read and write while it waits for them. */
    public static boolean buildsConcurrently(ChangeSet changeset, Database database) {
        return !changeset.isRunInTransaction() && isConcurrent(statementsOf(changeset, database));
    }

    /** Whether the SQL has a statement that lets others read and write while it waits for them. */
    public static boolean isConcurrent(List<String> sql) {
        return String.join(" ", sql).toUpperCase(Locale.ROOT).contains("CONCURRENTLY");
    }

    /**
     * Whether PostgreSQL runs one of the statements only outside of transactions, or it ends them itself. See the notes of each
     * command in https://www.postgresql.org/docs/current/sql-commands.html.
     */
    public static boolean cannotRunInTransaction(List<String> sql) {
        return sql.stream().anyMatch(statement -> OUTSIDE_TRANSACTIONS.matcher(statement).find());
    }

    /** The SQL of a statement, as the database will get it. */
    public static List<String> of(SqlStatement statement, Database database) {
        List<String> lines = new ArrayList<>();
        Sql[] generated = SqlGeneratorFactory.getInstance().generateSql(statement, database);
        for (Sql sql : generated == null ? new Sql[0] : generated) {
            lines.add(sql.toSql());
        }
        return lines;
    }

    // Without the statements that differ from run to run.
    private static List<String> statementsOf(ChangeSet changeset, Database database) {
        List<String> sql = new ArrayList<>();
        for (Change change : changeset.getChanges()) {
            if (!change.generateStatementsVolatile(database)) {
                for (SqlStatement statement : change.generateStatements(database)) {
                    sql.addAll(of(statement, database));
                }
            }
        }
        return sql;
    }

    /**
     * Lets changesets that ask to run outside of transactions run inside of one for as long as this is open: without the word
     * CONCURRENTLY. The changesets are those of a changelog that nobody else works with.
     */
    public static final class Plain implements AutoCloseable {

        private final Collection<ChangeSet> changesets;

        public Plain(Collection<ChangeSet> changesets) {
            this.changesets = changesets;
            changesets.stream().filter(changeset -> !changeset.isRunInTransaction()).forEach(changeset -> {
                changeset.addSqlVisitor(new WithoutConcurrently(false));
                changeset.addSqlVisitor(new WithoutConcurrently(true));
            });
        }

        public Collection<ChangeSet> changesets() {
            return changesets;
        }

        @Override
        public void close() {
            changesets.forEach(changeset -> changeset.getSqlVisitors().removeIf(WithoutConcurrently.class::isInstance));
        }
    }

    private static final class WithoutConcurrently extends RegExpReplaceSqlVisitor {

        WithoutConcurrently(boolean rollback) {
            setReplace("(?i)\\bCONCURRENTLY\\b");
            setWith("");
            setApplyToRollback(rollback);
        }
    }
}
