package com.juragpt.auditor.migrations;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;
import liquibase.exception.LiquibaseException;

/**
 * Names the present point of the history. Liquibase keeps one tag in a row and overwrites it silently; where the newest row
 * has one, the new tag gets a row of its own, of the kind that Liquibase itself writes to tag an empty database.
 */
final class Tagging {

    private static final int LONGEST = 255;

    private final Session session;
    private final String databaseName;

    Tagging(Session session, String databaseName) {
        this.session = session;
        this.databaseName = databaseName;
    }

    TagResult tag(String tag) throws LiquibaseException, SQLException {
        refuseUnusable(tag);
        List<RanChangeSet> history = session.history();
        refuseUsed(tag, history);
        Optional<RanChangeSet> newest = history.isEmpty() ? Optional.empty() : Optional.of(history.get(history.size() - 1));
        if (newest.isEmpty() || newest.get().getTag() != null) {
            addRow(tag);
        } else {
            setTag(tag, newest.get());
        }
        session.rereadHistory();
        List<RanChangeSet> after = session.history();
        int point = after.size() - 1;
        while (point > 0 && Session.isInternal(after.get(point))) {
            point--;
        }
        List<String> others = after.subList(point, after.size()).stream().map(RanChangeSet::getTag)
                .filter(other -> other != null && !other.equals(tag)).toList();
        String changeset = Session.isInternal(after.get(point)) ? null : after.get(point).getId();
        return new TagResult(databaseName, tag, changeset, others);
    }

    private static void refuseUnusable(String tag) {
        if (tag == null || tag.isBlank() || !tag.equals(tag.strip()) || tag.length() > LONGEST
                || tag.chars().anyMatch(Character::isISOControl)) {
            throw new MigrationException(Problem.INVALID_TAG, "Cannot tag: " + (tag == null || tag.isBlank() ? "the tag is empty"
                    : "'" + tag.replaceAll("\\p{Cntrl}", "?") + "' is not a usable name") + ". Nothing was changed."
                    + "\n  a tag has 1 to " + LONGEST + " characters, no line breaks, and no blanks around it"
                    + "\n  help: mvn migrations:tag -Dmigrations.tag=v1.2");
        }
    }

    private void refuseUsed(String tag, List<RanChangeSet> history) {
        // Liquibase's own rollback does not tell upper from lower case.
        for (RanChangeSet row : history) {
            if (tag.equalsIgnoreCase(row.getTag())) {
                throw new MigrationException(Problem.TAG_EXISTS, "Cannot tag: '" + row.getTag() + "' is in use in " + databaseName
                        + ", at " + row.getId() + ". Nothing was changed.\n  help: choose a name that was never used");
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

    private void addRow(String tag) throws LiquibaseException, SQLException {
        String id = String.valueOf(System.currentTimeMillis());
        ChangeSet row = new ChangeSet(id, "liquibase", false, false, Session.INTERNAL, null, null,
                session.database().getObjectQuotingStrategy(), null);
        session.historyService().setExecType(row, ChangeSet.ExecType.EXECUTED);
        update(tag, "id = ? AND filename = ?", id, Session.INTERNAL);
    }

    private void setTag(String tag, RanChangeSet row) throws SQLException {
        update(tag, "id = ? AND filename = ? AND author = ?", row.getId(), row.getStoredChangeLog(), row.getAuthor());
    }

    private void update(String tag, String where, String... values) throws SQLException {
        String sql = "UPDATE " + session.historyTable() + " SET tag = ? WHERE " + where;
        try (PreparedStatement statement = session.connection().prepareStatement(sql)) {
            statement.setString(1, tag);
            for (int i = 0; i < values.length; i++) {
                statement.setString(i + 2, values[i]);
            }
            if (statement.executeUpdate() != 1) {
                throw new IllegalStateException("not exactly one history row matches " + String.join(", ", values));
            }
        }
    }
}
