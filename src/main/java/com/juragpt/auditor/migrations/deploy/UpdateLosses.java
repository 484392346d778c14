package com.juragpt.auditor.migrations.deploy;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Sql;
import com.juragpt.auditor.migrations.loss.LossWatch;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import liquibase.changelog.ChangeSet;
import liquibase.exception.LiquibaseException;

/** Watches what the changesets of an update delete, and answers it as the options say. */
final class UpdateLosses {

    private final Deployment deployment;
    private final MigrationContext context;
    private final OnDataLoss answer;
    private final List<DataLoss> deleted = new ArrayList<>();
    private LossWatch watch;

    UpdateLosses(Deployment deployment, MigrationContext context) {
        this.deployment = deployment;
        this.context = context;
        answer = context.options().onUpdateDataLoss();
    }

    /** What was deleted so far, in the order of the changesets. */
    List<DataLoss> deleted() {
        return List.copyOf(deleted);
    }

    /**
     * Called right before the changeset runs.
     *
     * @throws MigrationException {@link Problem#DESTROYS_DATA} if it could not be undone after it has run
     */
    void willRun(ChangeSet changeset) throws LiquibaseException, SQLException {
        watch = LossWatch.before(changeset, context);
        if (answer == OnDataLoss.ACCEPT || watch.foreseen().isEmpty()) {
            return;
        }
        if (!context.onPostgres()) {
            refuse(changeset, watch.foreseen().stream().filter(DataLoss::isReal).toList());
        } else if (!changeset.isRunInTransaction()) {
            // Nobody can be kept from writing between the last look at a table and the statement that deletes it.
            refuse(changeset, watch.foreseen());
        } else {
            lock();
            watch = LossWatch.before(changeset, context);
        }
    }

    /** Called after the changeset; before the commit, unless it runs outside of transactions. */
    void ran(ChangeSet changeset, Outcome outcome) throws SQLException {
        if (!outcome.ran()) {
            return;
        }
        List<DataLoss> losses = watch.after().stream().filter(DataLoss::isReal).toList();
        if (answer == OnDataLoss.REFUSE) {
            refuse(changeset, losses);
        }
        losses.forEach(loss -> context.options().progress().accept(new Progress.Note(loss.toString())));
        deleted.addAll(losses);
    }

    /** Keeps other sessions from writing to the tables of the losses, so that the counts stay true. */
    private void lock() throws SQLException {
        for (String table : watch.foreseen().stream().map(DataLoss::table).filter(t -> t != null).distinct().toList()) {
            Sql.execute(context.connection(), "LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
        }
    }

    private void refuse(ChangeSet changeset, List<DataLoss> losses) {
        if (!losses.isEmpty()) {
            boolean unknown = losses.stream().anyMatch(loss -> loss.kind() == DataLoss.Kind.UNKNOWN || loss.rows() == 0);
            throw Diagnosis.of(Problem.DESTROYS_DATA, changeset.getId() + (unknown ? " may" : " would") + " delete data in "
                    + context.databaseName())
                    .whatStays(deployment.whatStays()).lines(losses).line("file: " + changeset.getFilePath())
                    .help("after a backup, -Dmigrations.onDataLoss=accept lets it go");
        }
    }
}
