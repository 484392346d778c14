package com.juragpt.auditor.migrations.draft;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** A master changelog in YAML, whose includes are edited as text, so that its comments, blank lines and order stay as they are. */
final class MasterChangelog {

    private static final String LIST = "databaseChangeLog";
    private static final String RELATIVE = "relativeToChangelogFile";

    private final Path folder;
    private final Path file;
    private final String name;
    private final String text;
    private final String lineEnd;
    private final SequenceNode items;
    private final int lineOfList;
    private final List<String> lines;
    private final List<Include> includes;
    private final Path root;

    /**
     * An include of the master.
     *
     * @param path as it is written
     * @param relative whether it is meant from the master's folder
     * @param firstLine of its item, from 0
     * @param lastLine of its item
     * @param indent of its item
     * @param fileStyle how its path is quoted
     * @param block whether its attributes stand on lines of their own
     */
    record Include(String path, boolean relative, int firstLine, int lastLine, int indent, DumperOptions.ScalarStyle fileStyle,
            boolean block) {}

    private MasterChangelog(Path folder, Path file, String text) {
        this.folder = folder;
        this.file = file;
        this.text = text;
        name = slashes(folder.relativize(file));
        lineEnd = text.contains("\r\n") ? "\r\n" : "\n";
        lines = List.of(text.split("\\R", -1));
        Node document = compose(text, name);
        Node list = YamlText.value(document, LIST);
        if (list == null) {
            throw unsupported("it has no " + LIST);
        }
        boolean empty = list instanceof ScalarNode && list.getTag().equals(Tag.NULL);
        if (!empty && !(list instanceof SequenceNode sequence && sequence.getFlowStyle() == DumperOptions.FlowStyle.BLOCK)) {
            throw unsupported("its " + LIST + " is not a list with an item on each line");
        }
        items = empty ? null : (SequenceNode) list;
        lineOfList = lineOf(document);
        includes = empty ? List.of() : items.getValue().stream().flatMap(this::include).toList();
        root = findRoot();
    }

    /**
     * @param folder the one that the changelog's paths are relative to
     * @param master the path of the master in it
     * @throws MigrationException {@link Problem#INVALID_CHANGELOG} if it is not there or no YAML,
     *     {@link Problem#UNSUPPORTED_CHANGELOG} if it has another form
     */
    static MasterChangelog read(Path folder, String master) {
        Path base = folder.toAbsolutePath().normalize();
        Path file = base.resolve(master).normalize();
        if (!Files.isRegularFile(file)) {
            throw Diagnosis.of(Problem.INVALID_CHANGELOG, "There is no changelog " + master + " in " + base)
                    .help("go to the folder of the project, or name its master: -Dliquibase.changeLogFile=" + master);
        }
        String lower = file.getFileName().toString().toLowerCase(Locale.ROOT);
        if (!lower.endsWith(".yaml") && !lower.endsWith(".yml")) {
            throw unsupported(master, "it is not YAML, and only includes in YAML can be written here");
        }
        if (!file.startsWith(base)) {
            throw unsupported(master, "it lies outside of " + base);
        }
        return new MasterChangelog(base, file, readText(file, master));
    }

    static String readText(Path file, String name) {
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw Diagnosis.of(Problem.INVALID_CHANGELOG, "The changelog " + name + " could not be read")
                    .line("it is not in UTF-8")
                    .cause(e).help("convert it: iconv -f ISO-8859-1 -t UTF-8");
        } catch (IOException e) {
            throw Diagnosis.of(Problem.INVALID_CHANGELOG, "The changelog " + name + " could not be read").line(e.toString())
                    .cause(e)
                    .help("check the file's permissions");
        }
    }

    static Node compose(String text, String name) {
        try {
            return YamlText.compose(text);
        } catch (YAMLException e) {
            throw Diagnosis.of(Problem.INVALID_CHANGELOG, "The changelog " + name + " could not be read").line(e.getMessage())
                    .cause(e)
                    .help("fix the file, then run it again");
        }
    }

    private int lineOf(Node document) {
        for (NodeTuple tuple : ((MappingNode) document).getValue()) {
            if (tuple.getKeyNode() instanceof ScalarNode key && key.getValue().equals(LIST)) {
                return key.getStartMark().getLine();
            }
        }
        throw new IllegalStateException();
    }

    private Stream<Include> include(Node item) {
        Node value = YamlText.value(item, "include");
        String path = YamlText.text(value, "file");
        if (path == null) {
            return Stream.empty();
        }
        ScalarNode written = (ScalarNode) YamlText.value(value, "file");
        boolean relative = "true".equals(YamlText.text(value, RELATIVE));
        return Stream.of(new Include(path, relative, item.getStartMark().getLine(), YamlText.lastLine(item),
                indentOf(item), written.getScalarStyle(),
                ((MappingNode) value).getFlowStyle() == DumperOptions.FlowStyle.BLOCK));
    }

    /** The folder that the includes are relative to: this one, or one between it and the master where the includes begin there. */
    private Path findRoot() {
        List<Path> candidates = new ArrayList<>(List.of(folder));
        for (Path each = directory(); !each.equals(folder); each = each.getParent()) {
            candidates.add(1, each);
        }
        return candidates.stream().filter(candidate -> includes.stream()
                .anyMatch(include -> !include.relative() && Files.isRegularFile(candidate.resolve(include.path()))))
                .findFirst().orElse(folder);
    }

    /** The folder that the paths which Liquibase records are relative to. */
    Path root() {
        return root;
    }

    /** Its path, relative to the folder and with slashes. */
    String name() {
        return name;
    }

    Path file() {
        return file;
    }

    String text() {
        return text;
    }

    /** The folder that it lies in, and where its revisions are. */
    Path directory() {
        return file.getParent();
    }

    List<Include> includes() {
        return includes;
    }

    /** The file of an include. */
    Path fileOf(Include include) {
        return (include.relative() ? directory() : root).resolve(include.path()).normalize();
    }

    /** A path of the folder as messages have it. */
    String nameOf(Path path) {
        return slashes(folder.relativize(path));
    }

    /** A path as Liquibase records it. */
    String recorded(Path path) {
        return slashes(root.relativize(path));
    }

    /**
     * Refuses a master that a new revision cannot be written into.
     *
     * @throws MigrationException {@link Problem#UNSUPPORTED_CHANGELOG}
     */
    void requireIncludes() {
        if (items != null && items.getValue().stream().anyMatch(item -> YamlText.value(item, "includeAll") != null)) {
            throw unsupported(
                    "it has includeAll, which takes files in the order of their names, and a revision's tag must come last");
        }
    }

    /** The text with these files included at its end. */
    String including(List<Path> files) {
        return edited(List.of(), files);
    }

    /** The text without these includes, and with these files at its end. The comment over the first of them goes along. */
    String moving(List<Include> away, List<Path> files) {
        return edited(away, files);
    }

    private String edited(List<Include> away, List<Path> files) {
        Set<Integer> gone = new TreeSet<>();
        List<String> added = new ArrayList<>();
        if (!away.isEmpty()) {
            int first = away.get(0).firstLine();
            int heading = first;
            while (heading > lineOfList + 1 && lines.get(heading - 1).strip().startsWith("#")) {
                heading--;
            }
            if (lines.get(heading - 1).isBlank()) {
                IntStream.range(heading, first).forEach(gone::add);
                added.addAll(lines.subList(heading, first));
            }
            away.forEach(include -> IntStream.rangeClosed(include.firstLine(), include.lastLine()).forEach(gone::add));
        }
        files.forEach(file -> added.addAll(include(file)));
        int end = items == null ? lineOfList : YamlText.lastLine(items);
        List<String> edited = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            // Of the two blank lines around what goes, one stays.
            boolean blankTooMany = gone.contains(i - 1) && lines.get(i).isBlank() && isBlank(edited);
            if (!gone.contains(i) && !blankTooMany) {
                edited.add(lines.get(i));
            }
            if (i == end) {
                while (isBlank(edited)) {
                    edited.remove(edited.size() - 1);
                }
                if (items != null) {
                    edited.add("");
                }
                edited.addAll(added);
            }
        }
        if (!isBlank(edited)) {
            edited.add("");
        }
        return String.join(lineEnd, edited);
    }

    private static boolean isBlank(List<String> written) {
        return !written.isEmpty() && written.get(written.size() - 1).isBlank();
    }

    /** An include in the form of the last one. */
    private List<String> include(Path included) {
        Include last = includes.isEmpty() ? new Include("", false, 0, 0, items == null ? 2 : indentOf(items.getValue().get(0)),
                DumperOptions.ScalarStyle.PLAIN, false) : includes.get(includes.size() - 1);
        String path = slashes((last.relative() ? directory() : root).relativize(included));
        String written = switch (last.fileStyle()) {
            case SINGLE_QUOTED -> "'" + path.replace("'", "''") + "'";
            case DOUBLE_QUOTED -> "\"" + path + "\"";
            default -> YamlText.scalar(path);
        };
        String indent = " ".repeat(last.indent());
        if (last.block()) {
            Stream<String> start = Stream.of(indent + "- include:", indent + "    file: " + written);
            return (last.relative() ? Stream.concat(start, Stream.of(indent + "    " + RELATIVE + ": true")) : start).toList();
        }
        return List.of(indent + "- include: {file: " + written + (last.relative() ? ", " + RELATIVE + ": true" : "") + "}");
    }

    private int indentOf(Node item) {
        return lines.get(item.getStartMark().getLine()).indexOf('-');
    }

    private MigrationException unsupported(String why) {
        return unsupported(name, why);
    }

    private static MigrationException unsupported(String master, String why) {
        return Diagnosis.of(Problem.UNSUPPORTED_CHANGELOG, "Cannot write a revision into " + master).line(why)
                .help("write its files and its includes by hand, with the tag last");
    }

    private static String slashes(Path path) {
        return path.toString().replace('\\', '/');
    }
}
