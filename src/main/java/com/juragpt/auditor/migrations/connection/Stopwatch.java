package com.juragpt.auditor.migrations.connection;

import java.time.Duration;

/** How long something has taken. Whoever sets the machine's clock meanwhile neither shortens nor lengthens it. */
public final class Stopwatch {

    private final long start = System.nanoTime();

    private Stopwatch() {
    }

    /** Begins now. */
    public static Stopwatch start() {
        return new Stopwatch();
    }

    /** The time since it began. */
    public Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
