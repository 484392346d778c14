package com.juragpt.auditor.migrations.draft;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.NewRevision;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.WrittenRevision;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes a new revision behind all others: its folder, its files, its tag, and their includes at the end of the master. */
public final class NewRevisionWriter {

    private static final String WITHOUT_TABLE = "changes.yaml";

    private final MasterChangelog master;
    private final String revision;
    private final String slug;
    private final String author;
    private final Path folder;

    /**
     * Prepares the revision, and writes nothing yet.
     *
     * @param folder the one that the changelog's paths are relative to
     * @param masterPath the path of the master in it
     * @throws MigrationException {@link Problem#INVALID_PARAMETER}, {@link Problem#INVALID_CHANGELOG},
     *     {@link Problem#UNSUPPORTED_CHANGELOG}, {@link Problem#REVISION_EXISTS}
     */
    public NewRevisionWriter(Path folder, String masterPath, NewRevision wanted) {
        slug = RevisionName.slug(wanted.name());
        RevisionName.tables(wanted.tables());
        String given = wanted.revision() == null ? null : RevisionName.tag(wanted.revision());
        master = MasterChangelog.read(folder, masterPath);
        master.requireIncludes();
        Revisions revisions = Revisions.of(master);
        Optional<Revisions.Named> sameName = revisions.named().stream().filter(each -> each.slug().equals(slug)).findFirst();
        if (given == null && sameName.isPresent()) {
            throw exists("Revision " + sameName.get().revision() + " is named '" + Template.words(slug) + "' already",
                    master.nameOf(sameName.get().path()), "take another name; or -Dmigrations.revision="
                            + revisions.next(null) + " for another revision of the same name");
        }
        revision = given == null ? revisions.next(null) : given;
        Optional<String> place = revisions.place(revision);
        if (place.isPresent()) {
            throw exists("Revision " + revision + " is there already", place.get(),
                    "without -Dmigrations.revision the next number is taken: "
                            + revisions.next(null));
        }
        revisions.newerThan(revision).ifPresent(newer -> {
            throw exists("Revision " + revision + " would come after revision " + newer,
                    "a new revision goes to the end of " + master.name(),
                    "without -Dmigrations.revision the next number is taken: " + revisions.next(null));
        });
        author = revisions.author();
        this.folder = master.directory().resolve(revision + "-" + slug);
    }

    private static MigrationException exists(String failure, String place, String help) {
        return Diagnosis.of(Problem.REVISION_EXISTS, failure).line(place).help(help);
    }

    String revision() {
        return revision;
    }

    String author() {
        return author;
    }

    /** Writes a file to fill in for each of the tables, or one where none is named. */
    public WrittenRevision writeTemplates(List<String> tables) {
        Map<String, String> files = new LinkedHashMap<>();
        tables.forEach(table -> files.put(RevisionName.file(table), Template.toFillIn(revision, slug, table, author)));
        if (files.isEmpty()) {
            files.put(WITHOUT_TABLE, Template.toFillIn(revision, slug, null, author));
        }
        return write(files);
    }

    /** @param files the text of each, by its name, in the order in which they are included; the tag's is added */
    WrittenRevision write(Map<String, String> files) {
        Map<String, byte[]> all = new LinkedHashMap<>();
        withTag(files).forEach((name, text) -> all.put(name, text.getBytes(StandardCharsets.UTF_8)));
        new RevisionFolder(master, folder).write(all, masterText(files));
        return new WrittenRevision(revision, paths(files).keySet().stream().map(master::nameOf).toList(), master.name());
    }

    /** The text of each file and of the tag's, by their paths to be. */
    Map<Path, String> paths(Map<String, String> files) {
        Map<Path, String> paths = new LinkedHashMap<>();
        withTag(files).forEach((name, text) -> paths.put(folder.resolve(name), text));
        return paths;
    }

    /** The master that includes them. */
    String masterText(Map<String, String> files) {
        return master.including(List.copyOf(paths(files).keySet()));
    }

    private Map<String, String> withTag(Map<String, String> files) {
        Map<String, String> all = new LinkedHashMap<>(files);
        all.put(Template.TAG_FILE, Template.tag(revision, slug, author));
        return all;
    }
}
