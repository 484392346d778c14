package com.juragpt.auditor.migrations.deploy;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.connection.Failures;
import java.time.Duration;
import java.util.Set;

/** Retries a transaction that the lock time-out or a deadlock has cancelled: a limited number of times, with growing pauses. */
final class Retries {

    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static final Set<String> CANCELLED = Set.of(Failures.LOCK_NOT_AVAILABLE, Failures.DEADLOCK_DETECTED);

    private final MigrationOptions options;
    private int attempt = 1;
    private Duration pause = FIRST_PAUSE;

    Retries(MigrationOptions options) {
        this.options = options;
    }

    /** Whether the transaction may succeed when it is retried. */
    static boolean mayHelp(Exception failure) {
        return Failures.sqlState(failure).filter(CANCELLED::contains).isPresent();
    }

    /**
     * Pauses before the next attempt.
     *
     * @param blockers the sessions that blocked it, a line each; may be empty
     * @param whatStays a sentence that says what the database has kept
     * @throws MigrationException {@link Problem#LOCK_TIMEOUT} if no attempt is left
     */
    void pauseAfter(Exception failure, String blockers, String whatStays) {
        int retries = options.limits().lockRetries();
        if (attempt > retries) {
            throw Diagnosis.of(Problem.LOCK_TIMEOUT, "Gave up after " + attempt
                    + " attempts: other sessions held a lock that is needed")
                    .whatStays(whatStays).lines(blockers.lines().map(blocker -> "blocked by: " + blocker).toList())
                    .cause(failure)
                    .help("end those sessions or wait for them, then run it again; -Dmigrations.lockRetries=N tries longer");
        }
        options.progress().accept(new Progress.Retrying(attempt, retries + 1, pause, blockers));
        Pause.of(pause, whatStays);
        attempt++;
        pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
    }
}
