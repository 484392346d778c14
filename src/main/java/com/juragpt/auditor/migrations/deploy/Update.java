package com.juragpt.auditor.migrations.deploy;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.UpdateResult;
import com.juragpt.auditor.migrations.changelog.Changelog;
import com.juragpt.auditor.migrations.changelog.History;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.check.ChangelogCheck;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.connection.Stopwatch;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import liquibase.Scope;
import liquibase.changelog.ChangeSet;
import liquibase.exception.LiquibaseException;
import liquibase.exception.ValidationFailedException;

/** Lets Liquibase run pending changesets in a deployment: all, up to a revision, or a number of them. */
public final class Update {

    /** Decides whether changesets may be deployed. */
    @FunctionalInterface
    public interface Approval {

        /** @throws MigrationException if they may not */
        void require(List<ChangeSet> chosen) throws LiquibaseException, SQLException;
    }

    private final Deployment deployment;
    private final MigrationContext context;
    private final Approval approval;
    private final Changelog changelog;
    private final Earlier earlier;

    /** What earlier attempts of an update have deleted: one for all its attempts, as a split may have committed a part. */
    public static final class Earlier {

        private UpdateLosses losses;
    }

    /** @param approval asked under the lock, before anything is changed */
    public Update(Deployment deployment, MigrationContext context, Earlier earlier, Approval approval) throws SQLException {
        this.deployment = deployment;
        this.context = context;
        this.earlier = earlier;
        this.approval = approval;
        changelog = context.changelog();
    }

    /** @throws MigrationException {@link Problem#CHANGESET_FAILED}, {@link Problem#CHANGED_CHANGESET} */
    public UpdateResult toHead() throws LiquibaseException, SQLException {
        return run(pending());
    }

    /** @throws MigrationException {@link Problem#UNKNOWN_REVISION}, and as {@link #toHead} */
    public UpdateResult to(String revision) throws LiquibaseException, SQLException {
        List<String> reachable = changelog.reachableRevisions();
        if (!reachable.contains(revision)) {
            throw Diagnosis.of(Problem.UNKNOWN_REVISION, "Cannot update: no revision '" + revision + "' in the changelog")
                    .line("revisions, in order: " + String.join(", ", reachable))
                    .help("mvn migrations:update goes to the last of them");
        }
        List<ChangeSet> pending = pending();
        return run(pending.subList(0, changelog.countUpTo(revision, pending)));
    }

    /**
     * @param count how many changesets, including those that an earlier attempt of this deployment has committed
     * @throws MigrationException {@link Problem#COUNT_OUT_OF_RANGE}, and as {@link #toHead}
     */
    public UpdateResult by(int count) throws LiquibaseException, SQLException {
        List<ChangeSet> pending = pending();
        int left = count - deployment.kept().size();
        if (count < 1 || left > pending.size()) {
            throw Diagnosis.of(Problem.COUNT_OUT_OF_RANGE, "Cannot update by " + count + " changesets: " + pending.size()
                    + " are pending in " + context.databaseName()).help("mvn migrations:update runs all that are pending");
        }
        return run(pending.subList(0, left));
    }

    private List<ChangeSet> pending() throws LiquibaseException, SQLException {
        changelog.requireUnedited(context.history().rows(), context.databaseName());
        return changelog.pending();
    }

    private void requireSound(List<ChangeSet> chosen) {
        if (context.options().check().beforehand() && !chosen.isEmpty()) {
            ChangelogCheck.ofPending(chosen, changelog.changesets(), context.options()).harmful()
                    .requireNone("Nothing was deployed to " + context.databaseName()
                            + ", for what is pending does not pass its check");
        }
    }

    private UpdateResult run(List<ChangeSet> chosen) throws LiquibaseException, SQLException {
        requireSound(chosen);
        Stopwatch time = Stopwatch.start();
        // After a split the first part of what was approved is committed, and nobody else had the lock since.
        if (deployment.kept().isEmpty()) {
            approval.require(chosen);
        }
        UpdateListener listener = new UpdateListener(deployment, context, chosen.size(), earlier.losses);
        earlier.losses = listener.losses();
        if (!chosen.isEmpty()) {
            deployment.expectSplits(chosen.stream().filter(one -> !one.isRunInTransaction()).map(ChangeSet::getId).toList());
            try {
                // A precondition of the changelog may cause an SQL error and yet let the update go on.
                deployment.guard();
                changelog.validate();
                deployment.unguard();
                if (context.onPostgres()) {
                    context.history().writeLater();
                }
                changelog.run(chosen, listener);
                listener.end();
                context.history().writeNow();
            } catch (LiquibaseException | RuntimeException e) {
                throw failure(listener.running(), e);
            }
        }
        listener.losses().end();
        List<String> done = listener.done();
        List<History.Recorded> history = context.history().recorded();
        requireRecorded(done, history);
        return new UpdateResult(context.databaseName(), done,
                done.isEmpty() ? null : Scope.getCurrentScope().getDeploymentId(),
                History.revision(changelog, history.stream().map(History.Recorded::tag)).orElse(null),
                listener.losses().deleted(),
                listener.losses().archiveSchema(), listener.losses().archivedTables(), time.elapsed());
    }

    /** The check that no deployment passes by: what it says it has run is in the history. */
    private void requireRecorded(List<String> done, List<History.Recorded> history) {
        Set<String> recorded = history.stream().map(History.Recorded::id).collect(Collectors.toSet());
        List<String> missing = done.stream().filter(id -> !recorded.contains(id)).toList();
        if (!missing.isEmpty()) {
            throw Diagnosis.of(Problem.UPDATE_INCOMPLETE, "The update lost changesets in " + context.databaseName()
                    + ", because something ended its transaction before its end")
                    .whatStays(deployment.whatStays()).line("not in the history: " + String.join(", ", missing))
                    .help("look for a procedure or program among the changesets that commits or rolls back by itself");
        }
    }

    /** @param running null before the first changeset */
    private MigrationException failure(ChangeSet running, Exception e) {
        // Liquibase wraps what a listener throws.
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof MigrationException explained) {
                return explained;
            }
        }
        if (Failures.isConnectionLost(e)) {
            return Failures.connectionLost("The connection to the database was lost"
                    + (running == null ? "" : " while " + running.getId() + " ran"), deployment.whatStays(), e);
        }
        if (e instanceof ValidationFailedException) {
            return Diagnosis.of(Problem.INVALID_CHANGELOG,
                    "Cannot update " + context.databaseName() + ": the changelog is not valid")
                    .line(e.getMessage()).cause(e).help("fix the changelog, then run the update again");
        }
        if (running != null && Failures.isTransactionControl(e)) {
            return Failures.transactionControl(running.getId(), context.databaseName(), running.getFilePath(),
                    deployment.whatStays(), e);
        }
        String what = running == null ? "The update failed in " + context.databaseName() + " before its first changeset"
                : running.getId() + " failed in " + context.databaseName();
        Diagnosis diagnosis = Diagnosis.of(Problem.CHANGESET_FAILED, what).whatStays(deployment.whatStays())
                .line(Failures.evidence(e)).cause(e);
        if (running != null) {
            diagnosis.line("file: " + running.getFilePath());
            if (!running.isRunInTransaction()) {
                diagnosis.line("it ran outside of a transaction: look for an invalid index (\\d in psql) before the next try");
            }
        }
        return diagnosis.help(Failures.help(e, "fix the changeset, then run the update again"));
    }
}
