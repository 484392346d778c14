package com.juragpt.auditor.migrations.testing;

import com.juragpt.auditor.migrations.testing.YamlFile.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import liquibase.Scope;
import liquibase.change.Change;
import liquibase.change.core.EmptyChange;
import liquibase.change.core.TagDatabaseChange;
import liquibase.changelog.ChangeLogParameters;
import liquibase.changelog.ChangeSet;
import liquibase.database.Database;
import liquibase.database.core.PostgresDatabase;
import liquibase.exception.LiquibaseException;
import liquibase.parser.ChangeLogParserFactory;
import liquibase.resource.DirectoryResourceAccessor;
import liquibase.resource.ResourceAccessor;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * The rules that a changelog keeps so that every changeset can be found, trusted and rolled back. They are checked against the
 * author's file and against what Liquibase parsed, because Liquibase silently ignores many mistakes.
 */
public final class ChangelogConventions {

    private static final Pattern FILE = Pattern.compile("changelog/(\\d{3})-[a-z0-9-]+(\\.yaml|/[a-z0-9_-]+\\.yaml)");
    private static final Pattern ID = Pattern.compile("(\\d{3})-[a-z]+-[a-z0-9-]+");

    private final Path root;
    private final ResourceAccessor resources;
    private final List<String> violations = new ArrayList<>();
    /** Where each id was seen first. */
    private final Map<String, String> places = new HashMap<>();
    /** The last changeset of each revision, in the order in which the master includes them. */
    private final Map<String, ChangeSet> lastOfRevision = new LinkedHashMap<>();

    private ChangelogConventions(Path root) throws IOException {
        this.root = root;
        this.resources = new DirectoryResourceAccessor(root);
    }

    /**
     * @param root the folder that holds {@code changelog/}
     * @return what is wrong, each with file, line and what to do; empty if all is well
     */
    public static List<String> violations(Path root) throws IOException {
        ChangelogConventions conventions = new ChangelogConventions(root);
        try {
            // A change that reads a file looks for it where the current scope says.
            Scope.child(Scope.Attr.resourceAccessor, conventions.resources, conventions::check);
        } catch (Exception e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
        return conventions.violations;
    }

    private void check() throws IOException {
        Map<String, List<Entry>> files = readFiles();
        List<String> included = checkMaster(files.get(ChangelogRunner.MASTER));
        checkEveryFileIsUsedOnce(files, included);
        files.remove(ChangelogRunner.MASTER);
        Stream<String> inOrder = Stream.concat(included.stream(), files.keySet().stream()).distinct().filter(files::containsKey);
        inOrder.forEach(file -> checkFile(file, files.get(file)));
        lastOfRevision.forEach(this::checkEndsInTag);
    }

    /** All YAML files by their name, and every other file with no entries. */
    private Map<String, List<Entry>> readFiles() throws IOException {
        Map<String, List<Entry>> files = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(root.resolve("changelog"))) {
            for (Path path : paths.filter(Files::isRegularFile).toList()) {
                String name = root.relativize(path).toString().replace('\\', '/');
                try {
                    List<Entry> entries = name.endsWith(".yaml") ? YamlFile.read(path) : List.of();
                    files.put(name, entries);
                    YamlFile.repeated(entries).forEach(entry -> violation(name, entry,
                            "'" + entry.name() + "' stands here twice; only the last one counts"));
                } catch (YAMLException e) {
                    violations.add(name + ": is not YAML: " + e.getMessage());
                    files.put(name, List.of());
                }
            }
        }
        return files;
    }

    private List<String> checkMaster(List<Entry> master) {
        List<String> included = new ArrayList<>();
        if (master == null) {
            violations.add(ChangelogRunner.MASTER + ": is missing");
            return included;
        }
        for (Entry entry : inside(ChangelogRunner.MASTER, master)) {
            if (!entry.name().equals("include")) {
                violation(ChangelogRunner.MASTER, entry, "'" + entry.name()
                        + "' does not belong here; the master holds includes only");
                continue;
            }
            YamlFile.entries(entry.value()).stream().filter(key -> !key.name().equals("file")).forEach(
                    key -> violation(ChangelogRunner.MASTER, key, "an include has only a file here, no '" + key.name() + "'"));
            String file = YamlFile.text(entry.value(), "file");
            if (file != null && Files.isRegularFile(root.resolve(file))) {
                included.add(file);
            } else {
                violation(ChangelogRunner.MASTER, entry, "includes " + file + ", which is not there; write the path as "
                        + "changelog/<revision>/<table>.yaml");
            }
        }
        checkOrder(included);
        return included;
    }

    private void checkOrder(List<String> included) {
        String before = "";
        for (String file : included) {
            String revision = revision(file);
            if (revision != null && revision.compareTo(before) < 0) {
                violations.add(ChangelogRunner.MASTER + ": includes " + file + " after revision " + before
                        + "; revisions run in the order of their numbers");
            }
            before = revision == null ? before : revision;
        }
        Map<String, Set<String>> folders = new TreeMap<>();
        included.stream().filter(file -> revision(file) != null)
                .forEach(file -> folders.computeIfAbsent(revision(file), r -> new TreeSet<>()).add(folder(file)));
        folders.forEach((revision, names) -> {
            if (names.size() > 1) {
                violations.add("revision " + revision + " has more than one folder: " + String.join(", ", names));
            }
        });
    }

    private void checkEveryFileIsUsedOnce(Map<String, List<Entry>> files, List<String> included) {
        for (String file : files.keySet()) {
            long times = included.stream().filter(file::equals).count();
            if (file.equals(ChangelogRunner.MASTER)) {
                continue;
            }
            if (!file.endsWith(".yaml")) {
                boolean named = files.values().stream().flatMap(List::stream).map(Entry::value).flatMap(YamlFile::scalars)
                        .anyMatch(file::equals);
                if (!named) {
                    violations.add(file + ": no changeset names it; add one or delete the file");
                }
            } else if (times != 1) {
                violations.add(file + ": is included " + times + " times by the master; include it once");
            }
            if (file.endsWith(".yaml") && !FILE.matcher(file).matches()) {
                violations.add(file + ": is named neither changelog/NNN-name.yaml nor changelog/NNN-name/table.yaml");
            }
        }
    }

    private void checkFile(String file, List<Entry> entries) {
        if (!file.endsWith(".yaml")) {
            return;
        }
        List<ChangeSet> parsed = parse(file);
        int index = 0;
        for (Entry entry : inside(file, entries)) {
            if (!entry.name().equals("changeSet")) {
                violation(file, entry, "'" + entry.name() + "' does not belong here; a file holds changesets only");
            } else if (index < parsed.size()) {
                checkChangeset(file, entry, parsed.get(index));
                index++;
            }
        }
    }

    private void checkChangeset(String file, Entry written, ChangeSet parsed) {
        String id = parsed.getId();
        String revision = revision(file);
        new IgnoredKeys((key, where) -> violation(file, key, id + ": Liquibase ignores '" + key.name() + "' in " + where
                + "; it is misspelt or in the wrong place")).check(written.value(), parsed);
        checkId(file, written, id, revision);
        if (parsed.getChanges().size() != 1) {
            violation(file, written, id + ": has " + parsed.getChanges().size() + " changes; write one changeset for each");
        }
        boolean tag = parsed.getChanges().stream().anyMatch(TagDatabaseChange.class::isInstance);
        checkRollback(file, written, parsed, tag);
        if (revision != null) {
            ChangeSet last = lastOfRevision.put(revision, parsed);
            if (last != null && last.getChanges().stream().anyMatch(TagDatabaseChange.class::isInstance)) {
                violation(file, written, id + ": follows the tag of revision " + revision + "; the tag comes last");
            }
        }
    }

    private void checkId(String file, Entry written, String id, String revision) {
        for (Entry key : YamlFile.entries(written.value(), "id")) {
            if (key.value() instanceof ScalarNode scalar && scalar.getScalarStyle() == ScalarStyle.PLAIN) {
                violation(file, key, id + ": the id has no quotes; without them YAML makes numbers of some, and 010 becomes 8");
            }
        }
        Matcher matcher = ID.matcher(String.valueOf(id));
        if (!matcher.matches()) {
            violation(file, written, id + ": is not named revision-verb-object, as in 001-create-verification-log");
        } else if (revision != null && !matcher.group(1).equals(revision)) {
            violation(file, written, id + ": stands in revision " + revision + " and is named after another");
        }
        String place = file + ":" + written.line();
        String first = places.putIfAbsent(id, place);
        if (first != null) {
            violation(file, written, id + ": has the id of the changeset in " + first + "; ids are unique in the project");
        }
    }

    private void checkRollback(String file, Entry written, ChangeSet parsed, boolean tag) {
        List<Entry> blocks = YamlFile.entries(written.value(), "rollback");
        if (blocks.isEmpty()) {
            violation(file, written, parsed.getId() + ": has no rollback block");
            return;
        }
        List<Change> changes = parsed.getRollback().getChanges();
        boolean nothing = changes.stream().allMatch(this::doesNothing);
        boolean explicitlyEmpty = !YamlFile.isBlank(blocks.get(0).value())
                && changes.stream().allMatch(EmptyChange.class::isInstance);
        if (tag && !explicitlyEmpty) {
            violation(file, blocks.get(0), parsed.getId() + ": a tag goes with its history row; its rollback is '- empty: {}'");
        } else if (!tag && nothing) {
            violation(file, blocks.get(0), parsed.getId() + ": its rollback does nothing");
        }
    }

    private boolean doesNothing(Change change) {
        Database postgresql = new PostgresDatabase();
        return change.generateStatements(postgresql).length == 0;
    }

    private void checkEndsInTag(String revision, ChangeSet last) {
        String tag = revision.equals("000") ? "base" : revision;
        boolean endsInTag = last.getChanges().stream().anyMatch(change -> change instanceof TagDatabaseChange end
                && tag.equals(end.getTag()) && Boolean.TRUE.equals(end.isKeepTagOnRollback()));
        if (!endsInTag) {
            violations.add("revision " + revision + ": its last changeset, " + last.getId() + ", is not tagDatabase with tag: '"
                    + tag + "' and keepTagOnRollback: true");
        }
    }

    /** What stands under {@code databaseChangeLog}, which is to be the only thing in the file. */
    private List<Entry> inside(String file, List<Entry> entries) {
        List<Entry> inside = new ArrayList<>();
        for (Entry entry : entries) {
            if (entry.name().equals("databaseChangeLog")) {
                inside.addAll(YamlFile.entries(entry.value()));
            } else {
                violation(file, entry, "Liquibase ignores '" + entry.name() + "' beside databaseChangeLog");
            }
        }
        return inside;
    }

    private List<ChangeSet> parse(String file) {
        try {
            return ChangeLogParserFactory.getInstance().getParser(file, resources)
                    .parse(file, new ChangeLogParameters(new PostgresDatabase()), resources).getChangeSets();
        } catch (LiquibaseException e) {
            violations.add(file + ": Liquibase cannot read it: " + e.getMessage());
            return List.of();
        }
    }

    private void violation(String file, Entry entry, String text) {
        violations.add(file + ":" + entry.line() + ": " + text);
    }

    /** {@code 001}, or null for a file that belongs to none. */
    private static String revision(String file) {
        Matcher matcher = FILE.matcher(file);
        return matcher.matches() ? matcher.group(1) : null;
    }

    /** {@code 001-initial-schema}. */
    private static String folder(String file) {
        return file.split("/")[1];
    }
}
