package com.juragpt.auditor.migrations.changelog;

import java.util.List;
import liquibase.Scope;
import liquibase.changelog.ChangeSet;
import liquibase.database.Database;
import liquibase.exception.DatabaseException;
import liquibase.executor.ExecutorService;
import liquibase.executor.jvm.JdbcExecutor;
import liquibase.sql.visitor.SqlVisitor;
import liquibase.statement.SqlStatement;
import liquibase.statement.core.RawParameterizedSqlStatement;

/**
 * Runs the statements of a deployment or a rehearsal, and asks PostgreSQL for the search path only where something may have changed
 * it. Liquibase asks before each changeset, because its own rollback would reset the path; here that rolls nothing back.
 */
public final class RememberedSearchPath extends JdbcExecutor {

    private static final String QUESTION = "SHOW SEARCH_PATH";

    private String path;
    private boolean changesetMayChangeIt = true;

    private RememberedSearchPath() {
    }

    /** Makes it the executor of a database, until that is closed. */
    public static RememberedSearchPath in(Database database) {
        RememberedSearchPath executor = new RememberedSearchPath();
        executor.setDatabase(database);
        executor.setResourceAccessor(Scope.getCurrentScope().getResourceAccessor());
        Scope.getCurrentScope().getSingleton(ExecutorService.class).setExecutor("jdbc", database, executor);
        return executor;
    }

    /** Called before anything of the changeset. */
    public void begin(ChangeSet changeset) {
        changesetMayChangeIt = !CreatingChanges.areAllOf(changeset);
    }

    /** Called before a changeset is rolled back, and after a rollback to a savepoint: either may change the path. */
    public void forget() {
        path = null;
        changesetMayChangeIt = true;
    }

    @Override
    public <T> T queryForObject(SqlStatement sql, Class<T> type) throws DatabaseException {
        if (type != String.class || !(sql instanceof RawParameterizedSqlStatement raw) || !QUESTION.equals(raw.getSql())) {
            return super.queryForObject(sql, type);
        }
        String now = path != null ? path : super.queryForObject(sql, String.class);
        path = changesetMayChangeIt ? null : now;
        return type.cast(now);
    }

    @Override
    public void execute(SqlStatement sql, List<SqlVisitor> visitors) throws DatabaseException {
        if (changesetMayChangeIt || sql instanceof RawParameterizedSqlStatement) {
            path = null;
        }
        super.execute(sql, visitors);
    }
}
