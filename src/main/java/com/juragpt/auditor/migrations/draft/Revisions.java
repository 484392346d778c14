package com.juragpt.auditor.migrations.draft;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.Problem;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.yaml.snakeyaml.nodes.Node;

/** The revisions that a changelog has, by the names beside its master and by the tags that its files set. */
final class Revisions {

    private static final Pattern NAME = Pattern.compile("([A-Za-z0-9_]+)-(.+?)(?:\\.ya?ml)?");
    private static final String NUMBER = "\\d+";
    private static final String FIRST = "001";

    private final MasterChangelog master;
    /** Each folder and file beside the master that is named after a revision. */
    private final List<Named> named;
    private final Map<Path, Node> documents = new HashMap<>();

    /**
     * @param revision the first part of its name
     * @param slug the rest of it
     */
    record Named(Path path, String revision, String slug) {}

    private Revisions(MasterChangelog master, List<Named> named) {
        this.master = master;
        this.named = named;
    }

    static Revisions of(MasterChangelog master) {
        List<Named> named = new ArrayList<>();
        try (Stream<Path> paths = Files.list(master.directory())) {
            for (Path path : paths.sorted().toList()) {
                Matcher name = NAME.matcher(path.getFileName().toString());
                if (name.matches() && (Files.isDirectory(path) || path.getFileName().toString().matches(".*\\.ya?ml"))) {
                    named.add(new Named(path, name.group(1), name.group(2)));
                }
            }
        } catch (IOException e) {
            throw Diagnosis.of(Problem.INVALID_CHANGELOG, "The folder " + master.directory() + " could not be read")
                    .line(e.toString()).cause(e).help("check its permissions");
        }
        return new Revisions(master, List.copyOf(named));
    }

    List<Named> named() {
        return named;
    }

    /** The next number after all but one of the revisions, with as many digits as they have. */
    String next(Path except) {
        TreeSet<BigInteger> numbers = new TreeSet<>();
        int width = 0;
        List<String> known =
                new ArrayList<>(named.stream().filter(each -> !each.path().equals(except)).map(Named::revision).toList());
        for (MasterChangelog.Include include : master.includes()) {
            if (except == null || !master.fileOf(include).startsWith(except)) {
                known.addAll(tagsOf(master.fileOf(include)));
            }
        }
        for (String revision : known) {
            if (revision.matches(NUMBER)) {
                numbers.add(new BigInteger(revision));
                width = Math.max(width, revision.length());
            }
        }
        if (numbers.isEmpty()) {
            return FIRST;
        }
        String next = numbers.last().add(BigInteger.ONE).toString();
        return "0".repeat(Math.max(0, width - next.length())) + next;
    }

    /** Where a revision of this tag is, if there is one. */
    Optional<String> place(String revision) {
        Optional<String> byName = named.stream().filter(each -> each.revision().equalsIgnoreCase(revision))
                .map(each -> master.nameOf(each.path())).findFirst();
        return byName.or(() -> master.includes().stream().map(master::fileOf)
                .filter(file -> tagsOf(file).stream().anyMatch(revision::equalsIgnoreCase)).map(master::nameOf).findFirst());
    }

    /** The greatest number in use, if the revision is a smaller one. */
    Optional<String> newerThan(String revision) {
        return !revision.matches(NUMBER) ? Optional.empty() : named.stream().map(Named::revision)
                .filter(each -> each.matches(NUMBER) && new BigInteger(each).compareTo(new BigInteger(revision)) > 0)
                .reduce((one, other) -> new BigInteger(one).compareTo(new BigInteger(other)) > 0 ? one : other);
    }

    /** The author of the changelog's last changesets, else the user of this machine. */
    String author() {
        List<MasterChangelog.Include> includes = master.includes();
        for (int i = includes.size() - 1; i >= 0; i--) {
            List<String> authors = YamlText.having(document(master.fileOf(includes.get(i))), "author").stream()
                    .map(changeset -> YamlText.text(changeset, "author")).filter(name -> name != null && !name.contains("${"))
                    .toList();
            if (!authors.isEmpty()) {
                return authors.get(authors.size() - 1);
            }
        }
        return System.getProperty("user.name", "author").toLowerCase(Locale.ROOT);
    }

    private List<String> tagsOf(Path file) {
        return YamlText.having(document(file), "tagDatabase").stream()
                .map(change -> YamlText.text(YamlText.value(change, "tagDatabase"), "tag")).filter(tag -> tag != null).toList();
    }

    /** A file as YAML; null if it is something else, or not there. */
    Node document(Path file) {
        if (!file.getFileName().toString().toLowerCase(Locale.ROOT).matches(".*\\.ya?ml") || !Files.isRegularFile(file)) {
            return null;
        }
        return documents.computeIfAbsent(file,
                path -> MasterChangelog.compose(MasterChangelog.readText(path, master.nameOf(path)),
                        master.nameOf(path)));
    }
}
