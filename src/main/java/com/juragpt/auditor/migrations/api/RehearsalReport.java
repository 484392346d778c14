package com.juragpt.auditor.migrations.api;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

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
     * @param outcome what became of it: {@link Outcome#EXECUTED}, or {@link Outcome#MARK_RAN} when a precondition kept it
     *     from running, so that there is nothing to take back
     * @param up how long it took
     * @param down how long its rollback took; null if it has none or it failed
     * @param locks what it locked of the relations that existed before, beyond what earlier changesets had locked already
     * @param rewritten the tables that existed before and were rewritten
     * @param losses the data that its rollback would delete
     * @param faults why its rollback cannot be trusted; empty if it restored the catalog and the changeset ran again after it
     * @param plain true if it was rehearsed without the word CONCURRENTLY, which takes stronger locks than the real thing
     */
    public record Step(String id, String file, Outcome outcome, Duration up, Duration down, List<Lock> locks,
            List<String> rewritten, List<DataLoss> losses, List<String> faults, boolean plain) {

        /** Whether it comes back to where it was. */
        public boolean isReversible() {
            return faults.isEmpty();
        }

        /** Whether others cannot write to a table while it runs; a plain rehearsal says nothing about that. */
        public boolean blocksWrites() {
            return !plain && locks.stream().anyMatch(lock -> lock.blocks() != Blocks.NOTHING);
        }
    }

    /** What a gate may object to. */
    public enum FailOn {
        /** A changeset does not come back to where it was. */
        IRREVERSIBLE,
        /** A table that existed before is rewritten. */
        REWRITE,
        /** Others cannot write to a table that existed before. */
        BLOCKS_WRITES
    }

    /**
     * Refuses what the gate objects to.
     *
     * @throws MigrationException {@link Problem#REHEARSAL_OBJECTS}
     */
    public void requireNoObjection(Set<FailOn> failOn) {
        List<String> objections = objections(failOn);
        if (!objections.isEmpty()) {
            throw Diagnosis.of(Problem.REHEARSAL_OBJECTS, "The rehearsal on " + database + " objects").lines(objections)
                    .help("mend the changeset, or leave the objection out of -Dmigrations.failOn");
        }
    }

    /** What there is to object to, a line each; empty if the gate lets it pass. */
    public List<String> objections(Set<FailOn> failOn) {
        List<String> objections = new ArrayList<>();
        for (Step step : steps) {
            if (failOn.contains(FailOn.IRREVERSIBLE)) {
                step.faults().forEach(fault -> objections.add(step.id() + " " + fault));
            }
            if (failOn.contains(FailOn.REWRITE)) {
                step.rewritten().forEach(table -> objections.add(step.id() + " rewrites " + table));
            }
            if (failOn.contains(FailOn.BLOCKS_WRITES) && step.blocksWrites()) {
                step.locks().stream().filter(lock -> lock.blocks() != Blocks.NOTHING)
                        .forEach(lock -> objections.add(step.id() + " " + lock));
            }
        }
        return objections;
    }

    /**
     * A lock.
     *
     * @param relation the table or other relation
     * @param mode as PostgreSQL calls it: {@code AccessExclusiveLock}
     * @param blocks what other sessions cannot do meanwhile
     */
    public record Lock(String relation, String mode, Blocks blocks) {

        /** For a message: {@code blocks writes to law (ShareLock)}. */
        @Override
        public String toString() {
            return switch (blocks) {
                case NOTHING -> "locks ";
                case WRITES -> "blocks writes to ";
                case READS_AND_WRITES -> "blocks reads and writes of ";
            } + relation + " (" + mode + ")";
        }
    }

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
