package com.juragpt.auditor.migrations.changelog;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import liquibase.Scope;
import liquibase.resource.AbstractResourceAccessor;
import liquibase.resource.OpenOptions;
import liquibase.resource.Resource;
import liquibase.resource.ResourceAccessor;

/**
 * The files of a changelog, with a record of all that was asked of them and what came of it: which files were looked for, which were
 * found, and a digest of each that was read. As long as the same questions have the same answers, reading the changelog again can
 * only give the same.
 */
public final class ReadFiles extends AbstractResourceAccessor {

    // A table of values to load may be longer. It is read as ever, and only not recorded.
    private static final int LONG = 8 << 20;

    private enum Kind {
        FILE, FOLDER, TREE, CHILD, SIBLING
    }

    /** @param base the file that the path is relative to; null for none */
    private record Question(Kind kind, URI base, String path) {

        /** @param known files that were found before */
        List<Resource> ask(ResourceAccessor files, Map<URI, Resource> known) throws IOException {
            return switch (kind) {
                case FILE -> files.getAll(path);
                case FOLDER -> files.search(path, false);
                case TREE -> files.search(path, true);
                case CHILD -> List.of(known.get(base).resolve(path));
                case SIBLING -> List.of(known.get(base).resolveSibling(path));
            };
        }
    }

    private final ResourceAccessor files;
    private final Map<Question, List<URI>> found = new LinkedHashMap<>();
    private final Map<URI, Boolean> existence = new LinkedHashMap<>();
    private final Map<URI, String> digests = new LinkedHashMap<>();
    private boolean incomplete;

    /** @param files stays the caller's to close */
    public ReadFiles(ResourceAccessor files) {
        this.files = files;
    }

    /** The record that the present call keeps of these files; empty if its own are others. */
    public static Optional<ReadFiles> current(ResourceAccessor files) {
        return Scope.getCurrentScope().getResourceAccessor() instanceof ReadFiles record && record.files == files
                ? Optional.of(record) : Optional.empty();
    }

    /**
     * Whether the same files are found elsewhere, or later, with the same content. False too if something was read that the record
     * has no room for, or if a file changed while the changelog was read.
     */
    public synchronized boolean areAs(ResourceAccessor others) throws IOException {
        if (incomplete) {
            return false;
        }
        Map<URI, Resource> known = new HashMap<>();
        for (Map.Entry<Question, List<URI>> entry : found.entrySet()) {
            List<Resource> now = entry.getKey().ask(others, known);
            if (!uris(now).equals(entry.getValue())) {
                return false;
            }
            if (now != null) {
                now.forEach(file -> known.put(file.getUri(), file));
            }
        }
        for (Map.Entry<URI, Boolean> entry : existence.entrySet()) {
            if (known.get(entry.getKey()).exists() != entry.getValue()) {
                return false;
            }
        }
        for (Map.Entry<URI, String> entry : digests.entrySet()) {
            if (!digest(known.get(entry.getKey())).equals(entry.getValue())) {
                return false;
            }
        }
        return true;
    }

    private static String digest(Resource file) throws IOException {
        try (InputStream stream = file.openInputStream()) {
            return digest(stream.readAllBytes());
        }
    }

    private static String digest(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static List<URI> uris(List<Resource> resources) {
        return resources == null ? List.of() : resources.stream().map(Resource::getUri).toList();
    }

    @Override
    public List<Resource> search(String path, boolean recursive) throws IOException {
        Question question = new Question(recursive ? Kind.TREE : Kind.FOLDER, null, path);
        return recorded(question, question.ask(files, Map.of()));
    }

    @Override
    public List<Resource> getAll(String path) throws IOException {
        Question question = new Question(Kind.FILE, null, path);
        return recorded(question, question.ask(files, Map.of()));
    }

    private synchronized List<Resource> recorded(Question question, List<Resource> answer) {
        List<URI> before = found.put(question, uris(answer));
        incomplete |= before != null && !before.equals(uris(answer));
        if (answer == null) {
            return null;
        }
        List<Resource> recorded = new ArrayList<>();
        answer.forEach(file -> recorded.add(new ReadFile(file)));
        return recorded;
    }

    private synchronized boolean exists(Resource file) {
        Boolean before = existence.put(file.getUri(), file.exists());
        incomplete |= before != null && !before.equals(existence.get(file.getUri()));
        return existence.get(file.getUri());
    }

    private synchronized void read(URI file, byte[] content) {
        String before = digests.put(file, digest(content));
        incomplete |= before != null && !before.equals(digests.get(file));
    }

    private synchronized void lose() {
        incomplete = true;
    }

    @Override
    public List<String> describeLocations() {
        return files.describeLocations();
    }

    @Override
    public void close() {
        // The files stay their owner's.
    }

    private final class ReadFile implements Resource {

        private final Resource file;

        ReadFile(Resource file) {
            this.file = file;
        }

        @Override
        public String getPath() {
            return file.getPath();
        }

        @Override
        public InputStream openInputStream() throws IOException {
            InputStream stream = file.openInputStream();
            try {
                byte[] begin = stream.readNBytes(LONG);
                if (begin.length == LONG) {
                    lose();
                    return new SequenceInputStream(new ByteArrayInputStream(begin), stream);
                }
                stream.close();
                read(getUri(), begin);
                return new ByteArrayInputStream(begin);
            } catch (IOException | RuntimeException e) {
                stream.close();
                throw e;
            }
        }

        @Override
        public boolean isWritable() {
            return file.isWritable();
        }

        @Override
        public boolean exists() {
            return ReadFiles.this.exists(file);
        }

        @Override
        public Resource resolve(String other) {
            return recorded(new Question(Kind.CHILD, getUri(), other), List.of(file.resolve(other))).get(0);
        }

        @Override
        public Resource resolveSibling(String other) {
            return recorded(new Question(Kind.SIBLING, getUri(), other), List.of(file.resolveSibling(other))).get(0);
        }

        @Override
        public OutputStream openOutputStream(OpenOptions options) throws IOException {
            return file.openOutputStream(options);
        }

        @Override
        public URI getUri() {
            return file.getUri();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof ReadFile that ? file.equals(that.file) : file.equals(other);
        }

        @Override
        public int hashCode() {
            return file.hashCode();
        }

        @Override
        public String toString() {
            return file.toString();
        }
    }
}
