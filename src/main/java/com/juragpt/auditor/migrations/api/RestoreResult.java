package com.juragpt.auditor.migrations.api;

import java.time.Duration;
import java.util.List;

/**
 * What a restore did.
 *
 * @param database its name and place, without anything secret
 * @param archive the archive's name
 * @param parts what became of each table and column in it, in the order in which they were restored
 * @param archiveStays true if the archive is still there, because not everything in it could be put back
 * @param notes what the reader should know: types that changed, triggers that ran, large objects
 * @param took from the first statement to the commit
 */
public record RestoreResult(String database, String archive, List<Part> parts, boolean archiveStays, List<String> notes,
        Duration took) {

    /**
     * The rows of one table, or the values of one of its columns. Together the counts are all that the archive held.
     *
     * @param table as SQL names it
     * @param column the column's name; null for whole rows
     * @param restored how many came back
     * @param alreadyThere how many were there already, with the same content
     * @param kept how many are there with another content, which was kept ({@link OnConflict#KEEP}); they stay in the archive
     * @param gone of a column: how many values have no row any more to come back to; they stay in the archive
     */
    public record Part(String table, String column, long restored, long alreadyThere, long kept, long gone) {}

    /** How many rows and values came back. */
    public long restored() {
        return parts.stream().mapToLong(Part::restored).sum();
    }

    /** How many rows and values are left in the archive. */
    public long left() {
        return parts.stream().mapToLong(part -> part.kept() + part.gone()).sum();
    }
}
