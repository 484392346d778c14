package com.juragpt.auditor.migrations.current;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/** Which files the classes of a class loader come from, and when each was written. */
final class ClassFiles {

    // More than there are classes in one project, and fewer than in a folder that is one by mistake.
    private static final int MOST = 20_000;

    private final TreeMap<String, String> all = new TreeMap<>();

    private ClassFiles() {
    }

    /**
     * Their names, times and sizes, those of its parents included.
     *
     * @return empty if some come from elsewhere than files, or that cannot be read
     */
    static Optional<String> of(ClassLoader loader) {
        if (System.getProperty("jdk.module.path") != null) {
            return Optional.empty();
        }
        ClassFiles files = new ClassFiles();
        try {
            for (ClassLoader l = loader; l != null && l != ClassLoader.getSystemClassLoader()
                    && l != ClassLoader.getPlatformClassLoader(); l = l.getParent()) {
                if (!(l instanceof URLClassLoader ofFiles)) {
                    return Optional.empty();
                }
                for (URL url : ofFiles.getURLs()) {
                    files.add(Path.of(url.toURI()));
                }
            }
            for (String file : System.getProperty("java.class.path", "").split(File.pathSeparator)) {
                if (!file.isEmpty()) {
                    files.addWithOthers(Path.of(file));
                }
            }
            return files.all.size() > MOST ? Optional.empty() : Optional.of(files.all.toString());
        } catch (IOException | UncheckedIOException | URISyntaxException | IllegalArgumentException
                | FileSystemNotFoundException e) {
            return Optional.empty();
        }
    }

    private void add(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            try (Stream<Path> files = Files.walk(file)) {
                for (Path each : files.filter(Files::isRegularFile).limit(MOST + 1).toList()) {
                    add(each);
                }
            }
        } else if (Files.exists(file)) {
            all.put(file.toAbsolutePath().toString(), Files.getLastModifiedTime(file) + " " + Files.size(file));
        }
    }

    /** A jar may name others in its manifest. */
    private void addWithOthers(Path file) throws IOException {
        boolean known = all.containsKey(file.toAbsolutePath().toString());
        add(file);
        if (known || !Files.isRegularFile(file)) {
            return;
        }
        try (JarFile jar = new JarFile(file.toFile())) {
            Manifest manifest = jar.getManifest();
            String others = manifest == null ? null : manifest.getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
            for (String other : others == null ? new String[0] : others.strip().split("\\s+")) {
                URI place = file.toUri().resolve(other);
                addWithOthers(Path.of(place));
            }
        }
    }
}
