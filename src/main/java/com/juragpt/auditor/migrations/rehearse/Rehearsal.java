package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.Review;
import com.juragpt.auditor.migrations.catalog.Catalog;
import com.juragpt.auditor.migrations.catalog.CatalogReader;
import com.juragpt.auditor.migrations.changelog.ChangesetSql;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.connection.Stopwatch;
import com.juragpt.auditor.migrations.loss.LossWatch;
import com.juragpt.auditor.migrations.loss.StandingColumns;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import liquibase.changelog.ChangeSet;
import liquibase.exception.LiquibaseException;

/**
 * Applies changesets, rolls them back and applies them again where everything can be rolled back, and compares the catalog after
 * each step: it finds the changeset whose rollback runs without an error and leaves something behind.
 *
 * <p>First all are applied, then each is rolled back and applied again, see {@link RollbackTrial}.
 */
public final class Rehearsal {

    private final Scratch scratch;
    private final MigrationContext context;
    private final String databaseName;
    private StandingColumns standing;
    private String target;
    private Catalog before;
    private Catalog after;

    /** @param databaseName the name, for messages, of the database that the changesets are pending for */
    public Rehearsal(Scratch scratch, String databaseName) {
        this.scratch = scratch;
        this.databaseName = databaseName;
        context = scratch.context();
    }

    /**
     * Rehearses only up to a revision, and remembers the catalog before and after.
     *
     * @param revision the revision to end at; null for all that is pending
     */
    public Rehearsal forReview(String revision) throws SQLException {
        target = revision;
        before = CatalogReader.read(scratch.connection());
        return this;
    }

    /** What the catalog says of each table before the changesets and after them, for a review; once they have run. */
    public Map<String, List<Review.Change>> changes() {
        return after.changesSince(before);
    }

    /** What applying a changeset has done. */
    private record Up(Applied applied, List<DataLoss> deleted, List<RehearsalReport.Lock> locks, List<String> rewritten) {}

    /**
     * Rehearses what is pending in the scratch space.
     *
     * @throws MigrationException {@link Problem#CHANGESET_FAILED}, {@link Problem#CHANGED_CHANGESET},
     *     {@link Problem#INVALID_CHANGELOG}, {@link Problem#STATEMENT_TIMEOUT}
     */
    public List<RehearsalReport.Step> run() throws LiquibaseException, SQLException {
        context.changelog().requireUnedited(context.history().rows(), databaseName);
        scratch.validate();
        List<ChangeSet> pending = context.changelog().pending();
        if (target != null) {
            pending = pending.subList(0, context.changelog().countUpTo(target, pending));
        }
        Savepoints savepoints = new Savepoints(scratch, pending);
        standing = StandingColumns.now(context);
        List<Up> ups = allUp(pending, savepoints);
        checkCommit();
        if (before != null) {
            after = CatalogReader.read(scratch.connection());
        }
        List<RollbackTrial.Result> downs =
                new RollbackTrial(scratch, savepoints, ups.stream().map(Up::applied).toList()).run();
        List<RehearsalReport.Step> steps = new ArrayList<>();
        for (int i = 0; i < ups.size(); i++) {
            steps.add(step(ups.get(i), downs.get(i)));
        }
        return List.copyOf(steps);
    }

    private RehearsalReport.Step step(Up up, RollbackTrial.Result down) {
        ChangeSet changeset = up.applied().changeset();
        return new RehearsalReport.Step(changeset.getId(), changeset.getFilePath(), up.applied().outcome(), up.applied().took(),
                down.took(), up.locks(), up.rewritten(), up.deleted(), down.losses(), down.faults(),
                ChangesetSql.buildsConcurrently(changeset, context.database()));
    }

    private List<Up> allUp(List<ChangeSet> pending, Savepoints savepoints) throws LiquibaseException, SQLException {
        List<Up> ups = new ArrayList<>();
        RelationState existing = scratch.place() == RehearsalReport.Place.LIVE ? RelationState.read(scratch.connection()) : null;
        scratch.catalog();
        for (ChangeSet changeset : pending) {
            tell(new Progress.Started(ups.size() + 1, pending.size(), changeset.getId()));
            savepoints.passing(ups.size());
            Up up = up(changeset, existing);
            tell(new Progress.Finished(ups.size() + 1, pending.size(), changeset.getId(), up.applied().outcome(),
                    up.applied().took()));
            ups.add(up);
        }
        scratch.writeHistory();
        return ups;
    }

    /** @param existing the relations before the rehearsal; null where locks say nothing about a deployment */
    private Up up(ChangeSet changeset, RelationState existing) throws LiquibaseException, SQLException {
        LossWatch watch = LossWatch.before(changeset, context, standing);
        RelationState earlier = existing == null ? null : existing.readAgain(scratch.connection());
        // A savepoint lets the catalog show whatever was written in it.
        ScratchSpace.Mark before = scratch.createsStructureAlone(changeset) ? null : scratch.mark();
        Stopwatch time = Stopwatch.start();
        Outcome outcome = scratch.run(List.of(changeset)).getOrDefault(changeset, Outcome.SKIPPED);
        Duration took = time.elapsed();
        List<DataLoss> deleted = outcome.ran() ? watch.after() : List.of();
        if (before != null) {
            before.release();
        }
        List<RehearsalReport.Lock> locks = List.of();
        List<String> rewritten = List.of();
        if (existing != null) {
            RelationState now = existing.readAgain(scratch.connection());
            locks = now.locksTakenSince(earlier, existing);
            rewritten = now.rewrittenSince(earlier, existing);
        }
        return new Up(new Applied(changeset, outcome, took, scratch.catalog().next()), deleted, locks, rewritten);
    }

    /** Finds what only the commit of a real deployment would find. */
    private void checkCommit() throws SQLException {
        try {
            scratch.checkDeferred();
        } catch (SQLException e) {
            if (Failures.isConnectionLost(e)) {
                throw e;
            }
            throw Diagnosis.of(Problem.CHANGESET_FAILED, "The commit would fail in " + databaseName
                    + ": the changesets leave a deferred constraint violated")
                    .line(Failures.evidence(e)).cause(e).help("fix the changeset that changes the data, then rehearse again");
        }
    }

    private void tell(Progress event) {
        context.options().progress().accept(event);
    }
}
