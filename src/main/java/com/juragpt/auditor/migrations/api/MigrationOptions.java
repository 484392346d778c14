package com.juragpt.auditor.migrations.api;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import liquibase.resource.ClassLoaderResourceAccessor;
import liquibase.resource.ResourceAccessor;

/**
 * The settings of {@code Migrations}: immutable, with a default for each.
 *
 * @param selection which changesets there are, and which of them take part
 * @param limits how long to wait, and for what
 * @param onDataLoss what a rollback does when it would delete data
 * @param onUpdateDataLoss what an update does when it would delete data
 * @param onBlankRollback what a rollback and a rehearsal do when a rollback block is blank
 * @param onConflict what a restore does when a row is there with another content
 * @param check what is looked for in the changelog's files
 * @param reviewed the digest of the review that an update has to be, and to be nothing else; null for any update
 * @param notes a folder in which an update notes what left nothing to do, so that the next JVM need not read the changelog to find the
 *     same; null for none
 * @param progress receives each event when it happens, on the caller's thread or, for {@link Progress.StillRunning}, on a
 *     thread of this module
 */
public record MigrationOptions(Selection selection, TimeLimits limits, OnDataLoss onDataLoss,
        OnDataLoss onUpdateDataLoss, OnBlankRollback onBlankRollback, OnConflict onConflict, Check check, String reviewed,
        Path notes, Consumer<Progress> progress) {

    /** The changelog that this module carries. */
    public static final String CHANGELOG = "changelog/db.changelog-master.yaml";

    /**
     * Which changesets there are, and which of them take part.
     *
     * @param file the master changelog, as its path is recorded in the history
     * @param resources where the changelog's files are found
     * @param contexts the Liquibase contexts to run in, as Liquibase writes them; empty for all
     * @param labels the Liquibase label filter; empty for all
     */
    public record Selection(String file, ResourceAccessor resources, String contexts, String labels) {

        public Selection {
            Objects.requireNonNull(file);
            Objects.requireNonNull(resources);
            Objects.requireNonNull(contexts);
            Objects.requireNonNull(labels);
        }
    }

    /**
     * How long to wait. Zero means without a limit; for {@code lockWait} it means not at all.
     *
     * @param lockTimeout how long a statement waits for another session's lock (PostgreSQL)
     * @param lockRetries how often a deployment is retried after a lock time-out
     * @param lockWait how long to wait for another deployment to end
     * @param statementTimeout how long a statement may take that is only rehearsed or compared (PostgreSQL)
     */
    public record TimeLimits(Duration lockTimeout, int lockRetries, Duration lockWait, Duration statementTimeout) {

        public TimeLimits {
            if (lockTimeout.isNegative() || lockWait.isNegative() || lockRetries < 0 || statementTimeout.isNegative()) {
                throw new IllegalArgumentException("lockTimeout, lockWait, lockRetries and statementTimeout cannot be negative");
            }
        }
    }

    /**
     * What is looked for in the changelog's files.
     *
     * @param beforehand whether an update and a rehearsal begin with it
     * @param conventions the conventions that count; the other rules always do
     */
    public record Check(boolean beforehand, Set<Rule> conventions) {

        public Check {
            conventions = Set.copyOf(conventions);
        }

        /** Whether a finding of the rule counts. */
        public boolean counts(Rule rule) {
            return !rule.isConvention() || conventions.contains(rule);
        }
    }

    public MigrationOptions {
        Objects.requireNonNull(selection);
        Objects.requireNonNull(limits);
        Objects.requireNonNull(onDataLoss);
        Objects.requireNonNull(onUpdateDataLoss);
        Objects.requireNonNull(onBlankRollback);
        Objects.requireNonNull(onConflict);
        Objects.requireNonNull(check);
        Objects.requireNonNull(progress);
    }

    /** This module's changelog, all contexts, and the time-outs that the README lists. */
    public static MigrationOptions defaults() {
        ResourceAccessor own = new ClassLoaderResourceAccessor(MigrationOptions.class.getClassLoader());
        return new MigrationOptions(new Selection(CHANGELOG, own, "", ""),
                new TimeLimits(Duration.ofSeconds(5), 10, Duration.ofMinutes(5), Duration.ofMinutes(5)),
                OnDataLoss.REFUSE, OnDataLoss.ACCEPT, OnBlankRollback.REFUSE, OnConflict.REFUSE, new Check(true, Set.of()),
                null, null, event -> {});
    }

    /** The same with another changelog, found through {@code resources}. */
    public MigrationOptions withChangelog(String file, ResourceAccessor resources) {
        return with(new Selection(file, resources, selection.contexts(), selection.labels()));
    }

    /** The same in other contexts and with another label filter; null means all. */
    public MigrationOptions withFilter(String contexts, String labels) {
        return with(new Selection(selection.file(), selection.resources(), contexts == null ? "" : contexts,
                labels == null ? "" : labels));
    }

    /** The same with another time-out for locks, and another number of retries after it. */
    public MigrationOptions withLockTimeout(Duration timeout, int retries) {
        return with(new TimeLimits(timeout, retries, limits.lockWait(), limits.statementTimeout()));
    }

    /** The same with another time to wait for a deployment that is under way. */
    public MigrationOptions withLockWait(Duration wait) {
        return with(new TimeLimits(limits.lockTimeout(), limits.lockRetries(), wait, limits.statementTimeout()));
    }

    /** The same with another time for each statement that is only rehearsed. */
    public MigrationOptions withStatementTimeout(Duration timeout) {
        return with(new TimeLimits(limits.lockTimeout(), limits.lockRetries(), limits.lockWait(), timeout));
    }

    /** The same with another choice for data that a rollback would delete. */
    public MigrationOptions withOnDataLoss(OnDataLoss answer) {
        return new MigrationOptions(selection, limits, answer, onUpdateDataLoss, onBlankRollback, onConflict, check, reviewed,
                notes, progress);
    }

    /** The same with another choice for data that an update would delete. */
    public MigrationOptions withOnUpdateDataLoss(OnDataLoss answer) {
        return new MigrationOptions(selection, limits, onDataLoss, answer, onBlankRollback, onConflict, check, reviewed, notes,
                progress);
    }

    /** The same with another answer to a rollback block that is blank. */
    public MigrationOptions withOnBlankRollback(OnBlankRollback answer) {
        return new MigrationOptions(selection, limits, onDataLoss, onUpdateDataLoss, answer, onConflict, check, reviewed, notes,
                progress);
    }

    /** The same with another choice for rows that are there already when archived ones are restored. */
    public MigrationOptions withOnConflict(OnConflict answer) {
        return new MigrationOptions(selection, limits, onDataLoss, onUpdateDataLoss, onBlankRollback, answer, check, reviewed,
                notes, progress);
    }

    /** The same, but looking for other things in the changelog's files. */
    public MigrationOptions withCheck(boolean beforehand, Set<Rule> conventions) {
        return new MigrationOptions(selection, limits, onDataLoss, onUpdateDataLoss, onBlankRollback, onConflict,
                new Check(beforehand, conventions), reviewed, notes, progress);
    }

    /**
     * The same for updates that deploy what was reviewed and nothing else.
     *
     * @param digest {@link Review#digest()}; null for any update
     */
    public MigrationOptions withReviewed(String digest) {
        return new MigrationOptions(selection, limits, onDataLoss, onUpdateDataLoss, onBlankRollback, onConflict, check, digest,
                notes, progress);
    }

    /**
     * The same with a folder for notes of databases in which an update had nothing to do; the next one, in another JVM, then finds the
     * same without reading the changelog. It may be deleted at any time.
     *
     * @param folder made when it is needed; null for no notes
     */
    public MigrationOptions withNotes(Path folder) {
        return new MigrationOptions(selection, limits, onDataLoss, onUpdateDataLoss, onBlankRollback, onConflict, check, reviewed,
                folder, progress);
    }

    /** The same with another listener. */
    public MigrationOptions withProgress(Consumer<Progress> listener) {
        return new MigrationOptions(selection, limits, onDataLoss, onUpdateDataLoss, onBlankRollback, onConflict, check, reviewed,
                notes, listener);
    }

    private MigrationOptions with(Selection other) {
        return new MigrationOptions(other, limits, onDataLoss, onUpdateDataLoss, onBlankRollback, onConflict, check, reviewed,
                notes, progress);
    }

    private MigrationOptions with(TimeLimits other) {
        return new MigrationOptions(selection, other, onDataLoss, onUpdateDataLoss, onBlankRollback, onConflict, check, reviewed,
                notes, progress);
    }
}
