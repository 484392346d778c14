package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.changelog.RepeatableChanges;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import liquibase.changelog.ChangeSet;
import liquibase.exception.LiquibaseException;

/**
 * The way back to before each changeset of a rehearsal, with as few savepoints as will do. Whatever the server looks up in its
 * catalog among what this transaction has written costs time for every savepoint that is open, so one before each of a thousand
 * changesets would take most of the rehearsal's time.
 *
 * <p>Where only changesets lie between a savepoint and the place to go back to that have the same effect again, they are applied
 * again from there.
 */
final class Savepoints {

    private static final int MOST_TO_APPLY_AGAIN = 50;

    private final Scratch scratch;
    private final List<ChangeSet> changesets;
    private final TreeMap<Integer, ScratchSpace.Mark> savepoints = new TreeMap<>();

    /** @param changesets in the order in which they will be applied */
    Savepoints(Scratch scratch, List<ChangeSet> changesets) {
        this.scratch = scratch;
        this.changesets = changesets;
    }

    /** Sets one, if it is needed, before the changeset at this index is applied for the first time. */
    void passing(int index) throws LiquibaseException, SQLException {
        if (index == 0 || index - savepoints.lastKey() >= MOST_TO_APPLY_AGAIN || !isRepeatable(index)
                || !isRepeatable(index - 1)) {
            savepoints.put(index, scratch.mark());
        }
    }

    private boolean isRepeatable(int index) {
        return RepeatableChanges.areAllOf(changesets.get(index));
    }

    /** Says that the changeset at this index was rolled back, so that nobody will go back to before it again. */
    void leave(int index) throws SQLException {
        Map.Entry<Integer, ScratchSpace.Mark> first = savepoints.ceilingEntry(index);
        if (first != null) {
            first.getValue().release();
            savepoints.tailMap(index, true).clear();
        }
    }

    /** Goes back to before the changeset at this index. */
    void goBackTo(int index) throws LiquibaseException, SQLException {
        int nearest = savepoints.floorKey(index);
        savepoints.tailMap(nearest, false).clear();
        savepoints.get(nearest).rollBack();
        for (int i = nearest; i < index; i++) {
            if (i > nearest) {
                // Faults seldom come alone.
                savepoints.put(i, scratch.mark());
            }
            scratch.run(List.of(changesets.get(i)));
            scratch.catalog().next();
        }
    }
}
