package com.juragpt.auditor.migrations.testing;

import java.util.UUID;
import java.util.function.Supplier;

/** Calls in surroundings that this JVM has never been in, so that it knows nothing of any database by heart. */
public final class NothingKnown {

    private static final String NEVER_SEEN = "migrations.test.never-seen";

    private NothingKnown() {
    }

    public static void in(Runnable call) {
        say(() -> {
            call.run();
            return null;
        });
    }

    public static <T> T say(Supplier<T> call) {
        System.setProperty(NEVER_SEEN, UUID.randomUUID().toString());
        try {
            return call.get();
        } finally {
            System.clearProperty(NEVER_SEEN);
        }
    }
}
