package com.juragpt.auditor.migrations.changelog;

import com.juragpt.auditor.migrations.changelog.AskedFiles.Kind;
import com.juragpt.auditor.migrations.changelog.AskedFiles.Question;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import liquibase.Scope;
import liquibase.resource.AbstractResourceAccessor;
import liquibase.resource.OpenOptions;
import liquibase.resource.Resource;
import liquibase.resource.ResourceAccessor;

/** The files of a changelog, with a record of all that was asked of them and what came of it. */
public final class ReadFiles extends AbstractResourceAccessor {

    // The classes that an includeAll asks which files count and in which order; an escape could hide one.
    private static final Pattern CLASSES = Pattern.compile("\\b(?:filter|resourceFilter|resourceComparator)\\b|&#|\\\\[xu]",
            Pattern.CASE_INSENSITIVE);

    // In SQL these words and escapes mean something else.
    private static final Pattern NAMES_NO_CLASS = Pattern.compile("\\.(?:sql|csv)$", Pattern.CASE_INSENSITIVE);

    private final ResourceAccessor files;
    private final Map<Question, List<URI>> found = new LinkedHashMap<>();
    private final Map<URI, Boolean> existence = new LinkedHashMap<>();
    private final Map<URI, String> digests = new LinkedHashMap<>();
    private boolean incomplete;
    private boolean askedElsewhere;

    /** @param files stays the caller's to close */
    public ReadFiles(ResourceAccessor files) {
        this.files = files;
    }

    /** The record that the present call keeps of these files; empty if its own are others. */
    public static Optional<ReadFiles> current(ResourceAccessor files) {
        return Scope.getCurrentScope().getResourceAccessor() instanceof ReadFiles record && record.files == files
                ? Optional.of(record) : Optional.empty();
    }

    /** These files with the record that the present call keeps of them, or without one. */
    public static ResourceAccessor recorded(ResourceAccessor files) {
        return current(files).map(ResourceAccessor.class::cast).orElse(files);
    }

    /** What was asked; empty if something was read that the record has no room for, or if a file changed in between. */
    public synchronized Optional<AskedFiles> asked() {
        return incomplete ? Optional.empty() : Optional.of(new AskedFiles(found, existence, digests));
    }

    /**
     * Whether what the files say may depend on more than their content: on the value of a property, or on what a class answers that
     * chooses among files.
     */
    public synchronized boolean dependOnMore() {
        return askedElsewhere;
    }

    /** Called when they have used a property. */
    synchronized void askedElsewhere() {
        askedElsewhere = true;
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
        List<URI> before = found.put(question, AskedFiles.uris(answer));
        incomplete |= before != null && !before.equals(AskedFiles.uris(answer));
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
        String before = digests.put(file, AskedFiles.digest(content));
        // Without the zeros that UTF-16 has between the characters.
        askedElsewhere |= !NAMES_NO_CLASS.matcher(String.valueOf(file)).find()
                && CLASSES.matcher(new String(content, StandardCharsets.ISO_8859_1).replace("\0", "")).find();
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
            // Liquibase takes the class for the sign that it need not unzip the content itself.
            boolean unzips = stream instanceof GZIPInputStream;
            try {
                byte[] begin = stream.readNBytes(AskedFiles.LONG);
                if (begin.length == AskedFiles.LONG) {
                    // It is read as ever, and only not recorded.
                    lose();
                    if (unzips) {
                        stream.close();
                        return file.openInputStream();
                    }
                    return new SequenceInputStream(new ByteArrayInputStream(begin), stream);
                }
                stream.close();
                read(getUri(), begin);
                return unzips ? new GZIPInputStream(new ByteArrayInputStream(zipped(begin))) : new ByteArrayInputStream(begin);
            } catch (IOException | RuntimeException e) {
                stream.close();
                throw e;
            }
        }

        private static byte[] zipped(byte[] content) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
                zip.write(content);
            }
            return bytes.toByteArray();
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
