package com.juragpt.auditor.migrations.maven;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import liquibase.resource.DirectoryResourceAccessor;
import liquibase.resource.PathResource;
import liquibase.resource.Resource;
import liquibase.resource.ResourceAccessor;

/**
 * The files of a folder, found where {@link DirectoryResourceAccessor} finds them. That one starts all of Liquibase by being made; a
 * run that has nothing to do asks for plain files and folders alone, and those are found without it.
 */
final class FolderFiles implements ResourceAccessor {

    /** A path that means one file, whatever Liquibase is set to allow. */
    private static final Pattern PLAIN = Pattern.compile("[\\w-][\\w.-]*(/[\\w-][\\w.-]*)*");

    private final Path root;
    private DirectoryResourceAccessor all;

    /** @param folder one that is there */
    FolderFiles(Path folder) {
        root = folder.normalize().toAbsolutePath();
    }

    @Override
    public List<Resource> getAll(String path) throws IOException {
        if (path == null || !PLAIN.matcher(path).matches()) {
            return all().getAll(path);
        }
        List<Resource> found = new ArrayList<>();
        Path file = root.resolve(path);
        if (Files.exists(file)) {
            // Whether a link may lead out of the folder is a setting of Liquibase.
            if (!isReally(file, path)) {
                return all().getAll(path);
            }
            found.add(new PathResource(path, file));
        }
        return found;
    }

    private boolean isReally(Path file, String path) {
        try {
            return file.toRealPath().equals(root.toRealPath().resolve(path));
        } catch (IOException gone) {
            return false;
        }
    }

    @Override
    public List<Resource> search(String path, SearchOptions options) throws IOException {
        return all().search(path, options);
    }

    @Override
    public List<Resource> search(String path, boolean recursive) throws IOException {
        Optional<List<Resource>> below = recursive && path != null ? below(path.replaceFirst("/$", "")) : Optional.empty();
        return below.isPresent() ? below.get() : all().search(path, recursive);
    }

    /** The files below a folder, unless there are links or anything else about it that is Liquibase's to decide. */
    private Optional<List<Resource>> below(String path) {
        if (!PLAIN.matcher(path).matches()) {
            return Optional.empty();
        }
        Path start = root.resolve(path);
        if (!isReally(start, path) || !Files.isDirectory(start)) {
            return Optional.empty();
        }
        try (Stream<Path> walk = Files.walk(start)) {
            List<Path> found = walk.toList();
            return found.stream().anyMatch(Files::isSymbolicLink) ? Optional.empty()
                    : Optional.of(found.stream().filter(Files::isRegularFile).map(this::resource).toList());
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    private Resource resource(Path file) {
        return new PathResource(root.relativize(file).toString().replace('\\', '/'), file);
    }

    @Override
    public List<String> describeLocations() {
        return List.of(root.toString());
    }

    private synchronized DirectoryResourceAccessor all() throws IOException {
        if (all == null) {
            all = new DirectoryResourceAccessor(root);
        }
        return all;
    }

    @Override
    public void close() {
        // It holds nothing, and neither does Liquibase's.
    }

    @Override
    public String toString() {
        return root.toString();
    }
}
