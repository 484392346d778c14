package com.juragpt.auditor.migrations.database;

import com.juragpt.auditor.migrations.api.MigrationException;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Properties;
import java.util.function.UnaryOperator;
import java.util.logging.Logger;
import liquibase.Scope;

/**
 * The JDBC driver of {@code jdbc:env:NAME}: connects to the database that the environment variable {@code NAME} names, in any
 * of the forms of {@link DatabaseUrl#parse}.
 *
 * <p>Liquibase's goals log the URL that they are given, and pgjdbc does not understand the team's {@code DATABASE_URL}. With
 * this driver what is logged is {@code jdbc:env:DATABASE_URL}, and the password never leaves the environment.
 */
public final class EnvironmentUrlDriver implements Driver {

    /** What a URL begins with that names a variable instead of a database. */
    public static final String PREFIX = "jdbc:env:";

    static {
        try {
            DriverManager.registerDriver(new EnvironmentUrlDriver());
        } catch (SQLException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final UnaryOperator<String> environment;

    public EnvironmentUrlDriver() {
        this(System::getenv);
    }

    /** @param environment from a variable's name to its value, or null when it is not set */
    EnvironmentUrlDriver(UnaryOperator<String> environment) {
        this.environment = environment;
    }

    @Override
    public boolean acceptsURL(String url) {
        return url.startsWith(PREFIX);
    }

    /**
     * Connects. A non-empty {@code user} or {@code password} among the properties wins over the URL's; an empty one counts as
     * not given, because that is what Liquibase hands over then. The other properties go to the database's own driver.
     *
     * @return null when {@code url} is another driver's
     * @throws SQLException with the message and the cause of the {@link MigrationException}: the variable is not set or not
     *     readable, or the database cannot be reached
     */
    @Override
    public Connection connect(String url, Properties info) throws SQLException {
        if (!acceptsURL(url)) {
            return null;
        }
        try {
            DatabaseUrl database = DatabaseUrl.fromEnvironment(url.substring(PREFIX.length()), environment)
                    .withCredentials(given(info, "user"), given(info, "password"));
            // Liquibase logs only jdbc:env:…, and an operator wants to see where it goes.
            Scope.getCurrentScope().getLog(EnvironmentUrlDriver.class).info(url + " is " + database);
            return database.connect(info);
        } catch (MigrationException refused) {
            String state = refused.getCause() instanceof SQLException cause ? cause.getSQLState() : "08001";
            throw new SQLException(refused.getMessage(), state, refused);
        }
    }

    /** The Maven goals of Liquibase 4.33.0 hand over the word "null" when no user or password is given. */
    private static String given(Properties info, String name) {
        String value = info.getProperty(name);
        return "null".equals(value) ? null : value;
    }

    @Override
    public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) {
        return new DriverPropertyInfo[0];
    }

    @Override
    public int getMajorVersion() {
        return 1;
    }

    @Override
    public int getMinorVersion() {
        return 0;
    }

    /** {@inheritDoc} Whether it is depends on the database's own driver. */
    @Override
    public boolean jdbcCompliant() {
        return false;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException("This driver does not log through java.util.logging");
    }
}
