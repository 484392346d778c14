package com.juragpt.auditor.migrations.changelog;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import liquibase.changelog.ChangeSet;
import liquibase.exception.UnexpectedLiquibaseException;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * Distinguishes a rollback block with {@code empty: {}} from one that somebody left blank. Liquibase parses both to the same, so
 * the changeset's file is read again, once for all its changesets.
 */
public final class BlankRollback {

    private final MigrationOptions options;
    private final Map<String, List<? extends Map<?, ?>>> changesetsOf = new HashMap<>();

    BlankRollback(MigrationOptions options) {
        this.options = options;
    }

    /** Whether the block says {@code empty}; true in formats other than YAML and JSON, where a blank element means that. */
    public boolean isWritten(ChangeSet changeset) {
        String path = changeset.getChangeLog().getPhysicalFilePath();
        if (!path.toLowerCase(Locale.ROOT).matches(".*\\.(ya?ml|json)")) {
            return true;
        }
        return changesetsOf.computeIfAbsent(path, this::read).stream()
                .filter(entry -> Objects.equals(String.valueOf(entry.get("id")), changeset.getId())
                        && Objects.equals(String.valueOf(entry.get("author")), changeset.getAuthor()))
                .noneMatch(entry -> isBlank(entry.get("rollback")));
    }

    private List<? extends Map<?, ?>> read(String path) {
        try (InputStream file = options.selection().resources().getExisting(path).openInputStream()) {
            Object content = new Yaml(new SafeConstructor(new LoaderOptions())).load(file);
            return list(map(content).get("databaseChangeLog")).stream().map(entry -> map(map(entry).get("changeSet"))).toList();
        } catch (IOException e) {
            throw new UnexpectedLiquibaseException(path + " could be parsed, but not read again: " + e.getMessage(), e);
        }
    }

    private static boolean isBlank(Object rollback) {
        return rollback == null
                || rollback instanceof String text && text.isBlank()
                || rollback instanceof Map<?, ?> map && map.isEmpty()
                || rollback instanceof Collection<?> list && list.stream().allMatch(BlankRollback::isBlank);
    }

    private static Map<?, ?> map(Object value) {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }

    private static List<?> list(Object value) {
        return value instanceof List<?> list ? list : List.of();
    }
}
