package com.juragpt.auditor.migrations.changelog;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import liquibase.resource.Resource;
import liquibase.resource.ResourceAccessor;

/**
 * Everything that was asked of the files of a changelog, with a digest of all answers. As long as the same questions have the same
 * answers, reading the changelog again can only give the same.
 *
 * @param questions where files were looked for, in that order
 * @param existence the files that were asked whether they are there
 * @param read the files whose content was read
 * @param answers the digest
 */
public record AskedFiles(List<Question> questions, List<URI> existence, List<URI> read, String answers) {

    /** As many bytes are not read to compare: a table of values to load may be longer. */
    static final int LONG = 8 << 20;

    private static final String NO_BASE = "-";

    enum Kind {
        FILE, FOLDER, TREE, CHILD, SIBLING
    }

    /** @param base the file that the path is relative to; null for none */
    record Question(Kind kind, URI base, String path) {

        /** @param known files that were found before */
        List<Resource> ask(ResourceAccessor files, Map<URI, Resource> known) throws IOException {
            return switch (kind) {
                case FILE -> files.getAll(path);
                case FOLDER -> files.search(path, false);
                case TREE -> files.search(path, true);
                case CHILD -> List.of(existing(base, known).resolve(path));
                case SIBLING -> List.of(existing(base, known).resolveSibling(path));
            };
        }

        // Java makes these three of a record when they are first asked for, which took ten milliseconds of a run with nothing to do.
        // The last one is part of what the digest is of.
        @Override
        public boolean equals(Object other) {
            return other instanceof Question that && kind == that.kind && Objects.equals(base, that.base)
                    && path.equals(that.path);
        }

        @Override
        public int hashCode() {
            return Objects.hash(kind, base, path);
        }

        @Override
        public String toString() {
            return kind + " " + base + " " + path;
        }
    }

    AskedFiles(Map<Question, List<URI>> found, Map<URI, Boolean> existence, Map<URI, String> digests) {
        this(List.copyOf(found.keySet()), List.copyOf(existence.keySet()), List.copyOf(digests.keySet()),
                digest(found, existence, digests));
    }

    /** Whether the same files are found elsewhere, or later, with the same content. */
    public boolean areAs(ResourceAccessor others) throws IOException {
        Map<URI, Resource> known = new HashMap<>();
        Map<Question, List<URI>> found = new LinkedHashMap<>();
        Map<URI, Boolean> exist = new LinkedHashMap<>();
        Map<URI, String> digests = new LinkedHashMap<>();
        try {
            for (Question question : questions) {
                List<Resource> now = question.ask(others, known);
                found.put(question, uris(now));
                if (now != null) {
                    now.forEach(file -> known.put(file.getUri(), file));
                }
            }
            for (URI file : existence) {
                exist.put(file, existing(file, known).exists());
            }
            for (URI file : read) {
                try (InputStream stream = existing(file, known).openInputStream()) {
                    digests.put(file, digest(stream.readNBytes(LONG)));
                }
            }
        } catch (FileNotFoundException gone) {
            return false;
        }
        return digest(found, exist, digests).equals(answers);
    }

    private static Resource existing(URI file, Map<URI, Resource> known) throws FileNotFoundException {
        if (!known.containsKey(file)) {
            throw new FileNotFoundException(file.toString());
        }
        return known.get(file);
    }

    static List<URI> uris(List<Resource> resources) {
        return resources == null ? List.of() : resources.stream().map(Resource::getUri).toList();
    }

    static String digest(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** SHA-256, in hexadecimal digits. */
    public static String digest(String text) {
        return digest(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String digest(Map<Question, List<URI>> found, Map<URI, Boolean> existence, Map<URI, String> digests) {
        return digest(found + "\n" + existence + "\n" + digests);
    }

    /** As text, a line for each question, for {@link #ofLines}. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        questions.forEach(question -> lines.add(question.kind() + " "
                + (question.base() == null ? NO_BASE : question.base()) + " "
                + URLEncoder.encode(question.path(), StandardCharsets.UTF_8)));
        existence.forEach(file -> lines.add("EXISTS " + file));
        read.forEach(file -> lines.add("READ " + file));
        return lines;
    }

    /**
     * The questions of the lines, and the digest of their answers.
     *
     * @throws IllegalArgumentException they are not as {@link #lines} writes them
     */
    public static AskedFiles ofLines(List<String> lines, String answers) {
        List<Question> questions = new ArrayList<>();
        List<URI> existence = new ArrayList<>();
        List<URI> read = new ArrayList<>();
        for (String line : lines) {
            String[] words = line.split(" ", -1);
            if (words.length == 2) {
                (words[0].equals("READ") ? read : existence).add(URI.create(words[1]));
            } else if (words.length == 3) {
                questions.add(new Question(Kind.valueOf(words[0]), words[1].equals(NO_BASE) ? null : URI.create(words[1]),
                        URLDecoder.decode(words[2], StandardCharsets.UTF_8)));
            } else {
                throw new IllegalArgumentException(line);
            }
        }
        return new AskedFiles(questions, existence, read, answers);
    }
}
