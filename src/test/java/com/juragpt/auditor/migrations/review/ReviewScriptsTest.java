package com.juragpt.auditor.migrations.review;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.Review;
import com.juragpt.auditor.migrations.catalog.Catalog;
import com.juragpt.auditor.migrations.catalog.CatalogReader;
import com.juragpt.auditor.migrations.lock.AdvisoryLock;
import com.juragpt.auditor.migrations.render.ReviewFiles;
import com.juragpt.auditor.migrations.render.ReviewSql;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.Deployed;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.Run;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The scripts of a review are run: they do what the goals do, or nothing. */
@ExtendWith(PostgresExtension.class)
class ReviewScriptsTest {

    private static final Review.Request PENDING = Review.Request.ofPending();
    private static final String CHANGED = "the database is no longer in the reviewed state";

    private static final String ADD_COLUMN = """
            id: 'add-mood'
            comment: it's for the "mood"
            changes:
              - addColumn: {tableName: law, columns: [{column: {name: mood, type: varchar(8)}}]}
            rollback:
              - dropColumn: {tableName: law, columnName: mood}
            """;
    private static final String FILL = sql("fill-mood", "UPDATE law SET mood = 'good'",
            "UPDATE law SET mood = NULL WHERE mood = 'good'");
    private static final String INDEX = outsideTransactions(
            sql("index-note", "CREATE INDEX CONCURRENTLY ix_law_note ON law (note)", "DROP INDEX CONCURRENTLY ix_law_note"));

    @TempDir
    Path folder;

    @Test
    void scriptForAnEmptyDatabaseLeavesWhatAnUpdateLeavesAndTheOtherUndoesIt(TestDatabase byScript, TestDatabase byUpdate)
            throws SQLException {
        Migrations scripted = Migrations.of(byScript.dataSource(), MigrationOptions.defaults());
        List<String> untouched = Contents.of(byScript);
        Catalog before = catalog(byScript);

        Review review = scripted.review(PENDING);

        assertThat(Contents.of(byScript)).isEqualTo(untouched);
        assertThat(ScriptRun.atOnce(ReviewSql.update(review), byScript)).isEmpty();
        Migrations.of(byUpdate.dataSource(), MigrationOptions.defaults()).update();
        assertThat(Deployed.in(byScript).differencesFrom(Deployed.in(byUpdate))).isEmpty();
        assertThat(orders(byScript)).isEqualTo(orders(byUpdate));
        assertThat(scripted.status().pending()).isEmpty();
        assertThat(ScriptRun.atOnce(ReviewSql.update(review), byScript).orElseThrow()).contains("has a history by now");
        scripted.tag("after");
        assertThat(ScriptRun.atOnce(ReviewSql.rollback(review), byScript)).isEmpty();
        assertThat(catalog(byScript)).isEqualTo(before);
        assertThat(byScript.query("SELECT id FROM databasechangelog")).isEmpty();
    }

    @Test
    void scriptsForADatabaseInUseDoWhatTheGoalsDo(TestDatabase database) throws SQLException {
        Migrations migrations = deployed(database, ADD_COLUMN, FILL, revision("002"));
        database.execute("INSERT INTO law VALUES (1, 'one'), (2, 'two')");
        Review review = migrations.review(PENDING);
        // The usual order: review, tag the point to go back to, deploy.
        migrations.tag("before-002");
        TestDatabase byUpdate = database.copy();
        Catalog before = catalog(database);

        assertThat(ScriptRun.byStatements(ReviewSql.update(review), database)).isEmpty();
        assertThat(database.query("SELECT count(*) FROM law WHERE mood = 'good'")).containsExactly(List.of("2"));
        Migrations.of(byUpdate.dataSource(), options(ADD_COLUMN, FILL, revision("002"))).update();
        assertThat(Deployed.in(database).differencesFrom(Deployed.in(byUpdate))).isEmpty();
        assertThat(orders(database)).isEqualTo(orders(byUpdate));
        // What either has deployed, the script undoes.
        for (TestDatabase each : List.of(database, byUpdate)) {
            assertThat(ScriptRun.byStatements(ReviewSql.rollback(review), each)).isEmpty();
            assertThat(catalog(each)).isEqualTo(before);
            assertThat(each.query("SELECT tag FROM databasechangelog WHERE tag IS NOT NULL ORDER BY orderexecuted"))
                    .containsExactly(List.of("001"), List.of("before-002"));
            assertThat(each.query("SELECT count(*) FROM law")).containsExactly(List.of("2"));
        }
        assertThat(ScriptRun.byStatements(ReviewSql.update(review), database)).as("back in the reviewed state").isEmpty();
    }

    @Test
    void whatTheScriptsDeleteStandsInThemWithItsCount(TestDatabase database) {
        String drop = """
                id: 'drop-note'
                changes:
                  - dropColumn: {tableName: law, columnName: note}
                rollback:
                  - addColumn: {tableName: law, columns: [{column: {name: note, type: text}}]}
                """;
        Migrations migrations = deployed(database, "id: 'overwrite'\nchanges:\n"
                + "  - update: {tableName: law, columns: [{column: {name: note, value: x}}], where: id <= 10}\n"
                + "rollback:\n  - empty: {}\n", drop, table("statute"), ADD_COLUMN);
        database.execute("INSERT INTO law SELECT n, 'note' FROM generate_series(1, 1234) n");

        Review review = migrations.review(PENDING);

        assertThat(ReviewSql.update(review))
                .contains("\n-- overwrite: OVERWRITES DATA: overwrites column note of law (10 rows with a value)\n")
                .contains("\n-- drop-note: DELETES DATA: drops column note of law (1 234 rows with a value)\n")
                .contains(
                        "\n-- DELETES DATA: drops column note of law (1 234 rows with a value)\nALTER TABLE law DROP COLUMN note;\n");
        assertThat(ReviewSql.rollback(review))
                .contains("\n-- drops table statute (0 rows), and whatever is in it by then\nDROP TABLE statute;\n")
                .contains("\n-- drops column mood of law (0 rows with a value), and whatever is in it by then\n")
                .doesNotContain("DELETES DATA");
    }

    @Test
    void changedStateStopsBothBeforeAnything(TestDatabase database) throws SQLException {
        Migrations migrations = deployed(database, ADD_COLUMN);
        Review review = migrations.review(PENDING);
        assertThat(ScriptRun.byStatements(ReviewSql.rollback(review), database).orElseThrow()).contains(CHANGED);
        for (String change : List.of("UPDATE databasechangelog SET md5sum = '9:0' WHERE id = 'create-law'",
                "UPDATE databasechangelog SET exectype = 'MARK_RAN' WHERE id = 'create-law'",
                "DELETE FROM databasechangelog WHERE id = 'create-law'",
                "INSERT INTO databasechangelog SELECT 'more', author, filename, now(), 99, 'EXECUTED' FROM databasechangelog"
                        + " WHERE id = 'create-law'")) {
            TestDatabase changed = database.copy();
            changed.execute(change);
            List<String> before = Contents.of(changed);

            assertThat(ScriptRun.byStatements(ReviewSql.update(review), changed).orElseThrow()).as(change).contains(CHANGED);
            assertThat(ScriptRun.atOnce(ReviewSql.update(review), changed).orElseThrow()).as(change).contains(CHANGED);

            assertThat(Contents.of(changed)).isEqualTo(before);
        }
        migrations.update();
        database.execute("UPDATE databasechangelog SET md5sum = '9:0' WHERE id = 'add-mood'");
        assertThat(ScriptRun.byStatements(ReviewSql.rollback(review), database).orElseThrow()).contains(CHANGED);
        assertThat(database.query("SELECT mood FROM law")).isEmpty();
    }

    @Test
    void deploymentUnderWayStopsTheScripts(TestDatabase database) throws SQLException {
        Migrations migrations = deployed(database, ADD_COLUMN, INDEX);
        Review one = migrations.review(PENDING);
        List<String> before = Contents.of(database);
        try (Connection other = database.connect()) {
            assertThat(AdvisoryLock.tryLock(other)).isTrue();
            assertThat(ScriptRun.byStatements(ReviewSql.update(one), database).orElseThrow())
                    .contains("another deployment is under way");
        }
        database.execute("UPDATE databasechangeloglock SET locked = TRUE, lockedby = 'stock' WHERE id = 1");
        assertThat(ScriptRun.byStatements(ReviewSql.update(one), database).orElseThrow())
                .contains("a Liquibase without this module's lock is deploying");
        database.execute("UPDATE databasechangeloglock SET locked = FALSE, lockedby = NULL WHERE id = 1");
        assertThat(Contents.of(database)).isEqualTo(before);
    }

    @Test
    void failingStatementLeavesNothing(TestDatabase database) throws SQLException {
        Migrations migrations = deployed(database, ADD_COLUMN, sql("fails", "SELECT 1/0", null));
        Review review = migrations.review(PENDING);
        List<String> before = Contents.of(database);

        assertThat(ScriptRun.byStatements(ReviewSql.update(review), database).orElseThrow()).contains("division by zero");

        assertThat(Contents.of(database)).isEqualTo(before);
        assertThat(ReviewSql.rollback(review)).contains("FOR READING ONLY").contains("--   fails: has no rollback");
        assertThat(ScriptRun.byStatements(ReviewSql.rollback(review), database).orElseThrow()).contains("for reading only");
    }

    @Test
    void twoReviewsAreByteEqual(TestDatabase database) {
        Migrations migrations = deployed(database, ADD_COLUMN, FILL, INDEX, revision("002"));

        Map<String, String> first = ReviewFiles.of(migrations.review(PENDING));

        assertThat(ReviewFiles.of(migrations.review(PENDING))).isEqualTo(first).hasSize(4);
    }

    @Test
    void changesetOutsideOfTransactionsSplitsTheScripts(TestDatabase database) throws SQLException {
        Migrations migrations = deployed(database, ADD_COLUMN, INDEX, FILL, revision("002"));
        TestDatabase byUpdate = database.copy();
        Catalog before = catalog(database);
        Review review = migrations.review(PENDING);

        assertThat(ReviewSql.update(review)).contains("more than one transaction, because of: index-note").startsWith("--")
                .contains("\\set ON_ERROR_STOP on");
        assertThat(ScriptRun.byStatements(ReviewSql.update(review), database)).isEmpty();

        Migrations.of(byUpdate.dataSource(), options(ADD_COLUMN, INDEX, FILL, revision("002"))).update();
        assertThat(Deployed.in(database).differencesFrom(Deployed.in(byUpdate))).isEmpty();
        assertThat(ScriptRun.byStatements(ReviewSql.rollback(review), database)).isEmpty();
        assertThat(catalog(database)).isEqualTo(before);
        assertThat(database.query("SELECT id FROM databasechangelog")).hasSize(2);
    }

    @Test
    void psqlRunsThemAndEndsWithAnErrorWhereTheyStop(TestDatabase database) throws IOException {
        assumeTrue(Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(path -> Files.isExecutable(Path.of(path, "psql"))), "psql is not installed");
        Migrations migrations = deployed(database, ADD_COLUMN, INDEX, revision("002"));
        for (Map.Entry<String, String> file : ReviewFiles.of(migrations.review(PENDING)).entrySet()) {
            Files.writeString(folder.resolve(file.getKey()), file.getValue());
        }

        psql(database, "update.sql").succeeds();
        assertThat(migrations.status().pending()).isEmpty();
        assertThat(psql(database, "update.sql").fails().output()).contains(CHANGED);
        psql(database, "rollback.sql").succeeds();
        assertThat(migrations.status().pending()).hasSize(3);
        assertThat(psql(database, "rollback.sql").fails().output()).contains(CHANGED);
    }

    private Run psql(TestDatabase database, String script) {
        return Run.of(folder, Map.of(),
                List.of("psql", "-X", "-v", "ON_ERROR_STOP=1", "-d", database.url(), "-f", folder.resolve(script).toString()));
    }

    @Test
    void whatFailsOutsideOfTransactionsStopsTheScriptThere(TestDatabase database) throws SQLException {
        String fails = outsideTransactions(sql("fails", "CREATE INDEX CONCURRENTLY ix ON nothing (note)", "SELECT 1"));
        Migrations migrations = deployed(database, ADD_COLUMN, fails, FILL);

        assertThat(ScriptRun.byStatements(ReviewSql.update(migrations.review(PENDING)), database).orElseThrow())
                .contains("\"nothing\" does not exist");

        assertThat(migrations.status().pending()).extracting("id").containsExactly("fails", "fill-mood");
    }

    @Test
    void changesetThatRunsAgainMovesItsRowAsAnUpdateDoes(TestDatabase database) throws SQLException {
        String view = "\nrunOnChange: true\n";
        deployed(database, sql("view", "CREATE OR REPLACE VIEW titles AS SELECT note FROM law", null) + view).update();
        String[] edited =
                {ADD_COLUMN, sql("view", "CREATE OR REPLACE VIEW titles AS SELECT note, 1 AS one FROM law", null) + view,
                    revision("002")};
        TestDatabase byUpdate = database.copy();
        Review review = Migrations.of(database.dataSource(), options(edited)).review(PENDING);

        assertThat(review.changesets()).extracting(Review.Changeset::outcome).containsExactly(Outcome.EXECUTED, Outcome.RERAN,
                Outcome.EXECUTED);
        assertThat(ScriptRun.byStatements(ReviewSql.update(review), database)).isEmpty();

        Migrations.of(byUpdate.dataSource(), options(edited)).update();
        assertThat(Deployed.in(database).differencesFrom(Deployed.in(byUpdate))).isEmpty();
        assertThat(ScriptRun.byStatements(ReviewSql.rollback(review), database).orElseThrow()).contains("for reading only");
    }

    @Test
    void preconditionIsAnsweredWhereNothingComesBeforeIt(TestDatabase database) throws SQLException {
        String marked = withPrecondition(sql("marked", "SELECT 1", "SELECT 1"), "MARK_RAN");
        String skipped = withPrecondition(sql("skipped", "SELECT 1/0", "SELECT 1"), "CONTINUE");
        Migrations migrations = deployed(database, skipped, marked, ADD_COLUMN);
        TestDatabase byUpdate = database.copy();

        Review review = migrations.review(PENDING);

        assertThat(review.changesets()).extracting(Review.Changeset::outcome).containsExactly(Outcome.SKIPPED, Outcome.MARK_RAN,
                Outcome.EXECUTED);
        assertThat(ScriptRun.byStatements(ReviewSql.update(review), database)).isEmpty();
        Migrations.of(byUpdate.dataSource(), options(skipped, marked, ADD_COLUMN)).update();
        assertThat(Deployed.in(database).differencesFrom(Deployed.in(byUpdate))).isEmpty();
        assertThat(ScriptRun.byStatements(ReviewSql.rollback(review), database)).isEmpty();
        assertThat(database.query("SELECT id FROM databasechangelog")).hasSize(2);
    }

    @Test
    void preconditionThatAsksForWhatComesBeforeItIsLeftToTheUpdateOrTheRehearsal(TestDatabase database) throws SQLException {
        String marked = withPrecondition(sql("marked", "SELECT 1", "SELECT 1"), "MARK_RAN");
        Migrations migrations = deployed(database, ADD_COLUMN, marked);
        TestDatabase byUpdate = database.copy();
        List<String> before = Contents.of(database);

        Review review = migrations.review(PENDING);

        assertThat(review.updateObstacles()).singleElement().asString().contains("marked: it has a precondition");
        assertThat(ScriptRun.byStatements(ReviewSql.update(review), database).orElseThrow()).contains("for reading only");
        assertThat(Contents.of(database)).isEqualTo(before);
        Review rehearsed = migrations.review(PENDING.rehearsed());
        assertThat(Contents.of(database)).isEqualTo(before);
        assertThat(rehearsed.digest()).isEqualTo(review.digest());
        assertThat(ScriptRun.byStatements(ReviewSql.update(rehearsed), database)).isEmpty();
        Migrations.of(byUpdate.dataSource(), options(ADD_COLUMN, marked)).update();
        assertThat(Deployed.in(database).differencesFrom(Deployed.in(byUpdate))).isEmpty();
    }

    @Test
    void hostileNamesStayNames(TestDatabase byScript, TestDatabase byUpdate) throws SQLException {
        String[] changesets = {"""
                id: "x'; DROP TABLE law; --\\n\\nDROP TABLE law;\\\\ $review$ </style><script>alert(1)</script> \\u202Egnp.exe"
                comment: "*/ ' \\\\ \\n; DROP TABLE law; --"
                changes:
                  - createTable:
                      tableName: "we\\"ird 'table' <b>"
                      remarks: "it's \\\\ a remark; -- with, commas, (and parentheses) that is long enough to be folded somewhere"
                      columns:
                        - column: {name: "a; b, c", type: text, defaultValue: "x', (y)  --  z"}
                        - column: {name: "d)", type: text, remarks: "one -- two\\nthree"}
                rollback:
                  - dropTable: {tableName: "we\\"ird 'table' <b>"}
                """,
            sql("comment-at-the-end", "INSERT INTO law (id, note) VALUES (1, 'a -- b; c') -- done", "DELETE FROM law -- all")};
        Migrations migrations = deployed(byScript, changesets);
        deployed(byUpdate, changesets).update();
        Catalog before = catalog(byScript);
        Review review = migrations.review(PENDING);

        assertThat(ScriptRun.byStatements(ReviewSql.update(review), byScript)).isEmpty();

        assertThat(Deployed.in(byScript).differencesFrom(Deployed.in(byUpdate))).isEmpty();
        assertThat(ReviewSql.update(review)).contains("⟨U+202E⟩");
        assertThat(ScriptRun.byStatements(ReviewSql.rollback(review), byScript)).isEmpty();
        assertThat(catalog(byScript)).isEqualTo(before);
    }

    @Test
    void scriptWorksInTheReviewedSchemaWhoeverRunsIt(TestDatabase database) throws SQLException {
        database.execute("CREATE SCHEMA \"the Law\"; ALTER DATABASE " + database.name() + " SET search_path = \"the Law\"");
        Migrations migrations = deployed(database, ADD_COLUMN);
        Review review = migrations.review(PENDING);
        database.execute("ALTER DATABASE " + database.name() + " RESET search_path");

        assertThat(ScriptRun.byStatements(ReviewSql.update(review), database)).isEmpty();

        assertThat(database.query("SELECT mood FROM \"the Law\".law")).isEmpty();
    }

    private Migrations deployed(TestDatabase database, String... pending) {
        Migrations.of(database.dataSource(), options(pending)).updateTo("001");
        return Migrations.of(database.dataSource(), options(pending));
    }

    private MigrationOptions options(String... pending) {
        String[] all = new String[pending.length + 2];
        all[0] = table("law");
        all[1] = revision("001");
        System.arraycopy(pending, 0, all, 2, pending.length);
        return new SampleChangelog(folder).of(all).options();
    }

    private static String withPrecondition(String changeset, String onFail) {
        return changeset.strip() + "\npreConditions:\n  - onFail: " + onFail + "\n  - tableExists: {tableName: nowhere}\n";
    }

    private static Catalog catalog(TestDatabase database) throws SQLException {
        try (Connection connection = database.connect()) {
            return CatalogReader.read(connection);
        }
    }

    private static List<List<String>> orders(TestDatabase database) {
        return database.query("SELECT orderexecuted, id FROM databasechangelog ORDER BY orderexecuted");
    }
}
