package com.juragpt.auditor.migrations.api;

import java.time.Duration;

/** An event of a deployment, a rollback or a rehearsal, reported when it happens. */
public sealed interface Progress {

    /** Another deployment holds the lock; reported when the waiting begins and then every few seconds. */
    record Waiting(LockHolder holder, Duration waited) implements Progress {}

    /** A changeset is about to be run or rolled back; {@code number} counts from 1 to {@code total}. */
    record Started(int number, int total, String changeset) implements Progress {}

    /** A changeset has been run or rolled back; {@code outcome} says how. */
    record Finished(int number, int total, String changeset, Outcome outcome, Duration took) implements Progress {}

    /** A statement takes long; {@code detail} is what the server reports about it, or empty. */
    record StillRunning(Duration elapsed, String detail) implements Progress {}

    /** A changeset with {@code runInTransaction: false} is next: what came before it is committed and stays. */
    record Split(int committed) implements Progress {}

    /** The transaction was cancelled by the lock time-out or a deadlock and rolled back; it is retried after the pause. */
    record Retrying(int attempt, int attempts, Duration pause, String reason) implements Progress {}

    /** A fact that the reader should know, reported once: for instance that H2 has no transactional DDL. */
    record Note(String text) implements Progress {}
}
