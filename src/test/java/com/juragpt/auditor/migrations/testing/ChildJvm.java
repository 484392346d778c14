package com.juragpt.auditor.migrations.testing;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A Java process with the tests' class path, for what cannot be shown within one: being killed, and other class paths. */
public final class ChildJvm implements AutoCloseable {

    // A test that timed out does not get to close its own.
    private static final Set<Process> ALIVE = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> ALIVE.forEach(Process::destroyForcibly), "end the child JVMs"));
    }

    private final Process process;
    private final BufferedReader output;

    private ChildJvm(Process process) {
        this.process = process;
        ALIVE.add(process);
        process.onExit().thenRun(() -> ALIVE.remove(process));
        output = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Runs the main class. */
    public static ChildJvm run(Class<?> main, List<String> arguments) {
        return run(List.of(), main, arguments);
    }

    /** Runs the main class in a JVM with further options. */
    public static ChildJvm run(List<String> jvmOptions, Class<?> main, List<String> arguments) {
        return run(classPath(), jvmOptions, main, arguments);
    }

    /**
     * Runs the main class with these variables and, of this JVM's own, only where programs are: Liquibase goes through the whole
     * environment each time it looks up a setting.
     */
    public static ChildJvm runInEnvironment(Map<String, String> environment, Class<?> main, List<String> arguments) {
        ProcessBuilder builder = builder(classPath(), List.of(), main, arguments);
        builder.environment().keySet().retainAll(Set.of("PATH"));
        builder.environment().putAll(environment);
        return start(builder);
    }

    /** Runs the main class without this module's main classes, so that Liquibase cannot find its services. */
    public static ChildJvm runWithoutTheModule(Class<?> main, List<String> arguments) {
        String classPath = Arrays.stream(classPath().split(File.pathSeparator))
                .filter(entry -> !Files.exists(Path.of(entry, "META-INF/services/liquibase.lockservice.LockService")))
                .collect(Collectors.joining(File.pathSeparator));
        return run(classPath, List.of(), main, arguments);
    }

    private static ChildJvm run(String classPath, List<String> jvmOptions, Class<?> main, List<String> arguments) {
        return start(builder(classPath, jvmOptions, main, arguments));
    }

    private static ProcessBuilder builder(String classPath, List<String> jvmOptions, Class<?> main, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-cp", classPath,
                "-Djava.util.logging.config.file=" + System.getProperty("java.util.logging.config.file", ""),
                main.getName()));
        command.addAll(1, jvmOptions);
        command.addAll(arguments);
        return new ProcessBuilder(command).redirectErrorStream(true);
    }

    private static ChildJvm start(ProcessBuilder builder) {
        try {
            return new ChildJvm(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next line of its output, waiting for it; null after the last. */
    public String readLine() {
        try {
            return output.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads on until a line begins like this, and fails if none does. */
    public String awaitLine(String beginning) {
        List<String> before = new ArrayList<>();
        for (String line = readLine(); line != null; line = readLine()) {
            if (line.startsWith(beginning)) {
                return line;
            }
            before.add(line);
        }
        throw new AssertionError("no line '" + beginning + "…' but\n" + String.join("\n", before));
    }

    /** Waits for its end; returns all of its output that was not read, and fails if it did. */
    public String awaitSuccess() {
        String rest = output.lines().collect(Collectors.joining("\n"));
        try {
            if (!process.waitFor(2, TimeUnit.MINUTES) || process.exitValue() != 0) {
                throw new AssertionError("the child JVM failed\n" + rest);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return rest;
    }

    /** SIGKILL, and waits until it is dead; what it has said can still be read. */
    public void kill() {
        // The process's own method would close its output.
        process.toHandle().destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    private static String classPath() {
        // Under Surefire the class path of the JVM itself is only a jar that refers to the real one.
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }
}
