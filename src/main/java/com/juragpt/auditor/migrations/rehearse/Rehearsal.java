package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.Difference;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.Review;
import com.juragpt.auditor.migrations.catalog.Catalog;
import com.juragpt.auditor.migrations.catalog.CatalogChange;
import com.juragpt.auditor.migrations.catalog.CatalogReader;
import com.juragpt.auditor.migrations.changelog.ChangesetSql;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.connection.SqlAction;
import com.juragpt.auditor.migrations.connection.Stopwatch;
import com.juragpt.auditor.migrations.loss.LossWatch;
import com.juragpt.auditor.migrations.loss.StandingColumns;
import com.juragpt.auditor.migrations.loss.StatementLosses;
import com.juragpt.auditor.migrations.rollback.RollbackSql;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import liquibase.changelog.ChangeSet;
import liquibase.exception.LiquibaseException;

/**
 * Applies changesets, rolls them back and applies them again where everything can be rolled back, and compares the catalog after
 * each step: it finds the changeset whose rollback runs without an error and leaves something behind.
 *
 * <p>First all are applied. Then each, newest first, is rolled back by its own rollback and, as a trial, applied again. One that
 * is not reversible is rolled back by a savepoint or its equal, so that those before it are judged by their own rollbacks.
 *
 * <p>What a blank rollback leaves, where that is said to be meant, stays: one before it has to take it along.
 */
public final class Rehearsal {

    private final Scratch scratch;
    private final MigrationContext context;
    private final String databaseName;
    // From before what is rolled back next to what there is instead.
    private CatalogChange unlike = CatalogChange.NONE;
    private final Map<ChangeSet, List<Difference>> left = new IdentityHashMap<>();
    private final Map<ChangeSet, List<String>> faultsOfLeaving = new IdentityHashMap<>();
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

    /** A changeset that was applied. */
    private record Up(ChangeSet changeset, Outcome outcome, Duration took, CatalogChange change, List<DataLoss> deleted,
            List<RehearsalReport.Lock> locks, List<String> rewritten) {}

    /**
     * The result of its rollback and of applying it again.
     *
     * @param took null if the rollback failed
     * @param leaves whether it is meant to leave what the changeset did, so that it cannot be applied again yet
     */
    private record Down(Duration took, List<DataLoss> losses, List<String> faults, boolean leaves) {

        Down(Duration took, List<DataLoss> losses, List<String> faults) {
            this(took, losses, faults, false);
        }
    }

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
        List<Down> downs = new ArrayList<>();
        for (int i = ups.size() - 1; i >= 0; i--) {
            int index = i;
            downs.add(downAndUpAgain(ups.get(i), () -> savepoints.goBackTo(index), ups.size() - i, ups.size()));
            savepoints.leave(i);
        }
        Collections.reverse(downs);
        if (!left.isEmpty()) {
            judgeWhatIsLeft();
        }
        List<RehearsalReport.Step> steps = new ArrayList<>();
        for (int i = 0; i < ups.size(); i++) {
            steps.add(step(ups.get(i), downs.get(i)));
        }
        return List.copyOf(steps);
    }

    private void judgeWhatIsLeft() throws SQLException {
        List<Difference> now = scratch.catalog().differences(unlike);
        left.forEach((changeset, differences) -> faultsOfLeaving.put(changeset, differences.stream().filter(now::contains)
                .map(difference -> "after its blank rollback and those before it " + difference).toList()));
    }

    private RehearsalReport.Step step(Up up, Down down) {
        ChangeSet changeset = up.changeset();
        return new RehearsalReport.Step(changeset.getId(), changeset.getFilePath(), up.outcome(), up.took(), down.took(),
                up.locks(), up.rewritten(), up.deleted(), down.losses(), faultsOfLeaving.getOrDefault(changeset, down.faults()),
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
            tell(new Progress.Finished(ups.size() + 1, pending.size(), changeset.getId(), up.outcome(), up.took()));
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
        return new Up(changeset, outcome, took, scratch.catalog().next(), deleted, locks, rewritten);
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

    private Down downAndUpAgain(Up up, SqlAction backToStart, int number, int total) throws LiquibaseException, SQLException {
        if (!up.outcome().ran()) {
            // A real rollback would only delete its history row.
            if (left.isEmpty()) {
                backToStart.run();
                unlike = CatalogChange.NONE;
            } else {
                scratch.attempt(up.changeset(), "forgetting ", () -> scratch.forget(up.changeset()));
                unlike = up.change().then(unlike);
            }
            return new Down(null, List.of(), List.of());
        }
        String id = up.changeset().getId();
        tell(new Progress.Started(number, total, id));
        Down down = down(up);
        if (!down.faults().isEmpty()) {
            backToStart.run();
            unlike = CatalogChange.NONE;
            left.keySet().forEach(changeset -> faultsOfLeaving.put(changeset, List.of("its rollback is blank, and what takes its"
                    + " effects along could not be tried: " + id + " is not reversible")));
            left.clear();
        } else if (!down.leaves()) {
            ScratchSpace.Mark rolledBack = scratch.mark();
            down = new Down(down.took(), down.losses(), upAgain(up));
            rolledBack.undo();
        }
        tell(new Progress.Finished(number, total, id, down.faults().isEmpty() ? Outcome.ROLLED_BACK : Outcome.NOT_REVERSIBLE,
                down.took() == null ? Duration.ZERO : down.took()));
        return down;
    }

    private Down down(Up up) throws LiquibaseException, SQLException {
        ChangeSet changeset = up.changeset();
        List<DataLoss> losses;
        try {
            losses = new StatementLosses(context).find(changeset.getId(), RollbackSql.of(changeset, context));
        } catch (RollbackSql.NoneException e) {
            return new Down(null, List.of(), List.of("has no rollback: " + e.getMessage()));
        }
        Stopwatch time = Stopwatch.start();
        Optional<String> failure = scratch.attempt(changeset, "The rollback of ", () -> scratch.rollBack(changeset));
        if (failure.isPresent()) {
            return new Down(null, losses, List.of("its rollback failed: " + failure.get()));
        }
        Duration took = time.elapsed();
        unlike = up.change().then(unlike.then(scratch.catalog().next()));
        // Where that is refused, it has none and does not get here.
        if (RollbackSql.isBlank(changeset, context)) {
            List<Difference> stays = differences(unlike);
            if (!stays.isEmpty()) {
                left.put(changeset, stays);
            }
            return new Down(took, losses, List.of(), true);
        }
        return new Down(took, losses, differences(unlike, "after its rollback "));
    }

    /** What was done has to be rolled back afterwards. */
    private List<String> upAgain(Up up) throws LiquibaseException, SQLException {
        Optional<String> failure = scratch.failureOf(up.changeset(), "applying again ", () -> {
            scratch.checkDeferred();
            scratch.run(List.of(up.changeset()));
        });
        if (failure.isPresent()) {
            return List.of("could not be applied again after its rollback: " + failure.get());
        }
        return differences(up.change().reversed().then(unlike).then(scratch.catalog().next()),
                "applied again after its rollback, ");
    }

    private List<String> differences(CatalogChange fromExpected, String when) throws SQLException {
        return differences(fromExpected).stream().map(difference -> when + difference).toList();
    }

    /** Without those that blank rollbacks have left. */
    private List<Difference> differences(CatalogChange fromExpected) throws SQLException {
        return scratch.catalog().differences(fromExpected).stream()
                .filter(difference -> left.values().stream().noneMatch(leftovers -> leftovers.contains(difference))).toList();
    }

    private void tell(Progress event) {
        context.options().progress().accept(event);
    }
}
