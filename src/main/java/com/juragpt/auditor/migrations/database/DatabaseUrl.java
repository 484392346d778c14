package com.juragpt.auditor.migrations.database;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * The database to work on and the user to connect as, from a URL such as {@code DATABASE_URL}. Immutable.
 *
 * <p>The password stays inside: it is in no message, no {@link #toString()} and no {@link #jdbcUrl()}; only the
 * {@link #properties()} that a driver gets hold it.
 */
public final class DatabaseUrl {

    private static final String H2 = "jdbc:h2:";
    private static final String SOCKET_TIMEOUT = "socketTimeout";
    // As long as PgBouncer lets a client take to log in.
    private static final String PATIENCE_SECONDS = "60";

    private final UrlParts parts;

    private DatabaseUrl(UrlParts parts) {
        this.parts = parts;
    }

    /**
     * Reads a URL as libpq, SQLAlchemy and pgjdbc read it: {@code postgresql://}, {@code postgres://},
     * {@code postgresql+psycopg2://} (any SQLAlchemy driver), {@code jdbc:postgresql:}, {@code jdbc:h2:}. What the URL leaves
     * out is as in libpq: port 5432, the operating system's user, the database named like the user; the host is localhost.
     *
     * @param url the value as it is set, percent-encoded
     * @throws MigrationException {@link Problem#INVALID_DATABASE_URL}; the message never repeats the value
     * @see <a href="https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS">libpq's URIs</a>
     */
    public static DatabaseUrl parse(String url) {
        return parse(url, "the database URL");
    }

    /**
     * The same, from a place that messages can name.
     *
     * @param url the value as it is set, percent-encoded
     * @param source what messages call the value, for instance {@code url in liquibase.properties}
     * @throws MigrationException {@link Problem#INVALID_DATABASE_URL}; the message never repeats the value
     */
    public static DatabaseUrl parse(String url, String source) {
        return new DatabaseUrl(new DatabaseUrlParser(new UrlRefusal(source)).parse(url));
    }

    /**
     * Reads the URL that an environment variable holds.
     *
     * @param variable its name, for instance {@code DATABASE_URL}
     * @param environment from a variable's name to its value, or null when it is not set: {@code System::getenv}
     * @throws MigrationException {@link Problem#INVALID_DATABASE_URL}: no name of a variable, not set, or not readable; the
     *     message never repeats the value
     */
    public static DatabaseUrl fromEnvironment(String variable, UnaryOperator<String> environment) {
        if (!variable.matches("[A-Za-z_][A-Za-z0-9_]*")) {
            throw Diagnosis.of(Problem.INVALID_DATABASE_URL,
                    "Cannot connect: what follows jdbc:env: is not the name of an environment variable")
                    .help("-Dliquibase.url=jdbc:env:DATABASE_URL, and the URL itself in DATABASE_URL");
        }
        String value = environment.apply(variable);
        if (value == null) {
            throw Diagnosis.of(Problem.INVALID_DATABASE_URL,
                    "Cannot connect: the environment variable " + variable + " is not set")
                    .help("export " + variable + "='" + UrlRefusal.EXAMPLE + "'");
        }
        return parse(value, variable);
    }

    /**
     * The same database for another user. A null or empty argument keeps what the URL says: build tools hand over an empty
     * password when none was given.
     */
    public DatabaseUrl withCredentials(String newUser, String newPassword) {
        return new DatabaseUrl(parts.withCredentials(newUser, newPassword));
    }

    /** The URL for the JDBC driver: servers and database alone. Everything else is in {@link #properties()}. */
    public String jdbcUrl() {
        return parts.servers() == null ? H2 + parts.database()
                : "jdbc:postgresql://" + parts.servers() + "/" + PercentEncoding.encode(database());
    }

    /** The user to connect as; for H2 null when none is given. */
    public String user() {
        return parts.user() == null && parts.servers() != null ? System.getProperty("user.name") : parts.user();
    }

    /** Null when none is given; pgjdbc then looks into {@code ~/.pgpass}. */
    String password() {
        return parts.password();
    }

    /** A fresh copy of what {@link Driver#connect} needs beside {@link #jdbcUrl()}. It holds the password: do not print it. */
    public Properties properties() {
        Properties properties = new Properties();
        properties.putAll(parts.parameters());
        if (user() != null) {
            properties.setProperty("user", user());
        }
        if (password() != null) {
            properties.setProperty("password", password());
        }
        return properties;
    }

    /**
     * Opens a connection. As with libpq, {@code connect_timeout} is how many seconds each of the servers has to answer until it is
     * open, here 60 when not given; a server that does not is passed over for the next one. An open connection waits without an
     * end, unless the URL has pgjdbc's {@code socketTimeout}.
     *
     * @throws MigrationException {@link Problem#CANNOT_CONNECT}, with the driver's {@link SQLException} as its cause
     */
    public Connection connect() {
        return connect(new Properties());
    }

    /** @param more properties for the driver that win over the URL's own parameters, its credentials excepted */
    Connection connect(Properties more) {
        Properties properties = properties();
        more.stringPropertyNames().stream()
                .filter(name -> !"user".equals(name) && !"password".equals(name))
                .forEach(name -> properties.setProperty(name, more.getProperty(name)));
        try {
            return open(properties);
        } catch (SQLException refused) {
            String as = user() == null ? "" : " as " + user();
            throw Diagnosis.of(Problem.CANNOT_CONNECT, "Cannot connect to " + this + as)
                    .line(refused.getMessage() + reason(refused)).cause(refused).help(help(refused.getSQLState()));
        }
    }

    private Connection open(Properties properties) throws SQLException {
        if (parts.servers() == null) {
            return driver().connect(jdbcUrl(), properties);
        }
        // As in libpq. pgjdbc would never notice that the other machine has vanished.
        properties.putIfAbsent("tcpKeepAlive", "true");
        int limit;
        int patience;
        try {
            limit = Integer.parseInt(properties.getProperty(SOCKET_TIMEOUT, "0"));
            patience = Integer.parseInt(properties.getProperty("connectTimeout", PATIENCE_SECONDS));
        } catch (NumberFormatException e) {
            // The driver says what it is not.
            return driver().connect(jdbcUrl(), properties);
        }
        // pgjdbc would wait as long as for any answer, or without an end, for a server that takes the connection and does not
        // answer, as a paused machine does.
        properties.setProperty(SOCKET_TIMEOUT,
                String.valueOf(limit > 0 && (patience <= 0 || limit < patience) ? limit : patience));
        Connection connection = driver().connect(jdbcUrl(), properties);
        try {
            connection.setNetworkTimeout(Runnable::run,
                    (int) Math.min(Integer.MAX_VALUE, Duration.ofSeconds(Math.max(limit, 0)).toMillis()));
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** What pgjdbc says only in the cause. */
    private static String reason(SQLException refused) {
        return refused.getCause() instanceof SocketTimeoutException ? " The server did not answer in time." : "";
    }

    /**
     * The driver by its class: {@code DriverManager} would hide it where another class loader first asked for drivers, as
     * happens inside Maven.
     */
    private Driver driver() throws SQLException {
        if (parts.servers() != null) {
            return new org.postgresql.Driver();
        }
        try {
            return (Driver) Class.forName("org.h2.Driver").getConstructor().newInstance();
        } catch (ReflectiveOperationException absent) {
            throw new SQLException("The H2 driver is not on the class path", "08001", absent);
        }
    }

    /** @param state SQLSTATE, as in the PostgreSQL manual's appendix on error codes */
    private String help(String state) {
        if (parts.servers() == null || state == null) {
            return "check the URL";
        }
        String[] servers = parts.servers().split(",");
        String options = options(servers[0]);
        if (state.startsWith("28")) {
            return "check the user and the password; in a URL write @ as %40, : as %3A, / as %2F and % as %25";
        }
        if (state.equals("3D000")) {
            return "createdb" + options + " " + database();
        }
        if (!state.startsWith("08")) {
            return "psql" + options + " -U " + user() + " " + database();
        }
        String test = Arrays.stream(servers).map(server -> "pg_isready" + options(server)).collect(Collectors.joining(" and "));
        return servers.length == 1 ? test : "run it again when the failover is over, if there is one; else " + test;
    }

    private static String options(String server) {
        int colon = server.lastIndexOf(':');
        return " -h " + server.substring(0, colon).replaceAll("[\\[\\]]", "") + " -p " + server.substring(colon + 1);
    }

    private String database() {
        return parts.database() == null ? user() : parts.database();
    }

    /** For people: {@code auditor on db:5432}. Never the user's password. */
    @Override
    public String toString() {
        return parts.servers() == null ? H2 + parts.database().split(";", 2)[0] : database() + " on " + parts.servers();
    }
}
