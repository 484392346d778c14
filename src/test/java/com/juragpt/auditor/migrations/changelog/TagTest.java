package com.juragpt.auditor.migrations.changelog;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.api.TagResult;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import com.juragpt.auditor.migrations.testing.StockLiquibase;
import java.util.List;
import java.util.Locale;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A tag is never lost, never doubled, and never moves. */
class TagTest extends DeploymentFixture {

    private StockLiquibase stock;

    @BeforeEach
    void openStock() {
        stock = new StockLiquibase(database, changelog);
    }

    @Test
    void namesThePointThatTheHistoryHasReached() {
        deploy(START, table("one"));
        TagResult result = migrations().tag("v1");
        assertThat(result).isEqualTo(new TagResult(migrations().status().database(), "v1", "create-one", List.of()));
        assertThat(migrations().tag("v1.0").otherTags()).containsExactly("v1");
        assertThat(tags()).containsExactly("start", "v1", "v1.0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"v1", "V1", "start", "START"})
    void refusesANameThatIsInUse(String name) {
        deploy(START, table("one"));
        migrations().tag("v1");
        String inUse = name.toLowerCase(Locale.ROOT);
        assertThat(refused(name, Problem.TAG_EXISTS)).isEqualTo("""
                [tag-exists] Cannot tag: '%s' is in use in %s, at %s. Nothing was changed.
                  help: choose a name that was never used""".formatted(inUse, migrations().status().database(),
                inUse.equals("v1") ? "create-one" : "tag-start"));
    }

    @Test
    void refusesANameThatTheChangelogIsYetToSet() {
        deploy(START);
        changelog.of(START, table("one"), revision("002"));
        assertThat(refused("002", Problem.TAG_RESERVED)).isEqualTo("""
                [tag-reserved] Cannot tag: '002' is a revision of the changelog that %s has not reached. Nothing was changed.
                  help: choose a name that the changelog does not use""".formatted(migrations().status().database()));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " v1", "v\n1", "v\u200b1"})
    void refusesANameThatCannotBeReadOrTyped(String name) {
        assertNameIsRefused(name);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {" ", "\t", "v1 ", "v\u00001", "v\u00851", "v\u20281", "v\u202e1", "v\ud83d"})
    void refusesAnyOtherNameThatCannotBeReadOrTypedToo(String name) {
        assertNameIsRefused(name);
    }

    private void assertNameIsRefused(String name) {
        deploy(START);
        String message = refused(name, Problem.INVALID_TAG);
        assertThat(message).endsWith("""
                Nothing was changed.
                  a tag has 1 to 255 characters, all of them visible, and no blanks around it
                  help: mvn migrations:tag -Dmigrations.tag=v1.2""");
        assertThat(message.replace("\n  ", "").codePoints()).noneMatch(Character::isISOControl);
    }

    @Test
    void takesTheLongestNameThatFitsAndRefusesALongerOne() {
        deploy(START);
        refused("x".repeat(256), Problem.INVALID_TAG);
        migrations().tag("ü".repeat(255));
        assertThat(tags()).containsExactly("start", "ü".repeat(255));
    }

    @Test
    void takesQuotesAndAnythingElseVisible() {
        deploy(START, table("one"));
        String name = "v1 'final'; DROP TABLE one -- \"✅\" 100 %_ \\ ${x}";
        migrations().tag(name);
        deploy(START, table("one"), table("two"));
        assertThat(migrations().rollback(migrations().planRollbackTo(name)).changesets()).containsExactly("create-two");
    }

    @Test
    void tagsADatabaseThatNothingWasDeployedToAndRollsBackToIt() {
        changelog.of(table("one"));
        assertThat(migrations().tag("empty").changeset()).isNull();
        assertThat(migrations().tag("empty-too").otherTags()).containsExactly("empty");
        migrations().update();
        assertThat(migrations().rollback(migrations().planRollbackTo("empty-too")).changesets()).containsExactly("create-one");
        assertThat(tags()).containsExactly("empty", "empty-too");
        migrations().update();
        stock.rollback("empty");
        assertThat(database.query("SELECT 1 FROM pg_tables WHERE tablename = 'one'")).isEmpty();
        assertThat(migrations().planRollbackTo("empty").steps()).isEmpty();
        assertThat(migrations().planRollbackTo("empty-too").steps()).isEmpty();
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {"001", "v1", "v1-again"})
    void everyTagOfOnePointServesTheStockRollbackAndThenOurs(String tag) {
        deploy(START, table("one"), revision("001"));
        migrations().tag("v1");
        migrations().tag("v1-again");
        deploy(START, table("one"), revision("001"), table("two"), revision("002"));
        stock.rollback(tag);
        assertThat(tags()).containsExactly("start", "001", "v1", "v1-again");
        assertThat(tables()).containsExactly("one");
        for (String each : List.of("001", "v1", "v1-again")) {
            migrations().update();
            assertThat(migrations().rollback(migrations().planRollbackTo(each)).changesets())
                    .containsExactly("tag-002", "create-two");
            assertThat(tags()).containsExactly("start", "001", "v1", "v1-again");
        }
    }

    @Test
    void keepsATagThatTheStockGoalSet() {
        deploy(START, table("one"));
        stock.tag("stock");
        assertThat(migrations().tag("ours").otherTags()).containsExactly("stock");
        refused("Stock", Problem.TAG_EXISTS);
        deploy(START, table("one"), table("two"));
        stock.rollback("ours");
        assertThat(migrations().planRollbackTo("stock").steps()).isEmpty();
        assertThat(tags()).containsExactly("start", "stock", "ours");
    }

    /** The row of such a changeset moves to the end when it runs again, and would take the tag along. */
    @Test
    void aTagStaysWhereItIsWhenTheChangesetBeforeItRunsAgain() {
        String always = sql("always", "SELECT 1", null) + "runAlways: true\nrollback:\n  - empty: {}\n";
        deploy(START, always);
        assertThat(migrations().tag("v1").changeset()).isEqualTo("always");
        deploy(START, table("one"), always);
        assertThat(migrations().planRollbackTo("v1").steps()).extracting(RollbackPlan.Step::id)
                .containsExactly("always", "create-one");
        assertThat(migrations().status().changesets()).filteredOn(c -> !c.tags().isEmpty())
                .extracting(c -> c.id() + c.tags()).containsExactly("tag-start[start, v1]");
    }

    /** The stock rollback deletes the rows of changesets, so a row that only carries a tag is left behind, at another point. */
    @Test
    void aTagWhoseChangesetsTheStockRollbackUndidIsNoLongerBelieved() {
        deploy(START, table("one"), revision("001"));
        migrations().tag("v1");
        stock.rollback("start");
        assertThat(tags()).containsExactly("start", "v1");
        MigrationException gone = catchThrowableOfType(MigrationException.class, () -> migrations().planRollbackTo("v1"));
        assertThat(gone).hasMessage("""
                [ambiguous-tag] Cannot roll back: the point in the history of %s that was tagged 'v1' is gone. \
                Nothing was changed.
                  the changeset that it was set at has been rolled back since
                  help: mvn migrations:status shows the tags that are left""", migrations().status().database());
        assertThat(migrations().status().changesets().get(0).tags()).containsExactly("start");
        refused("v1", Problem.TAG_EXISTS);

        migrations().update();
        assertThat(catchThrowableOfType(MigrationException.class, () -> migrations().planRollbackTo("v1"))).isNotNull();
        RollbackPlan plan = migrations().planRollbackTo("start");
        assertThat(plan.tagsRemoved()).containsExactly("v1", "001");
        migrations().rollback(plan);
        assertThat(tags()).containsExactly("start");
        migrations().update();
        migrations().tag("v1");
        assertThat(migrations().planRollbackTo("v1").steps()).isEmpty();
    }

    @Test
    void findsTheNewestRowEvenIfAHistoryHasTheSameChangesetTwice() {
        deploy(START, table("one"));
        database.execute("INSERT INTO databasechangelog SELECT id, author, filename, dateexecuted, 3, exectype, md5sum,"
                + " description, comments, tag, liquibase, contexts, labels, deployment_id FROM databasechangelog"
                + " WHERE id = 'create-one'");
        migrations().tag("v1");
        assertThat(database.query("SELECT tag FROM databasechangelog ORDER BY orderexecuted")).hasSize(3)
                .last().isEqualTo(List.of("v1"));
    }

    @Test
    void worksOnH2() {
        JdbcDataSource h2 = new JdbcDataSource();
        h2.setUrl("jdbc:h2:mem:" + database.name() + ";MODE=PostgreSQL;DB_CLOSE_DELAY=-1");
        Migrations migrations = Migrations.of(h2, changelog.of(START, table("one")).options());
        migrations.tag("empty");
        migrations.update();
        migrations.tag("v1");
        migrations.tag("v1-again");
        assertThat(migrations.status().tags()).containsExactly("empty", "start", "v1", "v1-again");
        assertThat(migrations.rollback(migrations.planRollbackTo("v1-again")).changesets()).isEmpty();
        assertThat(migrations.rollback(migrations.planRollbackTo("empty")).changesets())
                .containsExactly("create-one", "tag-start");
        assertThat(migrations.status().tags()).containsExactly("empty");
    }

    private String refused(String tag, Problem problem) {
        return refused(problem, () -> migrations().tag(tag));
    }
}
