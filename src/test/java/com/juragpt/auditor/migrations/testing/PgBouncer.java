package com.juragpt.auditor.migrations.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.junit.jupiter.api.Assumptions;
import org.postgresql.ds.PGSimpleDataSource;

/** A PgBouncer in transaction mode before a test's database. Where the program is not installed, the test is skipped. */
public final class PgBouncer implements AutoCloseable {

    private static final Pattern JDBC_URL = Pattern.compile("jdbc:postgresql://([^:/]+):(\\d+)/([^?]+).*");

    private final Process process;
    private final Path folder;
    private final int port;
    private final TestDatabase database;

    private PgBouncer(Process process, Path folder, int port, TestDatabase database) {
        this.process = process;
        this.folder = folder;
        this.port = port;
        this.database = database;
    }

    /**
     * @param database what it leads to, as this role
     * @param sessions how many sessions of the server it shares among its clients
     */
    public static PgBouncer startedFor(TestDatabase database, int sessions) {
        Assumptions.assumeTrue(program().isPresent(), "pgbouncer is not installed (Debian: apt-get install pgbouncer)");
        Matcher url = JDBC_URL.matcher(database.jdbcUrl());
        if (!url.matches()) {
            throw new IllegalStateException("no host and port in " + database.jdbcUrl());
        }
        try {
            Path folder = Files.createTempDirectory("pgbouncer");
            int port = freePort();
            Path configuration = folder.resolve("pgbouncer.ini");
            Files.writeString(configuration, """
                    [databases]
                    %s = host=%s port=%s user=%s password='%s'
                    [pgbouncer]
                    listen_addr = 127.0.0.1
                    listen_port = %d
                    unix_socket_dir =
                    auth_type = any
                    pool_mode = transaction
                    default_pool_size = %d
                    query_wait_timeout = 20
                    ignore_startup_parameters = extra_float_digits
                    """.formatted(url.group(3), url.group(1), url.group(2), database.user(), database.password(), port,
                    sessions));
            List<String> command = new ArrayList<>(List.of(program().orElseThrow().toString()));
            if ("root".equals(System.getProperty("user.name"))) {
                // It refuses to run as root.
                command.addAll(List.of("-u", "nobody"));
            }
            command.add(configuration.toString());
            Process process = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(folder.resolve("log").toFile()).start();
            PgBouncer pooler = new PgBouncer(process, folder, port, database);
            pooler.awaitReady();
            return pooler;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Each connection is a client of the pooler. Its driver would prepare what is run often, which this mode does not bear. */
    public DataSource dataSource() {
        return dataSource("");
    }

    /** The same for clients that know of the pooler, and prepare no statement. */
    public DataSource otherClients() {
        return dataSource("?prepareThreshold=0");
    }

    private DataSource dataSource(String parameters) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl("jdbc:postgresql://127.0.0.1:" + port + "/" + database.name() + parameters);
        source.setUser(database.user());
        source.setPassword(database.password());
        return source;
    }

    private void awaitReady() throws IOException {
        Instant deadline = Instant.now().plus(Duration.ofSeconds(20));
        while (true) {
            try {
                dataSource().getConnection().close();
                return;
            } catch (SQLException e) {
                if (!process.isAlive() || Instant.now().isAfter(deadline)) {
                    process.destroyForcibly();
                    throw new IllegalStateException("pgbouncer did not start: " + Files.readString(folder.resolve("log")), e);
                }
            }
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            Files.deleteIfExists(folder.resolve("log"));
            Files.deleteIfExists(folder.resolve("pgbouncer.ini"));
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static Optional<Path> program() {
        return Arrays.stream((System.getenv("PATH") + File.pathSeparator + "/usr/sbin").split(File.pathSeparator))
                .map(folder -> Path.of(folder, "pgbouncer")).filter(Files::isExecutable).findFirst();
    }
}
