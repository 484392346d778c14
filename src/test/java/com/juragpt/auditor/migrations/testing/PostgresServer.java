package com.juragpt.auditor.migrations.testing;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerClientException;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.juragpt.auditor.migrations.database.DatabaseUrl;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.ImageNameSubstitutor;

/**
 * The PostgreSQL server of this JVM's tests: the one of {@code TEST_DATABASE_URL} if that is set, else a container if a
 * Docker engine answers and can get the image, else the embedded binaries that Maven brought. One line in the log says
 * which.
 *
 * <p>It is of the version that {@code -Dpostgres.version} asks for, or the tests fail; only a server that was given by its
 * URL may be of another one.
 */
final class PostgresServer {

    private static final String MAX_CONNECTIONS = "200";

    /** The benchmark makes ten thousand tables in one transaction; without it, PostgreSQL's default. */
    private static final String MAX_LOCKS = System.getProperty("tests.postgres.max_locks", "64");

    /** Linux's file system in memory. */
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final long ENOUGH_MEMORY = 4L << 30;

    /** Tells this JVM's databases from what a killed one left on a shared server. */
    private static final String RUN = HexFormat.of().toHexDigits(new SecureRandom().nextInt());
    private static final AtomicInteger DATABASES = new AtomicInteger();

    private static PostgresServer server;
    private static RuntimeException failure;

    private final String hostAndPort;
    private final String user;
    private final String password;
    private final String maintenanceDatabase;
    private final String driversParameters;
    private final String libpqsParameters;
    private String copyingFiles;

    private PostgresServer(String hostAndPort, String user, String password, String maintenanceDatabase,
            String driversParameters, String libpqsParameters) {
        this.hostAndPort = hostAndPort;
        this.user = user;
        this.password = password;
        this.maintenanceDatabase = maintenanceDatabase;
        this.driversParameters = driversParameters;
        this.libpqsParameters = libpqsParameters;
    }

    /** The server, started by the first call; where that failed, every call says why. */
    static synchronized PostgresServer get() {
        if (failure != null) {
            throw new IllegalStateException(failure.getMessage(), failure);
        }
        if (server == null) {
            try {
                server = start();
            } catch (RuntimeException e) {
                failure = e;
                throw e;
            }
        }
        return server;
    }

    /** A new, empty database in UTF-8, with the same sort order on every server. */
    TestDatabase createDatabase() {
        String name = "migrations_test_" + RUN + "_" + DATABASES.incrementAndGet();
        execute("CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'" + copyingFiles());
        return new TestDatabase(this, name, user, password);
    }

    /** How to make a database: from version 15 on, PostgreSQL by default logs every page of it, which takes five times as long. */
    synchronized String copyingFiles() {
        if (copyingFiles == null) {
            copyingFiles = Integer.parseInt(version().split("\\D")[0]) < 15 ? "" : " STRATEGY file_copy";
        }
        return copyingFiles;
    }

    /** {@code host:port}. */
    String hostAndPort() {
        return hostAndPort;
    }

    /** What {@code TEST_DATABASE_URL} said behind its question mark, with the mark, or an empty text. */
    String parameters() {
        return libpqsParameters;
    }

    /** Runs one statement outside of any test's database. */
    void execute(String sql) {
        try (Connection connection = connect(maintenanceDatabase, user, password);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql + ": " + e.getMessage(), e);
        }
    }

    Connection connect(String database, String asUser, String itsPassword) throws SQLException {
        return DriverManager.getConnection(jdbcUrl(database), asUser, itsPassword);
    }

    String jdbcUrl(String database) {
        return "jdbc:postgresql://" + hostAndPort + "/" + database + driversParameters;
    }

    private String version() {
        try (Connection connection = connect(maintenanceDatabase, user, password);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SHOW server_version")) {
            result.next();
            return result.getString(1).split(" ")[0];
        } catch (SQLException e) {
            throw new IllegalStateException(
                    "Cannot connect to the tests' PostgreSQL on " + hostAndPort + ": " + e.getMessage(), e);
        }
    }

    /** The major version that {@code -Dpostgres.version} asked for; where no Maven says, as in an IDE, the pom's default. */
    static String wantedVersion() {
        return System.getProperty("tests.postgres.version", System.getProperty("postgres.version", "15"));
    }

    private static PostgresServer start() {
        String url = System.getenv("TEST_DATABASE_URL");
        String wanted = wantedVersion();
        if (url != null && !url.isBlank()) {
            PostgresServer given = parse(url);
            say(given.version(), "TEST_DATABASE_URL, " + given.hostAndPort);
            return given;
        }
        if (!DockerClientFactory.instance().isDockerAvailable()) {
            return started(embedded(), wanted, "embedded binaries");
        }
        DockerImageName image = ImageNameSubstitutor.instance().apply(DockerImageName.parse("postgres:" + wanted));
        if (!canBeHad(image)) {
            return started(embedded(), wanted, "embedded binaries, as Docker cannot get " + image.asCanonicalNameString());
        }
        return started(container(image), wanted, "Testcontainers");
    }

    /** Testcontainers itself goes on asking for minutes, in silence, where the registry cannot be reached. */
    private static boolean canBeHad(DockerImageName image) {
        DockerClient docker = DockerClientFactory.lazyClient();
        String name = image.asCanonicalNameString();
        try {
            docker.inspectImageCmd(name).exec();
            return true;
        } catch (NotFoundException absent) {
            try {
                return docker.pullImageCmd(name).start().awaitCompletion(5, TimeUnit.MINUTES);
            } catch (DockerException | DockerClientException unreachable) {
                return false;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("Interrupted while Docker was getting " + name, e);
            }
        }
    }

    private static PostgresServer started(PostgresServer server, String wanted, String source) {
        String version = server.version();
        if (!version.startsWith(wanted + ".")) {
            throw new IllegalStateException("The tests were to run on PostgreSQL " + wanted + ", but " + source + " gave "
                    + version + ". The pom's profiles postgres-14 to postgres-18 name the versions there are.");
        }
        say(version, source);
        return server;
    }

    private static void say(String version, String source) {
        Logger.getLogger(PostgresServer.class.getName()).info("Tests run on PostgreSQL " + version + ", " + source);
    }

    private static PostgresServer parse(String text) {
        DatabaseUrl url = DatabaseUrl.parse(text);
        Matcher parts = Pattern.compile("jdbc:postgresql://(.*)/(.*)").matcher(url.jdbcUrl());
        if (!parts.matches()) {
            throw new IllegalStateException("TEST_DATABASE_URL names no PostgreSQL server: " + url);
        }
        Properties properties = url.properties();
        String password = Objects.requireNonNullElse((String) properties.remove("password"), "");
        properties.remove("user");
        String parameters = properties.stringPropertyNames().stream()
                .map(name -> name + "=" + URLEncoder.encode(properties.getProperty(name), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&", "?", ""));
        int query = text.indexOf('?');
        return new PostgresServer(parts.group(1), url.user(), password, parts.group(2),
                properties.isEmpty() ? "" : parameters, query < 0 ? "" : text.substring(query));
    }

    @SuppressWarnings("resource") // the shutdown hook closes it
    private static PostgresServer container(DockerImageName image) {
        PostgreSQLContainer container = new PostgreSQLContainer(image.asCompatibleSubstituteFor("postgres"))
                .withCommand("postgres", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
                        "-c", "max_connections=" + MAX_CONNECTIONS, "-c", "max_locks_per_transaction=" + MAX_LOCKS);
        container.start();
        // Testcontainers' own clean-up is a container of its own, which not every engine can run.
        Runtime.getRuntime().addShutdownHook(new Thread(container::stop, "stop the tests' PostgreSQL"));
        return new PostgresServer(container.getHost() + ":" + container.getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT),
                container.getUsername(), container.getPassword(), container.getDatabaseName(), "", "");
    }

    /** A server of embedded binaries that somebody else has started and stops. */
    static PostgresServer of(EmbeddedPostgres started) {
        return new PostgresServer("localhost:" + started.getPort(), "postgres", "postgres", "postgres", "", "");
    }

    /** What a server of embedded binaries is built from, with its data in memory where there is enough. */
    static EmbeddedPostgres.Builder embeddedBinaries() throws IOException {
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder().setPGStartupWait(Duration.ofMinutes(1));
        // A database has three hundred files: ext4, for one, gets slow where so many come and go.
        if (Files.isWritable(MEMORY) && MEMORY.toFile().getUsableSpace() > ENOUGH_MEMORY) {
            builder.setDataDirectory(Files.createTempDirectory(MEMORY, "postgres-of-tests"));
        }
        return builder;
    }

    @SuppressWarnings("resource") // its own shutdown hook closes it
    private static PostgresServer embedded() {
        try {
            return of(embeddedBinaries().setServerConfig("max_connections", MAX_CONNECTIONS)
                    .setServerConfig("max_locks_per_transaction", MAX_LOCKS)
                    .setServerConfig("full_page_writes", "off")
                    .setServerConfig("max_wal_size", "128MB").start());
        } catch (IOException e) {
            throw new UncheckedIOException("The embedded PostgreSQL did not start", e);
        }
    }
}
