package com.juragpt.auditor.migrations.benchmark;

import com.juragpt.auditor.migrations.Migrations;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** A process with a tool's API, as its parent sees it. */
final class WorkerProcess implements AutoCloseable {

    /** What an answer begins with. */
    static final String RESULT = "RESULT";

    /** The same for all that are timed. */
    static final List<String> TIMED = List.of("-XX:+UseSerialGC", "-Xms256m", "-Xmx2g");

    /** So small that a collection follows the other, and what they leave is what is in use. */
    static final List<String> COUNTED = List.of("-XX:+UseSerialGC", "-Xms16m", "-Xmn8m", "-Xmx2g", "-XX:MinHeapFreeRatio=5",
            "-XX:MaxHeapFreeRatio=10");

    private final Process process;
    private final Path log;
    private final Writer requests;
    private final BufferedReader answers;

    private WorkerProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
        requests = process.outputWriter(StandardCharsets.UTF_8);
        answers = process.inputReader(StandardCharsets.UTF_8);
    }

    /**
     * Starts a tool's JVM.
     *
     * @param options of the JVM
     * @param folder of the changesets
     */
    static WorkerProcess java(Tool tool, List<String> options, Path folder) throws IOException {
        String main = switch (tool) {
            case OUR_API -> "OurWorker";
            case STOCK_API -> "StockWorker";
            case FLYWAY_API -> "FlywayWorker";
            default -> throw new IllegalArgumentException(tool + " is not in Java");
        };
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", classPath(tool),
                "-Djava.util.logging.config.file=" + System.getProperty("java.util.logging.config.file", ""),
                WorkerProcess.class.getPackageName() + "." + main, folder.toString()));
        return start(command, folder.resolveSibling(main + ".log"));
    }

    static WorkerProcess start(List<String> command, Path log) throws IOException {
        return new WorkerProcess(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile())).start(), log);
    }

    /** Does the work once in the database. */
    Sample run(Work work, Address database) {
        try {
            requests.write(String.join("\t", work.name(), database.jdbcUrl(), database.user(), database.password(),
                    database.url()) + "\n");
            requests.flush();
            for (String line = answers.readLine(); line != null; line = answers.readLine()) {
                String[] answer = line.split("\t");
                if (answer[0].equals(RESULT)) {
                    return new Sample(Long.parseLong(answer[1]), Long.parseLong(answer[2]), Long.parseLong(answer[3]));
                }
            }
            throw new AssertionError("The process ended at " + work + ":\n" + Files.readString(log));
        } catch (IOException e) {
            throw new UncheckedIOException("The process failed at " + work + ", see " + log, e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** The tests' class path without the other tools: each would be found by Liquibase's or Flyway's search for services. */
    private static String classPath(Tool tool) {
        Predicate<String> module = entry -> Path.of(entry).equals(module());
        Predicate<String> flyway = entry -> entry.contains("flyway");
        Predicate<String> liquibase = entry -> entry.contains("liquibase-core");
        Predicate<String> foreign = switch (tool) {
            case OUR_API -> flyway;
            case STOCK_API -> flyway.or(module);
            default -> liquibase.or(module);
        };
        String all = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return Arrays.stream(all.split(File.pathSeparator)).filter(foreign.negate())
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static Path module() {
        try {
            return Path.of(Migrations.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
