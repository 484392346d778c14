package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.Difference;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.catalog.CatalogChange;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Stopwatch;
import com.juragpt.auditor.migrations.loss.StatementLosses;
import com.juragpt.auditor.migrations.rollback.RollbackSql;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import liquibase.changelog.ChangeSet;
import liquibase.exception.LiquibaseException;

/**
 * Rolls back what a rehearsal has applied, newest first, each by its own rollback, and applies each again as a trial. One that is
 * not reversible is rolled back by a savepoint or its equal, so that those before it are judged by their own rollbacks.
 *
 * <p>What a blank rollback leaves, where that is said to be meant, stays: one before it has to take it along.
 *
 * <p>Changesets that only create structure which the catalog tells of, and whose rollbacks only drop such, are rolled back some in a
 * row before they are applied again, so that the server goes back to a savepoint once for all of them. Where one has a fault, each is
 * tried alone.
 */
final class RollbackTrial {

    private static final String ROLLBACK = "The rollback of ";
    private static final String AGAIN = "applying again ";
    // What is applied again keeps its locks and its files until all in the row are undone.
    private static final int MOST_IN_A_ROW = 50;
    private static final int MOST_OBJECTS_IN_A_ROW = 500;
    private static final Duration LONGEST_ROW = Duration.ofSeconds(1);

    private final Scratch scratch;
    private final MigrationContext context;
    private final Savepoints savepoints;
    private final List<Applied> all;
    // From before what is rolled back next to what there is instead.
    private CatalogChange unlike = CatalogChange.NONE;
    private final Map<ChangeSet, List<Difference>> left = new IdentityHashMap<>();
    private final Map<ChangeSet, List<String>> faultsOfLeaving = new IdentityHashMap<>();

    /**
     * @param savepoints the way back to before each changeset
     * @param applied what was applied, oldest first, and nothing since
     */
    RollbackTrial(Scratch scratch, Savepoints savepoints, List<Applied> applied) {
        this.scratch = scratch;
        this.savepoints = savepoints;
        context = scratch.context();
        all = applied;
    }

    /**
     * What became of a changeset.
     *
     * @param took null if its rollback failed, or if it has never run
     */
    record Result(Duration took, List<DataLoss> losses, List<String> faults) {}

    /**
     * Rolls back all of them.
     *
     * @return the result of each, in the order in which they were applied
     * @throws MigrationException if the cause was not the changeset itself, for instance a lock time-out
     */
    List<Result> run() throws LiquibaseException, SQLException {
        Result[] results = new Result[all.size()];
        for (int end = all.size(); end > 0;) {
            List<List<DataLoss>> losses = lossesOfRow(end);
            List<Result> row = losses.size() > 1 ? inARow(end, losses) : List.of();
            for (int start = end - Math.max(losses.size(), 1); end > start; end--) {
                int index = end - 1;
                if (row.isEmpty()) {
                    results[index] = alone(index);
                } else {
                    results[index] = row.get(index - start);
                    tellStarted(index);
                    tellFinished(index, results[index]);
                }
                savepoints.leave(index);
            }
        }
        judgeWhatIsLeft(results);
        return List.of(results);
    }

    /**
     * What is deleted by the rollbacks of those that end before {@code end} and can be tried in a row, newest first. That is no more
     * than empty tables and columns: what is applied again in a row finds none of the rows that it would find alone.
     */
    private List<List<DataLoss>> lossesOfRow(int end) throws LiquibaseException, SQLException {
        int start = startOfRow(end);
        List<List<DataLoss>> row = new ArrayList<>();
        // One alone is no row.
        for (int i = end - 1; i >= start && end - start > 1; i--) {
            try {
                List<DataLoss> losses = losses(all.get(i).changeset());
                if (losses.stream().anyMatch(DataLoss::isReal)) {
                    return row;
                }
                row.add(losses);
            } catch (RollbackSql.NoneException e) {
                return row;
            }
        }
        return row;
    }

    private int startOfRow(int end) throws SQLException {
        Duration time = Duration.ZERO;
        int objects = 0;
        int start = end;
        while (start > Math.max(0, end - MOST_IN_A_ROW) && left.isEmpty()) {
            Applied applied = all.get(start - 1);
            time = time.plus(applied.took());
            objects += applied.change().size();
            if (!applied.outcome().ran() || applied.change().size() == 0 || objects > MOST_OBJECTS_IN_A_ROW
                    || time.compareTo(LONGEST_ROW) > 0 || !scratch.touchesSeenStructureAlone(applied.changeset())) {
                break;
            }
            start--;
        }
        return start;
    }

    /** The results, oldest first; none if one of them has a fault, and then all is as it was before. */
    private List<Result> inARow(int end, List<List<DataLoss>> losses) throws LiquibaseException, SQLException {
        CatalogChange unlikeBefore = unlike;
        ScratchSpace.Mark before = scratch.mark();
        LinkedList<Result> results = new LinkedList<>();
        boolean right = true;
        while (right && results.size() < losses.size()) {
            Applied applied = all.get(end - 1 - results.size());
            Stopwatch time = Stopwatch.start();
            right = scratch.failureOf(applied.changeset(), ROLLBACK, () -> scratch.rollBack(applied.changeset())).isEmpty();
            results.addFirst(new Result(time.elapsed(), losses.get(results.size()), List.of()));
            right = right && differencesAfterRollback(applied).isEmpty();
        }
        if (!right || !canBeAppliedAgain(all.subList(end - losses.size(), end))) {
            before.undo();
            unlike = unlikeBefore;
            return List.of();
        }
        before.release();
        return results;
    }

    private boolean canBeAppliedAgain(List<Applied> row) throws LiquibaseException, SQLException {
        ScratchSpace.Mark rolledBack = scratch.mark();
        CatalogChange unlikeAgain = unlike;
        Stopwatch time = Stopwatch.start();
        if (scratch.failureOf(row.get(0).changeset(), AGAIN, scratch::checkDeferred).isPresent()) {
            return false;
        }
        for (Applied applied : row) {
            // There may be more rows by now than there were for the first time.
            if (time.elapsed().compareTo(LONGEST_ROW.multipliedBy(2)) > 0
                    || scratch.failureOf(applied.changeset(), AGAIN, () -> scratch.run(List.of(applied.changeset())))
                            .isPresent()) {
                return false;
            }
            unlikeAgain = applied.change().reversed().then(unlikeAgain);
        }
        // Nothing of what they create is undone by a later one, so whatever one of them does in another way is there in the end.
        boolean same = differences(unlikeAgain.then(scratch.catalog().next())).isEmpty();
        rolledBack.undo();
        return same;
    }

    private Result alone(int index) throws LiquibaseException, SQLException {
        Applied applied = all.get(index);
        if (!applied.outcome().ran()) {
            // A real rollback would only delete its history row.
            if (left.isEmpty()) {
                goBackTo(index);
            } else {
                scratch.attempt(applied.changeset(), "forgetting ", () -> scratch.forget(applied.changeset()));
                unlike = applied.change().then(unlike);
            }
            return new Result(null, List.of(), List.of());
        }
        tellStarted(index);
        Result result = rolledBackAlone(applied);
        if (!result.faults().isEmpty()) {
            goBackTo(index);
            left.keySet().forEach(changeset -> faultsOfLeaving.put(changeset, List.of("its rollback is blank, and what takes its"
                    + " effects along could not be tried: " + applied.changeset().getId() + " is not reversible")));
            left.clear();
        } else if (!isLeftBlank(applied.changeset())) {
            result = new Result(result.took(), result.losses(), faultsOfApplyingAgain(applied));
        }
        tellFinished(index, result);
        return result;
    }

    private void goBackTo(int index) throws LiquibaseException, SQLException {
        savepoints.goBackTo(index);
        unlike = CatalogChange.NONE;
    }

    // Where that is refused, it has none.
    private boolean isLeftBlank(ChangeSet changeset) {
        return RollbackSql.isBlank(changeset, context);
    }

    private Result rolledBackAlone(Applied applied) throws LiquibaseException, SQLException {
        ChangeSet changeset = applied.changeset();
        List<DataLoss> losses;
        try {
            losses = losses(changeset);
        } catch (RollbackSql.NoneException e) {
            return new Result(null, List.of(), List.of("has no rollback: " + e.getMessage()));
        }
        Stopwatch time = Stopwatch.start();
        Optional<String> failure = scratch.attempt(changeset, ROLLBACK, () -> scratch.rollBack(changeset));
        if (failure.isPresent()) {
            return new Result(null, losses, List.of("its rollback failed: " + failure.get()));
        }
        Duration took = time.elapsed();
        List<Difference> differences = differencesAfterRollback(applied);
        if (!isLeftBlank(changeset)) {
            return new Result(took, losses, faults("after its rollback ", differences));
        }
        if (!differences.isEmpty()) {
            left.put(changeset, differences);
        }
        return new Result(took, losses, List.of());
    }

    private List<DataLoss> losses(ChangeSet changeset) throws RollbackSql.NoneException, LiquibaseException, SQLException {
        return new StatementLosses(context).find(changeset.getId(), RollbackSql.of(changeset, context));
    }

    private List<Difference> differencesAfterRollback(Applied applied) throws SQLException {
        unlike = applied.change().then(unlike.then(scratch.catalog().next()));
        return differences(unlike);
    }

    private List<String> faultsOfApplyingAgain(Applied applied) throws LiquibaseException, SQLException {
        ScratchSpace.Mark rolledBack = scratch.mark();
        Optional<String> failure = scratch.failureOf(applied.changeset(), AGAIN, () -> {
            scratch.checkDeferred();
            scratch.run(List.of(applied.changeset()));
        });
        List<String> faults = failure.isPresent()
                ? List.of("could not be applied again after its rollback: " + failure.get())
                : faults("applied again after its rollback, ",
                        differences(applied.change().reversed().then(unlike).then(scratch.catalog().next())));
        rolledBack.undo();
        return faults;
    }

    private static List<String> faults(String when, List<Difference> differences) {
        return differences.stream().map(difference -> when + difference).toList();
    }

    /** Without those that blank rollbacks have left. */
    private List<Difference> differences(CatalogChange fromExpected) throws SQLException {
        return scratch.catalog().differences(fromExpected).stream()
                .filter(difference -> left.values().stream().noneMatch(leftovers -> leftovers.contains(difference))).toList();
    }

    private void judgeWhatIsLeft(Result[] results) throws SQLException {
        if (!left.isEmpty()) {
            List<Difference> now = scratch.catalog().differences(unlike);
            left.forEach((changeset, differences) -> faultsOfLeaving.put(changeset, differences.stream().filter(now::contains)
                    .map(difference -> "after its blank rollback and those before it " + difference).toList()));
        }
        for (int i = 0; i < results.length; i++) {
            List<String> faults = faultsOfLeaving.getOrDefault(all.get(i).changeset(), results[i].faults());
            results[i] = new Result(results[i].took(), results[i].losses(), faults);
        }
    }

    private void tellStarted(int index) {
        context.options().progress()
                .accept(new Progress.Started(all.size() - index, all.size(), all.get(index).changeset().getId()));
    }

    private void tellFinished(int index, Result result) {
        context.options().progress().accept(new Progress.Finished(all.size() - index, all.size(),
                all.get(index).changeset().getId(), result.faults().isEmpty() ? Outcome.ROLLED_BACK : Outcome.NOT_REVERSIBLE,
                result.took() == null ? Duration.ZERO : result.took()));
    }
}
