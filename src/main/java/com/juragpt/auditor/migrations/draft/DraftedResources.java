package com.juragpt.auditor.migrations.draft;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import liquibase.resource.AbstractResource;
import liquibase.resource.AbstractResourceAccessor;
import liquibase.resource.Resource;
import liquibase.resource.ResourceAccessor;

/** A changelog's files with those that are only drafted in place of their own. */
final class DraftedResources extends AbstractResourceAccessor {

    private final ResourceAccessor files;
    private final Map<String, String> drafted;

    /** @param drafted the text of each file, by its path as Liquibase asks for it */
    DraftedResources(ResourceAccessor files, Map<String, String> drafted) {
        this.files = files;
        this.drafted = drafted;
    }

    @Override
    public List<Resource> search(String path, boolean recursive) throws IOException {
        return files.search(path, recursive);
    }

    @Override
    public List<Resource> getAll(String path) throws IOException {
        String text = drafted.get(path);
        return text == null ? files.getAll(path) : List.of(new Drafted(path, text));
    }

    @Override
    public List<String> describeLocations() {
        return files.describeLocations();
    }

    @Override
    public void close() {
        // The files stay their owner's.
    }

    private final class Drafted extends AbstractResource {

        private final String text;

        Drafted(String path, String text) {
            super(path, URI.create("draft:/" + path.replaceAll("[^A-Za-z0-9/._-]", "_")));
            this.text = text;
        }

        @Override
        public InputStream openInputStream() {
            return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public boolean exists() {
            return true;
        }

        @Override
        public Resource resolve(String other) {
            return relative(getPath() + "/" + other);
        }

        @Override
        public Resource resolveSibling(String other) {
            return relative(getPath().substring(0, getPath().lastIndexOf('/') + 1) + other);
        }

        private Resource relative(String path) {
            try {
                return drafted.containsKey(path) ? new Drafted(path, drafted.get(path)) : files.get(path);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }
}
