package com.juragpt.auditor.migrations.loss;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import liquibase.changelog.ChangeSet;
import liquibase.exception.LiquibaseException;

/**
 * What a changeset deletes when it goes up: foreseen before it runs and, where its SQL does not say, measured after it (on
 * PostgreSQL, in the same transaction).
 */
public final class LossWatch {

    private final String changeset;
    private final List<DataLoss> foreseen;
    private final boolean onPostgres;
    private final MeasuredLosses measuring;

    private LossWatch(String changeset, List<DataLoss> foreseen, boolean onPostgres, MeasuredLosses measuring) {
        this.changeset = changeset;
        this.foreseen = foreseen;
        this.onPostgres = onPostgres;
        this.measuring = measuring;
    }

    /**
     * Called right before the changeset runs, where the database is as the changeset will find it.
     *
     * @param standing the columns that were there when the deployment began
     */
    public static LossWatch before(ChangeSet changeset, MigrationContext context, StandingColumns standing)
            throws LiquibaseException, SQLException {
        StatementLosses losses = new StatementLosses(context, standing);
        List<DataLoss> foreseen = foresee(changeset, context, losses);
        boolean measures = context.onPostgres() && foreseen.stream().anyMatch(LossWatch::isUnknown)
                && MeasuredLosses.isPossible(context.connection());
        return new LossWatch(changeset.getId(), foreseen, context.onPostgres(),
                measures ? MeasuredLosses.begin(context.connection(), standing, losses.written()) : null);
    }

    private static List<DataLoss> foresee(ChangeSet changeset, MigrationContext context, StatementLosses statements)
            throws LiquibaseException, SQLException {
        ChangesSql sql;
        try {
            sql = ChangesSql.ofUpdate(changeset, context.database());
        } catch (Exception e) {
            // What cannot say what it would run fails when it is run, or its precondition keeps it from that.
            return unknown(changeset, e);
        }
        if (sql.isHarmless()) {
            return List.of();
        }
        Connection connection = context.connection();
        if (!context.onPostgres()) {
            return statements.find(changeset.getId(), sql);
        }
        Sql.execute(connection, "SAVEPOINT foreseeing");
        try {
            List<DataLoss> losses = statements.find(changeset.getId(), sql);
            Sql.execute(connection, "RELEASE SAVEPOINT foreseeing");
            return losses;
        } catch (SQLException e) {
            if (!Failures.INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
                throw e;
            }
            // It may be allowed to delete what it must not read.
            Sql.execute(connection, "ROLLBACK TO SAVEPOINT foreseeing; RELEASE SAVEPOINT foreseeing");
            return unknown(changeset, e);
        }
    }

    private static List<DataLoss> unknown(ChangeSet changeset, Exception why) {
        return List.of(new DataLoss(changeset.getId(), DataLoss.Kind.UNKNOWN, null, null, 0, false, why.getMessage()));
    }

    /** What the SQL says that it will delete, and the statements that do not say. */
    public List<DataLoss> foreseen() {
        return foreseen;
    }

    /**
     * Called after it has run: what was foreseen and, of the statements that did not say, what was measured. On H2 nothing can be
     * measured, and is passed over.
     */
    public List<DataLoss> after() throws SQLException {
        List<DataLoss> losses = new ArrayList<>(foreseen.stream().filter(loss -> !isUnknown(loss)).toList());
        if (measuring == null) {
            return onPostgres ? foreseen : losses;
        }
        for (DataLoss measured : measuring.end(changeset)) {
            // What the foreseen statements overwrite is not measured.
            if (measured.kind() == DataLoss.Kind.OVERWRITTEN) {
                losses.add(measured);
            } else if (losses.stream().noneMatch(known -> includes(known, measured))) {
                // The statements that did not say may have deleted more of the same.
                losses.removeIf(known -> includes(measured, known));
                losses.add(measured);
            }
        }
        return losses;
    }

    private static boolean includes(DataLoss more, DataLoss less) {
        return less.table().equals(more.table())
                && (more.kind() == DataLoss.Kind.TABLE || more.kind() == less.kind() && more.rows() >= less.rows()
                        && (more.column() == null || more.column().equals(less.column())));
    }

    private static boolean isUnknown(DataLoss loss) {
        return loss.kind() == DataLoss.Kind.UNKNOWN;
    }
}
