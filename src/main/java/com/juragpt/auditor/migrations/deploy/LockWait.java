package com.juragpt.auditor.migrations.deploy;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.LockHolder;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.connection.Stopwatch;
import java.time.Duration;

/** Waits for another deployment: polls, reports who holds the lock and how long it has waited, and gives up in the end. */
final class LockWait {

    private static final Duration POLL = Duration.ofMillis(300);
    private static final Duration REPORT = Duration.ofSeconds(5);

    private final MigrationOptions options;
    private final Stopwatch time = Stopwatch.start();
    private Duration nextReport = Duration.ZERO;

    LockWait(MigrationOptions options) {
        this.options = options;
    }

    /**
     * Waits a moment before the next attempt to take the lock.
     *
     * @param holder who holds it
     * @param whatStays a sentence that says what the database has kept
     * @param help what to do about a holder that does not end
     * @throws MigrationException {@link Problem#LOCKED} when the time is up
     */
    void poll(LockHolder holder, String whatStays, String help) {
        Duration waited = time.elapsed();
        if (waited.compareTo(options.limits().lockWait()) > 0) {
            throw Diagnosis.of(Problem.LOCKED, "Another deployment is under way; waited " + waited.toSeconds() + " s for it")
                    .whatStays(whatStays).line("held by: " + holder).help(help);
        }
        if (waited.compareTo(nextReport) >= 0) {
            options.progress().accept(new Progress.Waiting(holder, waited));
            nextReport = waited.plus(REPORT);
        }
        Pause.of(POLL, whatStays);
    }
}
