package com.juragpt.auditor.migrations.current;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.api.UpdateResult;
import com.juragpt.auditor.migrations.connection.Sql;
import com.juragpt.auditor.migrations.lock.AdvisoryLock;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.Deployed;
import com.juragpt.auditor.migrations.testing.NothingKnown;
import com.juragpt.auditor.migrations.testing.Rows;
import com.juragpt.auditor.migrations.testing.StoppingDataSource;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import liquibase.Scope;
import liquibase.configuration.ConfigurationValueProvider;
import liquibase.configuration.LiquibaseConfiguration;
import liquibase.configuration.core.SystemPropertyValueProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A database that is known to have everything is recognised by a few statements, and only as long as it is so: whatever changes behind
 * the back of this JVM, the changelog is read again. The oracle is the same call with a system property that it has never had, which
 * knows nothing.
 */
class KnownStateTest extends ManyFilesFixture {

    /** What is sent to the server to get the status. */
    private int sent() {
        StoppingDataSource counting = new StoppingDataSource(database.dataSource(), 0, () -> {});
        Migrations.of(counting, options()).status();
        return counting.sent();
    }

    private Status known() {
        of(options()).update();
        of(options()).update();
        assertThat(sent()).as("so that it is known").isLessThanOrEqualTo(FEW);
        return of(options()).status();
    }

    @Test
    void aKnownStateIsFoundInFewRoundTripsAndSaysTheSame() {
        Status known = known();
        assertThat(known).isEqualTo(NothingKnown.say(of(options())::status));
        assertThat(known.pending()).isEmpty();
        assertThat(known.changesets()).hasSize(6);
        of(options()).requireCurrent();
    }

    /** Neither is in the environment or a property, which are compared as a whole. */
    @Test
    void aSettingThatOnlyAScopeOrAnotherProviderGivesIsSeen() throws Exception {
        known();
        assertThat(Scope.child(Map.of(HISTORY, "elsewhere"), () -> of(options()).status()).pending()).isNotEmpty();

        LiquibaseConfiguration configuration = Scope.getCurrentScope().getSingleton(LiquibaseConfiguration.class);
        ConfigurationValueProvider other = new SystemPropertyValueProvider() {
            @Override
            protected Map<?, ?> getMap() {
                return Map.of(HISTORY, "in_another_place");
            }
        };
        configuration.registerProvider(other);
        try {
            assertThat(of(options()).status().pending()).isNotEmpty();
        } finally {
            configuration.unregisterProvider(other);
        }
        assertThat(of(options()).status().pending()).isEmpty();
        assertThat(sent()).isLessThanOrEqualTo(FEW);
    }

    @Test
    void anUpdateWithNothingToDoLeavesEverythingAsItIsAndSaysWhatTheLongWaySays() {
        known();
        List<String> before = Contents.of(database);
        StoppingDataSource counting = new StoppingDataSource(database.dataSource(), 0, () -> {});
        UpdateResult result = Migrations.of(counting, options()).update();
        assertThat(counting.sent()).isLessThanOrEqualTo(FEW);
        assertThat(result).usingRecursiveComparison().ignoringFields("took")
                .isEqualTo(NothingKnown.say(of(options())::update));
        assertThat(result.revision()).isEqualTo("r1");
        assertThat(Contents.of(database)).isEqualTo(before);
    }

    @Test
    void anUpdateWithNothingToDoIsKnownToTheNext() {
        of(options()).update();
        of(options()).update();
        StoppingDataSource counting = new StoppingDataSource(database.dataSource(), 0, () -> {});
        assertThat(Migrations.of(counting, options()).update().changesets()).isEmpty();
        assertThat(counting.sent()).isLessThanOrEqualTo(FEW);
    }

    // Of which a status says nothing, though an update would have something to do.
    private static final Set<BehindItsBack> SAME_STATUS =
            EnumSet.of(BehindItsBack.CHECKSUMS_CLEARED, BehindItsBack.LOCK_DROPPED);

    @ParameterizedTest
    @Tag("exhaustive")
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "HISTORY_IN_FRONT")
    void afterWhateverHappensAnUpdateLeavesWhatOneLeavesThatKnowsNothing(BehindItsBack change) throws IOException {
        known();
        change.happen(this);
        outcome(() -> of(options()).status());
        outcome(() -> of(options()).status());
        TestDatabase other = database.copy();
        Object here = outcome(() -> of(patient()).update().changesets());
        Object there =
                outcome(() -> NothingKnown.say(Migrations.of(other.dataSource(), patient())::update).changesets());
        assertThat(String.valueOf(here)).isEqualTo(String.valueOf(there).replace(name(other), name(database)));
        assertThat(Deployed.in(database, false).differencesFrom(Deployed.in(other, false))).isEmpty();
    }

    /** Of what a changelog consists of, what it depends on and what the database says of it, some of each. */
    @ParameterizedTest
    @EnumSource(names = {"INCLUDED_FILE", "SAME_LENGTH", "SQL_FILE", "VALUES_TO_LOAD", "FILE_IN_A_FOLDER", "SYSTEM_PROPERTY",
        "CONFIGURATION", "ROW_DELETED", "CHECKSUMS_CLEARED", "HISTORY_DROPPED", "HISTORY_IN_FRONT", "STOCK_LOCK",
        "STOCK_DEPLOYMENT"})
    void whatHappensBehindItsBackIsSeen(BehindItsBack change) throws IOException {
        assertSeen(change);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @EnumSource
    void whateverHappensBehindItsBackIsSeen(BehindItsBack change) throws IOException {
        assertSeen(change);
    }

    private void assertSeen(BehindItsBack change) throws IOException {
        Status before = known();
        change.happen(this);
        Object now = outcome(() -> of(options()).status());
        if (!SAME_STATUS.contains(change)) {
            assertThat(now).isNotEqualTo(before);
        }
        assertThat(now).isEqualTo(outcome(() -> NothingKnown.say(of(options())::status)));
    }

    @Test
    void aDeploymentUnderWayIsSeen() throws SQLException {
        known();
        try (Connection deployer = database.dataSource().getConnection()) {
            assertThat(AdvisoryLock.tryLock(deployer)).isTrue();
            assertThat(of(options()).status().lock()).isNotNull();
            assertThatThrownBy(() -> of(options().withLockWait(Duration.ZERO)).update()).isInstanceOf(MigrationException.class)
                    .hasMessageContaining("[locked]");
        }
    }

    @Test
    void aHistoryThatSomebodyHasLockedIsWaitedForNoLongerThanUsual() throws SQLException {
        known();
        try (Connection other = database.dataSource().getConnection()) {
            other.setAutoCommit(false);
            Rows.of(other, "SELECT 1");
            Sql.execute(other, "LOCK TABLE databasechangelog");
            assertThatThrownBy(() -> of(options().withLockTimeout(Duration.ofMillis(100), 0)).status())
                    .isInstanceOf(MigrationException.class);
        }
    }

    @Test
    void whatARollbackTakesBackIsPendingAgain() {
        changelog.of(START, table("one"), table("two"));
        migrations().update();
        migrations().update();
        assertThat(sent()).isLessThanOrEqualTo(FEW);
        rollbackTo("start");
        assertThat(migrations().status().pending()).hasSize(2);
        assertThat(migrations().update().changesets()).containsExactly("create-one", "create-two");
    }

    @Test
    void whatRunsEachTimeIsNeverNothing() {
        changelog.of(START, sql("always", "SELECT 1", null) + "runAlways: true\n");
        migrations().update();
        for (int i = 0; i < 3; i++) {
            migrations().status();
            assertThat(migrations().update().changesets()).containsExactly("always");
        }
    }

    @Test
    void aPreconditionThatLooksAtTheDatabaseIsAskedAgain() {
        changelog.of(START, table("one") + "preConditions:\n  - onFail: CONTINUE\n  - tableExists: {tableName: base}\n");
        migrations().update();
        assertThat(migrations().status().pending()).isEmpty();
        assertThat(migrations().status().pending()).isEmpty();
        database.execute("CREATE TABLE base (i int)");
        assertThat(migrations().status().pending()).extracting(Status.Changeset::id).containsExactly("create-one");
        assertThat(migrations().update().changesets()).containsExactly("create-one");
    }

    @Test
    void anUpdateThatOnlySkipsIsNotDisturbedByAPreconditionThatFails() {
        changelog.of(START, table("one") + """
                preConditions:
                  - onError: CONTINUE
                  - sqlCheck: {expectedResult: 1, sql: SELECT 1 FROM nowhere}
                """);
        migrations().update();
        for (int i = 0; i < 3; i++) {
            assertThat(migrations().update().changesets()).isEmpty();
        }
        database.execute("CREATE TABLE nowhere (i int); INSERT INTO nowhere VALUES (1)");
        assertThat(migrations().update().changesets()).containsExactly("create-one");
    }

    @Test
    void anotherContextIsAnotherQuestion() {
        known();
        assertThat(of(options().withFilter("test", null)).status().pending()).extracting(Status.Changeset::id)
                .containsExactly("for-test");
        assertThat(of(options().withFilter("test", null)).update().changesets()).containsExactly("for-test");
    }
}
