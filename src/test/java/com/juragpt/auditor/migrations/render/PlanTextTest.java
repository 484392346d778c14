package com.juragpt.auditor.migrations.render;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.api.RollbackPlan.Step;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlanTextTest {

    @Test
    void saysWhatIsRolledBackInOrderWithItsSqlAndWhatDataIsDeleted() {
        RollbackPlan plan = new RollbackPlan(Samples.DATABASE, "base", List.of(
                step("001-tag-revision", false, false),
                step("001-create-index", false, true, "DROP INDEX CONCURRENTLY i;"),
                step("001-guess", true, false),
                step("001-create-log", false, false, "DELETE FROM log\n WHERE old", "DROP TABLE log")),
                List.of(new DataLoss("001-create-log", DataLoss.Kind.TABLE, "log", null, 18204, true, null),
                        new DataLoss("001-create-empty", DataLoss.Kind.TABLE, "empty", null, 0, false, null)),
                List.of(new RollbackPlan.Deleted("001-create-log", "rows of law", null),
                        new RollbackPlan.Deleted("001-create-log", "column a of b", "update_1")),
                List.of(), List.of("v1.2", "001"));

        assertThat(PlanText.of(plan)).isEqualTo("""
                Rollback of auditor on db:5432 to 'base': 4 changesets, newest first:
                  001-tag-revision
                  001-create-index (outside of the one transaction)
                    DROP INDEX CONCURRENTLY i;
                  001-guess (only marked as run: only its history row is deleted)
                  001-create-log
                    DELETE FROM log
                     WHERE old;
                    DROP TABLE log;
                Data that is deleted:
                  001-create-log  drops table log (about 18 204 rows)
                Deleted or overwritten by the changesets when they ran, and not brought back by their rollback:
                  001-create-log  rows of law: no archive has it
                  001-create-log  column a of b: mvn migrations:restore -Dmigrations.archive=update_1
                Tags that are removed: v1.2, 001""");
    }

    @Test
    void saysThatNoDataIsDeletedWhenTheTablesAreEmptyAndWhatStandsInTheWay() {
        RollbackPlan plan = new RollbackPlan(Samples.DATABASE, "001", List.of(step("002-x", false, false, "DROP TABLE x")),
                List.of(new DataLoss("002-x", DataLoss.Kind.TABLE, "x", null, 0, false, null)),
                List.of(), List.of("002-x  cannot drop table x: view v depends on it"), List.of());

        assertThat(PlanText.of(plan)).isEqualTo("""
                Rollback of auditor on db:5432 to '001': 1 changeset, newest first:
                  002-x
                    DROP TABLE x;
                It will be refused, as other objects depend on what it drops:
                  002-x  cannot drop table x: view v depends on it
                No data is deleted.""");
    }

    @Test
    void whatHasAnUnknownEffectDoesNotCountAsDeletedData() {
        DataLoss unknown = new DataLoss("002-x", DataLoss.Kind.UNKNOWN, null, null, 0, false, "UPDATE law\n   SET title = NULL");
        DataLoss rows = new DataLoss("002-x", DataLoss.Kind.ROWS, "law", null, 1, false, null);
        List<Step> steps = List.of(step("002-x", false, false, "UPDATE law\n   SET title = NULL"));

        assertThat(
                PlanText.of(new RollbackPlan(Samples.DATABASE, "001", steps, List.of(unknown), List.of(), List.of(), List.of())))
                .isEqualTo("""
                Rollback of auditor on db:5432 to '001': 1 changeset, newest first:
                  002-x
                    UPDATE law
                       SET title = NULL;
                Effect not known:
                  002-x  UPDATE law
                       SET title = NULL""");
        assertThat(PlanText
                .of(new RollbackPlan(Samples.DATABASE, "001", steps, List.of(unknown, rows), List.of(), List.of(), List.of())))
                .endsWith("""
                Data that is deleted:
                  002-x  deletes from law (up to 1 row)
                Effect not known:
                  002-x  UPDATE law
                       SET title = NULL""");
    }

    @Test
    void saysThatThereIsNothingToRollBackAtTheTagItself() {
        assertThat(PlanText.of(new RollbackPlan(Samples.DATABASE, "001", List.of(), List.of(), List.of(), List.of(), List.of())))
                .isEqualTo("Rollback of auditor on db:5432 to '001': nothing to roll back.");
    }

    @Test
    void namesTheArchivesThatEarlierRollbacksHaveLeft() {
        assertThat(PlanText
                .of(new RollbackPlan(Samples.DATABASE, "001", List.of(step("a", false, false)), List.of(), List.of(), List.of(),
                        List.of())
                        .withArchives(List.of("rollback_1", "rollback_2"))))
                .endsWith("""
                        No data is deleted.
                        Archives of earlier rollbacks: rollback_1, rollback_2""");
    }

    private static Step step(String id, boolean forget, boolean ownTransaction, String... sql) {
        return new Step(id, "juragpt", "changelog/a.yaml", forget, ownTransaction, List.of(sql));
    }
}
