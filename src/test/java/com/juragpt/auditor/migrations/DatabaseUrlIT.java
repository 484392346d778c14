package com.juragpt.auditor.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.testing.Checkout;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.Run;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code DATABASE_URL}, as the team sets it, and the stock goals. */
@ExtendWith(PostgresExtension.class)
class DatabaseUrlIT {

    @TempDir
    Path folder;

    private Checkout checkout;
    private TestDatabase deployer;

    /** A role with a password that a URL must encode. */
    @BeforeEach
    void checkOut(TestDatabase database) {
        checkout = Checkout.in(folder);
        deployer = database.createRole("deployer");
        database.execute("GRANT CREATE ON SCHEMA public TO " + deployer.user());
    }

    @AfterEach
    void theEmbeddedDatabaseIsNeverTheFallback() {
        assertThat(checkout.h2File()).doesNotExist();
    }

    @Test
    void itIsDeployedToAndItsPasswordIsNotShownEvenInDebugOutput() {
        checkout.compiled();

        assertIsDeployedTo("-X", "liquibase:update", "liquibase:status", "liquibase:history");
    }

    @Test
    @Tag("exhaustive")
    void itIsDeployedToByTheMavenThatCompiles() {
        assertIsDeployedTo("-X", "compile", "liquibase:update", "liquibase:status", "liquibase:history");
    }

    private void assertIsDeployedTo(String... arguments) {
        assertThat(deployer.url()).contains("p%40ss");

        Run run = checkout.with("DATABASE_URL", deployer.url()).mvn(arguments).succeeds();

        assertThat(owners()).containsExactly(deployer.user());
        assertShowsNoPassword(run);
        assertThat(run.output()).contains("jdbc:env:DATABASE_URL");
    }

    @Test
    void noPasswordIsShownWhenTheDatabaseCannotBeReached() {
        String unreachable = "postgresql://deployer:p%40ss%2Fdeployer@localhost:1/auditor";

        Run run = checkout.compiled().with("DATABASE_URL", unreachable).mvn("-X", "liquibase:update").fails();

        assertThat(run.output()).contains("localhost:1");
        assertShowsNoPassword(run);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {"", "postgresql://deployer:p%4ss%2Fdeployer@db/auditor"})
    void whatCannotBeUnderstoodIsRefused(String url) {
        assertRefused(url);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqlite:///auditor.db", "host=db password=p@ss/deployer",
        "mysql://deployer:p%40ss%2Fdeployer@db/auditor",
        "postgresql://deployer:p%40ss%2Fdeployer@db:port/auditor"})
    @Tag("exhaustive")
    void whatElseCannotBeUnderstoodIsRefusedToo(String url) {
        assertRefused(url);
    }

    private void assertRefused(String url) {
        Run run = checkout.compiled().with("DATABASE_URL", url).mvn("liquibase:update").fails();

        assertThat(run.output()).contains("[invalid-database-url]");
        assertShowsNoPassword(run);
    }

    @Test
    void aCheckoutThatIsNotCompiledIsRefused() {
        Run run = checkout.with("DATABASE_URL", deployer.url()).mvn("liquibase:update").fails();

        assertThat(run.output()).contains("com.juragpt.auditor.migrations.database.EnvironmentUrlDriver");
        assertShowsNoPassword(run);
        assertThat(owners()).isEmpty();
    }

    @Test
    void aUrlOnTheCommandLineWins(TestDatabase database, TestDatabase other) {
        checkout.compiled().with("DATABASE_URL", deployer.url())
                .mvn("liquibase:update", "-Dliquibase.url=" + other.jdbcUrl(), "-Dliquibase.username=" + other.user(),
                        "-Dliquibase.password=" + other.password())
                .succeeds();

        assertThat(other.query("SELECT id FROM databasechangelog")).hasSize(StockGoals.HISTORY.size());
        assertThat(owners()).isEmpty();
    }

    @Test
    @Tag("exhaustive")
    void aUserOnTheCommandLineWins() {
        String someoneElse = deployer.url().replace("//" + deployer.user() + ":p%40ss%2Fdeployer@", "//nobody:wrong@");

        checkout.compiled().with("DATABASE_URL", someoneElse)
                .mvn("liquibase:update", "-Dliquibase.username=" + deployer.user(), "-Dliquibase.password=" + deployer.password())
                .succeeds();

        assertThat(owners()).containsExactly(deployer.user());
    }

    private List<String> owners() {
        return deployer.query("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
                .stream().map(row -> row.get(0)).toList();
    }

    private static void assertShowsNoPassword(Run run) {
        assertThat(run.output()).doesNotContain("p@ss").doesNotContain("p%40ss").doesNotContain("p%4ss");
    }
}
