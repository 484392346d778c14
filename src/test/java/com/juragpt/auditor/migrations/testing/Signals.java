package com.juragpt.auditor.migrations.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Holds processes and lets them go on, as if their machine was paused: their connections stay, and nobody answers. */
public final class Signals {

    private Signals() {
    }

    /** Holds a process until it is {@linkplain #resume resumed}. */
    public static void suspend(long process) {
        send("-STOP", List.of(process));
    }

    /** Lets a {@linkplain #suspend suspended} process go on. */
    public static void resume(long process) {
        send("-CONT", List.of(process));
    }

    /** @param processes parents first, so that they start no others meanwhile; those that have ended are passed over */
    static void suspend(Collection<ProcessHandle> processes) {
        send("-STOP", processes.stream().map(ProcessHandle::pid).toList());
    }

    /** Those that have ended are passed over. */
    static void resume(Collection<ProcessHandle> processes) {
        send("-CONT", processes.stream().map(ProcessHandle::pid).toList());
    }

    private static void send(String signal, List<Long> processes) {
        List<String> command = new ArrayList<>(List.of("kill", signal));
        processes.forEach(process -> command.add(process.toString()));
        try {
            // It fails if one has ended, and yet signals all others.
            new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
