package com.juragpt.auditor.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.api.RollbackResult;
import com.juragpt.auditor.migrations.testing.ChangelogFindings;
import com.juragpt.auditor.migrations.testing.ChangelogRunner;
import com.juragpt.auditor.migrations.testing.Deployed;
import com.juragpt.auditor.migrations.testing.NextRevision;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.RoundTrip;
import com.juragpt.auditor.migrations.testing.SampleRows;
import com.juragpt.auditor.migrations.testing.StockLiquibase;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import liquibase.resource.DirectoryResourceAccessor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A revision 002 as a team writes it: a table, a row in it, columns, backfills by {@code update} and by SQL, a foreign key, and
 * an index that is built concurrently. All that revision 001 can do, it can do as well.
 */
@ExtendWith(PostgresExtension.class)
class NextRevisionTest {

    @TempDir
    private Path root;

    @BeforeEach
    void write() {
        NextRevision.writeTo(root);
    }

    @Test
    void itKeepsTheConventions() throws IOException {
        assertThat(ChangelogFindings.in(root)).isEmpty();
    }

    @Test
    @Tag("exhaustive")
    void everyChangesetIsReversibleOnPostgresql(TestDatabase database) throws Exception {
        try (Connection connection = database.connect()) {
            assertThat(RoundTrip.of(connection, root, SampleRows.ofRevision001()).firstFault()).isEmpty();
        }
    }

    @Test
    @Tag("exhaustive")
    void everyChangesetIsReversibleOnH2() throws Exception {
        try (Connection connection = ChangelogRunner.openH2()) {
            assertThat(RoundTrip.of(connection, root, SampleRows.ofRevision001()).firstFault()).isEmpty();
        }
    }

    static List<String> changesets() {
        return NextRevision.changesets();
    }

    /** A rollback of data that does nothing is found by the data. */
    @ParameterizedTest(name = "{0}")
    @Tag("exhaustive")
    @ValueSource(strings = "002-fill-verification-log-jurisdiction")
    void aRollbackThatDoesNothingIsReported(String changeset, TestDatabase database) throws Exception {
        assertReported(changeset, database);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("changesets")
    @Tag("exhaustive")
    void anyRollbackThatDoesNothingIsReported(String changeset, TestDatabase database) throws Exception {
        assertReported(changeset, database);
    }

    private void assertReported(String changeset, TestDatabase database) throws Exception {
        NextRevision.emptyRollback(root, changeset);
        try (Connection connection = NextRevision.needsPostgres(changeset) ? database.connect() : ChangelogRunner.openH2()) {
            assertThat(RoundTrip.of(connection, root, SampleRows.ofRevision001()).firstFault()).hasValueSatisfying(fault -> {
                assertThat(fault.changeset()).isEqualTo(changeset);
                assertThat(fault.step()).isEqualTo("rolled back");
                assertThat(fault.evidence()).contains("is there, but not expected");
            });
        }
    }

    @Test
    @Tag("exhaustive")
    void aRehearsalFindsEveryChangesetReversible(TestDatabase database) throws IOException {
        deployRevision001(database);
        List<RehearsalReport.Step> steps = migrations(database).rehearse().steps();
        assertThat(steps).hasSize(9);
        assertThat(steps).allSatisfy(step -> assertThat(step.faults()).isEmpty());
        assertThat(migrations(database).rehearseFromBase().steps()).hasSize(21).allMatch(RehearsalReport.Step::isReversible);
    }

    /** A rehearsal looks at the catalog, and at whether it all runs again: a backfill that stays filled is nothing to it. */
    static List<String> changesetsThatMoreThanFill() {
        return changesets().stream().filter(changeset -> !changeset.startsWith("002-fill-")).toList();
    }

    @Test
    void aRehearsalFindsTheRollbackThatDoesNothing(TestDatabase database) throws IOException {
        assertFound("002-insert-germany", database);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("changesetsThatMoreThanFill")
    @Tag("exhaustive")
    void aRehearsalFindsAnyRollbackThatDoesNothing(String changeset, TestDatabase database) throws IOException {
        assertFound(changeset, database);
    }

    private void assertFound(String changeset, TestDatabase database) throws IOException {
        deployRevision001(database);
        NextRevision.emptyRollback(root, changeset);
        assertThat(migrations(database).rehearse().steps()).filteredOn(step -> !step.isReversible())
                .extracting(RehearsalReport.Step::id).containsExactly(changeset);
    }

    @Test
    void itComesAndGoesAndComesAgainWithAllRowsAccountedFor(TestDatabase database, TestDatabase theirs) throws IOException {
        deployRevision001(database);
        Deployed revision001 = Deployed.in(database);
        assertThat(migrations(database).update().changesets()).hasSize(9);
        Deployed revision002 = Deployed.in(database);

        deployRevision001(theirs);
        new StockLiquibase(theirs, options()).update();
        assertThat(revision002.differencesFrom(Deployed.in(theirs))).isEmpty();

        database.execute("INSERT INTO jurisdiction VALUES ('AT', 'Austria');"
                + "UPDATE verification_log SET jurisdiction = 'AT' WHERE id = 2");
        Deployed inUse = Deployed.in(database);
        RollbackPlan plan = migrations(database).planRollbackTo("001");
        assertThat(plan.losses()).noneMatch(loss -> loss.kind().name().equals("UNKNOWN"));
        RollbackResult rollback = Migrations.of(database.dataSource(), options().withOnDataLoss(OnDataLoss.ARCHIVE))
                .rollback(plan);
        assertThat(rollback.changesets()).hasSize(9);
        String archive = rollback.archiveSchema();
        assertThat(rollback.archivedTables()).contains(archive + ".jurisdiction", archive + ".verification_log__jurisdiction");
        assertThat(Deployed.in(database).contents().stream().filter(line -> !line.contains(archive)))
                .containsAll(revision001.contents());

        migrations(database).update();
        // What the update inserts and fills in gives way to what the service had made of it.
        assertThat(migrations(database).restore(archive).archiveStays()).isFalse();
        assertThat(Deployed.in(database).differencesFrom(inUse)).isEmpty();
    }

    private void deployRevision001(TestDatabase database) throws IOException {
        migrations(database).updateTo("001");
        SampleRows.ofRevision001().inserts().forEach(database::execute);
    }

    private MigrationOptions options() throws IOException {
        return MigrationOptions.defaults().withChangelog(ChangelogRunner.MASTER, new DirectoryResourceAccessor(root));
    }

    private Migrations migrations(TestDatabase database) throws IOException {
        return Migrations.of(database.dataSource(), options());
    }
}
