package com.juragpt.auditor.migrations.deploy;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import java.time.Duration;

/** A sleep whose interruption is a {@link MigrationException}. */
final class Pause {

    private Pause() {
    }

    /**
     * @param whatStays a sentence that says what the database has kept
     * @throws MigrationException {@link Problem#LOCKED} if the thread is interrupted, which it then still is
     */
    static void of(Duration time, String whatStays) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Diagnosis.of(Problem.LOCKED, "Interrupted while waiting").whatStays(whatStays).cause(e)
                    .help("run it again");
        }
    }
}
