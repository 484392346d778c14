package com.juragpt.auditor.migrations.draft;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.Comparator;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Writes the folder of a revision and the master that includes its files: all of it or nothing. Everything is written under other
 * names first; then the folder gets its name, and last the master.
 */
final class RevisionFolder {

    private final MasterChangelog master;
    private final Path folder;

    /** @param folder to be made, beside the master */
    RevisionFolder(MasterChangelog master, Path folder) {
        this.master = master;
        this.folder = folder;
    }

    /**
     * @param files the bytes of each, by its path in the folder
     * @param masterText what the master is to say
     * @throws MigrationException {@link Problem#OUTPUT_FILE}, {@link Problem#REVISION_EXISTS}; nothing is written then
     */
    void write(Map<String, byte[]> files, String masterText) {
        Path newFolder = temporary(folder);
        Path newMaster = temporary(master.file());
        boolean named = false;
        try {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                Path path = newFolder.resolve(file.getKey());
                Files.createDirectories(path.getParent());
                Files.write(path, file.getValue());
            }
            prepare(newMaster, masterText);
            if (Files.exists(folder)) {
                throw new FileAlreadyExistsException(folder.toString());
            }
            Files.move(newFolder, folder);
            named = true;
            // What a link leads to is replaced, not the link.
            Files.move(newMaster, master.file().toRealPath(), StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw deleting(e, newMaster, named ? folder : newFolder);
        }
    }

    /** Writes the master alone. */
    void writeMaster(String masterText) {
        Path newMaster = temporary(master.file());
        try {
            prepare(newMaster, masterText);
            replaceMaster(newMaster);
        } catch (IOException e) {
            throw deleting(e, newMaster);
        }
    }

    private Path temporary(Path path) {
        return path.resolveSibling("." + path.getFileName() + "." + UUID.randomUUID().toString().substring(0, 8));
    }

    private void prepare(Path newMaster, String text) throws IOException {
        Files.write(newMaster, text.getBytes(StandardCharsets.UTF_8));
        copyPermissions(newMaster);
        requireUnchanged();
    }

    private void replaceMaster(Path newMaster) throws IOException {
        // What a link leads to is replaced, not the link.
        Files.move(newMaster, master.file().toRealPath(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private MigrationException deleting(IOException e, Path... written) {
        MigrationException failure = failure(e);
        for (Path path : written) {
            try {
                delete(path);
            } catch (IOException left) {
                failure.addSuppressed(left);
            }
        }
        return failure;
    }

    private void requireUnchanged() throws IOException {
        if (!Files.readString(master.file()).equals(master.text())) {
            throw new IOException(master.name() + " was changed by somebody else meanwhile");
        }
        if (!Files.isWritable(master.file())) {
            throw new IOException(master.name() + " may not be written");
        }
    }

    private void copyPermissions(Path newMaster) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(master.file(), PosixFileAttributeView.class);
        if (view != null) {
            Files.setPosixFilePermissions(newMaster, view.readAttributes().permissions());
        }
    }

    private MigrationException failure(IOException e) {
        return Diagnosis.of(Problem.OUTPUT_FILE, "Cannot write the revision " + master.nameOf(folder))
                .line(e.toString()).cause(e).help("make the folder " + master.directory() + " writable, then run it again");
    }

    /** Deletes a folder or file with all that is in it, if it is there. */
    static void delete(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(path)) {
            for (Path each : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
