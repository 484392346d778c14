package com.juragpt.auditor.migrations.deploy;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.UpdateResult;
import com.juragpt.auditor.migrations.database.DatabaseUrl;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** What an update runs, and what it refuses before anything has changed. */
class UpdateTest extends DeploymentFixture {

    @Test
    void goesToARevisionAndNoFurther() {
        changelog.of(START, table("one"), revision("001"), table("two"), revision("002"));
        UpdateResult update = migrations().updateTo("001");
        assertThat(update.changesets()).containsExactly("tag-start", "create-one", "tag-001");
        assertThat(update.revision()).isEqualTo("001");
        assertThat(update.deployment()).hasSize(10);
        assertThat(database.query("SELECT DISTINCT deployment_id FROM databasechangelog"))
                .containsExactly(List.of(update.deployment()));

        UpdateResult again = migrations().updateTo("001");
        assertThat(again.changesets()).isEmpty();
        assertThat(again.deployment()).isNull();
        assertThat(migrations().updateTo("002").changesets()).containsExactly("create-two", "tag-002");
        assertThat(migrations().updateTo("001").changesets()).isEmpty();
    }

    @Test
    void refusesARevisionThatTheChangelogDoesNotHave() {
        changelog.of(START, table("one"), revision("001"));
        assertThat(refused(m -> m.updateTo("002"), Problem.UNKNOWN_REVISION)).isEqualTo("""
                [unknown-revision] Cannot update: no revision '002' in the changelog. Nothing was changed.
                  revisions, in order: start, 001
                  help: mvn migrations:update goes to the last of them""");
    }

    @Test
    void refusesARevisionThatTheContextsExclude() {
        changelog.of(START, table("one"), revision("001") + "context: test\n");
        assertThat(refused(m -> Migrations.of(database.dataSource(), changelog.options().withFilter("production", null))
                .updateTo("001"), Problem.UNKNOWN_REVISION)).contains("revisions, in order: start\n");
    }

    @Test
    void runsAsManyAsAskedFor() {
        changelog.of(START, table("one"), table("two"));
        assertThat(migrations().updateBy(2).changesets()).containsExactly("tag-start", "create-one");
        assertThat(migrations().updateBy(1).changesets()).containsExactly("create-two");
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 3, Integer.MAX_VALUE})
    void refusesACountThatIsNotPending(int count) {
        changelog.of(START, table("one"));
        assertThat(refused(m -> m.updateBy(count), Problem.COUNT_OUT_OF_RANGE)).isEqualTo("""
                [count-out-of-range] Cannot update by %d changesets: 2 are pending in %s. Nothing was changed.
                  help: mvn migrations:update runs all that are pending""".formatted(count, migrations().status().database()));
    }

    @Test
    void refusesAChangesetThatWasEditedAfterItWasDeployed() {
        changelog.of(START, table("one"));
        migrations().update();
        changelog.of(START, table("one").replace("type: text", "type: int"), table("two"));
        assertThat(refused(Migrations::update, Problem.CHANGED_CHANGESET)).isEqualTo("""
                [changed-changeset] Cannot update %s: a changeset was edited after deployment. Nothing was changed.
                  create-one (changelog/sample.yaml)
                  help: revert the edit (git log -p on the file) and put the change into a new changeset"""
                .formatted(migrations().status().database()));
    }

    @Test
    void runsWhatThePreconditionsContextsAndLabelsLetPass() {
        changelog.of(START, table("marked")
                + "preConditions:\n  - onFail: MARK_RAN\n  - sqlCheck: {expectedResult: 1, sql: SELECT 0}\n",
                table("test") + "context: test\n", table("big") + "labels: big\n", table("h2") + "dbms: h2\n", table("one"));
        List<Progress> told = new ArrayList<>();
        Migrations migrations = Migrations.of(database.dataSource(),
                changelog.options().withFilter("production", "!big").withProgress(told::add));
        assertThat(migrations.update().changesets()).containsExactly("tag-start", "create-marked", "create-one");
        assertThat(told).anyMatch(p -> p instanceof Progress.Note note
                && note.text().startsWith("create-marked (MARK_RAN), precondition: SQL Precondition failed."));
        assertThat(database.query("SELECT id, exectype FROM databasechangelog ORDER BY orderexecuted")).containsExactly(
                List.of("tag-start", "EXECUTED"), List.of("create-marked", "MARK_RAN"), List.of("create-one", "EXECUTED"));
        assertThat(database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
                + " AND tablename NOT LIKE 'databasechangelog%'")).containsExactly(List.of("one"));
    }

    @Test
    void aFailedPreconditionStopsTheUpdateAndTakesItBack() {
        changelog.of(START, table("one"), table("two") + "preConditions:\n  - sqlCheck: {expectedResult: 1, sql: SELECT 0}\n");
        assertThat(refused(Migrations::update, Problem.CHANGESET_FAILED))
                .contains("create-two failed in ", ". Nothing was changed.\n  precondition: SQL Precondition failed.",
                        "Expected '1' got '0'");
    }

    @Test
    void aFailingStatementIsShownWithTheServersWords() {
        changelog.of(START, table("one"), sql("fill", "INSERT INTO one (id) VALUES (1), (1)", null));
        assertThat(refused(Migrations::update, Problem.CHANGESET_FAILED)).isEqualTo("""
                [changeset-failed] fill failed in %s. Nothing was changed.
                  ERROR: duplicate key value violates unique constraint "one_pkey"
                    Detail: Key (id)=(1) already exists.
                  statement: INSERT INTO one (id) VALUES (1), (1)
                  file: changelog/sample.yaml
                  help: fix the changeset, then run the update again""".formatted(migrations().status().database()));
    }

    @Test
    void aChangelogThatIsNoYamlIsNamed() throws Exception {
        changelog.of(START);
        Files.writeString(changelog.root().resolve("changelog/sample.yaml"), "databaseChangeLog:\n  - changeSet: {id: 'x\n");
        assertThat(refused(Migrations::update, Problem.INVALID_CHANGELOG)).startsWith(
                "[invalid-changelog] The changelog changelog/sample.yaml could not be read. Nothing was changed.\n")
                .contains("line 2").endsWith("\n  help: mvn liquibase:validate checks it without a deployment");
    }

    @Test
    void anUnknownKindOfChangeIsNamed() {
        changelog.of(START, table("one").replace("createTable", "createTabel"));
        assertThat(refused(Migrations::update, Problem.INVALID_CHANGELOG))
                .contains("Unknown change type 'createTabel'", "sample.yaml");
    }

    @Test
    void aMissingIncludeIsNamed() throws Exception {
        changelog.of(START);
        Files.writeString(changelog.root().resolve("changelog/sample.yaml"),
                "databaseChangeLog:\n  - include: {file: changelog/not-there.yaml}\n");
        assertThat(refused(Migrations::update, Problem.INVALID_CHANGELOG)).contains("changelog/not-there.yaml");
    }

    @Test
    void aMissingChangelogIsNamed() throws Exception {
        changelog.of(START);
        Files.delete(changelog.root().resolve("changelog/sample.yaml"));
        assertThat(refused(Migrations::update, Problem.INVALID_CHANGELOG)).contains("changelog/sample.yaml");
    }

    @ParameterizedTest
    @ValueSource(strings = {"createTable: {schemaName: public}", "sqlFile: {path: changelog/not-there.sql}",
        "loadData: {tableName: x}"})
    void aChangesetThatLiquibasesValidationRefusesIsNamed(String change) {
        changelog.of(START, table("one"), "id: 'incomplete'\nchanges:\n  - " + change + "\n");
        assertThat(refused(Migrations::update, Problem.INVALID_CHANGELOG)).startsWith("[invalid-changelog] Cannot update ")
                .contains(": the changelog is not valid. Nothing was changed.", "changelog/sample.yaml::incomplete::test");
    }

    @Test
    void twoChangesetsOfOneIdentityAreNamed() {
        changelog.of(START, table("one"), table("one"));
        assertThat(refused(Migrations::update, Problem.UNSOUND_CHANGELOG))
                .contains("create-one: has the id and author of the changeset in changelog/sample.yaml:");
    }

    @Test
    void noPasswordShowsInAnyFailure() {
        TestDatabase role = database.createRole("secretive");
        assertThat(role.password()).isEqualTo("p@ss/secretive");
        changelog.of(START, sql("fails", "SELECT nonsense", null));
        List<Throwable> failures = new ArrayList<>();
        failures.add(failure(() -> Migrations.of(role.dataSource(), changelog.options()).update()));
        failures.add(failure(() -> Migrations.of(DatabaseUrl.parse(role.url()), changelog.options()).update()));

        PGSimpleDataSource wrongUser = new PGSimpleDataSource();
        wrongUser.setUrl(role.jdbcUrl() + (role.jdbcUrl().contains("?") ? "&" : "?")
                + "password=p@ss/secretive&user=nobody-here");
        failures.add(failure(() -> Migrations.of(wrongUser, changelog.options()).update()));
        failures.add(failure(() -> Migrations.of(DatabaseUrl.parse(role.url().replace(role.name(), "no_such_database")),
                changelog.options()).status()));
        failures.add(failure(() -> Migrations.of(DatabaseUrl.parse("postgresql://u:p%40ss%2Fsecretive@localhost:1/x"),
                changelog.options()).status()));

        for (Throwable failure : failures) {
            assertThat(failure).isInstanceOf(MigrationException.class);
            StringWriter all = new StringWriter();
            failure.printStackTrace(new PrintWriter(all));
            assertThat(all.toString()).doesNotContain("p@ss", "p%40ss");
        }
        assertThat(failures).extracting(f -> ((MigrationException) f).problem()).endsWith(Problem.CANNOT_CONNECT,
                Problem.CANNOT_CONNECT, Problem.CANNOT_CONNECT);
    }

    private static Throwable failure(Runnable attempt) {
        return catchThrowableOfType(Throwable.class, attempt::run);
    }

    private String refused(Function<Migrations, ?> attempt, Problem problem) {
        return refused(problem, () -> attempt.apply(migrations()));
    }
}
