package com.juragpt.auditor.migrations.changelog;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.testing.Deployed;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.StockLiquibase;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A changeset that its precondition keeps from running here is not one that somebody forgot to deploy. */
@ExtendWith(PostgresExtension.class)
class SkippedByPreconditionTest {

    private static final String NOT_HERE = "preConditions:\n  - %s: %s\n  - sqlCheck: {expectedResult: 1, sql: %s}\n";

    private TestDatabase database;
    private SampleChangelog changelog;

    @BeforeEach
    void open(TestDatabase empty, @TempDir Path folder) {
        database = empty;
        changelog = new SampleChangelog(folder);
    }

    @Test
    void whatContinuesWithoutItIsSkippedAndNotPending() {
        changelog.of(revision("start"), table("oracle") + NOT_HERE.formatted("onFail", "CONTINUE", "SELECT 0"), table("one"));
        migrations().update();
        assertStates("tag-start APPLIED", "create-oracle SKIPPED", "create-one APPLIED");
        migrations().requireCurrent();
    }

    @Test
    void whatCannotEvenBeAskedIsSkippedAsWell() {
        changelog.of(revision("start"), table("oracle") + NOT_HERE.formatted("onError", "CONTINUE", "SELECT 1 FROM nowhere"),
                table("one"));
        migrations().update();
        assertStates("tag-start APPLIED", "create-oracle SKIPPED", "create-one APPLIED");
        migrations().requireCurrent();
    }

    @Test
    void whatIsMarkedAsRunIsCurrent() {
        changelog.of(revision("start"), table("oracle") + NOT_HERE.formatted("onFail", "MARK_RAN", "SELECT 0"), table("one"));
        migrations().update();
        assertStates("tag-start APPLIED", "create-oracle MARKED_RAN", "create-one APPLIED");
        migrations().requireCurrent();
    }

    @Test
    void itRunsAsSoonAsThePreconditionHoldsAndIsPendingFromThenOn(TestDatabase same, TestDatabase theirs) {
        changelog.of(revision("start"), table("late") + NOT_HERE.formatted("onFail", "CONTINUE",
                "SELECT count(*) FROM pg_tables WHERE tablename = 'one'"), table("one"));
        migrations().update();
        StockLiquibase stock = new StockLiquibase(theirs, changelog);
        stock.update();
        assertThat(migrations().status().pending()).hasSize(1);
        assertThat(migrations().update().changesets()).containsExactly("create-late");
        stock.update();
        assertThat(Deployed.in(database).differencesFrom(Deployed.in(theirs))).isEmpty();
        migrations().requireCurrent();
    }

    @Test
    void oneThatNoDeploymentHasMetYetIsPending() {
        changelog.of(revision("start"), table("one"));
        migrations().update();
        changelog.of(revision("start"), table("one"), table("two") + NOT_HERE.formatted("onFail", "HALT", "SELECT 1"));
        assertStates("tag-start APPLIED", "create-one APPLIED", "create-two PENDING");
    }

    private void assertStates(String... states) {
        assertThat(migrations().status().changesets()).extracting(c -> c.id() + " " + c.state().name()).containsExactly(states);
    }

    private Migrations migrations() {
        return Migrations.of(database.dataSource(), changelog.options());
    }
}
