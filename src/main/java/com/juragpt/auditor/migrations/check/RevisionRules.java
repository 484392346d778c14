package com.juragpt.auditor.migrations.check;

import com.juragpt.auditor.migrations.api.Finding;
import com.juragpt.auditor.migrations.api.Rule;
import com.juragpt.auditor.migrations.changelog.Changelog;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import liquibase.change.core.TagDatabaseChange;
import liquibase.changelog.ChangeSet;

/** How revisions follow each other: in the order of their numbers, a folder each, its tag at the end. */
final class RevisionRules {

    private static final String BASE = "base";

    private final Findings findings;
    private final RevisionFolders folders;
    private final Map<String, Set<String>> foldersOf = new TreeMap<>();
    private final Map<String, WrittenChangeset> lastOf = new LinkedHashMap<>();

    RevisionRules(Findings findings, RevisionFolders folders) {
        this.findings = findings;
        this.folders = folders;
    }

    /** @param changelog whose files are in the order in which they are included */
    void check(WrittenChangelog changelog) {
        String before = "";
        for (WrittenFile file : changelog.files()) {
            String revision = folders.revision(file.name());
            if (revision == null) {
                continue;
            }
            if (revision.compareTo(before) < 0) {
                findings.add(Rule.REVISION_ORDER, changelog.master(), 0, "includes " + file.name() + " after revision " + before
                        + "; revisions run in the order of their numbers",
                        "move the include before those of revision " + before
                                + ", or, if that is deployed: mvn migrations:new -Dmigrations.renumber=" + revision);
            } else {
                before = revision;
            }
            foldersOf.computeIfAbsent(revision, number -> new TreeSet<>()).add(folders.folder(file.name()));
            file.changesets().stream().filter(WrittenChangeset::isParsed).forEach(changeset -> checkFollows(revision, changeset));
        }
        foldersOf.forEach((revision, names) -> {
            if (names.size() > 1) {
                findings.add(new Finding(Rule.DUPLICATE_REVISION, null, 0, null, "revision " + revision
                        + " has more than one folder: " + String.join(", ", names),
                        "the one that is not deployed takes the next"
                                + " number: mvn migrations:new -Dmigrations.renumber="
                                + names.stream().reduce((a, b) -> b).orElse(revision)));
            }
        });
        lastOf.forEach(this::checkEnd);
    }

    private void checkFollows(String revision, WrittenChangeset changeset) {
        WrittenChangeset before = lastOf.put(revision, changeset);
        if (before != null && Changelog.tagOf(before.parsed()).isPresent()) {
            findings.add(Rule.TAG_NOT_LAST, changeset, "follows the tag of revision " + revision + "; the tag comes last",
                    "move the include of the tag's file behind that of this one");
        }
    }

    private void checkEnd(String revision, WrittenChangeset last) {
        String tag = revision.matches("0+") ? BASE : revision;
        ChangeSet parsed = last.parsed();
        boolean endsInTag = parsed.getChanges().stream().anyMatch(change -> change instanceof TagDatabaseChange end
                && tag.equals(end.getTag()) && Boolean.TRUE.equals(end.isKeepTagOnRollback()));
        if (!endsInTag) {
            findings.add(new Finding(Rule.TAG_NOT_LAST, null, 0, null,
                    "revision " + revision + ": its last changeset, " + last.id()
                            + ", is not tagDatabase with tag: '" + tag + "' and keepTagOnRollback: true",
                    "as its last changeset, with the rollback '- empty: {}':\n        - tagDatabase: {tag: '" + tag
                            + "', keepTagOnRollback: true}"));
        }
    }
}
