package com.juragpt.auditor.migrations.review;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.connection.Sql;
import com.juragpt.auditor.migrations.loss.ChangesSql;
import com.juragpt.auditor.migrations.loss.StatementLosses;
import java.sql.SQLException;
import java.util.List;
import liquibase.changelog.ChangeSet;
import liquibase.exception.LiquibaseException;

/**
 * The data that a deployment deletes and then its rollback, asked in that order. Without a database, what does not certainly keep
 * all data is of unknown effect.
 */
final class ReviewedLosses {

    private final MigrationContext context;
    private final StatementLosses losses;

    ReviewedLosses(MigrationContext context) {
        this.context = context;
        losses = context.isOffline() ? null : StatementLosses.ofBothWays(context);
    }

    /** @param sql what the changeset runs next; null if that is not known */
    List<DataLoss> of(ChangeSet changeset, ChangesSql sql) throws LiquibaseException, SQLException {
        if (sql == null) {
            return List.of(unknown(changeset, "its SQL is not known before it runs"));
        }
        if (losses == null) {
            return sql.isHarmless() ? List.of() : List.of(unknown(changeset, String.join("; ", sql.sql())));
        }
        // So that raw SQL and changes give a table one name.
        boolean before = context.database().getOutputDefaultSchema();
        context.database().setOutputDefaultSchema(false);
        Sql.execute(context.connection(), "SAVEPOINT reviewing");
        try {
            List<DataLoss> found = losses.find(changeset.getId(), sql);
            Sql.execute(context.connection(), "RELEASE SAVEPOINT reviewing");
            return found;
        } catch (SQLException e) {
            if (!Failures.INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
                throw e;
            }
            // The role that reviews may read less than the one that deploys.
            Sql.execute(context.connection(), "ROLLBACK TO SAVEPOINT reviewing; RELEASE SAVEPOINT reviewing");
            return List.of(unknown(changeset, String.valueOf(e.getMessage())));
        } finally {
            context.database().setOutputDefaultSchema(before);
        }
    }

    private static DataLoss unknown(ChangeSet changeset, String what) {
        return new DataLoss(changeset.getId(), DataLoss.Kind.UNKNOWN, null, null, 0, false, what);
    }
}
