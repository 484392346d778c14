package com.juragpt.auditor.migrations.testing;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import liquibase.resource.DirectoryResourceAccessor;

/** The module's changelog in a folder of its own, for a test to write into. */
public final class ChangelogCopy {

    private final Path root;

    private ChangelogCopy(Path root) {
        this.root = root;
    }

    /** @param root an empty folder */
    public static ChangelogCopy in(Path root) {
        ChangelogCopy copy = new ChangelogCopy(root);
        try (Stream<Path> files = Files.walk(ChangelogRunner.CHECKOUT.resolve("changelog"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                copy.write(ChangelogRunner.CHECKOUT.relativize(file).toString(), Files.readString(file));
            }
            return copy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path root() {
        return root;
    }

    /** The defaults with this changelog. */
    public MigrationOptions options() {
        try {
            return MigrationOptions.defaults().withChangelog(ChangelogRunner.MASTER, new DirectoryResourceAccessor(root));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String read(String file) {
        try {
            return Files.readString(root.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void write(String file, String text) {
        try {
            Path path = root.resolve(file);
            Files.createDirectories(path.getParent());
            Files.writeString(path, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Replaces a part of a file that must be there. */
    public void edit(String file, String part, String replacement) {
        String text = read(file);
        if (!text.contains(part)) {
            throw new IllegalArgumentException(file + " does not contain: " + part);
        }
        write(file, text.replace(part, replacement));
    }

    /** Every file with its content, and every folder. */
    public Map<String, String> contents() {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.toList()) {
                contents.put(root.relativize(path).toString(), Files.isDirectory(path) ? "a folder" : Files.readString(path));
            }
            return contents;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
