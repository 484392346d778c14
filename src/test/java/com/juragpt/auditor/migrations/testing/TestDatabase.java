package com.juragpt.auditor.migrations.testing;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A database on the tests' PostgreSQL, seen as one of its roles. {@link PostgresExtension} hands out an empty one, seen
 * as the superuser, and drops it, its roles included, at the end of the test.
 */
public final class TestDatabase {

    private static final AtomicInteger COPIES = new AtomicInteger();

    private final PostgresServer server;
    private final String name;
    private final String user;
    private final String password;
    private final List<String> roles = new ArrayList<>();
    private final List<String> copies = new ArrayList<>();

    TestDatabase(PostgresServer server, String name, String user, String password) {
        this.server = server;
        this.name = name;
        this.user = user;
        this.password = password;
    }

    public String name() {
        return name;
    }

    public String user() {
        return user;
    }

    public String password() {
        return password;
    }

    /** As JDBC takes it, beside {@link #user()} and {@link #password()}. */
    public String jdbcUrl() {
        return server.jdbcUrl(name);
    }

    /** As libpq and {@code DATABASE_URL} take it, user and password included. */
    public String url() {
        return "postgresql://" + encode(user) + ":" + encode(password) + "@" + server.hostAndPort() + "/" + name
                + server.parameters();
    }

    /** A new connection; what a test leaves open is cut when its database is dropped. */
    public Connection connect() throws SQLException {
        return server.connect(name, user, password);
    }

    /** Opens a new connection each time it is asked for one. */
    public DataSource dataSource() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(jdbcUrl());
        source.setUser(user);
        source.setPassword(password);
        return source;
    }

    /** Runs SQL, several statements if need be, in a connection of its own. */
    public void execute(String sql) {
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage() + "\n" + sql, e);
        }
    }

    /** The rows of a query, every value as the text that the driver makes of it; NULL is null. */
    public List<List<String>> query(String sql, Object... parameters) {
        try (Connection connection = connect()) {
            return Rows.of(connection, sql, parameters);
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage() + "\n" + sql, e);
        }
    }

    /**
     * Makes a role that can log in and nothing more; what it may do, the test grants to its {@link #user()}. Up to
     * PostgreSQL 14 every role may create tables in the schema public unless that is revoked.
     *
     * @param suffix what it is for: {@code reader}
     * @return this database, seen as that role
     */
    public TestDatabase createRole(String suffix) {
        String role = name + "_" + suffix;
        server.execute("CREATE ROLE " + role + " LOGIN PASSWORD 'p@ss/" + suffix + "'");
        synchronized (roles) {
            roles.add(role);
        }
        return new TestDatabase(server, name, role, "p@ss/" + suffix);
    }

    /**
     * Makes another database with what this one holds; it is dropped together with this one, or by {@link #dropCopies()}.
     * Nobody may be connected to this one meanwhile.
     */
    public TestDatabase copy() {
        synchronized (copies) {
            String copy = name + "_copy" + COPIES.incrementAndGet();
            server.execute("CREATE DATABASE " + copy + " TEMPLATE " + name + server.copyingFiles());
            copies.add(copy);
            return new TestDatabase(server, copy, user, password);
        }
    }

    /** Drops the copies, whoever is still connected. */
    public void dropCopies() {
        synchronized (copies) {
            copies.forEach(copy -> server.execute("DROP DATABASE IF EXISTS " + copy + " WITH (FORCE)"));
            copies.clear();
        }
    }

    /** Drops the database and its copies, whoever is still connected, and then its roles. */
    public void drop() {
        dropCopies();
        server.execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
        synchronized (roles) {
            roles.forEach(role -> server.execute("DROP ROLE " + role));
        }
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Override
    public String toString() {
        return name + " as " + user;
    }
}
