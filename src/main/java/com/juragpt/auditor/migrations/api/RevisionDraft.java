package com.juragpt.auditor.migrations.api;

import java.util.List;

/**
 * What a reference has that the changelog does not build, and the revision that was drafted from it.
 *
 * @param reference the reference's name and place, without anything secret
 * @param differences how what the changelog builds differs from the reference, before the draft; empty if it does not
 * @param written the revision that was written; null if there was nothing to write, or nothing was to be
 * @param changesets the ids of its changesets, in order; without its tag's
 * @param renames a line for each column and table that may have been renamed: it is drafted as a drop and an addition
 * @param notCovered how what the changelog builds with the draft still differs from the reference
 * @param otherOrder the tables whose columns are the reference's in another order: a new column comes last
 * @param notReversible what the changesets' rollbacks did not undo, a line each
 * @param failure why the draft could not be tried; null if it was
 */
public record RevisionDraft(String reference, List<Difference> differences, WrittenRevision written, List<String> changesets,
        List<String> renames, List<Difference> notCovered, List<Difference> otherOrder, List<String> notReversible,
        String failure) {

    /** Without a draft. */
    public RevisionDraft(String reference, List<Difference> differences) {
        this(reference, differences, null, List.of(), List.of(), differences, List.of(), List.of(), null);
    }

    /** Whether the changelog with the draft builds what the reference has, and every rollback undoes its changeset. */
    public boolean isProven() {
        return failure == null && notCovered.isEmpty() && notReversible.isEmpty();
    }

    /**
     * Requires that the changelog builds what the reference has.
     *
     * @throws MigrationException {@link Problem#SCHEMA_DIFFERS}
     */
    public void requireNone() {
        if (!differences.isEmpty()) {
            throw Diagnosis
                    .of(Problem.SCHEMA_DIFFERS, "The changelog does not build what " + reference + " has: " + differences.size()
                            + (differences.size() == 1 ? " difference" : " differences"))
                    .lines(differences)
                    .help("mvn migrations:new -Dmigrations.name=… with the same reference drafts a revision");
        }
    }
}
