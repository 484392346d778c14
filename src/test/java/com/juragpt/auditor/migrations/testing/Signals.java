package com.juragpt.auditor.migrations.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Kills processes, as if their machine lost its power, or holds them and lets them go on, as if it was paused: their connections
 * stay, and nobody answers.
 */
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

    /**
     * SIGKILL for all processes of a PostgreSQL; returns when all are dead.
     *
     * @param processes those that are known, parents first
     * @param data the server's data directory
     */
    static void kill(Collection<ProcessHandle> processes, Path data) {
        processes.forEach(ProcessHandle::destroyForcibly);
        processes.forEach(process -> process.onExit().join());
        // One that was started while they were killed may wait forever for what a killed one held; no server starts beside it.
        List<ProcessHandle> orphans = ProcessHandle.allProcesses().filter(process -> worksIn(data, process)).toList();
        orphans.forEach(ProcessHandle::destroyForcibly);
        orphans.forEach(process -> process.onExit().join());
    }

    // As all processes of a PostgreSQL do, and nothing else.
    private static boolean worksIn(Path data, ProcessHandle process) {
        try {
            return Files.readSymbolicLink(Path.of("/proc", String.valueOf(process.pid()), "cwd")).equals(data);
        } catch (IOException endedOrNotOurs) {
            return false;
        }
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
