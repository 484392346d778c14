package com.juragpt.auditor.migrations.check;

import com.juragpt.auditor.migrations.api.Rule;
import com.juragpt.auditor.migrations.changelog.Changelog;
import com.juragpt.auditor.migrations.changelog.Unfilled;
import com.juragpt.auditor.migrations.check.YamlFile.Entry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import liquibase.change.Change;
import liquibase.change.core.EmptyChange;
import liquibase.changelog.ChangeSet;
import liquibase.database.Database;
import liquibase.database.core.PostgresDatabase;

/** What each changeset has to have, and what no two may share. */
final class ChangesetRules {

    private static final Pattern ID = Pattern.compile("(\\d{3,})-[a-z]+-[a-z0-9-]+");

    private final Database database = new PostgresDatabase();
    private final Findings findings;
    private final RevisionFolders folders;
    private final Map<String, WrittenChangeset> byId = new HashMap<>();
    private final Map<List<String>, WrittenChangeset> byIdentity = new HashMap<>();
    private final Map<String, WrittenChangeset> byTag = new HashMap<>();

    ChangesetRules(Findings findings, RevisionFolders folders) {
        this.findings = findings;
        this.folders = folders;
    }

    void check(WrittenChangeset changeset) {
        if (!changeset.isParsed()) {
            return;
        }
        ChangeSet parsed = changeset.parsed();
        checkNames(changeset);
        checkUnique(changeset);
        if (Unfilled.is(parsed)) {
            findings.add(Rule.UNFILLED_TEMPLATE, changeset, "is the template of mvn migrations:new as it was written",
                    "in its place the file's changesets, one change in each, with a rollback that undoes it; or delete the file"
                            + " and its include");
            return;
        }
        int changes = parsed.getChanges().size();
        if (changes != 1) {
            findings.add(Rule.ONE_CHANGE, changeset, changes == 0 ? "has no change" : "has " + changes + " changes",
                    changes == 0 ? "give it one, or delete it" : "write one changeset for each, with its own rollback");
        }
        checkRollback(changeset);
    }

    private void checkNames(WrittenChangeset changeset) {
        Matcher name = ID.matcher(String.valueOf(changeset.id()));
        String revision = folders.revision(changeset.file());
        if (!name.matches()) {
            findings.add(Rule.CHANGESET_NAME, changeset, "is not named revision-verb-object",
                    "a name as in 001-create-verification-log; an id that is deployed stays as it is");
        } else if (revision != null && !name.group(1).equals(revision)) {
            findings.add(Rule.CHANGESET_NAME, changeset, "stands in revision " + revision + " and is named after another",
                    "id: '" + revision + changeset.id().substring(name.end(1)) + "'");
        }
    }

    private void checkUnique(WrittenChangeset changeset) {
        ChangeSet parsed = changeset.parsed();
        // What contexts, labels or the kind of database tell apart are two variants of one changeset.
        List<String> identity = List.of(parsed.toNormalizedString(), String.valueOf(parsed.getContextFilter()),
                String.valueOf(parsed.getLabels()), String.valueOf(parsed.getDbmsSet()));
        WrittenChangeset remembered = changeset.withoutText();
        WrittenChangeset same = byIdentity.putIfAbsent(identity, remembered);
        WrittenChangeset first = byId.putIfAbsent(changeset.id(), remembered);
        if (same != null) {
            findings.add(Rule.DUPLICATE_CHANGESET, changeset, "has the id and author of the changeset in " + same.place(),
                    "give the newer one another id");
        } else if (first != null && !Objects.equals(first.file(), changeset.file())) {
            findings.add(Rule.REPEATED_ID, changeset, "has the id of the changeset in " + first.place()
                    + "; ids are unique in the project", "give the newer one another id");
        }
        Optional<String> tag = Changelog.tagOf(parsed);
        if (tag.isPresent() && same == null) {
            WrittenChangeset other = byTag.putIfAbsent(tag.get(), remembered);
            if (other != null) {
                findings.add(Rule.DUPLICATE_TAG, changeset, "sets the tag '" + tag.get() + "', as " + other.id() + " in "
                        + other.place() + " does",
                        "the newer revision takes the next number: mvn migrations:new"
                                + " -Dmigrations.renumber="
                                + Optional.ofNullable(folders.folder(changeset.file())).orElse(tag.get()));
            }
        }
    }

    private void checkRollback(WrittenChangeset changeset) {
        ChangeSet parsed = changeset.parsed();
        boolean tag = Changelog.tagOf(parsed).isPresent();
        if (changeset.entry() == null) {
            if (parsed.getRollback().getChanges().isEmpty()) {
                findings.add(Rule.MISSING_ROLLBACK, changeset, "has no rollback", "a rollback element that undoes it");
            }
            return;
        }
        List<Entry> blocks = YamlFile.entries(changeset.entry().value(), "rollback");
        if (blocks.isEmpty()) {
            findings.add(Rule.MISSING_ROLLBACK, changeset, "has no rollback block", "beside 'changes':\n" + example(parsed, tag));
            return;
        }
        List<Change> changes = parsed.getRollback().getChanges();
        boolean explicitlyEmpty = !YamlFile.isBlank(blocks.get(0).value())
                && changes.stream().allMatch(EmptyChange.class::isInstance);
        if (tag && !explicitlyEmpty) {
            findings.add(Rule.BLANK_ROLLBACK, changeset, blocks.get(0).line(), "a tag goes with its history row, so its rollback"
                    + " is empty", example(parsed, true).strip());
        } else if (!tag && changes.stream().allMatch(this::doesNothing)) {
            findings.add(Rule.BLANK_ROLLBACK, changeset, blocks.get(0).line(), "its rollback does nothing",
                    example(parsed, false).strip());
        }
    }

    private static String example(ChangeSet parsed, boolean tag) {
        return "      rollback:\n        - " + (tag ? "empty: {}" : undoing(parsed));
    }

    private boolean doesNothing(Change change) {
        return change.supports(database) && change.generateStatements(database).length == 0;
    }

    /** What Liquibase itself would do to undo the changeset's first change, as an example to copy. */
    private static String undoing(ChangeSet parsed) {
        return parsed.getChanges().stream().findFirst().map(Undoing::of).orElse("sql: DELETE FROM …");
    }
}
