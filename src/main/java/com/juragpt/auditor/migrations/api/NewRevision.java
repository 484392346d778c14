package com.juragpt.auditor.migrations.api;

import java.util.List;
import java.util.Objects;

/**
 * A revision to write.
 *
 * @param name what it does, in a few words: its folder is named after it
 * @param revision its tag and the first part of its folder's name; null for the next number
 * @param tables the tables that get a file each; empty for one file without a table's name
 */
public record NewRevision(String name, String revision, List<String> tables) {

    public NewRevision {
        Objects.requireNonNull(name);
        tables = List.copyOf(tables);
    }

    /** The next revision, with one file to fill in. */
    public static NewRevision named(String name) {
        return new NewRevision(name, null, List.of());
    }

    /** The same under this tag. */
    public NewRevision withRevision(String tag) {
        return new NewRevision(name, tag, tables);
    }

    /** The same with a file for each of these tables. */
    public NewRevision withTables(List<String> names) {
        return new NewRevision(name, revision, names);
    }
}
