package com.juragpt.auditor.migrations.rollback;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.changelog.Session;
import com.juragpt.auditor.migrations.changelog.TagRow;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;
import liquibase.exception.LiquibaseException;

/** Plans a rollback in full from the history and the changelog, or refuses it; changes nothing. */
public final class RollbackPlanner {

    private final Session session;
    private final String databaseName;
    private final List<RanChangeSet> history;

    public RollbackPlanner(Session session, String databaseName) throws LiquibaseException {
        this.session = session;
        this.databaseName = databaseName;
        history = session.history();
    }

    /**
     * @throws MigrationException {@link Problem#UNKNOWN_TAG}, {@link Problem#AMBIGUOUS_TAG}, {@link Problem#MISSING_CHANGESET},
     *     {@link Problem#EXCLUDED_CHANGESET}, {@link Problem#CHANGED_CHANGESET}, {@link Problem#NO_ROLLBACK}
     */
    public RollbackPlan plan(String tag) throws LiquibaseException, SQLException {
        List<RanChangeSet> after = rowsAfter(tag);
        List<RollbackPlan.Step> steps = new ArrayList<>();
        List<DataLoss> losses = new ArrayList<>();
        RollbackLosses finder = new RollbackLosses(session);
        for (RanChangeSet row : after) {
            if (Session.isInternal(row)) {
                continue;
            }
            if (isOnlyMarked(row)) {
                steps.add(new RollbackPlan.Step(row.getId(), row.getAuthor(), row.getChangeLog(), true, false, List.of()));
                continue;
            }
            ChangeSet changeset = undoable(row, tag);
            RollbackSql way = wayBack(changeset, tag);
            refuseRunAgain(row, way, tag);
            steps.add(new RollbackPlan.Step(row.getId(), row.getAuthor(), row.getChangeLog(), false,
                    !changeset.isRunInTransaction(), List.copyOf(way.sql())));
            losses.addAll(finder.find(row.getId(), way));
        }
        List<String> tagsRemoved = newestFirst(after.stream().map(RanChangeSet::getTag).filter(t -> t != null).toList());
        return new RollbackPlan(databaseName, tag, List.copyOf(steps), List.copyOf(losses), List.copyOf(tagsRemoved));
    }

    /** The rows of the history that stay, oldest first: up to the tag's, and those that add tags to the same point. */
    List<RanChangeSet> kept(String tag) {
        int at = indexOf(tag);
        List<RanChangeSet> kept = new ArrayList<>(history.subList(0, at + 1));
        for (int i = at + 1; i < history.size() && Session.isInternal(history.get(i)); i++) {
            if (TagRow.isInPlace(history, i)) {
                kept.add(history.get(i));
            }
        }
        return kept;
    }

    /** The history rows that go, newest first. */
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
            throw new MigrationException(Problem.AMBIGUOUS_TAG, "Cannot roll back: " + at.size() + " points in the history of "
                    + databaseName + " are tagged '" + tag + "'. Nothing was changed.\n  tagged: "
                    + at.stream().map(i -> history.get(i).getId()).collect(Collectors.joining(", "))
                    + "\n  help: clear the tag of all but the right row of the history table");
        }
        if (!TagRow.isInPlace(history, at.get(0))) {
            boolean internal = Session.isInternal(history.get(at.get(0)));
            throw new MigrationException(Problem.AMBIGUOUS_TAG, "Cannot roll back: the point in the history of " + databaseName
                    + " that was tagged '" + tag + "' is gone. Nothing was changed.\n  "
                    + (internal ? "the changeset that it was set at has been rolled back since"
                            : history.get(at.get(0)).getId() + " carries the tag and was run again, which moved both to the end")
                    + "\n  help: mvn migrations:status shows the tags that are left");
        }
        return at.get(0);
    }

    private MigrationException unknownTag(String tag) {
        List<String> tags = newestFirst(history.stream().map(RanChangeSet::getTag).filter(t -> t != null).toList());
        return new MigrationException(Problem.UNKNOWN_TAG, "Cannot roll back: no tag '" + tag + "' in " + databaseName
                + ". Nothing was changed.\n  tags, newest first: " + (tags.isEmpty() ? "none" : String.join(", ", tags))
                + "\n  help: mvn migrations:status shows what each tag covers");
    }

    // Neither kind has left anything in the schema: a failed changeset that was passed over was itself rolled back.
    private static boolean isOnlyMarked(RanChangeSet row) {
        return row.getExecType() == ChangeSet.ExecType.MARK_RAN || row.getExecType() == ChangeSet.ExecType.FAILED;
    }

    private ChangeSet undoable(RanChangeSet row, String tag) {
        ChangeSet changeset = session.find(row).orElseThrow(() -> new MigrationException(Problem.MISSING_CHANGESET,
                "Cannot roll back to '" + tag + "': " + row.getId() + " is deployed in " + databaseName
                        + " but not in this changelog. Nothing was changed.\n  recorded: " + row.getChangeLog()
                        + "\n  help: roll back with the version that deployed it (or a newer one)"));
        if (!session.isIncluded(changeset)) {
            throw new MigrationException(Problem.EXCLUDED_CHANGESET, "Cannot roll back to '" + tag + "': " + row.getId()
                    + " is deployed in " + databaseName + " but excluded by the contexts or labels given."
                    + " Nothing was changed.\n  its contexts: " + changeset.getContextFilter() + ", its labels: "
                    + changeset.getLabels() + "\n  help: give the contexts it was deployed with, or none");
        }
        // That it may be edited and run again (runOnChange) makes no difference here: the rollback is the edited one's.
        if (row.getLastCheckSum() != null && !changeset.isCheckSumValid(row.getLastCheckSum())) {
            throw new MigrationException(Problem.CHANGED_CHANGESET, "Cannot roll back to '" + tag + "': " + row.getId()
                    + " was edited after it was deployed in " + databaseName + ", so its rollback may not fit."
                    + " Nothing was changed.\n  file: " + changeset.getFilePath()
                    + "\n  help: roll back with the version that deployed it");
        }
        return changeset;
    }

    private RollbackSql wayBack(ChangeSet changeset, String tag) {
        try {
            return RollbackSql.of(changeset, session);
        } catch (RollbackSql.NoneException e) {
            throw new MigrationException(Problem.NO_ROLLBACK, "Cannot roll back to '" + tag + "': " + changeset.getId()
                    + " has no rollback. Nothing was changed.\n  " + e.getMessage() + "\n  file: " + changeset.getFilePath()
                    + "\n  help: write its rollback block (- empty: {} if nothing is to be undone); its checksum stays", e);
        }
    }

    // Its row says when it ran last. Whether it first ran before the tag is not recorded, nor is what it made then.
    private static void refuseRunAgain(RanChangeSet row, RollbackSql way, String tag) {
        if (row.getExecType() == ChangeSet.ExecType.RERAN && !way.sql().isEmpty()) {
            throw new MigrationException(Problem.NO_ROLLBACK, "Cannot roll back to '" + tag + "': " + row.getId()
                    + " was run more than once. Nothing was changed.\n  what it had made by the time of the tag is not recorded;"
                    + " its rollback would undo that too\n  help: deploy what it should be as a new changeset");
        }
    }

    private static <T> List<T> newestFirst(List<T> list) {
        List<T> reversed = new ArrayList<>(list);
        Collections.reverse(reversed);
        return reversed;
    }
}
