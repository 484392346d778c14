package com.juragpt.auditor.migrations.api;

import java.time.Duration;

/** What happens during a deployment or a rollback, told while it happens. */
public sealed interface Progress {

    /** Another deployment holds the lock; told once when the waiting begins and then every few seconds. */
    record Waiting(LockHolder holder, Duration waited) implements Progress { }

    /** A changeset is about to be run or undone; {@code number} counts from 1 to {@code total}. */
    record Started(int number, int total, String changeset) implements Progress { }

    /** A changeset has been run or undone; {@code outcome} says how. */
    record Finished(int number, int total, String changeset, Outcome outcome, Duration took) implements Progress { }

    /** One statement takes long; {@code detail} is what the server itself says of it, or empty. */
    record StillRunning(Duration elapsed, String detail) implements Progress { }

    /** A changeset with {@code runInTransaction: false} is next: what came before it is committed and stays. */
    record Split(int committed) implements Progress { }

    /** The transaction gave way to another session and was rolled back; it is tried again after the pause. */
    record Retrying(int attempt, int attempts, Duration pause, String reason) implements Progress { }

    /** Something that the reader should know, once: for instance that H2 has no transactional DDL. */
    record Note(String text) implements Progress { }
}
