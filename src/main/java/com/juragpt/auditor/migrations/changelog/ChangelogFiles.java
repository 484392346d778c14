package com.juragpt.auditor.migrations.changelog;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.exception.UnexpectedLiquibaseException;
import liquibase.resource.AbstractResourceAccessor;
import liquibase.resource.Resource;
import liquibase.resource.ResourceAccessor;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * The files of a changelog while Liquibase parses it, without those that would keep it busy for ever: files that include each other
 * in a circle, and YAML whose aliases multiply. Liquibase itself has no limit for either.
 */
final class ChangelogFiles extends AbstractResourceAccessor {

    // Far deeper than any changelog includes files, and far less deep than the stack has room for.
    private static final int DEEP = 60;
    private static final Pattern CHANGELOG = Pattern.compile(".*\\.(?:ya?ml|json|xml)");
    private static final Pattern YAML = Pattern.compile(".*\\.ya?ml");
    private static final Pattern ALIAS = Pattern.compile("[\\s,\\[:]\\*\\w");

    private final ResourceAccessor files;
    private final Set<String> checked = new HashSet<>();

    ChangelogFiles(ResourceAccessor files) {
        this.files = files;
    }

    @Override
    public List<Resource> search(String path, boolean recursive) throws IOException {
        return files.search(path, recursive);
    }

    @Override
    public List<Resource> getAll(String path) throws IOException {
        String name = path.toLowerCase(Locale.ROOT);
        if (CHANGELOG.matcher(name).matches()) {
            refuseCircle(path);
        }
        List<Resource> found = files.getAll(path);
        if (found != null && YAML.matcher(name).matches() && checked.add(path)) {
            for (Resource file : found) {
                refuseManyAliases(path, file);
            }
        }
        return found;
    }

    // Liquibase asks for a file again and again where others are relative to it, so only the depth tells.
    private static void refuseCircle(String path) {
        long depth = StackWalker.getInstance().walk(frames -> frames.filter(frame -> frame.getMethodName().equals("include")
                && frame.getClassName().equals(DatabaseChangeLog.class.getName())).count());
        if (depth > DEEP) {
            throw new UnexpectedLiquibaseException(path + " is included again and again: it includes itself, or files that it"
                    + " includes do");
        }
    }

    private static void refuseManyAliases(String path, Resource file) throws IOException {
        try (InputStream stream = file.openInputStream()) {
            String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            if (ALIAS.matcher(text).find()) {
                YamlAliases.requireEnd(new Yaml(new LoaderOptions()).compose(new StringReader(text)));
            }
        } catch (YAMLException e) {
            throw new UnexpectedLiquibaseException(path + ": " + e.getMessage(), e);
        }
    }

    @Override
    public List<String> describeLocations() {
        return files.describeLocations();
    }

    @Override
    public void close() {
        // The files stay their owner's.
    }
}
