package com.juragpt.auditor.migrations.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Logger;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * The PostgreSQL server of this JVM's tests: the one of {@code TEST_DATABASE_URL} if that is set, else a container if a
 * Docker engine answers, else the embedded binaries that Maven brought. One line in the log says which.
 *
 * <p>The version asked for is the system property {@code postgres.version}, as the pom passes it; only a server that
 * was given by its URL may be of another one.
 */
final class PostgresServer {

    private static final String VERSION_PROPERTY = "postgres.version";
    private static final String MAX_CONNECTIONS = "200";

    /** Ends what a killed JVM left on a shared server from being taken for this JVM's own. */
    private static final String RUN = HexFormat.of().toHexDigits(new SecureRandom().nextInt());
    private static final AtomicInteger DATABASES = new AtomicInteger();

    private final String hostAndPort;
    private final String user;
    private final String password;
    private final String maintenanceDatabase;
    private final String parameters;

    private PostgresServer(String hostAndPort, String user, String password, String maintenanceDatabase, String parameters) {
        this.hostAndPort = hostAndPort;
        this.user = user;
        this.password = password;
        this.maintenanceDatabase = maintenanceDatabase;
        this.parameters = parameters;
    }

    /** The server, started by the first call. */
    static PostgresServer get() {
        return Holder.SERVER;
    }

    /** A new, empty database in UTF-8, with the same sort order on every server. */
    TestDatabase createDatabase() {
        String name = "migrations_test_" + RUN + "_" + DATABASES.incrementAndGet();
        execute("CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
        return new TestDatabase(this, name, user, password);
    }

    /** {@code host:port}. */
    String hostAndPort() {
        return hostAndPort;
    }

    /** What {@code TEST_DATABASE_URL} said behind its question mark, with the mark, or an empty text. */
    String parameters() {
        return parameters;
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
        return "jdbc:postgresql://" + hostAndPort + "/" + database + parameters;
    }

    private String version() {
        try (Connection connection = connect(maintenanceDatabase, user, password);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SHOW server_version")) {
            result.next();
            return result.getString(1).split(" ")[0];
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot connect to the tests' PostgreSQL on " + hostAndPort + ": " + e.getMessage(), e);
        }
    }

    private static PostgresServer start() {
        String url = System.getenv("TEST_DATABASE_URL");
        String wanted = System.getProperty(VERSION_PROPERTY, "15");
        if (url != null && !url.isBlank()) {
            PostgresServer given = parse(url);
            say(given.version(), "TEST_DATABASE_URL, " + given.hostAndPort);
            return given;
        }
        if (DockerClientFactory.instance().isDockerAvailable()) {
            return started(container(wanted), wanted, "Testcontainers");
        }
        return started(embedded(), wanted, "embedded binaries");
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

    /** Reads {@code postgresql://user:password@host:port/database?parameters}. */
    private static PostgresServer parse(String url) {
        URI uri = URI.create(url.replaceFirst("^jdbc:", ""));
        String[] login = uri.getRawUserInfo() == null ? new String[] {"postgres"} : uri.getRawUserInfo().split(":", 2);
        String database = uri.getPath() == null || uri.getPath().length() < 2 ? "postgres" : uri.getPath().substring(1);
        return new PostgresServer(
                uri.getHost() + ":" + (uri.getPort() < 0 ? 5432 : uri.getPort()),
                URLDecoder.decode(login[0], StandardCharsets.UTF_8),
                login.length < 2 ? "" : URLDecoder.decode(login[1], StandardCharsets.UTF_8),
                database,
                uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
    }

    @SuppressWarnings("resource") // the shutdown hook closes it
    private static PostgresServer container(String version) {
        PostgreSQLContainer container = new PostgreSQLContainer("postgres:" + version)
                .withCommand("postgres", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
                        "-c", "max_connections=" + MAX_CONNECTIONS);
        container.start();
        // Testcontainers' own clean-up is a container of its own, which not every engine can run.
        Runtime.getRuntime().addShutdownHook(new Thread(container::stop, "stop the tests' PostgreSQL"));
        return new PostgresServer(container.getHost() + ":" + container.getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT),
                container.getUsername(), container.getPassword(), container.getDatabaseName(), "");
    }

    @SuppressWarnings("resource") // its own shutdown hook closes it
    private static PostgresServer embedded() {
        try {
            EmbeddedPostgres server = EmbeddedPostgres.builder()
                    .setServerConfig("max_connections", MAX_CONNECTIONS)
                    .setServerConfig("full_page_writes", "off")
                    .setPGStartupWait(Duration.ofMinutes(1))
                    .start();
            return new PostgresServer("localhost:" + server.getPort(), "postgres", "postgres", "postgres", "");
        } catch (IOException e) {
            throw new UncheckedIOException("The embedded PostgreSQL did not start", e);
        }
    }

    /** Starts the server when it is first needed, once, whichever thread comes first. */
    private static final class Holder {
        static final PostgresServer SERVER = start();
    }
}
