package com.juragpt.auditor.migrations.api;

import java.time.Duration;
import java.util.List;

/**
 * What an update did.
 *
 * @param database its name and place, without anything secret
 * @param changesets the ids of what was run, in order; empty when nothing was pending
 * @param deployment the deployment's id in the history; null when nothing was run
 * @param revision the newest revision that the history now holds; null for none
 * @param losses the data that the changesets have deleted, in their order
 * @param archiveSchema the schema that holds copies of that; null if nothing was archived
 * @param archivedTables the tables in it
 * @param took from the first statement to the commit
 * @param archives the names of the archives that rollbacks have left and whose rows may be restored now, oldest first
 */
public record UpdateResult(String database, List<String> changesets, String deployment, String revision,
        List<DataLoss> losses, String archiveSchema, List<String> archivedTables, Duration took, List<String> archives) {

    /** Without archives. */
    public UpdateResult(String database, List<String> changesets, String deployment, String revision, List<DataLoss> losses,
            String archiveSchema, List<String> archivedTables, Duration took) {
        this(database, changesets, deployment, revision, losses, archiveSchema, archivedTables, took, List.of());
    }

    /** Of an update that found nothing pending; without archives. */
    public static UpdateResult ofNothingPending(String database, String revision, Duration took) {
        return new UpdateResult(database, List.of(), null, revision, List.of(), null, List.of(), took);
    }

    /** The same with these archives. */
    public UpdateResult withArchives(List<String> names) {
        return new UpdateResult(database, changesets, deployment, revision, losses, archiveSchema, archivedTables, took,
                List.copyOf(names));
    }
}
