package com.juragpt.auditor.migrations.api;

import java.util.List;

/**
 * What a rollback will do, in full, before anything is done.
 *
 * @param database its name and place, without anything secret
 * @param tag where the rollback ends
 * @param steps the changesets to roll back, newest first; empty if the database is at the tag already
 * @param losses the data that the steps would delete, and the steps whose effect is not known
 * @param deletedBefore the data that changesets to roll back deleted when they ran, which does not come back by itself
 * @param obstacles what will keep steps from dropping their tables: objects outside of the plan that depend on them; a line each
 * @param tagsRemoved the tags after {@code tag}, which are removed with their points
 * @param archives the names of the archives that earlier rollbacks have left, oldest first
 */
public record RollbackPlan(String database, String tag, List<Step> steps, List<DataLoss> losses, List<Deleted> deletedBefore,
        List<String> obstacles, List<String> tagsRemoved, List<String> archives) {

    /** Without archives. */
    public RollbackPlan(String database, String tag, List<Step> steps, List<DataLoss> losses, List<Deleted> deletedBefore,
            List<String> obstacles, List<String> tagsRemoved) {
        this(database, tag, steps, losses, deletedBefore, obstacles, tagsRemoved, List.of());
    }

    /** The same with these archives. */
    public RollbackPlan withArchives(List<String> names) {
        return new RollbackPlan(database, tag, steps, losses, deletedBefore, obstacles, tagsRemoved, List.copyOf(names));
    }

    /**
     * One changeset to roll back.
     *
     * @param id its id
     * @param author its author
     * @param file the file it is recorded under
     * @param forget true if it never ran here and was only marked as run, so that only its history row is deleted
     * @param ownTransaction true if it cannot be part of the one transaction: its changeset asks for that
     *     ({@code runInTransaction: false}) and PostgreSQL does not run its statements inside of one
     * @param sql the statements of its rollback; may be empty
     */
    public record Step(String id, String author, String file, boolean forget, boolean ownTransaction, List<String> sql) {}

    /**
     * Data that a changeset deleted when it ran.
     *
     * @param changeset its id
     * @param what in words such as {@code column mood of law}
     * @param archive the archive that has it; null if there is none, or none any more
     */
    public record Deleted(String changeset, String what, String archive) {

        /** One line for a message. */
        @Override
        public String toString() {
            return changeset + "  " + what
                    + (archive == null ? ": no archive has it" : ": mvn migrations:restore -Dmigrations.archive=" + archive);
        }
    }

    /** The losses that count: those of data that exists, or of unknown extent. */
    public List<DataLoss> realLosses() {
        return losses.stream().filter(DataLoss::isReal).toList();
    }
}
