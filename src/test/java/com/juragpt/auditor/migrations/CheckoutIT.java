package com.juragpt.auditor.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.testing.Checkout;
import com.juragpt.auditor.migrations.testing.Maven;
import com.juragpt.auditor.migrations.testing.Rows;
import com.juragpt.auditor.migrations.testing.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code mvn liquibase:update} with the embedded database, in whatever state and place a checkout is. */
class CheckoutIT {

    @TempDir
    Path folder;

    @Test
    void aFreshCloneIsDeployedWithoutAWarning() throws SQLException {
        Checkout checkout = Checkout.in(folder);

        Run run = checkout.mvn("liquibase:update").succeeds();

        assertDeployed(folder);
        assertThat(run.output()).doesNotContain("WARN").doesNotContain("Exception");
        assertThat(checkout.strayFiles()).isEmpty();
    }

    @Test
    @Tag("exhaustive")
    void aCompiledCheckoutIsDeployed() throws SQLException {
        Checkout checkout = Checkout.in(folder).compiled();

        checkout.mvn("liquibase:update").succeeds();

        assertDeployed(folder);
    }

    @Test
    @Tag("exhaustive")
    void aVerifiedCheckoutIsDeployed() throws SQLException {
        Checkout checkout = Checkout.in(folder);

        checkout.mvn("compile").succeeds();
        checkout.mvn("liquibase:update").succeeds();
        assertDeployed(folder);

        checkout.mvn("verify").succeeds();
        checkout.mvn("liquibase:update").succeeds();

        assertThat(folder.resolve("target/auditor-migrations-maven-plugin-" + Maven.projectVersion() + ".jar")).exists();
        assertDeployed(folder);
    }

    @Test
    @Tag("exhaustive")
    void aCheckoutWithASpaceInItsPathIsDeployedAndCompiledToo() throws SQLException {
        Path home = folder.resolve("Eigene Dateien/auditor migrations");
        Checkout checkout = Checkout.in(home);

        checkout.mvn("liquibase:update").succeeds();
        checkout.mvn("compile", "liquibase:rollback", "-Dliquibase.rollbackTag=base", "liquibase:update").succeeds();

        assertDeployed(home);
    }

    @Test
    @Tag("exhaustive")
    void fromAnotherFolderTheEmbeddedDatabaseIsInThatFolder() throws SQLException, IOException {
        Path home = folder.resolve("check out");
        Checkout checkout = Checkout.in(home).compiled();
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));

        Maven.in(elsewhere).mvn("-f", home.resolve("pom.xml").toString(), "liquibase:update", "liquibase:updateSQL",
                "liquibase:dbDoc").succeeds();

        assertDeployed(elsewhere);
        assertThat(checkout.h2File()).doesNotExist();
        assertThat(checkout.strayFiles()).isEmpty();
        assertThat(home.resolve("target/liquibase/updateSQL.sql")).exists();
    }

    @Test
    @Tag("exhaustive")
    void itsOwnGoalsAreFoundByTheirPrefixAndWithoutACheckoutByTheirName() throws IOException {
        assertThat(Checkout.in(folder.resolve("checkout")).mvn("migrations:help").succeeds().output())
                .contains("migrations:help");

        Path empty = Files.createDirectory(folder.resolve("empty"));
        String plugin = "com.juragpt:auditor-migrations-maven-plugin:" + Maven.projectVersion();
        assertThat(Maven.in(empty).mvn(plugin + ":help").succeeds().output()).contains("migrations:help");
    }

    private static void assertDeployed(Path workingDirectory) throws SQLException {
        try (Connection h2 = Checkout.connectToH2(workingDirectory)) {
            assertThat(Rows.of(h2, "SELECT id FROM databasechangelog ORDER BY orderexecuted"))
                    .extracting(row -> row.get(0)).isEqualTo(StockGoals.HISTORY);
        }
    }
}
