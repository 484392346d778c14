package com.juragpt.auditor.migrations.deploy;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.archive.DataArchive;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Sql;
import com.juragpt.auditor.migrations.loss.LossWatch;
import com.juragpt.auditor.migrations.loss.StandingColumns;
import com.juragpt.auditor.migrations.loss.StatementLosses;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import liquibase.Scope;
import liquibase.changelog.ChangeSet;
import liquibase.exception.LiquibaseException;

/** Watches what the changesets of an update delete, and answers it as the options say. */
final class UpdateLosses {

    private final Deployment deployment;
    private final MigrationContext context;
    private final OnDataLoss answer;
    private StandingColumns standing;
    // Null unless the answer is to archive.
    private final DataArchive archive;
    private final Set<String> deployments = new LinkedHashSet<>();
    private final List<DataLoss> deleted = new ArrayList<>();
    private LossWatch watch;
    private List<DataLoss> archived = List.of();
    private int copiesBefore;
    private MigrationException refusal;

    /**
     * @param done the changesets that have run so far
     * @param earlier the losses of the attempt before, a part of which may be committed; null for the first
     */
    UpdateLosses(Deployment deployment, MigrationContext context, Supplier<List<String>> done, UpdateLosses earlier)
            throws SQLException {
        this.deployment = deployment;
        this.context = context;
        answer = context.options().onUpdateDataLoss();
        standing = StandingColumns.now(context);
        if (earlier != null) {
            earlier.deleted.stream().filter(loss -> deployment.kept().contains(loss.changeset())).forEach(deleted::add);
            deployments.addAll(earlier.deployments);
        }
        archive = answer != OnDataLoss.ARCHIVE ? null
                : DataArchive.ofUpdate(context, () -> origin(done.get()), earlier == null ? null : earlier.archive);
    }

    private DataArchive.Origin origin(List<String> done) {
        deployments.add(Scope.getCurrentScope().getDeploymentId());
        return new DataArchive.Origin(null, List.copyOf(deployments), done);
    }

    /** What was deleted, in the order of the changesets. */
    List<DataLoss> deleted() {
        return List.copyOf(deleted);
    }

    /** Where the copies are; null if nothing was archived. */
    String archiveSchema() {
        return archivedTables().isEmpty() ? null : archive.schema();
    }

    /** The copies, as SQL names them. */
    List<String> archivedTables() {
        return archive == null ? List.of() : archive.tables();
    }

    /**
     * Called before anything of the changeset, its preconditions included.
     *
     * @throws MigrationException {@link Problem#DESTROYS_DATA} if it runs outside of transactions and may delete something
     */
    void begin(ChangeSet changeset) throws LiquibaseException, SQLException {
        watch = null;
        archived = List.of();
        copiesBefore = archivedTables().size();
        refusal = null;
        if (splits(changeset)) {
            // What is committed, others may have written to.
            standing = StandingColumns.now(context);
            watch = LossWatch.before(changeset, context, standing);
            if (answer != OnDataLoss.ACCEPT) {
                // Nobody can be kept from writing between the last look at a table and the statement that deletes it.
                refuse(changeset, watch.foreseen());
            }
        }
    }

    /**
     * Called when the preconditions have let the changeset through, before its first change.
     *
     * @throws MigrationException {@link Problem#DESTROYS_DATA} if it could not be undone after it has run
     */
    void willRun(ChangeSet changeset) throws LiquibaseException, SQLException {
        if (watch != null) {
            return;
        }
        watch = LossWatch.before(changeset, context, standing);
        if (answer == OnDataLoss.ACCEPT || watch.foreseen().isEmpty()) {
            return;
        }
        if (context.onPostgres()) {
            lock();
            watch = LossWatch.before(changeset, context, standing);
        } else if (answer == OnDataLoss.REFUSE || watch.foreseen().stream().anyMatch(UpdateLosses::isUnknown)) {
            // Its statements cannot be rolled back.
            refuse(changeset, watch.foreseen().stream().filter(DataLoss::isReal).toList());
        }
        if (archive != null) {
            archived = watch.foreseen().stream().filter(loss -> loss.isReal() && !isUnknown(loss)).toList();
            archive.copy(archived);
        }
    }

    /**
     * Called after the changeset; before the commit, unless it runs outside of transactions.
     *
     * @throws MigrationException {@link Problem#DESTROYS_DATA}; also if it was refused before and Liquibase went on
     */
    void ran(ChangeSet changeset, Outcome outcome) throws SQLException {
        if (refusal != null) {
            throw refusal;
        }
        if (splits(changeset)) {
            standing = StandingColumns.now(context);
        }
        if (!outcome.ran() || watch == null) {
            // What was done up to a failure that is tolerated is rolled back, the copies included.
            if (archive != null) {
                archive.backTo(copiesBefore);
            }
            return;
        }
        List<DataLoss> losses = watch.after().stream().filter(DataLoss::isReal).toList();
        if (answer == OnDataLoss.REFUSE) {
            refuse(changeset, losses);
        } else if (answer == OnDataLoss.ARCHIVE) {
            refuse(changeset, losses.stream().filter(loss -> !archived.contains(loss)).toList());
        }
        losses.forEach(loss -> context.options().progress().accept(new Progress.Note(loss.toString())));
        deleted.addAll(losses);
    }

    /** Called when all changesets have run. */
    void end() throws SQLException {
        if (archive != null) {
            archive.finish();
        }
    }

    /** Keeps other sessions from writing to the tables of the losses, so that the counts stay true. */
    private void lock() throws SQLException {
        for (String table : watch.foreseen().stream().map(DataLoss::table).filter(t -> t != null).distinct().toList()) {
            Sql.execute(context.connection(), "LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
        }
    }

    private void refuse(ChangeSet changeset, List<DataLoss> losses) {
        if (losses.isEmpty()) {
            return;
        }
        boolean unknown = losses.stream().anyMatch(loss -> isUnknown(loss) || loss.rows() == 0);
        refusal = Diagnosis.of(Problem.DESTROYS_DATA, changeset.getId() + (unknown ? " may " : " would ")
                + StatementLosses.verb(losses) + " data in "
                + context.databaseName()
                + (answer == OnDataLoss.ARCHIVE ? " that cannot be archived, as it cannot be foreseen and locked" : ""))
                .whatStays(deployment.whatStays()).lines(losses).line("file: " + changeset.getFilePath())
                .help(answer == OnDataLoss.ARCHIVE || unknown
                        ? "after a backup, -Dmigrations.onDataLoss=accept lets it go; docs/data-loss.md has the forms that can be"
                                + " archived"
                        : "-Dmigrations.onDataLoss=archive keeps a copy in schema update_<time>, =accept lets it go");
        throw refusal;
    }

    private boolean splits(ChangeSet changeset) {
        return context.onPostgres() && !changeset.isRunInTransaction();
    }

    private static boolean isUnknown(DataLoss loss) {
        return loss.kind() == DataLoss.Kind.UNKNOWN;
    }
}
