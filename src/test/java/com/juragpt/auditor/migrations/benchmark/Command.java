package com.juragpt.auditor.migrations.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A command, as somebody types it.
 *
 * @param folder its working directory
 * @param environment what it gets beside this process's own
 * @param words the program and its arguments
 */
record Command(Path folder, Map<String, String> environment, List<String> words) {

    private static final int POLL_MILLIS = 10;
    private static final Pattern PEAK = Pattern.compile("VmHWM:\\s+(\\d+) kB");

    /**
     * Runs it to its end, which has to be a good one.
     *
     * @param log gets its output
     */
    Sample run(Path log) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(words).directory(folder.toFile()).redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("LIQUIBASE_") || name.startsWith("FLYWAY_")
                || name.equals("DATABASE_URL") || name.equals("TEST_DATABASE_URL"));
        builder.environment().putAll(environment);
        long start = System.nanoTime();
        Process process = builder.start();
        process.getOutputStream().close();
        Duration cpu = null;
        long peak = 0;
        // The kernel says both only while the process is there.
        try {
            while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                cpu = process.info().totalCpuDuration().orElse(cpu);
                peak = Math.max(peak, peak(process.pid()));
            }
        } finally {
            process.destroyForcibly();
        }
        long time = System.nanoTime() - start;
        if (process.exitValue() != 0) {
            throw new AssertionError(words + " failed:\n" + Files.readString(log));
        }
        return new Sample(time, cpu == null ? -1 : cpu.toNanos(), peak);
    }

    /** The most memory that the process has had so far, on Linux; elsewhere, and at its end, 0. */
    private static long peak(long pid) {
        try {
            Matcher line = PEAK.matcher(Files.readString(Path.of("/proc", String.valueOf(pid), "status")));
            return line.find() ? Long.parseLong(line.group(1)) << 10 : 0;
        } catch (IOException gone) {
            return 0;
        }
    }
}
