package com.juragpt.auditor.migrations.api;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What a rehearsal found.
 *
 * @param database its name and place, without anything secret
 * @param place where it ran
 * @param steps the changesets that were rehearsed, in order
 * @param sequencesDrawn the sequences that data changes drew numbers from: PostgreSQL never rolls those back
 * @param took from the first statement to the last check; where it ran on the live schema, its locks were held that long
 */
public record RehearsalReport(String database, Place place, List<Step> steps, List<String> sequencesDrawn, Duration took) {

    /** Where changesets were rehearsed. */
    public enum Place {
        /** On the live schema, in a transaction that was rolled back: its locks and times are those of a deployment. */
        LIVE,
        /** In an empty schema: it cannot tell which locks and rewrites a deployment would need. */
        EMPTY_SCHEMA,
        /** In a private H2 database in memory. */
        MEMORY
    }

    /**
     * One changeset.
     *
     * @param id its id
     * @param file the file it stands in
     * @param outcome {@link Outcome#EXECUTED}, or for instance {@link Outcome#MARK_RAN} when its precondition failed, so that
     *     there is nothing to roll back
     * @param up how long it took
     * @param down how long its rollback took; null if it has none or it failed
     * @param locks its locks on relations that existed before, without those that earlier changesets had taken already
     * @param rewritten the tables that existed before and were rewritten
     * @param deleted the data that it deletes, which its rollback does not bring back
     * @param losses the data that its rollback would delete
     * @param faults why its rollback cannot be trusted; empty if it restored the catalog and the changeset ran again after it
     * @param plain true if it was rehearsed without the word CONCURRENTLY, which takes stronger locks than the real thing
     */
    public record Step(String id, String file, Outcome outcome, Duration up, Duration down, List<Lock> locks,
            List<String> rewritten, List<DataLoss> deleted, List<DataLoss> losses, List<String> faults, boolean plain) {

        /** Whether its rollback restored the schema and it could be applied again. */
        public boolean isReversible() {
            return faults.isEmpty();
        }

        /** Whether it deletes data, which its rollback does not bring back: what comes back is the schema alone. */
        public boolean destroysData() {
            return deleted.stream().anyMatch(DataLoss::isReal);
        }

        /** Whether others cannot write to a table while it runs; a plain rehearsal says nothing about that. */
        public boolean blocksWrites() {
            return !plain && locks.stream().anyMatch(lock -> lock.blocks() != Blocks.NOTHING);
        }
    }

    /** What may fail a gate. */
    public enum FailOn {
        /** A changeset is not reversible. */
        IRREVERSIBLE,
        /** A table that existed before is rewritten. */
        REWRITE,
        /** Others cannot write to a table that existed before. */
        BLOCKS_WRITES,
        /** A changeset deletes data, or nobody can say whether it does. */
        DESTROYS_DATA
    }

    /**
     * Requires that the rehearsal passes a gate.
     *
     * @param failOn what fails it; empty for nothing
     * @throws MigrationException {@link Problem#REHEARSAL_OBJECTS}
     */
    public void requireGate(Set<FailOn> failOn) {
        List<String> failures = gateFailures(failOn);
        if (!failures.isEmpty()) {
            throw Diagnosis.of(Problem.REHEARSAL_OBJECTS, "The rehearsal on " + database + " failed its gate").lines(failures)
                    .help("fix the changeset, or leave that check out of -Dmigrations.failOn");
        }
    }

    /** What fails a gate, a line each; empty if the rehearsal passes it. */
    public List<String> gateFailures(Set<FailOn> failOn) {
        List<String> failures = new ArrayList<>();
        for (Step step : steps) {
            if (failOn.contains(FailOn.IRREVERSIBLE)) {
                step.faults().forEach(fault -> failures.add(step.id() + " " + fault));
            }
            if (failOn.contains(FailOn.DESTROYS_DATA)) {
                step.deleted().stream().filter(DataLoss::isReal).forEach(loss -> failures.add(loss.toString()));
            }
            if (failOn.contains(FailOn.REWRITE)) {
                step.rewritten().forEach(table -> failures.add(step.id() + " rewrites " + table));
            }
            if (failOn.contains(FailOn.BLOCKS_WRITES) && step.blocksWrites()) {
                step.locks().stream().filter(lock -> lock.blocks() != Blocks.NOTHING)
                        .forEach(lock -> failures.add(step.id() + " " + lock));
            }
        }
        return failures;
    }

    /**
     * A lock.
     *
     * @param relation the table or other relation
     * @param mode as PostgreSQL calls it: {@code AccessExclusiveLock}
     * @param blocks what other sessions cannot do while it is held
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

    /** What a lock blocks, weakest first. */
    public enum Blocks {
        /** Neither reading nor writing. */
        NOTHING,
        /** Writing. */
        WRITES,
        /** Reading and writing. */
        READS_AND_WRITES
    }
}
