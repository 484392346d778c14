package com.juragpt.auditor.migrations.loss;

import com.juragpt.auditor.migrations.changelog.ChangesetSql;
import com.juragpt.auditor.migrations.connection.SqlText;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import liquibase.Scope;
import liquibase.change.Change;
import liquibase.change.core.ExecuteShellCommandChange;
import liquibase.change.core.LoadDataChange;
import liquibase.change.custom.CustomChangeWrapper;
import liquibase.changelog.ChangeSet;
import liquibase.database.Database;
import liquibase.database.ObjectQuotingStrategy;
import liquibase.exception.LiquibaseException;
import liquibase.sql.visitor.SqlVisitor;
import liquibase.statement.SqlStatement;
import liquibase.statement.core.RawParameterizedSqlStatement;

/**
 * The SQL that Liquibase will run for a changeset, determined without running it.
 *
 * @param statements in the order in which they run
 * @param texts the SQL text of each of the statements
 * @param sql the same as SQL text; a part that is not SQL is described in parentheses
 * @param opaque the parts, as in {@code sql}, that are not SQL or not looked at: programs, Java code, files of data
 * @param quoting how the changeset quotes names, which decides what a name in the statements means
 */
public record ChangesSql(List<SqlStatement> statements, List<List<String>> texts, List<String> sql, List<String> opaque,
        ObjectQuotingStrategy quoting) {

    /** Adds changes, in the order in which they run. */
    @FunctionalInterface
    public interface Source {
        void addTo(Collector collector) throws Exception;
    }

    /** Takes one change after the other. */
    @FunctionalInterface
    public interface Collector {
        /** @param rollback whether what undoes the change is to run, and not the change itself */
        void add(Change change, boolean rollback) throws LiquibaseException;
    }

    /** What going up runs: the changes of a changeset in their order, those for another database left out. */
    public static ChangesSql ofUpdate(ChangeSet changeset, Database database) throws Exception {
        return collect(changeset, database, visitor -> true, collector -> {
            for (Change change : changeset.getChanges()) {
                collector.add(change, false);
            }
        });
    }

    /**
     * @param rewriting which {@code modifySql} of the changeset apply
     * @throws Exception from the source, and from changes that cannot say what they would run
     */
    public static ChangesSql collect(ChangeSet changeset, Database database, Predicate<SqlVisitor> rewriting, Source changes)
            throws Exception {
        ChangesSql collected = new ChangesSql(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>(),
                changeset.getObjectQuotingStrategy());
        List<SqlVisitor> visitors = changeset.getSqlVisitors().stream().filter(rewriting).toList();
        ObjectQuotingStrategy before = database.getObjectQuotingStrategy();
        database.setObjectQuotingStrategy(changeset.getObjectQuotingStrategy());
        try {
            // Without the flag, some changes run when they generate their statements.
            Scope.child(Map.of(Change.SHOULD_EXECUTE, Boolean.FALSE),
                    () -> changes.addTo((change, rollback) -> collected.add(change, rollback, database, visitors)));
            return collected;
        } finally {
            database.setObjectQuotingStrategy(before);
        }
    }

    /** Whether all of it certainly keeps all data, which needs no database to say. */
    public boolean isHarmless() throws SQLException {
        for (int i = 0; i < statements.size(); i++) {
            if (!Harmless.is(statements.get(i), texts.get(i)) && !keepsData(texts.get(i))) {
                return false;
            }
        }
        return opaque.isEmpty();
    }

    private static boolean keepsData(List<String> lines) throws SQLException {
        for (String line : lines) {
            for (String one : SqlText.statements(line)) {
                if (PlainSql.of(one).filter(PlainSql::keepsData).isEmpty()) {
                    return false;
                }
            }
        }
        return !lines.isEmpty();
    }

    private void add(Change change, boolean rollback, Database database, List<SqlVisitor> visitors) throws LiquibaseException {
        // A file of data is not read before its time: it may be large.
        if (change instanceof ExecuteShellCommandChange || change instanceof CustomChangeWrapper
                || change instanceof LoadDataChange) {
            String description = "(" + change.getConfirmationMessage() + ")";
            sql.add(description);
            opaque.add(description);
            return;
        }
        SqlStatement[] generated = rollback ? change.generateRollbackStatements(database) : change.generateStatements(database);
        for (SqlStatement statement : generated) {
            List<String> plain = ChangesetSql.of(statement, database);
            List<String> lines = plain.stream().map(line -> rewritten(line, database, visitors)).toList();
            sql.addAll(lines);
            if (lines.equals(plain)) {
                statements.add(statement);
                texts.add(plain);
            } else {
                // What it was says nothing any more.
                lines.forEach(line -> {
                    statements.add(new RawParameterizedSqlStatement(line));
                    texts.add(List.of(line));
                });
            }
        }
    }

    private static String rewritten(String sql, Database database, List<SqlVisitor> visitors) {
        String line = sql;
        for (SqlVisitor visitor : visitors) {
            line = visitor.modifySql(line, database);
        }
        return line;
    }
}
