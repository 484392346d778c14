package com.juragpt.auditor.migrations.api;

import java.util.List;

/**
 * A revision that was moved behind all others. Paths are relative to the changelog's folder, with slashes.
 *
 * @param from its number before
 * @param to its number now
 * @param oldFolder where its files were
 * @param files where they are now, as the master includes them; empty if the revision was the last one already
 * @param changesets the ids of its changesets now
 * @param mentions where other files name one of its old ids or paths, each with its line: they are left as they are
 */
public record RenumberedRevision(String from, String to, String oldFolder, List<String> files, List<String> changesets,
        List<String> mentions) {

    /** Whether anything was changed. */
    public boolean isMoved() {
        return !files.isEmpty();
    }
}
