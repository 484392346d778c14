package com.juragpt.auditor.migrations.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.api.MigrationException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On a server of its own, because only one that asks for a password can tell whether the right one came. */
class EnvironmentUrlDriverTest {

    private static final String PASSWORD = "Zq7@:/#?%&+ üXw9";
    private static final String ENCODED = "Zq7%40%3A%2F%23%3F%25%26%2B%20%C3%BCXw9";

    private static EmbeddedPostgres server;

    @BeforeAll
    static void startAServerThatAsksForPasswords(@TempDir Path folder) throws IOException, SQLException {
        Path access = Files.writeString(folder.resolve("pg_hba.conf"), """
                host all postgres all trust
                host all all all scram-sha-256
                """);
        server = EmbeddedPostgres.builder()
                .setServerConfig("hba_file", access.toString())
                .setPGStartupWait(Duration.ofMinutes(1))
                .start();
        try (Connection admin = server.getPostgresDatabase().getConnection(); Statement statement = admin.createStatement()) {
            statement.execute("SET password_encryption = 'scram-sha-256'");
            statement.execute("CREATE ROLE auditor LOGIN PASSWORD '" + PASSWORD + "'");
            statement.execute("CREATE DATABASE audit OWNER auditor");
        }
    }

    @AfterAll
    static void stopIt() throws IOException {
        server.close();
    }

    @Test
    void isFoundAsAService() {
        assertThat(ServiceLoader.load(Driver.class)).hasAtLeastOneElementOfType(EnvironmentUrlDriver.class);
        assertThatThrownBy(() -> DriverManager.getConnection("jdbc:env:NOBODY_SETS_THIS"))
                .isInstanceOf(SQLException.class)
                .hasMessageStartingWith("[invalid-database-url] Cannot connect: "
                        + "the environment variable NOBODY_SETS_THIS is not set. Nothing was changed.")
                .hasMessageEndingWith("help: export NOBODY_SETS_THIS='postgresql://user:password@host:5432/database'");
    }

    @Test
    void leavesOtherUrlsToOtherDrivers() throws SQLException {
        EnvironmentUrlDriver driver = new EnvironmentUrlDriver();

        assertThat(driver.acceptsURL("jdbc:env:DATABASE_URL")).isTrue();
        assertThat(driver.acceptsURL("jdbc:postgresql://h/d")).isFalse();
        assertThat(driver.connect("jdbc:postgresql://h/d", new Properties())).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"postgresql", "postgres", "postgresql+psycopg2", "jdbc:postgresql"})
    void decodesThePasswordForAServerThatChecksIt(String scheme) throws SQLException {
        try (Connection connection = connect(url(scheme, ENCODED), new Properties())) {
            assertThat(valueOf(connection, "current_user || ' in ' || current_database()")).isEqualTo("auditor in audit");
        }
    }

    @Test
    void whatTheConnectionTellsOfItselfHasNoPassword() throws SQLException {
        try (Connection connection = connect(url("postgresql", ENCODED), new Properties())) {
            assertThat(connection.getMetaData().getURL()).isEqualTo("jdbc:postgresql://localhost:" + server.getPort() + "/audit");
            assertThat(connection.getMetaData().getUserName()).isEqualTo("auditor");
            assertThat(connection.getClientInfo().toString() + connection).doesNotContain("Zq7", "Xw9");
        }
    }

    @Test
    void givenCredentialsWin() throws SQLException {
        try (Connection connection = connect(url("postgresql", "wrong"), credentials(null, PASSWORD))) {
            assertThat(valueOf(connection, "current_user")).isEqualTo("auditor");
        }
        try (Connection connection = connect(url("postgresql", "wrong"), credentials("postgres", ""))) {
            assertThat(valueOf(connection, "current_user")).isEqualTo("postgres");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "null"})
    void whatLiquibaseHandsOverWhenNothingIsGivenDoesNotCount(String nothing) throws SQLException {
        try (Connection connection = connect(url("postgresql", ENCODED), credentials(nothing, nothing))) {
            assertThat(valueOf(connection, "current_user")).isEqualTo("auditor");
        }
    }

    @Test
    void otherPropertiesReachTheDatabase() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("ApplicationName", "deploy");
        String url = url("postgresql", ENCODED) + "?application_name=x&options=-c%20lock_timeout%3D7s";
        try (Connection connection = connect(url, properties)) {
            assertThat(valueOf(connection, "current_setting('application_name')")).isEqualTo("deploy");
            assertThat(valueOf(connection, "current_setting('lock_timeout')")).isEqualTo("7s");
        }
    }

    @Test
    void aWrongPasswordIsToldWithoutShowingIt() {
        assertThatThrownBy(() -> connect(url("postgresql", "Zq7%40Xw9"), new Properties()))
                .isInstanceOfSatisfying(SQLException.class, refused -> assertThat(refused.getSQLState()).isEqualTo("28P01"))
                .hasMessage("[cannot-connect] Cannot connect to audit on localhost:" + server.getPort() + " as auditor."
                        + " Nothing was changed.\n  FATAL: password authentication failed for user \"auditor\""
                        + "\n  help: check the user and the password; in a URL write @ as %40, : as %3A, / as %2F and % as %25")
                .hasStackTraceContaining("MigrationException")
                .satisfies(refused -> assertThat(DatabaseUrlTest.stackTrace(refused)).doesNotContain("Zq7", "Xw9"));
    }

    @Test
    void aDatabaseThatIsNotThereComesWithTheCommandThatCreatesIt() {
        assertThatThrownBy(() -> connect("postgresql://postgres@localhost:" + server.getPort() + "/absent", new Properties()))
                .hasMessageContaining("FATAL: database \"absent\" does not exist")
                .hasMessageEndingWith("help: createdb -h localhost -p " + server.getPort() + " absent");
    }

    @Test
    void anUnreadableUrlIsRefusedByTheNameOfItsVariable() {
        assertThatThrownBy(() -> connect("sqlite:///auditor.db", new Properties()))
                .isInstanceOf(SQLException.class)
                .hasCauseInstanceOf(MigrationException.class)
                .hasMessageStartingWith("[invalid-database-url] Cannot read DATABASE_URL: "
                        + "it names a database of another kind (sqlite)");
    }

    @Test
    void aUrlInPlaceOfAVariableIsNotRepeated() {
        assertThatThrownBy(() -> new EnvironmentUrlDriver().connect("jdbc:env:postgresql://u:Zq7@h/d", new Properties()))
                .hasMessageContaining("what follows jdbc:env: is not the name of an environment variable")
                .satisfies(refused -> assertThat(DatabaseUrlTest.stackTrace(refused)).doesNotContain("Zq7"));
    }

    @Test
    void connectsToH2WithTheCredentialsOfItsUrl() throws SQLException {
        String url = "jdbc:h2:mem:driver;USER=auditor;PASSWORD=Zq7;MODE=PostgreSQL";
        try (Connection first = connect(url, new Properties()); Connection second = connect(url, credentials("", ""))) {
            assertThat(second.getMetaData().getURL()).isEqualTo("jdbc:h2:mem:driver");
            assertThat(valueOf(first, "current_user")).isEqualTo("AUDITOR");
            assertThatThrownBy(() -> connect(url, credentials("", "other"))).hasMessageContaining("[cannot-connect]");
        }
    }

    private static String url(String scheme, String encodedPassword) {
        return scheme + "://auditor:" + encodedPassword + "@localhost:" + server.getPort() + "/audit";
    }

    private static Connection connect(String databaseUrl, Properties properties) throws SQLException {
        return new EnvironmentUrlDriver(name -> name.equals("DATABASE_URL") ? databaseUrl : null)
                .connect("jdbc:env:DATABASE_URL", properties);
    }

    private static Properties credentials(String user, String password) {
        Properties properties = new Properties();
        if (user != null) {
            properties.setProperty("user", user);
        }
        properties.setProperty("password", password);
        return properties;
    }

    private static String valueOf(Connection connection, String expression) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT " + expression)) {
            result.next();
            return result.getString(1);
        }
    }
}
