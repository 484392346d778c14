package com.juragpt.auditor.migrations.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A PostgreSQL of a test's own, of the embedded binaries, that can be crashed: all of its processes get SIGKILL, and what it had
 * said to be committed must be on disk. It stops with the test, or at the latest with the JVM.
 */
public final class CrashingServer implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final EmbeddedPostgres server;
    private final PostgresServer databases;
    private final Path data;

    private CrashingServer(EmbeddedPostgres server) throws SQLException {
        this.server = server;
        databases = PostgresServer.of(server);
        data = Path.of(setting("data_directory"));
        for (String durable : List.of("fsync", "synchronous_commit", "full_page_writes")) {
            if (!setting(durable).equals("on")) {
                throw new IllegalStateException(durable + " is " + setting(durable) + ", so a crash may lose what was committed");
            }
        }
    }

    /** Starts one that keeps what it has committed. */
    public static CrashingServer start() {
        try {
            // Memory is as good as a disk here: what a process has handed to the kernel outlives the process.
            return new CrashingServer(PostgresServer.embeddedBinaries().setServerConfig("fsync", "on")
                    .setServerConfig("synchronous_commit", "on").start());
        } catch (IOException e) {
            throw new UncheckedIOException("The embedded PostgreSQL did not start", e);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A new, empty database, which ends with the server. */
    public TestDatabase createDatabase() {
        return databases.createDatabase();
    }

    /**
     * SIGKILL for the processes of the database's sessions, but for one called {@code in the way}. The server then ends all sessions
     * and recovers as from a crash; returns when it accepts sessions again.
     */
    public void killProcessesOf(TestDatabase database) {
        try (Connection witness = database.connect(); Statement statement = witness.createStatement()) {
            statement.execute("SET application_name = 'in the way'");
            List<ProcessHandle> killed = Rows.of(witness, "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                    + " AND application_name <> 'in the way'").stream()
                    .flatMap(row -> ProcessHandle.of(Long.parseLong(row.get(0))).stream()).toList();
            killed.forEach(ProcessHandle::destroyForcibly);
            Instant end = Instant.now().plus(PATIENCE);
            // The server ends the witness too, and until it has done so it has not begun to recover.
            while (!killed.isEmpty() && (witness.isValid(5) || !accepts())) {
                if (Instant.now().isAfter(end)) {
                    throw new IllegalStateException("The server did not recover");
                }
                pause();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** SIGKILL for all of its processes, then the start of a new one with the same data; returns when that accepts sessions. */
    public void crash() {
        ProcessHandle postmaster = postmaster();
        List<String> command = new ArrayList<>();
        if (System.getProperty("user.name").equals("root")) {
            // It refuses to run as root, but for one who is that only outside of a namespace of his own.
            command.addAll(List.of("unshare", "-U"));
        }
        command.add(postmaster.info().command().orElseThrow());
        command.addAll(List.of(postmaster.info().arguments().orElseThrow()));
        Signals.kill(processes(), data);
        start(command);
    }

    private void start(List<String> command) {
        Instant end = Instant.now().plus(PATIENCE);
        Path log = data.resolve("after-crash.log");
        while (Instant.now().isBefore(end)) {
            try {
                Process started = new ProcessBuilder(command).redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile())).start();
                while (!started.waitFor(10, TimeUnit.MILLISECONDS)) {
                    if (accepts()) {
                        return;
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
        throw new IllegalStateException("The server did not come up again: " + read(log));
    }

    private boolean accepts() {
        try {
            setting("data_directory");
            return true;
        } catch (SQLException notYet) {
            return false;
        }
    }

    private List<ProcessHandle> processes() {
        List<ProcessHandle> processes = new ArrayList<>(List.of(postmaster()));
        processes.addAll(processes.get(0).descendants().toList());
        return processes;
    }

    /** Holds all of its processes, as a machine that is paused: connections stay, and nobody answers. */
    public void freeze() {
        Signals.suspend(processes());
    }

    /** Lets them go on. */
    public void thaw() {
        Signals.resume(processes());
    }

    private ProcessHandle postmaster() {
        return ProcessHandle.of(Long.parseLong(read(data.resolve("postmaster.pid")).lines().findFirst().orElseThrow()))
                .orElseThrow();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String setting(String name) throws SQLException {
        try (Connection connection = DriverManager.getConnection(server.getJdbcUrl("postgres", "postgres"));
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW " + name)) {
            row.next();
            return row.getString(1);
        }
    }

    @Override
    public void close() throws IOException {
        thaw();
        server.close();
    }
}
