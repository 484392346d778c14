package com.juragpt.auditor.migrations.draft;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RenumberedRevision;
import com.juragpt.auditor.migrations.api.Status;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * Moves a revision that is deployed nowhere behind all others: its folder, its ids, its tag, and its includes to the end of the
 * master. For the revision that lost when two branches met.
 */
public final class Renumbering {

    private final MasterChangelog master;
    private final Revisions revisions;
    private final Revisions.Named revision;
    private final List<MasterChangelog.Include> includes;

    /**
     * @param folder the one that the changelog's paths are relative to
     * @param masterPath the path of the master in it
     * @param wanted the revision's number, or its folder's name where several have that number
     * @throws MigrationException {@link Problem#UNKNOWN_REVISION}, {@link Problem#AMBIGUOUS_REVISION},
     *     {@link Problem#INVALID_CHANGELOG}, {@link Problem#UNSUPPORTED_CHANGELOG}
     */
    public Renumbering(Path folder, String masterPath, String wanted) {
        master = MasterChangelog.read(folder, masterPath);
        master.requireIncludes();
        revisions = Revisions.of(master);
        revision = find(wanted);
        includes = master.includes().stream().filter(include -> master.fileOf(include).startsWith(revision.path())).toList();
        if (includes.isEmpty()) {
            throw Diagnosis.of(Problem.INVALID_CHANGELOG, "Cannot renumber " + master.nameOf(revision.path()))
                    .line(master.name() + " includes none of its files").help("include them at the end of " + master.name());
        }
    }

    private Revisions.Named find(String wanted) {
        List<Revisions.Named> folders = revisions.named().stream().filter(each -> Files.isDirectory(each.path())).toList();
        List<Revisions.Named> found = folders.stream()
                .filter(each -> wanted.equals(each.revision()) || wanted.equals(each.path().getFileName().toString())).toList();
        if (found.isEmpty()) {
            throw Diagnosis.of(Problem.UNKNOWN_REVISION, "Cannot renumber '" + wanted.replaceAll("\\p{Cntrl}", "?")
                    + "': no folder of a revision is named so")
                    .line("folders: " + (folders.isEmpty() ? "none" : names(folders)))
                    .help("-Dmigrations.renumber= with a folder's number or name");
        }
        if (found.size() > 1) {
            throw Diagnosis
                    .of(Problem.AMBIGUOUS_REVISION,
                            "Cannot renumber '" + wanted + "': " + found.size() + " folders have that number")
                    .line("folders: " + names(found))
                    .help("name the one that is deployed nowhere: -Dmigrations.renumber="
                            + found.get(found.size() - 1).path().getFileName());
        }
        return found.get(0);
    }

    private static String names(List<Revisions.Named> folders) {
        return folders.stream().map(each -> each.path().getFileName().toString()).collect(Collectors.joining(", "));
    }

    /**
     * Refuses a revision of which a database has any changeset.
     *
     * @throws MigrationException {@link Problem#REVISION_DEPLOYED}
     */
    public void requireNotDeployed(Status status) {
        String folder = master.recorded(revision.path()) + "/";
        List<String> deployed = status.changesets().stream()
                .filter(changeset -> changeset.executed() != null && changeset.file().startsWith(folder))
                .map(Status.Changeset::id).toList();
        if (!deployed.isEmpty()) {
            throw Diagnosis
                    .of(Problem.REVISION_DEPLOYED, "Cannot renumber " + master.nameOf(revision.path()) + ": it is deployed in "
                            + status.database())
                    .line("deployed: " + String.join(", ", deployed))
                    .help("renumber the other revision, or roll this one back there first");
        }
    }

    /** @throws MigrationException {@link Problem#UNSUPPORTED_CHANGELOG}, {@link Problem#OUTPUT_FILE} */
    public RenumberedRevision move() {
        String from = revision.revision();
        String to = revisions.next(revision.path());
        List<MasterChangelog.Include> all = master.includes();
        boolean last = all.subList(all.size() - includes.size(), all.size()).equals(includes);
        if (to.equals(from) && last) {
            return new RenumberedRevision(from, to, master.nameOf(revision.path()), List.of(), List.of(), List.of());
        }
        Path folder = master.directory().resolve(to + "-" + revision.slug());
        List<Path> included = includes.stream()
                .map(include -> folder.resolve(revision.path().relativize(master.fileOf(include)))).toList();
        Renamed renamed = new Renamed(folder, from, to);
        Map<String, byte[]> files = renamed.files();
        List<String> mentions = renamed.mentions();
        String text = master.moving(includes, included);
        if (folder.equals(revision.path())) {
            new RevisionFolder(master, folder).writeMaster(text);
        } else {
            new RevisionFolder(master, folder).write(files, text);
            deleteOld(folder);
        }
        return new RenumberedRevision(from, to, master.nameOf(revision.path()), included.stream().map(master::nameOf).toList(),
                List.copyOf(renamed.ids.values()), mentions);
    }

    private void deleteOld(Path folder) {
        try {
            RevisionFolder.delete(revision.path());
        } catch (IOException e) {
            throw Diagnosis.of(Problem.OUTPUT_FILE, "Cannot delete " + master.nameOf(revision.path()))
                    .whatStays("The revision is in " + master.nameOf(folder) + " now, and nothing includes the old folder.")
                    .line(e.toString()).cause(e).help("delete it by hand");
        }
    }

    /** The revision's files under its new number. */
    private final class Renamed {

        private final String from;
        private final String to;
        private final String fromPath;
        private final String toPath;
        private final Map<Path, String> yaml = new LinkedHashMap<>();
        /** The new ids by the old ones, in order. */
        private final Map<String, String> ids = new LinkedHashMap<>();

        Renamed(Path folder, String from, String to) {
            this.from = from;
            this.to = to;
            fromPath = master.recorded(revision.path()) + "/";
            toPath = master.recorded(folder) + "/";
            for (MasterChangelog.Include include : includes) {
                Path file = master.fileOf(include);
                Node document = revisions.document(file);
                if (document == null || YamlText.value(document, "databaseChangeLog") == null) {
                    throw unsupported(file, "only changesets in YAML can be renumbered");
                }
                if (!YamlText.having(document, "logicalFilePath").isEmpty()) {
                    throw unsupported(file, "its logicalFilePath would stay as it is");
                }
                yaml.put(file, MasterChangelog.readText(file, master.nameOf(file)));
                for (Node changeset : changesets(document)) {
                    String id = YamlText.text(changeset, "id");
                    if (id != null) {
                        ids.put(id, id.startsWith(from + "-") ? to + id.substring(from.length()) : id);
                    }
                }
            }
        }

        private static List<Node> changesets(Node document) {
            return YamlText.having(document, "changeSet").stream().map(item -> YamlText.value(item, "changeSet")).toList();
        }

        /** Every file of the folder by its path in it, as it is to be. */
        Map<String, byte[]> files() {
            Map<String, byte[]> files = new LinkedHashMap<>();
            try (Stream<Path> paths = Files.walk(revision.path())) {
                for (Path path : paths.filter(Files::isRegularFile).sorted().toList()) {
                    files.put(revision.path().relativize(path).toString(), yaml.containsKey(path)
                            ? renamed(path).getBytes(StandardCharsets.UTF_8) : Files.readAllBytes(path));
                }
                return files;
            } catch (IOException | UncheckedIOException e) {
                throw Diagnosis.of(Problem.INVALID_CHANGELOG, "Cannot read " + master.nameOf(revision.path()))
                        .line(e.toString()).cause(e).help("check its permissions");
            }
        }

        private String renamed(Path file) {
            String text = yaml.get(file);
            Node document = revisions.document(file);
            List<ScalarNode> tags = YamlText.having(document, "tagDatabase").stream()
                    .map(change -> YamlText.value(YamlText.value(change, "tagDatabase"), "tag"))
                    .filter(ScalarNode.class::isInstance).map(ScalarNode.class::cast).filter(tag -> tag.getValue().equals(from))
                    .toList();
            StringBuilder edited = new StringBuilder();
            int done = 0;
            for (ScalarNode scalar : YamlText.values(document)) {
                String is = scalar.getValue();
                String becomes = tags.contains(scalar) ? to : ids.getOrDefault(is, is.replace(fromPath, toPath));
                if (!becomes.equals(is)) {
                    // The marks count characters, not the chars of UTF-16.
                    int start = text.offsetByCodePoints(0, scalar.getStartMark().getIndex());
                    int end = text.offsetByCodePoints(0, scalar.getEndMark().getIndex());
                    String written = text.substring(start, end);
                    String rewritten = is.contains(fromPath) && !ids.containsKey(is) ? written.replace(fromPath, toPath)
                            : written.replace(is, becomes);
                    if (rewritten.equals(written)) {
                        throw unsupported(file,
                                "line " + (scalar.getStartMark().getLine() + 1) + " is written in a form that cannot be edited");
                    }
                    edited.append(comments(text.substring(done, start))).append(rewritten);
                    done = end;
                }
            }
            return edited.append(comments(text.substring(done))).toString();
        }

        /** Only comments that have a line of their own name the revision for certain. */
        private String comments(String text) {
            StringBuilder edited = new StringBuilder();
            for (String line : text.split("(?<=\n)", -1)) {
                edited.append(line.strip().startsWith("#") ? line.replaceAll("\\b" + from + "\\b", to) : line);
            }
            return edited.toString();
        }

        List<String> mentions() {
            List<String> mentions = new ArrayList<>();
            for (MasterChangelog.Include include : master.includes()) {
                Path file = master.fileOf(include);
                if (!file.startsWith(revision.path())) {
                    YamlText.values(revisions.document(file)).stream()
                            .filter(scalar -> ids.containsKey(scalar.getValue()) && !isAnId(scalar, file)
                                    || scalar.getValue().contains(fromPath))
                            .forEach(scalar -> mentions
                                    .add(master.nameOf(file) + ":" + (scalar.getStartMark().getLine() + 1) + ": "
                                            + scalar.getValue()));
                }
            }
            return mentions;
        }

        /** Whether the scalar is the id of a changeset of its own, as in the other branch. */
        private boolean isAnId(ScalarNode scalar, Path file) {
            return changesets(revisions.document(file)).stream().anyMatch(changeset -> YamlText.value(changeset, "id") == scalar);
        }

        private MigrationException unsupported(Path file, String why) {
            return Diagnosis.of(Problem.UNSUPPORTED_CHANGELOG, "Cannot renumber " + master.nameOf(file)).line(why)
                    .help("rename its folder, ids, tag and includes by hand");
        }
    }
}
