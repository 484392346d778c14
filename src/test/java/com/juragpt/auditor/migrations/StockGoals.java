package com.juragpt.auditor.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.testing.Checkout;
import com.juragpt.auditor.migrations.testing.Maven;
import com.juragpt.auditor.migrations.testing.Rows;
import com.juragpt.auditor.migrations.testing.Run;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What Liquibase's own Maven goals do in a checkout: the same stories for every kind of database. That they deploy at all is what
 * {@link CheckoutIT} and {@link DatabaseUrlIT} show each time.
 */
@Tag("exhaustive")
abstract class StockGoals {

    static final List<String> TABLES = List.of("embedding_cache", "source_fingerprints", "verification_log");
    static final List<String> HISTORY = List.of("000-tag-base",
            "001-create-verification-log", "001-create-ix-verification-log-verification-id",
            "001-create-ix-verification-log-confidence-score", "001-create-ix-verification-log-trust-label",
            "001-create-ix-verification-log-is-valid",
            "001-create-embedding-cache", "001-create-ix-embedding-cache-text-hash",
            "001-create-source-fingerprints", "001-create-ix-source-fingerprints-source-id",
            "001-create-ix-source-fingerprints-source-hash",
            "001-tag-revision");

    private static final String MASTER = "changelog/db.changelog-master.yaml";
    private static final String NEXT_REVISION = "changelog/002-notes/note.yaml";

    Checkout checkout;

    private final List<String> filesOfTheStory = new ArrayList<>();

    @BeforeEach
    void checkOut(@TempDir Path folder) {
        checkout = Checkout.in(folder);
    }

    @AfterEach
    void nothingIsLeftOutsideOfTarget() {
        assertThat(checkout.strayFiles()).isEqualTo(filesOfTheStory);
    }

    /** What a person would add to the command line to reach the story's database. */
    abstract List<String> login();

    /** The same for the database to compare with, which is an empty one. */
    abstract List<String> referenceLogin();

    abstract Connection connect() throws SQLException;

    @Test
    void updateDeploysTheSchemaAndOnceMoreChangesNothing() throws SQLException {
        mvn("liquibase:update").succeeds();

        assertThat(tables()).isEqualTo(TABLES);
        assertThat(history()).isEqualTo(HISTORY);
        assertThat(tags()).containsExactly("base", "001");

        List<List<String>> before = query("SELECT * FROM databasechangelog ORDER BY orderexecuted");
        mvn("liquibase:update").succeeds();
        assertThat(query("SELECT * FROM databasechangelog ORDER BY orderexecuted")).isEqualTo(before);
    }

    @Test
    void updateStopsAtATagAndAfterACount() throws SQLException {
        mvn("liquibase:update", "-Dliquibase.toTag=base").succeeds();
        assertThat(history()).isEqualTo(HISTORY.subList(0, 1));
        assertThat(tables()).isEmpty();

        mvn("liquibase:update", "-Dliquibase.changesToApply=1").succeeds();
        assertThat(history()).isEqualTo(HISTORY.subList(0, 2));
        assertThat(tables()).containsExactly("verification_log");

        addTheNextRevision();
        mvn("liquibase:update", "-Dliquibase.toTag=001").succeeds();
        assertThat(history()).isEqualTo(HISTORY);
        assertThat(tables()).isEqualTo(TABLES);
    }

    @Test
    void rollbackGoesBackToATagByCountAndToTheBaseAndUpAgain() throws SQLException {
        addTheNextRevision();
        mvn("liquibase:update").succeeds();
        assertThat(tables()).contains("note");

        mvn("liquibase:rollback", "-Dliquibase.rollbackTag=001").succeeds();
        assertThat(tables()).isEqualTo(TABLES);
        assertThat(history()).isEqualTo(HISTORY);

        mvn("liquibase:rollback", "-Dliquibase.rollbackTag=001").succeeds();
        assertThat(tables()).isEqualTo(TABLES);
        assertThat(history()).isEqualTo(HISTORY);

        mvn("liquibase:rollback", "-Dliquibase.rollbackCount=3").succeeds();
        assertThat(history()).isEqualTo(HISTORY.subList(0, HISTORY.size() - 3));
        assertThat(tables()).contains("source_fingerprints");

        mvn("liquibase:rollback", "-Dliquibase.rollbackTag=base").succeeds();
        assertThat(tables()).isEmpty();
        assertThat(history()).containsExactly("000-tag-base");
        assertThat(tags()).containsExactly("base");

        mvn("liquibase:update").succeeds();
        assertThat(tables()).hasSize(TABLES.size() + 1).containsAll(TABLES);
        assertThat(tags()).containsExactly("base", "001");
    }

    @Test
    void theScriptsForReviewAreWrittenToFilesOfTheirOwnAndChangeNothing() throws SQLException {
        mvn("liquibase:updateSQL", "liquibase:futureRollbackSQL").succeeds();
        assertThat(tables()).isEmpty();
        String update = checkout.read("target/liquibase/updateSQL.sql");
        assertThat(update).containsIgnoringCase("CREATE TABLE verification_log").contains("000-tag-base", "001-tag-revision");
        assertThat(checkout.read("target/liquibase/migrate.sql")).containsIgnoringCase("DROP TABLE verification_log");

        mvn("liquibase:update", "liquibase:rollbackSQL", "-Dliquibase.rollbackTag=base").succeeds();
        assertThat(tables()).isEqualTo(TABLES);
        assertThat(checkout.read("target/liquibase/updateSQL.sql")).isEqualTo(update);

        execute(checkout.read("target/liquibase/rollbackSQL.sql"));
        assertThat(tables()).isEmpty();
        assertThat(history()).containsExactly("000-tag-base");
    }

    @Test
    void updateTestingRollbackTriesTheWayBackAndEndsUpToDate() throws SQLException {
        Run run = mvn("liquibase:updateTestingRollback").succeeds();

        assertThat(run.output()).contains("Rolling Back Changeset: changelog/000-base.yaml::000-tag-base::juragpt");
        assertThat(tables()).isEqualTo(TABLES);
        assertThat(history()).isEqualTo(HISTORY);
    }

    @Test
    void statusHistoryAndTagsTellWhereADatabaseStands() throws SQLException {
        Run run = mvn("liquibase:status", "liquibase:update", "liquibase:tag", "-Dliquibase.tag=v1.0", "liquibase:tagExists",
                "liquibase:status", "liquibase:history").succeeds();
        assertThat(run.output())
                .contains("12 changesets have not been applied")
                .contains("Tag v1.0 exists in the database")
                .contains("is up to date")
                .containsPattern("changelog/000-base.yaml *\\| juragpt *\\| 000-tag-base *\\| base");
        // One tag a row: the release's tag has taken the place of the revision's. What keeps both is a goal of this module.
        assertThat(tags()).containsExactly("base", "v1.0");

        // Liquibase calls it a success all the same: a script must read the text.
        assertThat(mvn("liquibase:tagExists", "-Dliquibase.tag=v1.1").succeeds().output())
                .contains("Tag v1.1 does not exist in the database");
    }

    @Test
    void changelogSyncMarksAsRunWithoutRunning() throws SQLException {
        mvn("liquibase:changelogSyncToTag", "-Dliquibase.toTag=base").succeeds();
        assertThat(history()).containsExactly("000-tag-base");

        mvn("liquibase:changelogSync").succeeds();
        assertThat(history()).isEqualTo(HISTORY);
        assertThat(tags()).containsExactly("base", "001");
        assertThat(tables()).isEmpty();
    }

    @Test
    void diffFindsWhatAnotherDatabaseHasAndWritesTheChangesetForIt() throws SQLException {
        addTheNextRevision();
        run(referenceLogin(), "liquibase:update").succeeds();
        removeTheNextRevision();

        String[] reference = referenceLogin().stream().map(StockGoals::asReference).toArray(String[]::new);
        assertThat(mvn(reference, "liquibase:update", "liquibase:diff").succeeds().output())
                .containsPattern("(?i)Missing Table\\(s\\): *\\R *note\\R").contains("Unexpected Table(s): NONE");

        mvn(reference, "liquibase:diff", "-Dliquibase.diffChangeLogFile=target/liquibase/diff.yaml").succeeds();
        Run run = mvn(reference, "liquibase:update", "-Dliquibase.changeLogFile=target/liquibase/diff.yaml", "liquibase:diff");
        assertThat(tables()).contains("note");
        assertThat(run.succeeds().output())
                .contains("Missing Table(s): NONE", "Missing Column(s): NONE", "Unexpected Column(s): NONE");
    }

    @Test
    void generateChangeLogWritesAChangelogThatMakesTheSameTables() throws SQLException {
        run(referenceLogin(), "liquibase:update", "liquibase:generateChangeLog",
                "-Dliquibase.outputChangeLogFile=target/liquibase/generated.yaml").succeeds();

        mvn("liquibase:update", "-Dliquibase.changeLogFile=target/liquibase/generated.yaml").succeeds();
        assertThat(tables()).isEqualTo(TABLES);
    }

    @Test
    void dbDocDocumentsEachTable() {
        mvn("liquibase:update", "liquibase:dbDoc").succeeds();

        assertThat(checkout.folder().resolve("target/liquibase/dbDoc/index.html")).exists();
        assertThat(checkout.folder().resolve("target/liquibase/dbDoc/tables")).isDirectoryRecursivelyContaining(
                "glob:**/verification_log.html");
    }

    @Test
    void validateRefusesAChangesetThatWasChangedAfterItRan() throws SQLException {
        mvn("liquibase:update", "liquibase:validate").succeeds();

        String file = "changelog/001-initial-schema/embedding_cache.yaml";
        checkout.write(file, checkout.read(file).replace("type: varchar(100)", "type: varchar(200)"));
        assertThat(mvn("liquibase:validate").fails().output())
                .contains("001-create-embedding-cache::juragpt was: ");

        // The way out when the change is known to be harmless: the next update records the new checksums, and runs nothing.
        mvn("liquibase:clearCheckSums").succeeds();
        assertThat(query("SELECT DISTINCT md5sum FROM databasechangelog")).containsExactly(Collections.singletonList(null));
        mvn("liquibase:update").succeeds();
        assertThat(query("SELECT COUNT(*), COUNT(md5sum) FROM databasechangelog").get(0)).containsExactly("12", "12");
    }

    @Test
    void aLockThatWasLeftBehindIsListedAndReleased() throws SQLException {
        mvn("liquibase:update").succeeds();
        execute("UPDATE databasechangeloglock SET locked = TRUE, lockgranted = CURRENT_TIMESTAMP, lockedby = 'runner-7'");

        assertThat(mvn("liquibase:listLocks", "liquibase:releaseLocks").succeeds().output()).contains("runner-7");
        assertThat(query("SELECT COUNT(*) FROM databasechangeloglock WHERE locked").get(0)).containsExactly("0");
    }

    @Test
    void whatANewerCheckoutDeployedIsUnexpectedInThisOne() {
        addTheNextRevision();
        mvn("liquibase:update").succeeds();
        removeTheNextRevision();

        assertThat(mvn("liquibase:unexpectedChangeSets", "-Dliquibase.verbose=true").succeeds().output())
                .contains(NEXT_REVISION + "::002-create-note::juragpt");
    }

    @Test
    void dropAllLeavesNothing() throws SQLException {
        mvn("liquibase:update", "liquibase:dropAll").succeeds();

        assertThat(query("SELECT table_name FROM information_schema.tables WHERE LOWER(table_schema) = 'public'")).isEmpty();
    }

    final Run mvn(String... arguments) {
        return run(login(), arguments);
    }

    private Run mvn(String[] some, String... others) {
        List<String> arguments = new ArrayList<>(List.of(some));
        arguments.addAll(List.of(others));
        return mvn(arguments.toArray(String[]::new));
    }

    private Run run(List<String> login, String... arguments) {
        List<String> all = new ArrayList<>(login);
        all.addAll(List.of(arguments));
        Run run = checkout.mvn(all.toArray(String[]::new));
        // Of a goal that went well. At a failure Liquibase's plugin logs where it came from.
        assertThat(run.exitCode() == 0 && run.printedAStackTrace()).as("a stack trace on success: %s", run).isFalse();
        return run;
    }

    private static String asReference(String argument) {
        return argument.replace("-Dliquibase.url=", "-Dliquibase.referenceUrl=")
                .replace("-Dliquibase.username=", "-Dliquibase.referenceUsername=")
                .replace("-Dliquibase.password=", "-Dliquibase.referencePassword=");
    }

    private void addTheNextRevision() {
        checkout.write(NEXT_REVISION, """
                databaseChangeLog:
                  - changeSet:
                      id: '002-create-note'
                      author: juragpt
                      changes:
                        - createTable:
                            tableName: note
                            columns:
                              - column: {name: note_text, type: varchar(100)}
                      rollback:
                        - dropTable: {tableName: note}
                """);
        checkout.write(MASTER, checkout.read(MASTER) + "  - include: {file: " + NEXT_REVISION + "}\n");
        filesOfTheStory.add(NEXT_REVISION);
    }

    private void removeTheNextRevision() {
        String master = checkout.read(MASTER);
        checkout.write(MASTER, master.substring(0, master.indexOf("  - include: {file: " + NEXT_REVISION)));
    }

    final List<String> tables() throws SQLException {
        return query("SELECT LOWER(table_name) FROM information_schema.tables WHERE LOWER(table_schema) = 'public'"
                + " AND LOWER(table_name) NOT LIKE 'databasechangelog%' ORDER BY 1").stream().map(row -> row.get(0)).toList();
    }

    final List<String> history() throws SQLException {
        return query("SELECT id FROM databasechangelog ORDER BY orderexecuted").stream().map(row -> row.get(0)).toList();
    }

    final List<String> tags() throws SQLException {
        return query("SELECT tag FROM databasechangelog WHERE tag IS NOT NULL ORDER BY orderexecuted")
                .stream().map(row -> row.get(0)).toList();
    }

    final List<List<String>> query(String sql) throws SQLException {
        try (Connection connection = connect()) {
            return Rows.of(connection, sql);
        }
    }

    final void execute(String sql) throws SQLException {
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
