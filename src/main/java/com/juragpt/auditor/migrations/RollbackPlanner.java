package com.juragpt.auditor.migrations;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import liquibase.change.Change;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;
import liquibase.exception.LiquibaseException;
import liquibase.exception.RollbackImpossibleException;
import liquibase.statement.SqlStatement;

/** Plans a rollback in full from the history and the changelog, or refuses it; changes nothing. */
final class RollbackPlanner {

    private final Session session;
    private final String databaseName;
    private final List<RanChangeSet> history;

    RollbackPlanner(Session session, String databaseName) throws LiquibaseException {
        this.session = session;
        this.databaseName = databaseName;
        history = session.history();
    }

    /**
     * @throws MigrationException {@link Problem#UNKNOWN_TAG}, {@link Problem#AMBIGUOUS_TAG}, {@link Problem#MISSING_CHANGESET},
     *     {@link Problem#EXCLUDED_CHANGESET}, {@link Problem#CHANGED_CHANGESET}, {@link Problem#NO_ROLLBACK}
     */
    RollbackPlan plan(String tag) throws LiquibaseException, SQLException {
        List<RanChangeSet> after = newestFirst(history.subList(kept(tag), history.size()));
        List<RollbackPlan.Step> steps = new ArrayList<>();
        List<DataLoss> losses = new ArrayList<>();
        DataLossFinder finder = new DataLossFinder(session);
        for (RanChangeSet row : after) {
            if (Session.isInternal(row)) {
                continue;
            }
            if (isOnlyMarked(row)) {
                steps.add(new RollbackPlan.Step(row.getId(), row.getAuthor(), row.getChangeLog(), true, false, List.of()));
                continue;
            }
            ChangeSet changeset = undoable(row, tag);
            List<SqlStatement> statements = rollbackStatements(changeset, tag);
            List<String> sql = statements.stream()
                    .flatMap(statement -> DataLossFinder.sqlOf(statement, session.database()).stream())
                    .toList();
            steps.add(new RollbackPlan.Step(row.getId(), row.getAuthor(), row.getChangeLog(), false,
                    !changeset.isRunInTransaction(), sql));
            losses.addAll(finder.find(row.getId(), statements));
        }
        List<String> tagsRemoved = after.stream().map(RanChangeSet::getTag).filter(t -> t != null)
                .collect(Collectors.collectingAndThen(Collectors.toList(), RollbackPlanner::newestFirst));
        return new RollbackPlan(databaseName, tag, List.copyOf(steps), List.copyOf(losses), tagsRemoved);
    }

    /** How many rows of the history stay: up to the tag's, and those that only add tags to the same point. */
    int kept(String tag) {
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
        int kept = at.get(0) + 1;
        while (kept < history.size() && Session.isInternal(history.get(kept))) {
            kept++;
        }
        return kept;
    }

    /** The history rows that go, newest first. */
    List<RanChangeSet> rowsAfter(String tag) {
        return newestFirst(history.subList(kept(tag), history.size()));
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
        if (session.isChanged(changeset, row)) {
            throw new MigrationException(Problem.CHANGED_CHANGESET, "Cannot roll back to '" + tag + "': " + row.getId()
                    + " was edited after it was deployed in " + databaseName + ", so its rollback may not fit."
                    + " Nothing was changed.\n  file: " + changeset.getFilePath()
                    + "\n  help: roll back with the version that deployed it");
        }
        return changeset;
    }

    /** The statements that undo a changeset, in the order in which Liquibase runs them. */
    List<SqlStatement> rollbackStatements(ChangeSet changeset, String tag) {
        if (!changeset.supportsRollback(session.database())) {
            throw noRollback(changeset, tag, null);
        }
        List<SqlStatement> statements = new ArrayList<>();
        if (changeset.hasCustomRollbackChanges()) {
            for (Change change : changeset.getRollback().getChanges()) {
                statements.addAll(Arrays.asList(change.generateStatements(session.database())));
            }
            return statements;
        }
        for (Change change : newestFirst(changeset.getChanges())) {
            try {
                statements.addAll(Arrays.asList(change.generateRollbackStatements(session.database())));
            } catch (RollbackImpossibleException e) {
                throw noRollback(changeset, tag, e);
            }
        }
        return statements;
    }

    private MigrationException noRollback(ChangeSet changeset, String tag, Exception cause) {
        return new MigrationException(Problem.NO_ROLLBACK, "Cannot roll back to '" + tag + "': " + changeset.getId()
                + " has no rollback. Nothing was changed.\n  file: " + changeset.getFilePath()
                + "\n  help: add a rollback block to it; that does not change its checksum", cause);
    }

    private static <T> List<T> newestFirst(List<T> list) {
        List<T> reversed = new ArrayList<>(list);
        Collections.reverse(reversed);
        return reversed;
    }
}
