package com.juragpt.auditor.migrations.api;

import java.time.LocalDateTime;
import java.util.List;

/**
 * Which changesets of the changelog a database has.
 *
 * @param database its name and place, without anything secret
 * @param product the server and its version
 * @param revision the newest revision of the changelog that the history holds; null before the first
 * @param appliedAfterRevision how many changesets were applied after that revision was reached
 * @param tags the tags in the history, oldest first
 * @param changesets every changeset that the changelog has for this kind of database, in its order, then those that only the
 *     history knows
 * @param lock who is deploying at this moment; null for nobody
 * @param archives what rollbacks have archived and nobody has restored yet, oldest first; on PostgreSQL only
 */
public record Status(String database, String product, String revision, int appliedAfterRevision, List<String> tags,
        List<Changeset> changesets, LockHolder lock, List<Archive> archives) {

    /** Without archives. */
    public Status(String database, String product, String revision, int appliedAfterRevision, List<String> tags,
            List<Changeset> changesets, LockHolder lock) {
        this(database, product, revision, appliedAfterRevision, tags, changesets, lock, List.of());
    }

    /** The same with these archives. */
    public Status withArchives(List<Archive> found) {
        return new Status(database, product, revision, appliedAfterRevision, tags, changesets, lock, List.copyOf(found));
    }

    /** The state of a changeset. */
    public enum State {
        /** Deployed as it stands in the changelog. */
        APPLIED,
        /** Will run at the next update. */
        PENDING,
        /** Pending, though a later one is deployed: the next update runs it after that one. */
        PENDING_OUT_OF_ORDER,
        /** Deployed, and edited afterwards. */
        CHANGED,
        /** In the history, but not in this changelog: deployed by a newer version, or from another file. */
        UNKNOWN,
        /** Only recorded as run, because a precondition said so. What changelogSync records counts as applied. */
        MARKED_RAN,
        /**
         * Skipped by its precondition ({@code onFail: CONTINUE} or {@code onError: CONTINUE}), and so it would be again: an update
         * that begins now leaves it out. It becomes pending as soon as its precondition holds.
         */
        SKIPPED,
        /** Recorded as failed and ignored ({@code failOnError: false}). */
        FAILED,
        /** Excluded by the contexts or labels given. */
        EXCLUDED;

        /** Whether the next update would run it. */
        public boolean isPending() {
            return this == PENDING || this == PENDING_OUT_OF_ORDER;
        }
    }

    /**
     * One changeset.
     *
     * @param id its id
     * @param author its author
     * @param file the file it is recorded under
     * @param state its state
     * @param executed when it ran, by the deployer's clock; null if it did not
     * @param deployment the deployment it ran in; null if it did not, or that was not recorded
     * @param tags the tags at this point of the history
     */
    public record Changeset(String id, String author, String file, State state, LocalDateTime executed, String deployment,
            List<String> tags) {}

    /** The changesets that the next update would run. */
    public List<Changeset> pending() {
        return changesets.stream().filter(c -> c.state().isPending()).toList();
    }

    /**
     * Requires that the database has every changeset of the changelog, as it stands there; it may have more.
     *
     * @throws MigrationException {@link Problem#NOT_CURRENT}, {@link Problem#CHANGED_CHANGESET}
     */
    public void requireNothingPending() {
        List<Changeset> edited = changesets.stream().filter(c -> c.state() == State.CHANGED).toList();
        if (!edited.isEmpty()) {
            throw Diagnosis.of(Problem.CHANGED_CHANGESET, database + " has not what the changelog says: "
                    + (edited.size() == 1 ? "a changeset was" : edited.size() + " changesets were") + " edited after deployment")
                    .lines(edited.stream().map(c -> c.id() + " (" + c.file() + ")").toList())
                    .help("revert the edit (git log -p on the file) and put the change into a new changeset");
        }
        List<Changeset> pending = pending();
        if (!pending.isEmpty()) {
            boolean one = pending.size() == 1;
            throw Diagnosis.of(Problem.NOT_CURRENT, (one ? "1 changeset is" : pending.size() + " changesets are")
                    + " pending in " + database)
                    .line("first: " + pending.get(0).id()).help("mvn migrations:update deploys " + (one ? "it" : "them"));
        }
    }
}
