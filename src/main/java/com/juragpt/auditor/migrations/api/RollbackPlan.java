package com.juragpt.auditor.migrations.api;

import java.util.List;

/**
 * What a rollback will do, in full, before anything is done.
 *
 * @param database its name and place, without anything secret
 * @param tag where the rollback ends
 * @param steps what is undone, newest first; empty if the database is at the tag already
 * @param losses the data that the steps would delete, and the steps whose effect is not known
 * @param tagsRemoved the tags after {@code tag}, whose points cease to exist
 */
public record RollbackPlan(String database, String tag, List<Step> steps, List<DataLoss> losses, List<String> tagsRemoved) {

    /**
     * One changeset to undo.
     *
     * @param id its id
     * @param author its author
     * @param file the file it is recorded under
     * @param forget true if it was never run here, only marked as run, so that just its history row goes
     * @param ownTransaction true if it cannot be part of the one transaction ({@code runInTransaction: false})
     * @param sql the statements that undo it; may be empty
     */
    public record Step(String id, String author, String file, boolean forget, boolean ownTransaction, List<String> sql) { }

    /** The losses that count: those of data that exists, or of unknown extent. */
    public List<DataLoss> realLosses() {
        return losses.stream().filter(DataLoss::isReal).toList();
    }
}
