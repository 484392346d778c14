package com.juragpt.auditor.migrations.rollback;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A rollback that would not reach its tag, or would delete data, does not begin: everything stays, to the last row. */
class RollbackRefusalsTest extends DeploymentFixture {

    @Test
    void unknownTag() {
        deploy(START, table("one"), revision("v1"));
        refused("v1.3", Problem.UNKNOWN_TAG, """
                [unknown-tag] Cannot roll back: no tag 'v1.3' in %s. Nothing was changed.
                  tags, newest first: v1, start
                  help: mvn migrations:status shows what each tag covers""");
    }

    @Test
    void unknownTagOfADatabaseThatWasNeverDeployedTo() {
        changelog.of(START);
        refused("start", Problem.UNKNOWN_TAG, """
                [unknown-tag] Cannot roll back: no tag 'start' in %s. Nothing was changed.
                  tags, newest first: none
                  help: mvn migrations:status shows what each tag covers""");
    }

    @Test
    void tagInAnotherCase() {
        deploy(START, table("one"));
        refused("Start", Problem.UNKNOWN_TAG, null);
    }

    @Test
    void tagThatTwoRowsCarry() {
        deploy(START, table("one"), table("two"));
        database.execute("UPDATE databasechangelog SET tag = 'v1' WHERE id LIKE 'create-%'");
        refused("v1", Problem.AMBIGUOUS_TAG, """
                [ambiguous-tag] Cannot roll back: 2 points in the history of %s are tagged 'v1'. Nothing was changed.
                  tagged: create-one, create-two
                  help: clear the tag of all but the right row of the history table""");
    }

    @Test
    void changesetThatAnOlderCheckoutDoesNotHave() {
        deploy(START, table("one"), table("two"));
        changelog.of(START, table("one"));
        refused("start", Problem.MISSING_CHANGESET, """
                [missing-changeset] Cannot roll back to 'start': create-two is deployed in %s but not in this changelog. \
                Nothing was changed.
                  recorded: changelog/sample.yaml
                  help: roll back with the version that deployed it (or a newer one)""");
    }

    @Test
    void changesetOfAnotherFilePath() {
        deploy(START, table("one"));
        database.execute("UPDATE databasechangelog SET filename = 'sample.yaml' WHERE id = 'create-one'");
        refused("start", Problem.MISSING_CHANGESET, null);
    }

    @Test
    void changesetWithoutARollbackBehindOneThatHasOne() {
        deploy(START, sql("fill", "CREATE TABLE one AS SELECT 1", null), table("two"));
        refused("start", Problem.NO_ROLLBACK, """
                [no-rollback] Cannot roll back to 'start': fill has no rollback. Nothing was changed.
                  none is given, and Liquibase cannot derive one
                  file: changelog/sample.yaml
                  help: write its rollback block (- empty: {} if there is nothing to roll back), its checksum stays""");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rollback:", "rollback:\n  -"})
    void blankRollbackBlock(String block) {
        assertBlankRollbackIsRefused(block);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {"rollback: ''", "rollback: []", "rollback: {}"})
    void blankRollbackBlockInAnyOtherForm(String block) {
        assertBlankRollbackIsRefused(block);
    }

    private void assertBlankRollbackIsRefused(String block) {
        deploy(START, table("one").replaceFirst("(?s)rollback:.*", block));
        refused("start", Problem.NO_ROLLBACK, null);
    }

    @Test
    void rollbackBlockForOtherKindsOfDatabasesOnly() {
        deploy(START, sql("fill", "CREATE TABLE one AS SELECT 1", "DROP TABLE one")
                .replace("{sql: \"DROP", "{dbms: h2, sql: \"DROP"));
        assertThat(refused("start", Problem.NO_ROLLBACK, null)).contains("its rollback block has nothing for postgresql");
    }

    @Test
    void rollbackBlockThatLiquibaseWouldNotRun() {
        deploy(START, table("one").replace("{tableName: one}", "{schemaName: public}"));
        assertThat(refused("start", Problem.NO_ROLLBACK, null)).contains("tableName is required");
    }

    @Test
    void rollbackWhoseSqlFileIsMissing() throws Exception {
        Files.createDirectories(changelog.root().resolve("changelog"));
        Files.writeString(changelog.root().resolve("changelog/undo.sql"), "DROP TABLE one;");
        deploy(START, table("one").replace("dropTable: {tableName: one}", "sqlFile: {path: changelog/undo.sql}"));
        Files.delete(changelog.root().resolve("changelog/undo.sql"));
        assertThat(refused("start", Problem.NO_ROLLBACK, null)).contains("undo.sql");
    }

    @Test
    void changesetThatTheContextsExclude() {
        deploy(START, table("one") + "context: test\n");
        Migrations production = Migrations.of(database.dataSource(), changelog.options().withFilter("production", null));
        refused(production, "start", Problem.EXCLUDED_CHANGESET, """
                [excluded-changeset] Cannot roll back to 'start': create-one is deployed in %s but excluded by the contexts or \
                labels given. Nothing was changed.
                  its contexts: test, its labels: none
                  help: give the contexts it was deployed with, or none""");
    }

    @Test
    void changesetThatTheLabelsExclude() {
        deploy(START, table("one") + "labels: big\n");
        refused(Migrations.of(database.dataSource(), changelog.options().withFilter(null, "!big")), "start",
                Problem.EXCLUDED_CHANGESET, null);
    }

    @Test
    void changesetEditedAfterItWasDeployed() {
        deploy(START, table("one"));
        changelog.of(START, table("one").replace("type: text", "type: int"));
        refused("start", Problem.CHANGED_CHANGESET, """
                [changed-changeset] Cannot roll back to 'start': create-one was edited after it was deployed in %s, so its \
                rollback may not fit. Nothing was changed.
                  file: changelog/sample.yaml
                  help: roll back with the version that deployed it""");
    }

    @Test
    void changesetThatMayBeEditedAndWasButDidNotRunSince() {
        deploy(START, view("1"));
        changelog.of(START, view("2"));
        refused("start", Problem.CHANGED_CHANGESET, null);
    }

    @Test
    void changesetThatRanAgainAfterTheTagAndThatMayHaveRunBefore() {
        deploy(START, view("1"), revision("v1"));
        deploy(START, view("2"), revision("v1"));
        refused("v1", Problem.NO_ROLLBACK, """
                [no-rollback] Cannot roll back to 'v1': create-v was run more than once. Nothing was changed.
                  what it had created by the time of the tag is not recorded; its rollback would remove that too
                  help: deploy the state that you want as a new changeset""");
    }

    @Test
    void stockTagOnAChangesetThatRanAgainAndTookTheTagAlong() {
        deploy(START, view("1"));
        database.execute("UPDATE databasechangelog SET tag = 'v1' WHERE id = 'create-v'");
        deploy(START, table("one"), view("2"));
        refused("v1", Problem.AMBIGUOUS_TAG, """
                [ambiguous-tag] Cannot roll back: the point in the history of %s that was tagged 'v1' is gone. \
                Nothing was changed.
                  create-v carries the tag and was run again, which moved both to the end
                  help: mvn migrations:status shows the tags that are left""");
    }

    @Test
    void tableWithRows() {
        deploy(START, table("one"));
        database.execute("INSERT INTO one SELECT generate_series(1, 18204)");
        refused("start", Problem.DESTROYS_DATA, """
                [destroys-data] Rolling back to 'start' would delete data in %s. Nothing was changed.
                  create-one  drops table one (18 204 rows)
                  help: -Dmigrations.onDataLoss=archive keeps a copy in schema rollback_<time>, =accept lets it go""");
    }

    @Test
    void columnWithValues() {
        deploy(table("one"), START, changeset("add-mood",
                "addColumn: {tableName: one, columns: [{column: {name: mood, type: text}}]}",
                "dropColumn: {tableName: one, columnName: mood}"));
        database.execute("INSERT INTO one (id, mood) VALUES (1, 'calm'), (2, NULL)");
        refused("start", Problem.DESTROYS_DATA, """
                [destroys-data] Rolling back to 'start' would delete data in %s. Nothing was changed.
                  add-mood  drops column mood of one (1 row with a value)
                  help: -Dmigrations.onDataLoss=archive keeps a copy in schema rollback_<time>, =accept lets it go""");
    }

    @Test
    void severalColumnsAtOnceWithoutARollbackBlock() {
        deploy(table("one"), START, changeset("add-columns",
                "addColumn: {tableName: one, columns: [{column: {name: a, type: text}}, {column: {name: b, type: text}}]}",
                null));
        database.execute("INSERT INTO one (id, b) VALUES (1, 'calm')");
        assertThat(refused("start", Problem.DESTROYS_DATA, null))
                .contains("add-columns  drops column b of one (1 row with a value)")
                .doesNotContain("column a");
    }

    @Test
    void rowsThatADeleteMatches() {
        deploy(table("one"), START, changeset("seed", "insert: {tableName: one, columns: [{column: {name: id, value: 1}}]}",
                "delete: {tableName: one, where: 'id = 1'}"));
        database.execute("INSERT INTO one SELECT generate_series(2, 50)");
        assertThat(refused("start", Problem.DESTROYS_DATA, null)).contains("seed  deletes from one (up to 1 row)");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "CREATE TABLE child (one int REFERENCES one ON DELETE CASCADE)",
        "CREATE TABLE child (one int REFERENCES one ON DELETE SET NULL)",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';"
                + " CREATE TRIGGER t BEFORE DELETE ON one FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TABLE child (n int); CREATE RULE r AS ON DELETE TO one DO ALSO DELETE FROM child",
        "CREATE TABLE heir () INHERITS (one); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';"
                + " CREATE TRIGGER t BEFORE DELETE ON heir FOR EACH ROW EXECUTE FUNCTION f()"})
    void deleteThatReachesFurtherThanItsTable(String byHand) {
        deploy(table("one"), START, changeset("seed", "insert: {tableName: one, columns: [{column: {name: id, value: 1}}]}",
                "delete: {tableName: one}"));
        database.execute(byHand);
        assertThat(refused("start", Problem.DESTROYS_DATA, null)).contains("seed  deletes from one (up to 1 row)",
                "seed  has an effect that cannot be foreseen: DELETE FROM public.one");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "sql: {sql: 'SELECT 1'}",
        "update: {tableName: one, columns: [{column: {name: id, valueComputed: nextval('s')}}]}",
        "executeCommand: {executable: touch, args: [{arg: {value: 'never-run'}}]}",
        "dropTable: {tableName: elsewhere}"})
    void rollbackOfUnknownEffect(String rollback) {
        assertUnknownEffectIsRefused(rollback);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {
        "sql: {sql: 'UPDATE one SET (note) = ROW(1)'}",
        "sql: {sql: 'INSERT INTO one VALUES (1) ON CONFLICT (id) DO UPDATE SET note = NULL'}",
        "sql: {sql: 'MERGE INTO one USING v ON id = 1 WHEN MATCHED THEN UPDATE SET note = NULL'}",
        "sql: {sql: 'DELETE FROM one WHERE note = lower(note)'}",
        "sql: {sql: 'ALTER TABLE one ALTER note TYPE int USING nextval(note)'}",
        "dropSequence: {sequenceName: s}",
        "dropTable: {tableName: v}",
        "delete: {tableName: v}"})
    void rollbackOfAnyOtherUnknownEffect(String rollback) {
        assertUnknownEffectIsRefused(rollback);
    }

    private void assertUnknownEffectIsRefused(String rollback) {
        deploy(table("one"), START, changeset("odd", "sql: {sql: 'CREATE SEQUENCE s; CREATE VIEW v AS SELECT 1'}", rollback));
        String message = refused("start", Problem.DESTROYS_DATA, null);
        assertThat(message).contains("[destroys-data] Rolling back to 'start' may delete data in ",
                "odd  has an effect that cannot be foreseen: ",
                "\n  help: -Dmigrations.onDataLoss=accept, after a backup: what cannot be foreseen cannot be archived");
        assertThat(Path.of("never-run")).doesNotExist();

        Migrations archiving = migrations(OnDataLoss.ARCHIVE);
        refused(archiving, "start", Problem.DESTROYS_DATA, message.replace(archiving.status().database(), "%s"));
    }

    @Test
    void rollbackThatModifySqlRewrites() {
        deploy(START, table("one") + """
                modifySql:
                  dbms: postgresql
                  applyToRollback: true
                  replace: {replace: DROP TABLE public.one, with: SELECT wipe('one')}
                """);
        assertThat(refused("start", Problem.DESTROYS_DATA, null))
                .contains("create-one  has an effect that cannot be foreseen: SELECT wipe('one')");
    }

    @ParameterizedTest
    @ValueSource(strings = {"CREATE TABLE heir (more text) INHERITS (one)", "CREATE TABLE odd (whole one)"})
    void cascadeThatTakesDataOfOtherTables(String byHand) {
        deploy(START, table("one")
                .replace("dropTable: {tableName: one}", "dropTable: {tableName: one, cascadeConstraints: true}"));
        database.execute(byHand);
        assertThat(refused("start", Problem.DESTROYS_DATA, null))
                .contains("create-one  has an effect that cannot be foreseen: DROP TABLE public.one CASCADE");
    }

    /** When the rollback is planned, the table named "one" is empty; when it is dropped, the name belongs to a full table. */
    @Test
    void fullTableThatAnEarlierStepOfTheRollbackRenames() {
        deploy(START, table("one"), changeset("rename", "renameTable: {oldTableName: one, newTableName: old}", null),
                table("one").replace("create-one", "create-new-one").replace("one_pkey", "new_pkey"));
        database.execute("INSERT INTO old VALUES (1)");
        assertThat(refused("start", Problem.DESTROYS_DATA, null)).contains("create-one  drops table old (1 row)");
    }

    @Test
    void fullTableThatAnEarlierStepRenamesUnderAQuotedName() {
        deploy(START, table("one"), changeset("rename", "renameTable: {oldTableName: one, newTableName: old}", null)
                + "objectQuotingStrategy: QUOTE_ALL_OBJECTS\n",
                table("one").replace("create-one", "create-new-one").replace("one_pkey", "new_pkey"));
        database.execute("INSERT INTO old VALUES (1)");
        assertThat(refused("start", Problem.DESTROYS_DATA, null)).contains("create-one  drops table old (1 row)");
    }

    /** A loss that the plan cannot know is found before the step: here dropping a table makes an event trigger fill another. */
    @ParameterizedTest
    @EnumSource(value = OnDataLoss.class, names = {"REFUSE", "ARCHIVE"})
    void rowsThatAppearWhileTheRollbackIsUnderWay(OnDataLoss answer) {
        deploy(START, table("one"), table("two"));
        database.execute("CREATE FUNCTION fill() RETURNS event_trigger LANGUAGE plpgsql"
                + " AS 'BEGIN INSERT INTO one VALUES (1); END';"
                + " CREATE EVENT TRIGGER fill ON sql_drop EXECUTE FUNCTION fill()");
        Migrations migrations = migrations(answer);
        RollbackPlan plan = migrations.planRollbackTo("start");
        assertThat(plan.realLosses()).isEmpty();
        assertThat(refused(migrations, plan, Problem.DESTROYS_DATA)).contains("create-one  drops table one (1 row)",
                ". Nothing was changed.");
    }

    @Test
    void columnThatAnEarlierStepOfTheRollbackRenames() {
        String add = "addColumn: {tableName: one, columns: [{column: {name: mood, type: text}}]}";
        deploy(table("one"), START, changeset("add", add, null),
                changeset("rename", "renameColumn: {tableName: one, oldColumnName: mood, newColumnName: temper}", null),
                changeset("add-again", add, null));
        database.execute("INSERT INTO one (id, temper) VALUES (1, 'calm')");
        assertThat(refused("start", Problem.DESTROYS_DATA, null))
                .contains("add  drops column temper of one (1 row with a value)");
    }

    /** Raw SQL may fill a table that was empty. Whether accepted or not, that is found before the table is dropped. */
    @Test
    void rowsThatAStepOfTheRollbackItselfPutsIntoAnEmptyTable() {
        deploy(START, sql("make", "CREATE TABLE keep AS SELECT 1 AS id", "DROP TABLE keep"), table("one"),
                changeset("move", "empty: {}", "insert: {tableName: one, columns: [{column: {name: id, value: 1}}]}"));
        assertThat(refused("start", Problem.DESTROYS_DATA, null)).contains("move  has an effect that cannot be foreseen");
    }

    @Test
    void nameThatOnlyTheChangesetsQuotingFinds() {
        deploy(START, table("Notes").replace("id: 'create", "objectQuotingStrategy: QUOTE_ALL_OBJECTS\nid: 'create")
                .replace("Notes", "NOTES"));
        database.execute("INSERT INTO \"NOTES\" VALUES (1, NULL)");
        assertThat(refused("start", Problem.DESTROYS_DATA, null)).contains("create-NOTES  drops table \"NOTES\" (1 row)");
    }

    @Test
    void rowsThatARowSecurityPolicyHidesFromTheOwner() {
        TestDatabase owner = database.createRole("owner");
        database.execute("GRANT CREATE ON SCHEMA public TO " + owner.user());
        Migrations migrations = Migrations.of(owner.dataSource(), changelog.of(START, table("one")).options());
        migrations.update();
        owner.execute("INSERT INTO one VALUES (1, NULL); ALTER TABLE one ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY");
        assertThat(owner.query("SELECT * FROM one")).isEmpty();
        refused(migrations, "start", Problem.MISSING_PRIVILEGE, null);
    }

    @Test
    void planMadeBeforeADeployment() {
        deploy(START, table("one"));
        RollbackPlan plan = migrations().planRollbackTo("start");
        deploy(START, table("one"), table("two"));
        assertThat(refused(migrations(), plan, Problem.PLAN_OUTDATED)).isEqualTo("""
                [plan-outdated] Cannot roll back to 'start': %s was deployed to, tagged or rolled back since the plan was made. \
                Nothing was changed.
                  planned: create-one
                  now: create-two, create-one
                  help: plan again""".formatted(plan.database()));
    }

    @Test
    void planMadeBeforeARollback() {
        deploy(START, table("one"), revision("v1"), table("two"));
        RollbackPlan plan = migrations().planRollbackTo("start");
        migrations().rollback(migrations().planRollbackTo("v1"));
        refused(migrations(), plan, Problem.PLAN_OUTDATED);
    }

    @Test
    void planMadeBeforeATagThatItWouldRemove() {
        deploy(START, table("one"));
        RollbackPlan plan = migrations().planRollbackTo("start");
        migrations().tag("v1");
        assertThat(refused(migrations(), plan, Problem.PLAN_OUTDATED)).contains("now: create-one; tags removed: v1");
    }

    @Test
    void rowsInsertedAfterThePlan() {
        deploy(START, table("one"));
        RollbackPlan plan = migrations().planRollbackTo("start");
        assertThat(plan.realLosses()).isEmpty();
        database.execute("INSERT INTO one VALUES (1, NULL)");
        refused(migrations(), plan, Problem.DESTROYS_DATA);
    }

    @Test
    void rollbackThatFailsHalfWay() {
        deploy(START, table("one"), table("two"), sql("three", "SELECT 3", "SELECT nonsense"), table("four"));
        Migrations accepting = migrations(OnDataLoss.ACCEPT);
        assertThat(refused(accepting, accepting.planRollbackTo("start"), Problem.CHANGESET_FAILED)).isEqualTo("""
                [changeset-failed] The rollback of three failed in %s. Nothing was changed.
                  ERROR: column "nonsense" does not exist
                    Position: 8
                  statement: SELECT nonsense
                  file: changelog/sample.yaml
                  help: fix its rollback block (its checksum stays), then roll back again"""
                .formatted(accepting.status().database()));
    }

    @Test
    void tableThatObjectsOutsideOfTheChangelogDependOn() {
        deploy(START, table("one"), table("two"));
        database.execute("CREATE SCHEMA reports; CREATE TABLE reports.r (one int CONSTRAINT \"To One\" REFERENCES one);"
                + " CREATE VIEW v AS SELECT * FROM one; CREATE TABLE heir () INHERITS (one)");
        RollbackPlan plan = migrations().planRollbackTo("start");
        assertThat(plan.obstacles()).containsExactly(
                "create-one  cannot drop table one: foreign key \"To One\" of reports.r depends on it",
                "create-one  cannot drop table one: table heir, which inherits from it",
                "create-one  cannot drop table one: view v depends on it");
        assertThat(refused(migrations(), plan, Problem.DEPENDENT_OBJECTS)).isEqualTo("""
                [dependent-objects] Cannot roll back to 'start': other objects in %s depend on what it drops. Nothing was changed.
                  create-one  cannot drop table one: foreign key "To One" of reports.r depends on it
                  create-one  cannot drop table one: table heir, which inherits from it
                  create-one  cannot drop table one: view v depends on it
                  help: drop them, or move them out of the way, then roll back again""".formatted(plan.database()));
    }

    /** What the plan itself drops before is no obstacle: a constraint, a column, a table, a view. */
    @Test
    void nothingStandsInTheWayOfAPlanThatDropsItFirst() {
        String refer = "addForeignKeyConstraint: {baseTableName: %1$s, baseColumnNames: %2$s, constraintName: %1$s_%2$s,"
                + " referencedTableName: one, referencedColumnNames: id}";
        deploy(START, table("one"), table("two"), table("three"), table("four"),
                changeset("two-fk", refer.formatted("two", "id"), null),
                changeset("three-column", "addColumn: {tableName: three, columns: [{column: {name: one, type: int}}]}", null),
                changeset("three-fk", refer.formatted("three", "one"), "empty: {}"),
                changeset("four-fk", refer.formatted("four", "id"), "empty: {}"), view("(SELECT count(*) FROM one)"),
                changeset("rename", "renameTable: {oldTableName: four, newTableName: fourth}", null));
        assertThat(migrations().planRollbackTo("start").obstacles()).isEmpty();
        rollbackTo("start");
        assertThat(tables()).isEmpty();
    }

    @Test
    void historyThatSomethingElseHoldsOnTo() {
        deploy(START, table("one"));
        database.execute("CREATE RULE keep AS ON DELETE TO databasechangelog DO INSTEAD NOTHING");
        assertThat(refused(migrations(), migrations().planRollbackTo("start"), Problem.ROLLBACK_INCOMPLETE)).isEqualTo("""
                [rollback-incomplete] The rollback did not reach 'start' in %s, so it was rolled back. Nothing was changed.
                  still in the history: [changelog/sample.yaml::create-one::test::2]
                  help: report this with the output of mvn migrations:status""".formatted(migrations().status().database()));
    }

    @Test
    void failureBehindAStepOutsideOfTransactionsSaysWhatStays() {
        deploy(START, table("one"), sql("bad", "SELECT 1", "SELECT nonsense"),
                outsideTransactions(sql("index", "CREATE INDEX CONCURRENTLY i ON one (note)", "DROP INDEX CONCURRENTLY i")),
                table("two"));
        Migrations accepting = migrations(OnDataLoss.ACCEPT);
        MigrationException e = catchThrowableOfType(MigrationException.class,
                () -> accepting.rollback(accepting.planRollbackTo("start")));
        assertThat(e.problem()).isEqualTo(Problem.CHANGESET_FAILED);
        assertThat(e).hasMessageContaining("These changesets were committed before and stay: create-two, index.");
        assertThat(database.query("SELECT id FROM databasechangelog ORDER BY orderexecuted"))
                .containsExactly(List.of("tag-start"), List.of("create-one"), List.of("bad"));
        assertThat(database.query("SELECT 1 FROM pg_indexes WHERE indexname = 'i'")).isEmpty();
        assertThat(database.query("SELECT locked FROM databasechangeloglock")).containsExactly(List.of("f"));

        changelog.of(START, table("one"), sql("bad", "SELECT 1", "SELECT 1"));
        accepting.rollback(accepting.planRollbackTo("start"));
        assertThat(database.query("SELECT id FROM databasechangelog")).containsExactly(List.of("tag-start"));
    }

    private static String changeset(String id, String change, String rollback) {
        return "id: '" + id + "'\nchanges:\n  - " + change + "\n" + (rollback == null ? "" : "rollback:\n  - " + rollback + "\n");
    }

    private static String view(String value) {
        return changeset("create-v", "createView: {viewName: v, replaceIfExists: true, selectQuery: 'SELECT " + value + " AS n'}",
                "dropView: {viewName: v}") + "runOnChange: true\n";
    }

    private String refused(String tag, Problem problem, String message) {
        return refused(migrations(), tag, problem, message);
    }

    /** Plans and rolls back; whichever of the two is refused, nothing may have changed. */
    private String refused(Migrations migrations, String tag, Problem problem, String message) {
        String said = refused(problem, () -> migrations.rollback(migrations.planRollbackTo(tag)));
        if (message != null) {
            assertThat(said).isEqualTo(message.replace("%s", migrations.status().database()));
        }
        return said;
    }

    private String refused(Migrations migrations, RollbackPlan plan, Problem problem) {
        return refused(problem, () -> migrations.rollback(plan));
    }
}
