package com.juragpt.auditor.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.juragpt.auditor.migrations.catalog.CatalogReader;
import com.juragpt.auditor.migrations.testing.Checkout;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.Run;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What {@code updateSQL} writes for a DBA to run by hand does what {@code update} does. */
@ExtendWith(PostgresExtension.class)
class UpdateScriptIT {

    private static final String SCRIPT = "target/liquibase/updateSQL.sql";
    private static final String OFFLINE =
            "-Dliquibase.url=offline:postgresql?outputLiquibaseSql=all&changeLogFile=target/liquibase/databasechangelog.csv";

    private static TestDatabase updated;

    @TempDir
    Path folder;

    private Checkout checkout;

    @BeforeAll
    static void update(TestDatabase database, @TempDir Path elsewhere) {
        updated = database;
        mvn(Checkout.in(elsewhere), database, "liquibase:update").succeeds();
    }

    @BeforeEach
    void checkOut() {
        checkout = Checkout.in(folder);
    }

    @Test
    void theScriptForADatabaseLeavesWhatUpdateLeaves(TestDatabase scripted) throws SQLException {
        mvn(checkout, scripted, "liquibase:updateSQL").succeeds();
        assertThat(scripted.query("SELECT FROM pg_tables WHERE schemaname = 'public'")).isEmpty();

        scripted.execute(checkout.read(SCRIPT));

        assertSameAsAfterUpdate(scripted);
        assertThat(scripted.query("SELECT orderexecuted FROM databasechangelog ORDER BY 1"))
                .isEqualTo(updated.query("SELECT orderexecuted FROM databasechangelog ORDER BY 1"));
        assertThat(scripted.query("SELECT locked FROM databasechangeloglock")).containsExactly(List.of("f"));
    }

    @Test
    @Tag("exhaustive")
    void theScriptForADatabaseWorksInPsqlToo(TestDatabase byPsql) throws SQLException {
        assumeTrue(isOnPath("psql"), "psql is not installed");
        mvn(checkout, byPsql, "liquibase:updateSQL").succeeds();

        Run.of(folder, Map.of(), List.of("psql", "-X", "-v", "ON_ERROR_STOP=1", "-d", byPsql.url(), "-f", SCRIPT)).succeeds();
        assertSameAsAfterUpdate(byPsql);
    }

    /** A file stands for the history then: with it the rollback can be written too, and each script only once. */
    @Test
    @Tag("exhaustive")
    void theScriptWrittenWithoutADatabaseLeavesWhatUpdateLeavesAndItsHistoryIsAFileInTarget(TestDatabase scripted)
            throws SQLException {
        checkout.mvn("liquibase:updateSQL", OFFLINE).succeeds();
        scripted.execute(checkout.read(SCRIPT));
        assertSameAsAfterUpdate(scripted);

        checkout.mvn("liquibase:updateSQL", OFFLINE).succeeds();
        assertThat(checkout.read(SCRIPT)).doesNotContain("CREATE TABLE");

        checkout.mvn("liquibase:rollbackSQL", OFFLINE, "-Dliquibase.rollbackTag=base").succeeds();
        scripted.execute(checkout.read("target/liquibase/rollbackSQL.sql"));
        assertThat(scripted.query("SELECT id FROM databasechangelog")).containsExactly(List.of("000-tag-base"));
        assertThat(catalog(scripted)).isEmpty();
        assertThat(checkout.strayFiles()).isEmpty();
    }

    private void assertSameAsAfterUpdate(TestDatabase scripted) throws SQLException {
        assertThat(catalog(scripted)).isNotEmpty().isEqualTo(catalog(updated));
        String history = "SELECT id, author, filename, exectype, md5sum, description, comments, tag, liquibase, contexts, labels"
                + " FROM databasechangelog ORDER BY orderexecuted";
        assertThat(scripted.query(history)).hasSize(StockGoals.HISTORY.size()).isEqualTo(updated.query(history));

        assertThat(mvn(checkout, scripted, "liquibase:update").succeeds().output()).contains("Database is up to date");
    }

    private static Run mvn(Checkout checkout, TestDatabase database, String goal) {
        return checkout.mvn(goal, "-Dliquibase.url=" + database.jdbcUrl(), "-Dliquibase.username=" + database.user(),
                "-Dliquibase.password=" + database.password());
    }

    private static List<String> catalog(TestDatabase database) throws SQLException {
        try (Connection connection = database.connect()) {
            return CatalogReader.read(connection).lines();
        }
    }

    private static boolean isOnPath(String program) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }
}
