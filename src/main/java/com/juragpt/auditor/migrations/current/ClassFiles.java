package com.juragpt.auditor.migrations.current;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Which files the classes of a class loader come from, and when each was written. */
final class ClassFiles {

    private ClassFiles() {
    }

    /**
     * Their names, times and sizes, those of its parents included.
     *
     * @return empty if some come from elsewhere than files
     */
    static Optional<String> of(ClassLoader loader) {
        List<String> all = new ArrayList<>();
        try {
            for (ClassLoader l = loader; l != null && l != ClassLoader.getSystemClassLoader()
                    && l != ClassLoader.getPlatformClassLoader(); l = l.getParent()) {
                if (!(l instanceof URLClassLoader ofFiles)) {
                    return Optional.empty();
                }
                for (URL url : ofFiles.getURLs()) {
                    add(Path.of(url.toURI()), all);
                }
            }
            for (String file : System.getProperty("java.class.path", "").split(File.pathSeparator)) {
                add(Path.of(file), all);
            }
            return Optional.of(all.toString());
        } catch (IOException | URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
            return Optional.empty();
        }
    }

    private static void add(Path file, List<String> all) throws IOException {
        if (Files.isDirectory(file)) {
            try (Stream<Path> files = Files.walk(file)) {
                for (Path each : files.filter(Files::isRegularFile).sorted().toList()) {
                    add(each, all);
                }
            }
        } else if (Files.exists(file)) {
            all.add(file.toAbsolutePath() + " " + Files.getLastModifiedTime(file) + " " + Files.size(file));
        }
    }
}
