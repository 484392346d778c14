package com.juragpt.auditor.migrations.api;

import java.util.List;

/**
 * What a rollback will do, in full, before anything is done.
 *
 * @param database its name and place, without anything secret
 * @param tag where the rollback ends
 * @param steps the changesets to roll back, newest first; empty if the database is at the tag already
 * @param losses the data that the steps would delete, and the steps whose effect is not known
 * @param obstacles what will keep steps from dropping their tables: objects outside of the plan that depend on them; a line each
 * @param tagsRemoved the tags after {@code tag}, which are removed with their points
 * @param archives the names of the archives that earlier rollbacks have left, oldest first
 */
public record RollbackPlan(String database, String tag, List<Step> steps, List<DataLoss> losses, List<String> obstacles,
        List<String> tagsRemoved, List<String> archives) {

    /** Without archives. */
    public RollbackPlan(String database, String tag, List<Step> steps, List<DataLoss> losses, List<String> obstacles,
            List<String> tagsRemoved) {
        this(database, tag, steps, losses, obstacles, tagsRemoved, List.of());
    }

    /** The same with these archives. */
    public RollbackPlan withArchives(List<String> names) {
        return new RollbackPlan(database, tag, steps, losses, obstacles, tagsRemoved, List.copyOf(names));
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

    /** The losses that count: those of data that exists, or of unknown extent. */
    public List<DataLoss> realLosses() {
        return losses.stream().filter(DataLoss::isReal).toList();
    }
}
