package com.juragpt.auditor.migrations.testing;

import com.juragpt.auditor.migrations.database.DatabaseUrl;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Two PostgreSQL servers with automatic failover, as {@code src/test/cluster/cluster} starts them. Where pg_auto_failover is not
 * installed, the test is skipped.
 */
public final class Cluster implements AutoCloseable {

    private static final String SCRIPT = Path.of("src/test/cluster/cluster").toAbsolutePath().toString();

    private final String directory;
    private final String url;
    private final Thread hook;

    private Cluster(String directory) {
        this.directory = directory;
        hook = new Thread(() -> script("down", directory), "stop the tests' cluster");
        Runtime.getRuntime().addShutdownHook(hook);
        url = script("url", directory).get(0);
    }

    /** @param mode {@code sync}, where a commit is answered when the standby has it, or {@code async} */
    public static Cluster start(String mode) {
        Run check = run("check");
        Assumptions.assumeTrue(check.exitCode == 0, check.errors);
        return new Cluster(script("up", mode).get(0));
    }

    /** Both servers, that the primary is wanted, and that one which does not answer is not waited for. */
    public DatabaseUrl url() {
        return DatabaseUrl.parse(databaseUrl() + "&socketTimeout=5");
    }

    /** The same as {@code DATABASE_URL} has it, without a limit for what takes long. */
    public String databaseUrl() {
        return url + "&connect_timeout=2";
    }

    /** Opens a connection to the primary each time it is asked for one, and waits for its answers without an end. */
    public PGSimpleDataSource dataSource() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(url().jdbcUrl());
        Properties properties = url().properties();
        source.setUser(properties.getProperty("user"));
        source.setTargetServerType(properties.getProperty("targetServerType"));
        return source;
    }

    /** A connection to the standby alone. */
    public Connection connectToStandby() {
        return DatabaseUrl.parse(script("urls", directory).get(1)).connect();
    }

    /** Runs a statement on the primary. */
    public void execute(String sql) {
        try (Connection connection = url().connect(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage() + "\n" + sql, e);
        }
    }

    /** The rows of a query on the primary. */
    public List<List<String>> query(String sql, Object... parameters) {
        try (Connection connection = url().connect()) {
            return Rows.of(connection, sql, parameters);
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage() + "\n" + sql, e);
        }
    }

    /** The present primary, to be killed later without a further question, in less than a millisecond. */
    public Victim primary() {
        List<String> primary = script("primary", directory);
        List<ProcessHandle> processes = primary.subList(1, primary.size()).stream().map(Long::valueOf).map(ProcessHandle::of)
                .flatMap(Optional::stream).toList();
        if (processes.size() < 2) {
            throw new IllegalStateException("of pg_autoctl and its server only " + processes + " is alive");
        }
        return new Victim(Path.of(primary.get(0)), processes);
    }

    /** Starts what was killed again, and waits until one primary has one standby. */
    public void heal() {
        script("heal", directory);
    }

    /** Makes the standby the primary, as an administrator does. */
    public void switchOver() {
        script("switchover", directory);
    }

    @Override
    public void close() {
        script("down", directory);
        Runtime.getRuntime().removeShutdownHook(hook);
    }

    /** All processes of one server and of what watches over it. */
    public static final class Victim {

        private final Path data;
        private final List<ProcessHandle> roots;

        private Victim(Path data, List<ProcessHandle> roots) {
            this.data = data;
            this.roots = roots;
        }

        /** SIGKILL for all of them, as if the machine had lost its power; returns when all are dead. */
        public void kill() {
            // Parents die first: pg_autoctl would start its server anew.
            Signals.kill(processes(), data);
        }

        /** Holds all of them, as if the machine was paused: its connections stay, and nobody answers. */
        public void freeze() {
            Signals.suspend(processes());
        }

        /** Lets them go on. */
        public void thaw() {
            Signals.resume(processes());
        }

        private Set<ProcessHandle> processes() {
            Set<ProcessHandle> all = new LinkedHashSet<>();
            roots.forEach(root -> addTree(root, all));
            return all;
        }
    }

    private static void addTree(ProcessHandle process, Set<ProcessHandle> all) {
        all.add(process);
        process.children().forEach(child -> addTree(child, all));
    }

    private static List<String> script(String... arguments) {
        return run(arguments).requireSuccess();
    }

    private static Run run(String... arguments) {
        return run(Stream.concat(Stream.of(SCRIPT), Arrays.stream(arguments)).toList());
    }

    private static Run run(List<String> command) {
        try {
            Path errors = Files.createTempFile("cluster", ".log");
            try {
                Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
                process.getOutputStream().close();
                List<String> lines = process.inputReader(StandardCharsets.UTF_8).lines().toList();
                return new Run(command, process.waitFor(), lines, Files.readString(errors).strip());
            } finally {
                Files.delete(errors);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private record Run(List<String> command, int exitCode, List<String> lines, String errors) {

        List<String> requireSuccess() {
            if (exitCode != 0) {
                throw new IllegalStateException(String.join(" ", command) + " ended with " + exitCode + ": " + errors);
            }
            return lines;
        }
    }
}
