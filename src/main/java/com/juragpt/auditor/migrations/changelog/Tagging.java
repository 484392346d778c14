package com.juragpt.auditor.migrations.changelog;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.TagResult;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import liquibase.changelog.RanChangeSet;
import liquibase.exception.LiquibaseException;

/**
 * Names the present point of the history. Liquibase keeps one tag in a row and overwrites it silently; where the newest row
 * has one, the new tag gets a row of its own, of the kind that Liquibase itself writes to tag an empty database.
 */
public final class Tagging {

    private static final int LONGEST = 255;

    private final MigrationContext context;
    private final Changelog changelog;
    private final History history;

    public Tagging(MigrationContext context) throws SQLException {
        this.context = context;
        changelog = context.changelog();
        history = context.history();
    }

    /** @throws MigrationException {@link Problem#INVALID_TAG}, {@link Problem#TAG_EXISTS}, {@link Problem#TAG_RESERVED} */
    public TagResult tag(String tag) throws LiquibaseException, SQLException {
        refuseUnusable(tag);
        List<RanChangeSet> before = history.rows();
        refuseUsed(tag, before);
        Optional<RanChangeSet> newest = before.isEmpty() ? Optional.empty() : Optional.of(before.get(before.size() - 1));
        boolean takesTag = newest.filter(row -> row.getTag() == null && !mayRunAgain(row)).isPresent();
        history.setTag(takesTag ? newest.get() : history.addInternal(TagRow.commentFor(lastingPoint(before))), tag);
        List<RanChangeSet> after = history.rows();
        int point = after.size() - 1;
        while (point > 0 && History.isInternal(after.get(point))) {
            point--;
        }
        List<String> others = IntStream.range(point, after.size())
                .filter(i -> TagRow.isInPlace(after, i))
                .mapToObj(i -> after.get(i).getTag())
                .filter(other -> other != null && !other.equals(tag)).toList();
        String changeset = History.isInternal(after.get(point)) ? null : after.get(point).getId();
        return new TagResult(context.databaseName(), tag, changeset, others);
    }

    private static void refuseUnusable(String tag) {
        String problem = null;
        if (tag == null || tag.isBlank()) {
            problem = "the tag is empty";
        } else if (!tag.equals(tag.strip()) || tag.length() > LONGEST || tag.codePoints().anyMatch(Tagging::isInvisible)) {
            problem = "'" + shown(tag) + "' is not a usable name";
        }
        if (problem != null) {
            throw Diagnosis.of(Problem.INVALID_TAG, "Cannot tag: " + problem)
                    .line("a tag has 1 to " + LONGEST + " characters, all of them visible, and no blanks around it")
                    .help("mvn migrations:tag -Dmigrations.tag=v1.2");
        }
    }

    private static boolean isInvisible(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR, Character.UNASSIGNED -> true;
            // A no-break space, for one, looks like a blank and is another name.
            case Character.SPACE_SEPARATOR -> c != ' ';
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
        return changelog.find(row).filter(changeset -> changeset.shouldAlwaysRun() || changeset.shouldRunOnChange()).isPresent();
    }

    private void refuseUsed(String tag, List<RanChangeSet> rows) {
        // Liquibase's own rollback does not tell upper from lower case.
        for (RanChangeSet row : rows) {
            if (tag.equalsIgnoreCase(row.getTag())) {
                throw Diagnosis.of(Problem.TAG_EXISTS, "Cannot tag: '" + row.getTag() + "' is in use in "
                        + context.databaseName() + (History.isInternal(row) ? "" : ", at " + row.getId()))
                        .help("choose a name that was never used");
            }
        }
        for (String revision : changelog.revisions()) {
            if (tag.equalsIgnoreCase(revision)) {
                throw Diagnosis.of(Problem.TAG_RESERVED, "Cannot tag: '" + revision + "' is a revision of the changelog that "
                        + context.databaseName() + " has not reached")
                        .help("choose a name that the changelog does not use");
            }
        }
    }

    private Optional<RanChangeSet> lastingPoint(List<RanChangeSet> rows) {
        return rows.stream().filter(row -> !History.isInternal(row) && !mayRunAgain(row)).reduce((older, newer) -> newer);
    }
}
