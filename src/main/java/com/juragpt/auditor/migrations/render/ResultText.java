package com.juragpt.auditor.migrations.render;

import com.juragpt.auditor.migrations.api.AdoptionResult;
import com.juragpt.auditor.migrations.api.CheckReport;
import com.juragpt.auditor.migrations.api.Difference;
import com.juragpt.auditor.migrations.api.DriftReport;
import com.juragpt.auditor.migrations.api.Finding;
import com.juragpt.auditor.migrations.api.RestoreResult;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.api.RollbackResult;
import com.juragpt.auditor.migrations.api.Rule;
import com.juragpt.auditor.migrations.api.TagResult;
import com.juragpt.auditor.migrations.api.UpdateResult;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The result of a verb, as the last lines of a log. Lines separated by line feeds. */
public final class ResultText {

    private static final Set<Rule> REVISIONS =
            EnumSet.of(Rule.DUPLICATE_TAG, Rule.DUPLICATE_REVISION, Rule.TAG_NOT_LAST, Rule.REVISION_ORDER);

    private ResultText() {
    }

    public static String of(UpdateResult result) {
        if (result.changesets().isEmpty()) {
            return "Nothing to deploy: " + result.database()
                    + (result.revision() == null ? " has all that was asked for" : " is at revision " + result.revision());
        }
        return Wording.changesets(result.changesets().size()) + " deployed to " + result.database() + " in "
                + Wording.time(result.took())
                + (result.revision() == null ? "" : ", now at revision " + result.revision())
                + "; deployment " + result.deployment()
                + (result.archives().isEmpty() ? "" : "\n" + Wording.list("archives of rollbacks: ", result.archives()) + "\n"
                        + Wording.howToRestore(result.archives().get(result.archives().size() - 1)));
    }

    public static String of(CheckReport report) {
        return "Nothing to repair in " + report.changelog() + ": " + Wording.changesets(report.changesets()) + " in "
                + Wording.count(report.files(), "file", "files")
                + report.accepted().stream().map(finding -> "\n" + finding).collect(Collectors.joining())
                + report.notExamined().stream().map(place -> "\nnot examined for what its SQL locks: " + place)
                        .collect(Collectors.joining());
    }

    /** What the check finds about how revisions follow each other, as after two branches met; empty if nothing. */
    public static Optional<String> branches(CheckReport report) {
        List<String> found =
                report.findings().stream().filter(finding -> REVISIONS.contains(finding.rule())).map(Finding::toString)
                        .toList();
        return found.isEmpty() ? Optional.empty()
                : Optional.of("The revisions do not follow each other:\n" + String.join("\n", found));
    }

    /** What became of each table and column, and what there is to know about it. */
    public static String of(RestoreResult result) {
        StringBuilder text = new StringBuilder(Wording.count(result.restored(), "row or value", "rows and values"))
                .append(" restored from ").append(result.archive()).append(" in ").append(result.database()).append(" in ")
                .append(Wording.time(result.took()));
        for (RestoreResult.Part part : result.parts()) {
            text.append("\n  ").append(part.column() == null ? "rows of " : "column " + part.column() + " of ")
                    .append(part.table()).append(": ").append(Wording.number(part.restored())).append(" restored")
                    .append(counted(part.alreadyThere(), " already there"))
                    .append(counted(part.kept(), " kept as they are, with another content"))
                    .append(counted(part.gone(), " whose row is gone"));
        }
        result.notes().forEach(note -> text.append("\n").append(Wording.paragraphs("  ", note)));
        return text + (result.archiveStays() ? "" : "\nEverything is accounted for, so the archive is gone");
    }

    private static String counted(long count, String what) {
        return count == 0 ? "" : ", " + Wording.number(count) + what;
    }

    /** What a restore has left in the archive; empty if the archive is gone. */
    public static Optional<String> leftInArchive(RestoreResult result) {
        return !result.archiveStays() ? Optional.empty() : Optional.of("Still in " + result.archive() + ": "
                + Wording.count(result.left(), "row or value", "rows and values") + "\nif nobody needs that: DROP SCHEMA "
                + result.archive() + " CASCADE");
    }

    /** The data that an update deleted; empty if it deleted none. */
    public static Optional<String> deletedData(UpdateResult result) {
        if (result.losses().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(result.archiveSchema() == null ? Wording.losses("Deleted and not archived:", result.losses())
                : Wording.losses("Deleted, with copies in " + result.archiveSchema() + ":", result.losses()));
    }

    public static String of(TagResult result) {
        String point = result.changeset() == null ? "before the first changeset" : "after " + result.changeset();
        return "Tagged " + result.database() + " as '" + result.tag() + "', " + point
                + (result.otherTags().isEmpty() ? "" : ", where it is also " + String.join(", ", result.otherTags()));
    }

    public static String of(AdoptionResult result) {
        boolean whole = result.revision() == null;
        return "Adopted " + result.database()
                + (whole ? " as the whole changelog builds it: " : " at revision " + result.revision() + ": ")
                + Wording.changesets(result.changesets().size()) + " marked as run, nothing altered"
                + (result.alembicVersion() == null ? "" : "; alembic_version says " + result.alembicVersion()
                        + (whole ? ", which is no revision of the changelog" : " too"));
    }

    /** The drift that was found, one line for each difference. */
    public static String of(DriftReport report) {
        List<Difference> differences = report.differences();
        if (differences.isEmpty()) {
            return "drift     none: the schema is what the applied changesets build";
        }
        return "drift     " + (differences.size() == 1 ? "1 difference" : differences.size() + " differences")
                + " from what the applied changesets build:\n  "
                + differences.stream().map(Difference::toString).collect(Collectors.joining("\n  "));
    }

    public static String of(RollbackResult result) {
        if (result.changesets().isEmpty()) {
            return "Nothing to roll back: " + result.database() + " is at '" + result.tag() + "' already";
        }
        return Wording.changesets(result.changesets().size()) + " rolled back in " + result.database() + " in "
                + Wording.time(result.took()) + ", now at '" + result.tag() + "'"
                + (result.alembicVersion() == null ? "" : "\nalembic_version still says " + result.alembicVersion()
                        + ", so alembic upgrade head would do nothing. If Alembic is to go on from here,"
                        + "\nlet the table say so: alembic stamp --purge with the revision that is there now, or base");
    }

    /** The data that a rollback deleted, and where it is archived; empty if it deleted none. */
    public static Optional<String> deletedData(RollbackPlan plan, RollbackResult result) {
        if (result.archiveSchema() != null) {
            return Optional.of(Wording.list("archived: ", result.archivedTables()) + "\nafter the next update, "
                    + Wording.howToRestore(result.archiveSchema()));
        }
        return plan.realLosses().isEmpty() ? Optional.empty()
                : Optional.of(Wording.losses("Deleted and not archived:", plan.realLosses()));
    }
}
