package com.juragpt.auditor.migrations.check;

import com.juragpt.auditor.migrations.api.Rule;
import com.juragpt.auditor.migrations.check.YamlFile.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the files include: each of the others once, from the master, and nothing that is not there. */
final class IncludeRules {

    /** What liquibase.changelog.DatabaseChangeLog.handleChildNode reads. */
    private static final Set<String> KEYS = Set.of("changeSet", "include", "includeAll", "preConditions", "property",
            "changeLogId",
            "logicalFilePath", "objectQuotingStrategy", "contextFilter", "context", "removeChangeSetProperty", "modifyChangeSets",
            "includeAllSql");

    private final Findings findings;
    private final WrittenChangelog changelog;
    private final RevisionFolders folders;
    private final Map<String, Integer> times = new HashMap<>();

    IncludeRules(Findings findings, WrittenChangelog changelog, RevisionFolders folders) {
        this.findings = findings;
        this.changelog = changelog;
        this.folders = folders;
    }

    void check() {
        String master = changelog.master();
        if (!changelog.exists(master)) {
            findings.add(Rule.MISSING_INCLUDE, master, 0, "is missing", "mvn migrations:check -Dliquibase.changeLogFile=…");
        }
        changelog.files().forEach(file -> inside(file).forEach(entry -> checkEntry(file, entry)));
        changelog.files().stream().map(WrittenFile::name).filter(name -> !name.equals(master)).forEach(this::checkName);
        if (isIncludedByName()) {
            checkForgotten();
        }
    }

    private void checkEntry(WrittenFile file, Entry entry) {
        boolean master = file.name().equals(changelog.master());
        if (entry.name().equals("include")) {
            checkInclude(file, entry);
            return;
        }
        if (!KEYS.contains(entry.name())) {
            findings.add(Rule.IGNORED_KEY, file.name(), entry.line(), "Liquibase ignores '" + entry.name()
                    + "' in databaseChangeLog; it is misspelt or in the wrong place",
                    entry.name().equals("rollback")
                            ? "indent it as far as 'changes', which it belongs beside"
                            : "move it into a changeset, or delete it");
        } else if (master) {
            findings.add(Rule.PLAIN_FILES, file.name(), entry.line(), "'" + entry.name()
                    + "' does not belong here; the master holds includes only", "move it into a file of a revision");
        } else if (!entry.name().equals("changeSet")) {
            findings.add(Rule.PLAIN_FILES, file.name(), entry.line(), "'" + entry.name()
                    + "' does not belong here; a file holds changesets only", "move it into a changeset, or delete it");
        }
    }

    private void checkInclude(WrittenFile file, Entry entry) {
        String name = WrittenChangelog.included(file.name(), entry);
        YamlFile.entries(entry.value()).stream().filter(key -> !key.name().equals("file")).forEach(key -> findings.add(
                Rule.PLAIN_FILES, file.name(), key.line(), "an include has only a file here, no '" + key.name() + "'",
                "- include: {file: " + name + "}"));
        if (!WrittenChangelog.isWrittenOut(name)) {
            return;
        }
        boolean mayMiss = "false".equals(YamlFile.text(entry.value(), "errorIfMissing"));
        if (name == null || !changelog.exists(name) && !mayMiss) {
            String wanted = name == null ? "" : name.substring(name.lastIndexOf('/') + 1);
            findings.add(Rule.MISSING_INCLUDE, file.name(), entry.line(), "includes " + name + ", which is not there",
                    changelog.files().stream().map(WrittenFile::name).filter(other -> other.endsWith("/" + wanted)).findFirst()
                            .map(other -> "- include: {file: " + other + "}")
                            .orElse("the path from the folder that the changelog's own path begins in, as in changelog/002-name/table.yaml"));
        } else if (times.merge(name + conditions(entry), 1, Integer::sum) == 2) {
            findings.add(Rule.REPEATED_INCLUDE, file.name(), entry.line(), "includes " + name + " a second time",
                    "delete this line");
        }
    }

    /** One file may be included for several contexts, each time for another. */
    private static List<String> conditions(Entry include) {
        return Stream.of("contextFilter", "context", "labels").map(key -> String.valueOf(YamlFile.text(include.value(), key)))
                .toList();
    }

    private void checkName(String name) {
        if (folders.revision(name) == null) {
            findings.add(Rule.FILE_NAME, name, 0, "is named neither NNN-name.yaml nor NNN-name/table.yaml in "
                    + (changelog.folder().isEmpty() ? "the changelog's folder" : changelog.folder()),
                    "rename it and its include; a file that is deployed keeps its name");
        }
    }

    // includeAll takes what there is.
    private boolean isIncludedByName() {
        return changelog.files().stream().flatMap(file -> inside(file).stream())
                .noneMatch(entry -> entry.name().equals("includeAll"));
    }

    private void checkForgotten() {
        List<String> named = changelog.files().stream().flatMap(file -> file.entries().stream()).map(Entry::value)
                .flatMap(YamlFile::scalars).collect(Collectors.toList());
        for (String file : changelog.beside().keySet()) {
            if (changelog.isIncluded(file)) {
                continue;
            }
            if (WrittenFile.isYaml(file)) {
                findings.add(Rule.FORGOTTEN_FILE, file, 0, "is not included by the master, so it is not deployed",
                        "at the end of " + changelog.master() + ":\n  - include: {file: " + file + "}");
            } else if (named.stream().noneMatch(name -> name.equals(base(file)) || name.endsWith("/" + base(file)))) {
                findings.add(Rule.FORGOTTEN_FILE, file, 0, "no changeset names it", "name it in one, or delete the file");
            }
        }
    }

    private static String base(String file) {
        return file.substring(file.lastIndexOf('/') + 1);
    }

    private static List<Entry> inside(WrittenFile file) {
        List<Entry> inside = new ArrayList<>();
        file.entries().stream().filter(entry -> entry.name().equals("databaseChangeLog"))
                .forEach(entry -> inside.addAll(YamlFile.entries(entry.value())));
        return inside;
    }
}
