package com.juragpt.auditor.migrations.render;

import com.juragpt.auditor.migrations.api.RollbackPlan;

/** A {@link RollbackPlan} to read before it is carried out. */
public final class PlanText {

    private PlanText() {
    }

    /**
     * Which changesets are rolled back and by which SQL, newest first; the data that is deleted; the tags that are removed.
     * Lines separated by line feeds; SQL is not wrapped.
     */
    public static String of(RollbackPlan plan) {
        String title = "Rollback of " + plan.database() + " to '" + plan.tag() + "': ";
        if (plan.steps().isEmpty()) {
            return title + "nothing to roll back.";
        }
        StringBuilder text = new StringBuilder(title + Wording.changesets(plan.steps().size()) + ", newest first:");
        for (RollbackPlan.Step step : plan.steps()) {
            text.append("\n  ").append(step.id()).append(remark(step));
            for (String sql : step.sql()) {
                text.append("\n    ").append(sql.strip().replace("\n", "\n    ")).append(sql.endsWith(";") ? "" : ";");
            }
        }
        if (!plan.obstacles().isEmpty()) {
            text.append("\nIt will be refused, as other objects depend on what it drops:\n  ")
                    .append(String.join("\n  ", plan.obstacles()));
        }
        text.append('\n').append(plan.realLosses().isEmpty() ? "No data is deleted."
                : Wording.losses("Data that is deleted:", plan.realLosses()));
        if (!plan.deletedBefore().isEmpty()) {
            text.append("\nDeleted or overwritten by the changesets when they ran, and not brought back by their rollback:");
            plan.deletedBefore().forEach(deleted -> text.append("\n  ").append(deleted));
        }
        if (!plan.tagsRemoved().isEmpty()) {
            text.append('\n').append(Wording.list("Tags that are removed: ", plan.tagsRemoved()));
        }
        if (!plan.archives().isEmpty()) {
            text.append('\n').append(Wording.list("Archives of earlier rollbacks: ", plan.archives()));
        }
        return text.toString();
    }

    private static String remark(RollbackPlan.Step step) {
        if (step.forget()) {
            return " (only marked as run: only its history row is deleted)";
        }
        return step.ownTransaction() ? " (outside of the one transaction)" : "";
    }
}
