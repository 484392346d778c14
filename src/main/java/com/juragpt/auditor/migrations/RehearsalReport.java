package com.juragpt.auditor.migrations;

import com.juragpt.auditor.migrations.catalog.Difference;
import java.time.Duration;
import java.util.List;

/**
 * What a rehearsal saw.
 *
 * @param database its name and place, without anything secret
 * @param place where it ran
 * @param steps the changesets that were rehearsed, in order
 * @param sequencesDrawn the sequences that data changes drew numbers from: PostgreSQL never takes those back
 */
public record RehearsalReport(String database, Place place, List<Step> steps, List<String> sequencesDrawn) {

    /** Where changesets were rehearsed. */
    public enum Place {
        /** On the live schema, in a transaction that was rolled back: what it reports of locks and times is real. */
        LIVE,
        /** In an empty schema: nothing is said of locks and rewrites. */
        EMPTY_SCHEMA,
        /** In a private H2 database in memory. */
        MEMORY
    }

    /**
     * One changeset.
     *
     * @param id its id
     * @param file the file it stands in
     * @param up how long it took
     * @param down how long its rollback took; null if it has none or it failed
     * @param locks what it locked of the relations that existed before, beyond what earlier changesets had locked already
     * @param rewritten the tables that existed before and were rewritten
     * @param losses the data that its rollback would delete
     * @param faults why its rollback cannot be trusted; empty if it restored the catalog and the changeset ran again after it
     * @param plain true if it was rehearsed without the word CONCURRENTLY, which takes stronger locks than the real thing
     */
    public record Step(String id, String file, Duration up, Duration down, List<Lock> locks, List<String> rewritten,
            List<DataLoss> losses, List<String> faults, boolean plain) {

        /** Whether it comes back to where it was. */
        public boolean isReversible() {
            return faults.isEmpty();
        }
    }

    /**
     * A lock.
     *
     * @param relation the table or other relation
     * @param mode as PostgreSQL calls it: {@code AccessExclusiveLock}
     * @param blocks what other sessions cannot do meanwhile
     */
    public record Lock(String relation, String mode, Blocks blocks) { }

    /** What a lock keeps others from, weakest first. */
    public enum Blocks {
        /** Neither reading nor writing. */
        NOTHING,
        /** Writing. */
        WRITES,
        /** Reading and writing. */
        READS_AND_WRITES
    }
}
