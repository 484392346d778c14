package com.juragpt.auditor.migrations.changelog;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import liquibase.exception.UnexpectedLiquibaseException;
import liquibase.resource.AbstractResourceAccessor;
import liquibase.resource.Resource;
import liquibase.resource.ResourceAccessor;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * The files of a changelog while Liquibase parses it, without those that would keep it busy for ever: files that include each other
 * in a circle, and YAML whose aliases multiply. Liquibase itself has no limit for either.
 */
final class ChangelogFiles extends AbstractResourceAccessor {

    // Far more than any changelog includes one file, and far less than the stack has room for.
    private static final int OFTEN = 100;
    private static final Pattern CHANGELOG = Pattern.compile(".*\\.(?:ya?ml|json|xml)");
    private static final Pattern YAML = Pattern.compile(".*\\.ya?ml");
    private static final Pattern ALIAS = Pattern.compile("[\\s,\\[:]\\*\\w");

    private final ResourceAccessor files;
    private final Map<String, Integer> opened = new HashMap<>();

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
        if (YAML.matcher(name).matches() && opened.get(path) == 1 && found != null) {
            for (Resource file : found) {
                refuseManyAliases(path, file);
            }
        }
        return found;
    }

    private void refuseCircle(String path) {
        if (opened.merge(path, 1, Integer::sum) > OFTEN) {
            throw new UnexpectedLiquibaseException(path + " is included again and again: it includes itself, or files that it"
                    + " includes do");
        }
    }

    private static void refuseManyAliases(String path, Resource file) throws IOException {
        try (InputStream stream = file.openInputStream()) {
            String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            if (ALIAS.matcher(text).find()) {
                // With the library's own limit for aliases.
                new Yaml(new SafeConstructor(new LoaderOptions())).load(text);
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
