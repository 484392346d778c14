package com.juragpt.auditor.migrations.check;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Rule;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.ThrowingSupplier;

/** An update refuses what its author did not mean, a rehearsal what breaks a convention; status and a service what was edited. */
class CheckBeforehandTest extends DeploymentFixture {

    /** Its rollback is indented under the change, where Liquibase does not see it. */
    private static final String ROLLBACK_UNDER_THE_CHANGE = table("lost").replace("\nrollback:\n  - dropTable: {tableName: lost}",
            "\n      rollback:\n        - dropTable: {tableName: lost}");

    @Test
    void anUpdateRefusesWhatLiquibaseWouldIgnore() {
        changelog.of(table("sound"), ROLLBACK_UNDER_THE_CHANGE);

        assertThatThrownBy(() -> migrations().update()).isInstanceOfSatisfying(MigrationException.class, refusal -> {
            assertThat(refusal.problem()).isEqualTo(Problem.UNSOUND_CHANGELOG);
            assertThat(refusal).hasMessageStartingWith("[unsound-changelog] Nothing was deployed to ")
                    .hasMessageContaining(
                            ": 1 finding. Nothing was changed.\n  changelog/sample.yaml:22: create-lost: Liquibase ignores"
                                    + " 'rollback' in createTable; it is misspelt or in the wrong place [ignored-key]\n"
                                    + "    repair: indent it as far as 'changes', which it belongs beside")
                    .hasMessageEndingWith("-Dmigrations.check=false goes on without");
        });
        assertThat(database.query("SELECT count(*) FROM pg_class WHERE relname IN ('sound', 'lost')")).first().asString()
                .contains("0");

        migrations(options().withCheck(false, Set.of())).update();
        assertThat(migrations().status().pending()).isEmpty();
    }

    @Test
    void whatIsDeployedDoesNotHinderTheNextUpdate() {
        changelog.of(ROLLBACK_UNDER_THE_CHANGE);
        migrations(options().withCheck(false, Set.of())).update();

        changelog.of(ROLLBACK_UNDER_THE_CHANGE, table("next"));
        assertThat(migrations().update().changesets()).hasSize(1);
    }

    @Test
    void modifiedSqlOfAnotherKindOfDatabaseDoesNotHinder() {
        changelog.of(table("one") + "modifySql:\n  - dbms: h2\n  - replace: {replace: a, with: b}\n");

        assertThat(migrations().update().changesets()).hasSize(1);
    }

    /** Two variants of one changeset are told apart by their contexts; the one that runs is not held against the other's text. */
    @Test
    void aVariantForAnotherContextDoesNotHinder() {
        changelog.of(table("one") + "contextFilter: a\n",
                sql("create-one", "CREATE TABLE one (id int)", "DROP TABLE one") + "contextFilter: b\n");

        assertThat(migrations(options().withFilter("b", null)).update().changesets()).containsExactly("create-one");
    }

    @Test
    void aConventionCountsWhereItWasChosen() {
        String withoutRollback = table("one").substring(0, table("one").indexOf("rollback:"));
        changelog.of(withoutRollback);
        MigrationOptions strict = options().withCheck(true, Set.of(Rule.MISSING_ROLLBACK));

        refuses(() -> migrations(strict).update(), "create-one: has no rollback block");
        refuses(() -> migrations(strict).rehearse(), "create-one: has no rollback block");
        refuses(() -> migrations(strict).rehearseFromBase(), "create-one: has no rollback block");

        assertThat(migrations().rehearse().steps()).hasSize(1);
        assertThat(migrations().update().changesets()).hasSize(1);
    }

    @Test
    void tasteHindersARehearsalAndNoUpdate() {
        changelog.of(table("one"), revision("001"));
        MigrationOptions strict = options().withCheck(true, Set.of(Rule.CHANGESET_NAME));

        refuses(() -> migrations(strict).rehearse(), "create-one: is not named revision-verb-object");
        assertThat(migrations(strict).update().changesets()).hasSize(2);
    }

    @Test
    void aServiceThatRequiresItsSchemaIsToldWhatWasEdited() {
        changelog.of(table("one"));
        migrations().update();
        changelog.of(table("one").replace("type: text", "type: int"));

        assertThatThrownBy(() -> migrations().requireCurrent()).isInstanceOfSatisfying(MigrationException.class, refusal -> {
            assertThat(refusal.problem()).isEqualTo(Problem.CHANGED_CHANGESET);
            assertThat(refusal).hasMessageContaining("a changeset was edited after deployment")
                    .hasMessageContaining("create-one");
        });
    }

    private static void refuses(ThrowingSupplier<?> work, String finding) {
        assertThatThrownBy(work::get).isInstanceOfSatisfying(MigrationException.class,
                refusal -> assertThat(refusal.problem()).isEqualTo(Problem.UNSOUND_CHANGELOG)).hasMessageContaining(finding);
    }

    private Migrations migrations(MigrationOptions options) {
        return Migrations.of(database.dataSource(), options);
    }
}
