package com.juragpt.auditor.migrations.api;

import com.juragpt.auditor.migrations.Migrations;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import liquibase.resource.ClassLoaderResourceAccessor;
import liquibase.resource.ResourceAccessor;

/**
 * How {@link Migrations} works: immutable, with a default for everything.
 *
 * @param changelogFile the master changelog, as its path is recorded in the history
 * @param resources where the changelog's files are found
 * @param contexts the Liquibase contexts to run in, as Liquibase writes them; empty for all
 * @param labels the Liquibase label filter; empty for all
 * @param lockTimeout how long a statement waits for another session's lock (PostgreSQL); zero waits without end
 * @param lockRetries how often a deployment that timed out on a lock is tried again
 * @param lockWait how long to wait for another deployment to end
 * @param onDataLoss what a rollback does when it would delete data
 * @param statementTimeout how long a statement may take that is only rehearsed or compared (PostgreSQL); zero for any time
 * @param progress told what happens while it happens, on the caller's thread or, for {@link Progress.StillRunning}, on one
 *     of this module's own
 */
public record MigrationOptions(String changelogFile, ResourceAccessor resources, String contexts, String labels,
        Duration lockTimeout, int lockRetries, Duration lockWait, OnDataLoss onDataLoss, Duration statementTimeout,
        Consumer<Progress> progress) {

    /** The changelog that this module carries. */
    public static final String CHANGELOG = "changelog/db.changelog-master.yaml";

    public MigrationOptions {
        Objects.requireNonNull(changelogFile);
        Objects.requireNonNull(resources);
        Objects.requireNonNull(contexts);
        Objects.requireNonNull(labels);
        Objects.requireNonNull(onDataLoss);
        Objects.requireNonNull(progress);
        if (lockTimeout.isNegative() || lockWait.isNegative() || lockRetries < 0 || statementTimeout.isNegative()) {
            throw new IllegalArgumentException("lockTimeout, lockWait, lockRetries and statementTimeout cannot be negative");
        }
    }

    /** This module's changelog, all contexts, and the time-outs that the README names. */
    public static MigrationOptions defaults() {
        return new MigrationOptions(CHANGELOG, new ClassLoaderResourceAccessor(MigrationOptions.class.getClassLoader()), "", "",
                Duration.ofSeconds(5), 10, Duration.ofMinutes(5), OnDataLoss.REFUSE,
                Duration.ofMinutes(5), event -> { });
    }

    /** The same with another changelog, found through {@code resources}. */
    public MigrationOptions withChangelog(String file, ResourceAccessor where) {
        return new MigrationOptions(file, where, contexts, labels, lockTimeout, lockRetries, lockWait, onDataLoss,
                statementTimeout, progress);
    }

    /** The same in other contexts and with another label filter; null means all. */
    public MigrationOptions withFilter(String newContexts, String newLabels) {
        return new MigrationOptions(changelogFile, resources, newContexts == null ? "" : newContexts,
                newLabels == null ? "" : newLabels, lockTimeout, lockRetries, lockWait, onDataLoss,
                statementTimeout, progress);
    }

    /** The same with another time-out for locks, and another number of tries after it. */
    public MigrationOptions withLockTimeout(Duration timeout, int retries) {
        return new MigrationOptions(changelogFile, resources, contexts, labels, timeout, retries, lockWait, onDataLoss,
                statementTimeout, progress);
    }

    /** The same with another time to wait for a deployment that is under way. */
    public MigrationOptions withLockWait(Duration wait) {
        return new MigrationOptions(changelogFile, resources, contexts, labels, lockTimeout, lockRetries, wait, onDataLoss,
                statementTimeout, progress);
    }

    /** The same with another answer to data that a rollback would delete. */
    public MigrationOptions withOnDataLoss(OnDataLoss answer) {
        return new MigrationOptions(changelogFile, resources, contexts, labels, lockTimeout, lockRetries, lockWait, answer,
                statementTimeout, progress);
    }

    /** The same with another time for each statement that is only rehearsed. */
    public MigrationOptions withStatementTimeout(Duration timeout) {
        return new MigrationOptions(changelogFile, resources, contexts, labels, lockTimeout, lockRetries, lockWait, onDataLoss,
                timeout, progress);
    }

    /** The same with another listener. */
    public MigrationOptions withProgress(Consumer<Progress> listener) {
        return new MigrationOptions(changelogFile, resources, contexts, labels, lockTimeout, lockRetries, lockWait, onDataLoss,
                statementTimeout, listener);
    }
}
