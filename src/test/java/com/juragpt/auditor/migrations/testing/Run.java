package com.juragpt.auditor.migrations.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The result of a program that ran in a process of its own.
 *
 * @param command the program and its arguments
 * @param exitCode what it ended with
 * @param output what it printed, both streams, in the order in which it came
 * @param duration from its start to its end
 */
public record Run(List<String> command, int exitCode, String output, Duration duration) {

    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    private static final Pattern STACK_TRACE = Pattern.compile("(?m)^\\s+at \\S+ ?\\(");

    /**
     * Runs a program to its end. What this process was told about databases is kept from it: only the test says where
     * it works.
     *
     * @param folder its working directory
     * @param environment what it gets in its environment, beside this process's own
     * @param command the program and its arguments
     */
    public static Run of(Path folder, Map<String, String> environment, List<String> command) {
        try {
            // Not a pipe: what the program leaves running would keep it open, and hold up the test.
            Path output = Files.createTempFile("run", ".log");
            try {
                return of(folder, environment, command, output);
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot run " + command, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while running " + command, e);
        }
    }

    private static Run of(Path folder, Map<String, String> environment, List<String> command, Path output)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().keySet().removeIf(
                name -> name.startsWith("LIQUIBASE_") || name.equals("DATABASE_URL") || name.equals("TEST_DATABASE_URL"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().putAll(environment);

        long start = System.nanoTime();
        Process process = builder.start();
        try {
            process.getOutputStream().close();
            if (!process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("Still running after " + TIMEOUT + ": " + command + "\n" + Files.readString(output));
            }
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        return new Run(command, process.exitValue(), Files.readString(output), Duration.ofNanos(System.nanoTime() - start));
    }

    /** This run, if the program said that it went well. */
    public Run succeeds() {
        if (exitCode != 0) {
            throw new AssertionError("Exit code " + exitCode + " of " + this);
        }
        return this;
    }

    /** This run, if the program said that it failed. */
    public Run fails() {
        if (exitCode == 0) {
            throw new AssertionError("Should have failed: " + this);
        }
        return this;
    }

    /** Whether it printed a stack trace: indented by a tab, as Java does it, or by spaces, as Maven does it. */
    public boolean printedAStackTrace() {
        return STACK_TRACE.matcher(output).find();
    }

    @Override
    public String toString() {
        return String.join(" ", command) + "\n" + output;
    }
}
