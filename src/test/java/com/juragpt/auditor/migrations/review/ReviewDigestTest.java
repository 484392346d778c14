package com.juragpt.auditor.migrations.review;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Finding;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Review;
import com.juragpt.auditor.migrations.api.Rule;
import com.juragpt.auditor.migrations.render.ReviewSql;
import com.juragpt.auditor.migrations.testing.ChangelogRunner;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.NextRevision;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import liquibase.resource.DirectoryResourceAccessor;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The digest of a review: what it depends on, and what an update does with it. */
@ExtendWith(PostgresExtension.class)
class ReviewDigestTest {

    private static final Review.Request PENDING = Review.Request.ofPending();
    private static final String[] CHANGELOG = {table("law"), revision("001"), table("statute"), revision("002")};

    @TempDir
    Path folder;

    @Test
    void updateDeploysWhatWasReviewedAfterThePointBeforeItWasTagged(TestDatabase database) {
        Migrations migrations = at001(database);
        String digest = migrations.review(PENDING).digest();
        migrations.tag("before");
        migrations.tag("once-more");

        reviewed(digest, database, CHANGELOG).update();

        assertThat(migrations.status().pending()).isEmpty();
        assertThat(database.query("SELECT id FROM statute")).isEmpty();
    }

    @Test
    void databaseInTheSameStateHasTheSameDigestWhateverItsNameSchemaAndHistoryOfDeployments(TestDatabase one, TestDatabase two)
            throws SQLException {
        two.execute("CREATE SCHEMA other; ALTER DATABASE " + two.name() + " SET search_path = other");
        String digest = at001(one).review(PENDING).digest();
        Migrations migrations = Migrations.of(two.dataSource(), options(CHANGELOG));
        migrations.updateBy(1);
        migrations.updateBy(1);
        migrations.update();
        migrations.rollback(migrations.planRollbackTo("001"));

        assertThat(migrations.review(PENDING).digest()).isEqualTo(digest);
        assertThat(Migrations.reviewWithoutDatabase(options(CHANGELOG), "001", null).digest()).isEqualTo(digest);
        reviewed(digest, two, CHANGELOG).update();
        assertThat(two.query("SELECT id FROM other.statute")).isEmpty();
    }

    @Test
    void reviewWithoutADatabaseHasTheDigestOfTheTeamsOwnDatabase(TestDatabase database) throws Exception {
        NextRevision.writeTo(folder);
        MigrationOptions options = MigrationOptions.defaults().withChangelog(ChangelogRunner.MASTER,
                new DirectoryResourceAccessor(folder));
        Migrations migrations = Migrations.of(database.dataSource(), options);
        Review all = Migrations.reviewWithoutDatabase(options, null, null);
        Review next = Migrations.reviewWithoutDatabase(options, "001", "002");

        assertThat(migrations.review(PENDING).digest()).isEqualTo(all.digest());
        assertThat(migrations.review(PENDING.upTo("001")).digest())
                .isEqualTo(Migrations.reviewWithoutDatabase(options, null, "001").digest());
        assertThat(ScriptRun.byStatements(ReviewSql.update(Migrations.reviewWithoutDatabase(options, null, "001")), database))
                .isEmpty();
        assertThat(migrations.review(PENDING).digest()).isEqualTo(next.digest()).isNotEqualTo(all.digest());
        assertThat(ScriptRun.byStatements(ReviewSql.update(next), database)).isEmpty();
        assertThat(migrations.status().pending()).isEmpty();
        assertThat(folder.resolve("databasechangelog.csv")).doesNotExist();
        assertThat(Path.of("databasechangelog.csv")).doesNotExist();
    }

    @Test
    void otherStateIsRefused(TestDatabase database) {
        String digest = at001(database).review(PENDING).digest();
        Migrations.of(database.dataSource(), options(CHANGELOG[0], CHANGELOG[1], table("other"))).update();

        refuses(digest, database, "its history is another one", CHANGELOG);
    }

    @Test
    void editedChangesetIsRefused(TestDatabase database) {
        String digest = at001(database).review(PENDING).digest();

        refuses(digest, database,
                "a changeset or its rollback was changed since; pending:\n  create-statute (changelog/sample.yaml)",
                CHANGELOG[0], CHANGELOG[1], table("statute").replace("note", "remark"), revision("002"));
    }

    @Test
    void editedRollbackIsRefusedAlthoughItIsNotPartOfTheChecksum(TestDatabase database) {
        String digest = at001(database).review(PENDING).digest();

        refuses(digest, database, "a changeset or its rollback was changed since",
                CHANGELOG[0], CHANGELOG[1], CHANGELOG[2].replace("dropTable: {tableName: statute}",
                        "sql: {sql: 'DROP TABLE statute CASCADE'}"),
                revision("002"));
    }

    @Test
    void changesetThatCameLaterIsRefusedUnlessItIsLeftOut(TestDatabase database) {
        Migrations migrations = at001(database);
        String digest = migrations.review(PENDING).digest();
        String[] more = Arrays.copyOf(CHANGELOG, 5);
        more[4] = table("third");

        String message = refuses(digest, database,
                "those that were reviewed are unchanged, and after them are pending:\n  create-third (changelog/sample.yaml)",
                more);

        assertThat(message).contains("help: -Dmigrations.count=2 ");
        reviewed(digest, database, more).updateBy(2);
        assertThat(migrations.status().changesets()).hasSize(5).filteredOn(one -> one.state().isPending()).extracting("id")
                .containsExactly("create-third");
    }

    @Test
    void nothingPendingIsRefusedAsWell(TestDatabase database) {
        String digest = at001(database).review(PENDING).digest();
        reviewed(digest, database, CHANGELOG).update();

        refuses(digest, database, "nothing is pending", CHANGELOG);
    }

    @Test
    void whatIsNoDigestIsRefused(TestDatabase database) {
        assertThatThrownBy(() -> reviewed("4711", database, CHANGELOG).update()).isInstanceOf(MigrationException.class)
                .hasMessageStartingWith("[invalid-parameter] '4711' is not the digest of a review. Nothing was changed.");
        assertThat(database.query("SELECT to_regclass('law')")).containsExactly(Arrays.asList((String) null));
    }

    @Test
    void whatNoScriptCanRunIsForReadingAndIsDeployedByItsDigest(TestDatabase database) throws Exception {
        String load = """
                id: 'load-law'
                changes:
                  - loadData: {tableName: law, file: changelog/law.csv}
                rollback:
                  - delete: {tableName: law}
                """;
        String[] changelog = {table("law"), revision("001"), load, sql("(SELECT 1)", "(SELECT 1)", "(SELECT 2)")};
        Migrations migrations = Migrations.of(database.dataSource(), options(changelog));
        Files.writeString(folder.resolve("changelog/law.csv"), "id,note\n1,one\n");
        migrations.updateTo("001");
        List<String> before = Contents.of(database);

        Review review = migrations.review(PENDING);

        assertThat(review.updateObstacles()).singleElement().asString().startsWith("load-law: is not SQL (");
        assertThat(ReviewSql.update(review)).contains("FOR READING ONLY").contains("\n(SELECT 1);\n");
        assertThat(ScriptRun.byStatements(ReviewSql.update(review), database).orElseThrow()).contains("is for reading only");
        assertThat(Contents.of(database)).isEqualTo(before);
        reviewed(review.digest(), database, changelog).update();
        assertThat(database.query("SELECT note FROM law")).containsExactly(List.of("one"));
        assertThat(ScriptRun.byStatements(ReviewSql.rollback(review), database)).isEmpty();
        assertThat(database.query("SELECT note FROM law")).isEmpty();
        Files.writeString(folder.resolve("changelog/law.csv"), "id,note\n1,two\n");
        refuses(review.digest(), database, "a changeset or its rollback was changed since", changelog);
    }

    @Test
    void checksumThatLiquibaseBringsUpToDateIsNoOtherState(TestDatabase database) throws SQLException {
        Migrations migrations = at001(database);
        database.execute("UPDATE databasechangelog SET md5sum = NULL WHERE id = 'create-law'");
        TestDatabase scripted = database.copy();

        Review review = migrations.review(PENDING);

        assertThat(ScriptRun.byStatements(ReviewSql.update(review), scripted)).isEmpty();
        reviewed(review.digest(), database, CHANGELOG).update();
        assertThat(database.query("SELECT count(*) FROM databasechangelog WHERE md5sum IS NULL")).containsExactly(List.of("0"));
    }

    @Test
    void reviewedUpdateWithAPartOutsideOfTransactionsRunsToItsEnd(TestDatabase database) {
        String[] changelog = {table("law"), outsideTransactions(
                sql("index", "CREATE INDEX CONCURRENTLY ix ON law (note)", "DROP INDEX CONCURRENTLY ix")),
            table("statute")};
        Migrations migrations = Migrations.of(database.dataSource(), options(changelog));

        reviewed(migrations.review(PENDING).digest(), database, changelog).update();

        assertThat(migrations.status().pending()).isEmpty();
    }

    @Test
    void rehearsalAddsWhatItMeasuredAndLeavesTheDatabaseAsItWas(TestDatabase database) {
        String[] changelog = {table("law"), revision("001"), """
                id: 'add-mood'
                changes:
                  - addColumn: {tableName: law, columns: [{column: {name: mood, type: int, defaultValueComputed: random()}}]}
                rollback:
                  - dropColumn: {tableName: law, columnName: mood}
                """, revision("002"), sql("fails", "SELECT 1/0", null)};
        Migrations migrations = Migrations.of(database.dataSource(), options(changelog));
        migrations.updateTo("001");
        database.execute("INSERT INTO law VALUES (1, 'one')");
        List<String> before = Contents.of(database);

        Review review = migrations.review(PENDING.upTo("002").rehearsed());

        assertThat(Contents.of(database)).isEqualTo(before);
        assertThat(review.digest()).isEqualTo(migrations.review(PENDING.upTo("002")).digest());
        assertThat(review.rehearsal().steps()).extracting("id").containsExactly("add-mood", "tag-002");
        assertThat(review.rehearsal().steps().get(0).rewritten()).containsExactly("law");
        assertThat(review.tables()).singleElement().satisfies(table -> {
            assertThat(table.name()).isEqualTo("law");
            assertThat(table.changes()).singleElement().satisfies(change -> {
                assertThat(change.object()).isEqualTo("column law.mood");
                assertThat(change.before()).isNull();
                assertThat(change.after()).startsWith("integer").contains("random()");
            });
        });
        assertThat(review.isNew(review.changesets().get(0).down().losses().get(0))).isTrue();
    }

    @Test
    void whatTheCheckFindsInThePendingChangesetsIsPartOfIt(TestDatabase database) {
        String two = "CREATE INDEX CONCURRENTLY %1$s1 ON law (note); CREATE INDEX CONCURRENTLY %1$s2 ON law (id)";
        String[] changelog = {table("law"), outsideTransactions(sql("old-indexes", two.formatted("old"), "SELECT 1")),
            revision("001"), outsideTransactions(sql("new-indexes", two.formatted("new"), "SELECT 1")), revision("002")};
        Migrations migrations = Migrations.of(database.dataSource(), options(changelog));
        migrations.updateTo("001");

        assertThat(migrations.review(PENDING).findings()).extracting(Finding::changeset, Finding::rule)
                .containsExactly(tuple("new-indexes", Rule.SPLIT_CHANGESET));
        assertThat(Migrations.reviewWithoutDatabase(options(changelog), "001", null).findings()).hasSize(1);
        assertThat(Migrations.of(database.dataSource(), options(changelog).withCheck(false, Set.of())).review(PENDING).findings())
                .isEmpty();
    }

    @Test
    void nothingPendingIsAReviewOfNothing(TestDatabase database) {
        Migrations migrations = Migrations.of(database.dataSource(), options(CHANGELOG));
        migrations.update();

        assertThat(migrations.review(PENDING.rehearsed()).changesets()).isEmpty();
    }

    @Test
    void unknownRevisionsAreRefused(TestDatabase database) {
        Migrations migrations = Migrations.of(database.dataSource(), options(CHANGELOG));

        assertThat(problem(() -> migrations.review(PENDING.upTo("003")))).isEqualTo(Problem.UNKNOWN_REVISION);
        assertThat(problem(() -> Migrations.reviewWithoutDatabase(options(CHANGELOG), "003", null)))
                .isEqualTo(Problem.UNKNOWN_REVISION);
    }

    @Test
    void onH2NeitherAReviewNorADigestIsTaken() {
        JdbcDataSource h2 = new JdbcDataSource();
        h2.setURL("jdbc:h2:mem:review;DB_CLOSE_DELAY=-1");
        String digest = Migrations.reviewWithoutDatabase(options(CHANGELOG), null, null).digest();

        assertThat(problem(() -> Migrations.of(h2, options(CHANGELOG)).review(PENDING))).isEqualTo(Problem.POSTGRESQL_ONLY);
        assertThat(problem(() -> Migrations.of(h2, options(CHANGELOG).withReviewed(digest)).update()))
                .isEqualTo(Problem.POSTGRESQL_ONLY);
        assertThat(Migrations.of(h2, options(CHANGELOG)).status().pending()).hasSize(4);
    }

    private static Problem problem(ThrowingCallable call) {
        return catchThrowableOfType(MigrationException.class, call).problem();
    }

    /** Returns the message. */
    private String refuses(String digest, TestDatabase database, String why, String... changelog) {
        List<String> before = Contents.of(database);

        MigrationException refused =
                catchThrowableOfType(MigrationException.class, () -> reviewed(digest, database, changelog).update());

        assertThat(refused).hasMessageContaining("what would be deployed is not what was reviewed. Nothing was changed.")
                .hasMessageContaining(why);
        assertThat(refused.problem()).isEqualTo(Problem.REVIEW_OUTDATED);
        assertThat(Contents.of(database)).isEqualTo(before);
        return refused.getMessage();
    }

    private Migrations at001(TestDatabase database) {
        Migrations migrations = Migrations.of(database.dataSource(), options(CHANGELOG));
        migrations.updateTo("001");
        return migrations;
    }

    private Migrations reviewed(String digest, TestDatabase database, String... changelog) {
        return Migrations.of(database.dataSource(), options(changelog).withReviewed(digest));
    }

    private MigrationOptions options(String... changelog) {
        return new SampleChangelog(folder).of(changelog).options();
    }
}
