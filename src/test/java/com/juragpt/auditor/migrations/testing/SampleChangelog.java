package com.juragpt.auditor.migrations.testing;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import liquibase.resource.DirectoryResourceAccessor;

/** A changelog that a test writes, in a folder of its own. */
public final class SampleChangelog {

    private static final String FILE = "changelog/sample.yaml";

    private final Path root;

    /** @param root an empty folder */
    public SampleChangelog(Path root) {
        this.root = root;
    }

    /**
     * Writes the changelog anew.
     *
     * @param changesets each the YAML below {@code - changeSet:}, without the author, indented from column 0
     */
    public SampleChangelog of(String... changesets) {
        StringBuilder yaml = new StringBuilder("databaseChangeLog:\n");
        for (String changeset : changesets) {
            yaml.append("  - changeSet:\n      author: test\n").append(changeset.strip().indent(6));
        }
        try {
            Path file = root.resolve(FILE);
            Files.createDirectories(file.getParent());
            Files.writeString(file, yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** A changeset that creates a table with a key and one text column, and drops it again. */
    public static String table(String name) {
        return """
                id: 'create-%1$s'
                changes:
                  - createTable:
                      tableName: %1$s
                      columns:
                        - column: {name: id, type: int, constraints: {primaryKey: true, primaryKeyName: %1$s_pkey}}
                        - column: {name: note, type: text}
                rollback:
                  - dropTable: {tableName: %1$s}
                """.formatted(name);
    }

    /** A changeset that creates a table by SQL, as only that can say it, and drops it again by a change that can be foreseen. */
    public static String table(String name, String definition) {
        return sql("create-" + name, "CREATE TABLE " + name + " (" + definition + ")", null)
                + "rollback:\n  - dropTable: {tableName: "
                + name + "}\n";
    }

    /** A changeset that sets a tag. */
    public static String revision(String tag) {
        return """
                id: 'tag-%1$s'
                changes:
                  - tagDatabase: {tag: '%1$s', keepTagOnRollback: true}
                rollback:
                  - empty: {}
                """.formatted(tag);
    }

    /** A changeset of raw SQL; {@code rollback} may be null for none. */
    public static String sql(String id, String sql, String rollback) {
        return """
                id: '%s'
                changes:
                  - sql: {sql: "%s"}
                """.formatted(id, sql) + (rollback == null ? "" : "rollback:\n  - sql: {sql: \"" + rollback + "\"}\n");
    }

    /** The changeset, but outside of transactions. */
    public static String outsideTransactions(String changeset) {
        return changeset.strip() + "\nrunInTransaction: false\n";
    }

    /** The defaults with this changelog. */
    public MigrationOptions options() {
        try {
            return MigrationOptions.defaults().withChangelog(FILE, new DirectoryResourceAccessor(root));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The folder that {@code changelog/sample.yaml} stands in. */
    public Path root() {
        return root;
    }
}
