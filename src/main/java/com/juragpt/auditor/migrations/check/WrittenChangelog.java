package com.juragpt.auditor.migrations.check;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Rule;
import com.juragpt.auditor.migrations.changelog.Changelog;
import com.juragpt.auditor.migrations.changelog.ReadFiles;
import com.juragpt.auditor.migrations.check.YamlFile.Entry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import liquibase.changelog.ChangeSet;
import liquibase.database.core.H2Database;
import liquibase.database.core.PostgresDatabase;
import liquibase.resource.Resource;
import liquibase.resource.ResourceAccessor;
import liquibase.util.FilenameUtil;

/** A changelog's files: those that the master includes, in that order, and those that lie beside it. */
final class WrittenChangelog {

    private final MigrationOptions options;
    private final ResourceAccessor resources;
    private final Map<String, WrittenFile> files = new LinkedHashMap<>();
    private final Set<String> included = new HashSet<>();
    private final Map<String, Resource> beside = new TreeMap<>();

    private WrittenChangelog(MigrationOptions options) {
        this.options = options;
        resources = ReadFiles.recorded(options.selection().resources());
    }

    /** Reads everything; what cannot be read is a finding. */
    static WrittenChangelog read(MigrationOptions options, Findings findings) {
        WrittenChangelog changelog = new WrittenChangelog(options);
        changelog.follow(changelog.master());
        try {
            List<ChangeSet> parsed = Changelog.written(new PostgresDatabase(), options);
            parsed.forEach(changeset -> changelog.follow(file(changeset)));
            changelog.listFolder();
            changelog.match(parsed);
            if (changelog.changesets().stream().anyMatch(changeset -> !changeset.isParsed())) {
                changelog.match(Changelog.written(new H2Database(), options));
            }
        } catch (MigrationException refusal) {
            changelog.listFolder();
            changelog.match(changelog.parseEach(refusal, findings));
        }
        changelog.files().stream().filter(file -> file.problem() != null).forEach(file -> findings.add(Rule.UNREADABLE_FILE,
                file.name(), 0, file.problem(), "write it as the other files are written"));
        return changelog;
    }

    /**
     * Reads the files of some changesets one after the other, and counts no others as parsed.
     *
     * @param chosen among all
     * @param all that were parsed for the database: without the others, variants of one identity could be taken for each other
     */
    static Stream<WrittenFile> filesOf(Collection<ChangeSet> chosen, Collection<ChangeSet> all, MigrationOptions options) {
        WrittenChangelog changelog = new WrittenChangelog(options);
        Map<String, List<ChangeSet>> byFile = byFile(all);
        Set<ChangeSet> counted = Changelog.setOf(chosen);
        return byFile(chosen).keySet().stream()
                .map(name -> changelog.open(name).with(byFile.getOrDefault(name, List.of())).only(counted));
    }

    String master() {
        return options.selection().file();
    }

    /** The master's folder with a slash at its end; empty for the top. */
    String folder() {
        return folder(options);
    }

    static String folder(MigrationOptions options) {
        String master = options.selection().file();
        return master.substring(0, master.lastIndexOf('/') + 1);
    }

    Collection<WrittenFile> files() {
        return files.values();
    }

    /** The files in the master's folder and below it, by name, where a convention asks for them. */
    Map<String, Resource> beside() {
        return beside;
    }

    /** Whether the master includes the file, itself or through others. */
    boolean isIncluded(String name) {
        return included.contains(name);
    }

    List<WrittenChangeset> changesets() {
        return files.values().stream().flatMap(file -> file.changesets().stream()).toList();
    }

    /** The file that an entry includes, by its name in the changelog. */
    static String included(String by, Entry include) {
        String file = YamlFile.text(include.value(), "file");
        boolean relative = "true".equals(YamlFile.text(include.value(), "relativeToChangelogFile"));
        return file == null || !relative ? file : FilenameUtil.normalize(by.substring(0, by.lastIndexOf('/') + 1) + file);
    }

    /** Whether the name is written out; else only Liquibase knows what its properties stand for. */
    static boolean isWrittenOut(String name) {
        return name == null || !name.contains("${");
    }

    boolean exists(String name) {
        try {
            List<Resource> found = resources.getAll(name);
            return found != null && !found.isEmpty();
        } catch (IOException e) {
            return false;
        }
    }

    private void follow(String name) {
        if (files.containsKey(name) || !exists(name)) {
            return;
        }
        WrittenFile file = open(name);
        files.put(name, file);
        for (Entry log : file.entries()) {
            for (Entry include : YamlFile.entries(log.value(), "include")) {
                String other = included(name, include);
                if (other != null) {
                    follow(other);
                }
            }
        }
    }

    private WrittenFile open(String name) {
        try {
            return WrittenFile.read(name, resources.getExisting(name));
        } catch (IOException e) {
            return new WrittenFile(name, List.of(), List.of(), "cannot be read: " + e.getMessage());
        }
    }

    // Where Liquibase refuses the whole, to see which file it is, and to find what else there is.
    private List<ChangeSet> parseEach(MigrationException refusal, Findings findings) {
        List<ChangeSet> parsed = new ArrayList<>();
        boolean found = includesMissing() || files().stream().anyMatch(file -> file.problem() != null);
        for (WrittenFile file : files()) {
            if (file.name().equals(master()) || file.problem() != null) {
                continue;
            }
            try {
                parsed.addAll(
                        Changelog.written(new PostgresDatabase(),
                                options.withChangelog(file.name(), options.selection().resources())));
            } catch (MigrationException e) {
                findings.add(Rule.UNREADABLE_FILE, file.name(), 0, "Liquibase cannot read it: " + reason(e), "as Liquibase says");
                found = true;
            }
        }
        if (!found) {
            findings.add(Rule.UNREADABLE_FILE, master(), 0, "Liquibase cannot read it: " + reason(refusal), "as Liquibase says");
        }
        return parsed;
    }

    private boolean includesMissing() {
        return files.values().stream().anyMatch(file -> file.entries().stream()
                .flatMap(log -> YamlFile.entries(log.value(), "include").stream())
                .map(include -> String.valueOf(included(file.name(), include)))
                .anyMatch(name -> isWrittenOut(name) && !exists(name)));
    }

    // Only its evidence: what did not happen and what to type, the finding says itself.
    private static String reason(MigrationException refusal) {
        return refusal.getMessage().lines().skip(1).filter(line -> !line.startsWith("  help: "))
                .map(line -> line.substring(2)).collect(Collectors.joining("\n"));
    }

    private void listFolder() {
        included.addAll(files.keySet());
        if (!options.check().counts(Rule.FORGOTTEN_FILE) || folder().isEmpty()) {
            return;
        }
        try {
            resources.search(folder(), true).forEach(file -> beside.put(file.getPath(), file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        beside.keySet().stream().filter(WrittenFile::isYaml).filter(name -> !files.containsKey(name))
                .forEach(name -> files.put(name, open(name)));
    }

    private void match(Collection<ChangeSet> parsed) {
        Map<String, List<ChangeSet>> byFile = byFile(parsed);
        files.replaceAll((name, file) -> file.changesets().stream().allMatch(WrittenChangeset::isParsed) ? file
                : file.with(byFile.getOrDefault(name, List.of())));
    }

    private static Map<String, List<ChangeSet>> byFile(Collection<ChangeSet> changesets) {
        return changesets.stream()
                .collect(Collectors.groupingBy(WrittenChangelog::file, LinkedHashMap::new, Collectors.toList()));
    }

    private static String file(ChangeSet changeset) {
        return changeset.getChangeLog().getPhysicalFilePath();
    }
}
