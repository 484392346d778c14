package com.juragpt.auditor.migrations.changelog;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.TagResult;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;
import liquibase.exception.LiquibaseException;

/**
 * Names the present point of the history. Liquibase keeps one tag in a row and overwrites it silently; where the newest row
 * has one, the new tag gets a row of its own, of the kind that Liquibase itself writes to tag an empty database.
 */
public final class Tagging {

    private static final int LONGEST = 255;

    private final Session session;
    private final String databaseName;

    public Tagging(Session session, String databaseName) {
        this.session = session;
        this.databaseName = databaseName;
    }

    public TagResult tag(String tag) throws LiquibaseException, SQLException {
        refuseUnusable(tag);
        List<RanChangeSet> history = session.history();
        refuseUsed(tag, history);
        Optional<RanChangeSet> newest = history.isEmpty() ? Optional.empty() : Optional.of(history.get(history.size() - 1));
        if (newest.isPresent() && newest.get().getTag() == null && !mayRunAgain(newest.get())) {
            setTag(tag, newest.get());
        } else {
            addRow(tag, history);
        }
        session.rereadHistory();
        List<RanChangeSet> after = session.history();
        int point = after.size() - 1;
        while (point > 0 && Session.isInternal(after.get(point))) {
            point--;
        }
        List<String> others = IntStream.range(point, after.size())
                .filter(i -> TagRow.isInPlace(after, i))
                .mapToObj(i -> after.get(i).getTag())
                .filter(other -> other != null && !other.equals(tag)).toList();
        String changeset = Session.isInternal(after.get(point)) ? null : after.get(point).getId();
        return new TagResult(databaseName, tag, changeset, others);
    }

    private static void refuseUnusable(String tag) {
        String problem = null;
        if (tag == null || tag.isBlank()) {
            problem = "the tag is empty";
        } else if (!tag.equals(tag.strip()) || tag.length() > LONGEST || tag.codePoints().anyMatch(Tagging::isInvisible)) {
            problem = "'" + shown(tag) + "' is not a usable name";
        }
        if (problem != null) {
            throw new MigrationException(Problem.INVALID_TAG, "Cannot tag: " + problem + ". Nothing was changed."
                    + "\n  a tag has 1 to " + LONGEST + " characters, all of them visible, and no blanks around it"
                    + "\n  help: mvn migrations:tag -Dmigrations.tag=v1.2");
        }
    }

    private static boolean isInvisible(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR, Character.UNASSIGNED -> true;
            default -> false;
        };
    }

    private static String shown(String tag) {
        StringBuilder text = new StringBuilder();
        tag.codePoints().limit(LONGEST).forEach(c -> text.appendCodePoint(isInvisible(c) ? '?' : c));
        return text + (text.length() < tag.length() ? "…" : "");
    }

    // Its row, tag included, would move to the end of the history when it does.
    private boolean mayRunAgain(RanChangeSet row) {
        return session.find(row).filter(changeset -> changeset.shouldAlwaysRun() || changeset.shouldRunOnChange()).isPresent();
    }

    private void refuseUsed(String tag, List<RanChangeSet> history) {
        // Liquibase's own rollback does not tell upper from lower case.
        for (RanChangeSet row : history) {
            if (tag.equalsIgnoreCase(row.getTag())) {
                throw new MigrationException(Problem.TAG_EXISTS, "Cannot tag: '" + row.getTag() + "' is in use in " + databaseName
                        + (Session.isInternal(row) ? "" : ", at " + row.getId()) + ". Nothing was changed."
                        + "\n  help: choose a name that was never used");
            }
        }
        for (String revision : session.revisions()) {
            if (tag.equalsIgnoreCase(revision)) {
                throw new MigrationException(Problem.TAG_RESERVED, "Cannot tag: '" + revision + "' is a revision of the changelog"
                        + " that " + databaseName + " has not reached. Nothing was changed."
                        + "\n  help: choose a name that the changelog does not use");
            }
        }
    }

    private void addRow(String tag, List<RanChangeSet> history) throws LiquibaseException, SQLException {
        Optional<RanChangeSet> point = history.stream()
                .filter(row -> !Session.isInternal(row) && !mayRunAgain(row))
                .reduce((older, newer) -> newer);
        ChangeSet row = new ChangeSet(String.valueOf(System.currentTimeMillis()), "liquibase", false, false, Session.INTERNAL,
                null, null, session.database().getObjectQuotingStrategy(), null);
        row.setComments(TagRow.commentFor(point));
        session.historyService().setExecType(row, ChangeSet.ExecType.EXECUTED);
        session.rereadHistory();
        List<RanChangeSet> after = session.history();
        setTag(tag, after.get(after.size() - 1));
    }

    private void setTag(String tag, RanChangeSet row) throws SQLException {
        String sql = "UPDATE " + session.historyTable() + " SET tag = ? WHERE id = ? AND author = ? AND filename = ?"
                + " AND orderexecuted = ?";
        try (PreparedStatement statement = session.connection().prepareStatement(sql)) {
            statement.setString(1, tag);
            statement.setString(2, row.getId());
            statement.setString(3, row.getAuthor());
            statement.setString(4, row.getStoredChangeLog());
            statement.setInt(5, row.getOrderExecuted());
            if (statement.executeUpdate() != 1) {
                throw new IllegalStateException("not exactly one history row is " + row);
            }
        }
    }
}
