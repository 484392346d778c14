package com.juragpt.auditor.migrations.rollback;

import com.juragpt.auditor.migrations.api.Archive;
import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.archive.Archives;
import com.juragpt.auditor.migrations.changelog.Changelog;
import com.juragpt.auditor.migrations.changelog.ChangesetSql;
import com.juragpt.auditor.migrations.changelog.History;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.changelog.TagRow;
import com.juragpt.auditor.migrations.loss.ChangesSql;
import com.juragpt.auditor.migrations.loss.DeletedBefore;
import com.juragpt.auditor.migrations.loss.StatementLosses;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;
import liquibase.exception.LiquibaseException;

/** Plans a rollback in full from the history and the changelog, or refuses it, and changes nothing. */
public final class RollbackPlanner {

    private final MigrationContext context;
    private final Changelog changelog;
    private final String databaseName;
    private final List<RanChangeSet> history;

    public RollbackPlanner(MigrationContext context) throws LiquibaseException, SQLException {
        this.context = context;
        changelog = context.changelog();
        databaseName = context.databaseName();
        history = context.history().rows();
    }

    /**
     * @throws MigrationException {@link Problem#UNKNOWN_TAG}, {@link Problem#AMBIGUOUS_TAG}, {@link Problem#MISSING_CHANGESET},
     *     {@link Problem#EXCLUDED_CHANGESET}, {@link Problem#CHANGED_CHANGESET}, {@link Problem#NO_ROLLBACK}
     */
    public RollbackPlan plan(String tag) throws LiquibaseException, SQLException {
        List<RanChangeSet> after = rowsAfter(tag);
        List<RollbackPlan.Step> steps = new ArrayList<>();
        List<DataLoss> lost = new ArrayList<>();
        Map<RanChangeSet, List<DeletedBefore.Gone>> gone = new LinkedHashMap<>();
        List<Irreversible> irreversible = new ArrayList<>();
        StatementLosses losses = new StatementLosses(context);
        for (RanChangeSet row : after) {
            if (History.isInternal(row)) {
                continue;
            }
            if (isOnlyMarked(row)) {
                steps.add(new RollbackPlan.Step(row.getId(), row.getAuthor(), row.getChangeLog(), true, false, List.of()));
                continue;
            }
            ChangeSet changeset = deployedChangeset(row, tag);
            ChangesSql rollback;
            try {
                rollback = RollbackSql.of(changeset, context);
            } catch (RollbackSql.NoneException e) {
                irreversible.add(new Irreversible(changeset, e));
                continue;
            }
            refuseRunAgain(row, rollback, tag);
            steps.add(new RollbackPlan.Step(row.getId(), row.getAuthor(), row.getChangeLog(), false,
                    !changeset.isRunInTransaction() && ChangesetSql.cannotRunInTransaction(rollback.sql()),
                    List.copyOf(rollback.sql())));
            lost.addAll(losses.find(row.getId(), rollback));
            gone.put(row, new DeletedBefore(context).by(changeset, rollback));
        }
        refuseIrreversible(irreversible, tag);
        List<RollbackPlan.Deleted> deletedBefore = new ArrayList<>();
        for (Map.Entry<RanChangeSet, List<DeletedBefore.Gone>> each : gone.entrySet()) {
            // Nobody misses former values of what goes altogether.
            deletedBefore
                    .addAll(deletedBefore(each.getKey(), each.getValue().stream().filter(one -> !losses.drop(one)).toList()));
        }
        List<String> tagsRemoved = newestFirst(after.stream().map(RanChangeSet::getTag).filter(t -> t != null).toList());
        // A value that is cleared before its column or table is dropped is lost once.
        List<DataLoss> lostOnce =
                lost.stream().filter(loss -> lost.stream().noneMatch(other -> StatementLosses.takesAlong(other, loss)))
                        .toList();
        return new RollbackPlan(databaseName, tag, List.copyOf(steps), lostOnce, List.copyOf(deletedBefore), losses.obstacles(),
                List.copyOf(tagsRemoved));
    }

    private List<RollbackPlan.Deleted> deletedBefore(RanChangeSet row, List<DeletedBefore.Gone> deleted) throws SQLException {
        if (deleted.isEmpty()) {
            return List.of();
        }
        String archive = new Archives(context).list().stream()
                .filter(each -> each.tag() == null && each.deployments().contains(row.getDeploymentId()))
                .map(Archive::name).findFirst().orElse(null);
        return deleted.stream().map(what -> new RollbackPlan.Deleted(row.getId(), what.what(), archive)).toList();
    }

    /** The rows of the history that stay, oldest first: up to the tag's, and those that add tags to the same point. */
    List<RanChangeSet> kept(String tag) {
        int at = indexOf(tag);
        List<RanChangeSet> kept = new ArrayList<>(history.subList(0, at + 1));
        for (int i = at + 1; i < history.size() && History.isInternal(history.get(i)); i++) {
            if (TagRow.isInPlace(history, i)) {
                kept.add(history.get(i));
            }
        }
        return kept;
    }

    /** The history rows to delete, newest first. */
    List<RanChangeSet> rowsAfter(String tag) {
        Set<RanChangeSet> kept = Collections.newSetFromMap(new IdentityHashMap<>());
        kept.addAll(kept(tag));
        return newestFirst(history.stream().filter(row -> !kept.contains(row)).toList());
    }

    private int indexOf(String tag) {
        List<Integer> at = IntStream.range(0, history.size())
                .filter(i -> tag.equals(history.get(i).getTag()))
                .boxed().toList();
        if (at.isEmpty()) {
            throw unknownTag(tag);
        }
        if (at.size() > 1) {
            throw Diagnosis.of(Problem.AMBIGUOUS_TAG, "Cannot roll back: " + at.size() + " points in the history of "
                    + databaseName + " are tagged '" + tag + "'")
                    .line("tagged: " + at.stream().map(i -> history.get(i).getId()).collect(Collectors.joining(", ")))
                    .help("clear the tag of all but the right row of the history table");
        }
        if (!TagRow.isInPlace(history, at.get(0))) {
            boolean internal = History.isInternal(history.get(at.get(0)));
            throw Diagnosis.of(Problem.AMBIGUOUS_TAG, "Cannot roll back: the point in the history of " + databaseName
                    + " that was tagged '" + tag + "' is gone")
                    .line(internal ? "the changeset that it was set at has been rolled back since"
                            : history.get(at.get(0)).getId() + " carries the tag and was run again, which moved both to the end")
                    .help("mvn migrations:status shows the tags that are left");
        }
        return at.get(0);
    }

    private MigrationException unknownTag(String tag) {
        List<String> tags = newestFirst(history.stream().map(RanChangeSet::getTag).filter(t -> t != null).toList());
        return Diagnosis.of(Problem.UNKNOWN_TAG, "Cannot roll back: no tag '" + tag + "' in " + databaseName)
                .line("tags, newest first: " + (tags.isEmpty() ? "none" : String.join(", ", tags)))
                .help("mvn migrations:status shows what each tag covers");
    }

    // Neither kind has changed the schema: a failed changeset that was ignored was itself rolled back.
    private static boolean isOnlyMarked(RanChangeSet row) {
        return row.getExecType() == ChangeSet.ExecType.MARK_RAN || row.getExecType() == ChangeSet.ExecType.FAILED;
    }

    private ChangeSet deployedChangeset(RanChangeSet row, String tag) {
        ChangeSet changeset = changelog.find(row)
                .orElseThrow(() -> refusal(Problem.MISSING_CHANGESET, tag, row.getId() + " is deployed in " + databaseName
                        + " but not in this changelog")
                        .line("recorded: " + row.getChangeLog())
                        .help("roll back with the version that deployed it (or a newer one)"));
        if (!changelog.isIncluded(row)) {
            throw refusal(Problem.EXCLUDED_CHANGESET, tag, row.getId() + " is deployed in " + databaseName
                    + " but excluded by the contexts or labels given")
                    .line(Changelog.participationOf(row))
                    .help("give the contexts it was deployed with, or none");
        }
        // Even where it may be edited and run again (runOnChange): the rollback would be the edited one's.
        if (changelog.hasOtherChecksum(changeset, row)) {
            throw refusal(Problem.CHANGED_CHANGESET, tag, row.getId() + " was edited after it was deployed in " + databaseName
                    + ", so its rollback may not fit")
                    .line("file: " + changeset.getFilePath()).help("roll back with the version that deployed it");
        }
        return changeset;
    }

    private record Irreversible(ChangeSet changeset, RollbackSql.NoneException why) {}

    private static void refuseIrreversible(List<Irreversible> changesets, String tag) {
        if (changesets.isEmpty()) {
            return;
        }
        Irreversible newest = changesets.get(0);
        boolean one = changesets.size() == 1;
        Diagnosis diagnosis = refusal(Problem.NO_ROLLBACK, tag,
                one ? newest.changeset().getId() + " has no rollback" : changesets.size() + " changesets have no rollback");
        if (one) {
            diagnosis.line(String.valueOf(newest.why().getMessage())).line("file: " + newest.changeset().getFilePath());
        } else {
            changesets.forEach(each -> diagnosis.line(each.changeset().getId() + ": " + each.why().getMessage() + " ("
                    + each.changeset().getFilePath() + ")"));
        }
        boolean blank = changesets.stream().anyMatch(each -> each.why().isBlank());
        throw diagnosis.cause(newest.why())
                .help("write its rollback block (- empty: {} if there is nothing to roll back), its checksum stays"
                        + (blank ? "; -Dmigrations.blankRollback=nothing if a blank one is meant to do nothing" : ""));
    }

    // Its row records its last run. Whether it first ran before the tag is not recorded, nor is what it created then.
    private static void refuseRunAgain(RanChangeSet row, ChangesSql rollback, String tag) {
        if (row.getExecType() == ChangeSet.ExecType.RERAN && !rollback.sql().isEmpty()) {
            throw refusal(Problem.NO_ROLLBACK, tag, row.getId() + " was run more than once")
                    .line("what it had created by the time of the tag is not recorded; its rollback would remove that too")
                    .help("deploy the state that you want as a new changeset");
        }
    }

    private static Diagnosis refusal(Problem problem, String tag, String why) {
        return Diagnosis.of(problem, "Cannot roll back to '" + tag + "': " + why);
    }

    private static <T> List<T> newestFirst(List<T> list) {
        List<T> reversed = new ArrayList<>(list);
        Collections.reverse(reversed);
        return reversed;
    }
}
