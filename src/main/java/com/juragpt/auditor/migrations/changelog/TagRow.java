package com.juragpt.auditor.migrations.changelog;

import java.util.List;
import java.util.Optional;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;

/**
 * History rows that only carry a tag and belong to no changeset. Ours record in COMMENTS which changeset they follow, because two
 * actions of the stock goals leave the row in place and remove its point: a rollback deletes the changesets of its changelog
 * and no other row, and running a changeset again ({@code runAlways}, {@code runOnChange}) moves its row, tag included, to the
 * end.
 */
public final class TagRow {

    private static final String AFTER = "tags the point after ";
    // COMMENTS has room for 255 characters, and Liquibase cuts at 250.
    private static final int LONGEST = 240;

    private TagRow() {
    }

    /** The comment of a tag row at a point; empty for the point before the first changeset. */
    static String commentFor(Optional<RanChangeSet> point) {
        String comment = AFTER + point.map(RanChangeSet::toString).orElse("nothing");
        return comment.substring(0, Math.min(LONGEST, comment.length()));
    }

    /** Whether the tag of the row {@code i} is still at the point where it was set. */
    public static boolean isInPlace(List<RanChangeSet> history, int i) {
        RanChangeSet row = history.get(i);
        if (!History.isInternal(row)) {
            return row.getExecType() != ChangeSet.ExecType.RERAN;
        }
        List<RanChangeSet> before = history.subList(0, i);
        String comment = row.getComments();
        if (comment == null || !comment.startsWith(AFTER)) {
            // Liquibase's own: it writes one only where the history is empty.
            return before.stream().allMatch(History::isInternal);
        }
        return comment.equals(commentFor(Optional.empty()))
                || before.stream().anyMatch(other -> comment.equals(commentFor(Optional.of(other))));
    }
}
