package com.juragpt.auditor.migrations.changelog;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Pattern;
import liquibase.changelog.RanChangeSet;
import liquibase.exception.LiquibaseException;

/** Revisions named by their distance from the present one: {@code +1} for the next, {@code -1} for the one before. */
public final class RelativeRevision {

    private static final Pattern FORWARD = Pattern.compile("\\+\\d{1,6}");
    private static final Pattern BACK = Pattern.compile("-\\d{1,6}");
    /** The point before the first revision, which is none itself. */
    private static final String BASE = "base";

    private final MigrationContext context;
    private final Changelog changelog;

    public RelativeRevision(MigrationContext context) throws SQLException {
        this.context = context;
        changelog = context.changelog();
    }

    /**
     * The revision to update to.
     *
     * @param revision {@code +1} and so on; everything else, and what is a tag of the changelog, is returned as it is
     * @throws MigrationException {@link Problem#COUNT_OUT_OF_RANGE}
     */
    public String after(String revision) throws LiquibaseException, SQLException {
        List<String> all = changelog.reachableRevisions();
        if (!FORWARD.matcher(revision).matches() || all.contains(revision)) {
            return revision;
        }
        String present = context.history().revision(changelog).orElse(all.contains(BASE) ? BASE : null);
        int at = all.indexOf(present) + Integer.parseInt(revision.substring(1));
        if (Integer.parseInt(revision) == 0 || at >= all.size()) {
            List<String> following = all.subList(all.indexOf(present) + 1, all.size());
            throw outOfRange("Cannot update by " + revision, present, following, "follow")
                    .help("mvn migrations:update goes to the last of them");
        }
        return all.get(at);
    }

    /**
     * The tag to roll back to.
     *
     * @param tag {@code -1} and so on; everything else, and what is a tag in the history, is returned as it is
     * @throws MigrationException {@link Problem#COUNT_OUT_OF_RANGE}
     */
    public String before(String tag) throws LiquibaseException, SQLException {
        List<String> tags = context.history().rows().stream().map(RanChangeSet::getTag).filter(each -> each != null).toList();
        if (!BACK.matcher(tag).matches() || tags.contains(tag)) {
            return tag;
        }
        List<String> revisions = changelog.revisions();
        List<String> reached = tags.stream().filter(revisions::contains).distinct().toList();
        int present = reached.size() - 1;
        int at = present + Integer.parseInt(tag);
        if (at < 0 || at == present) {
            throw outOfRange("Cannot roll back by " + tag, present < 0 ? null : reached.get(present),
                    reached.subList(0, Math.max(present, 0)), "come before")
                    .help("mvn migrations:status shows the tags to roll back to");
        }
        return reached.get(at);
    }

    private Diagnosis outOfRange(String failure, String present, List<String> others, String verb) {
        return Diagnosis
                .of(Problem.COUNT_OUT_OF_RANGE, failure + (failure.matches(".*[+-]0*1") ? " revision" : " revisions") + " in "
                        + context.databaseName())
                .line("present revision: " + (present == null ? "none" : present))
                .line("revisions that " + verb + ": " + (others.isEmpty() ? "none" : String.join(", ", others)));
    }
}
