package com.juragpt.auditor.migrations.testing;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Runs work in parallel to the test. */
public final class Aside {

    private Aside() {
    }

    /**
     * Starts the work at once, on a thread of its own: the common pool has a single one on two cores, and from Java 25 on a
     * second task waits for it.
     */
    public static <T> CompletableFuture<T> run(Supplier<T> work) {
        return CompletableFuture.supplyAsync(work, task -> {
            Thread thread = new Thread(task, "aside");
            thread.setDaemon(true);
            thread.start();
        });
    }
}
