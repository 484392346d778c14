package com.juragpt.auditor.migrations.render;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.RollbackPlan;

/** A {@link RollbackPlan} to read before it is carried out. */
public final class PlanText {

    private PlanText() {
    }

    /**
     * What is undone and by which SQL, newest first; the data that goes; the tags that cease to exist. Lines separated by
     * line feeds; SQL is not wrapped.
     */
    public static String of(RollbackPlan plan) {
        String title = "Rolling " + plan.database() + " back to '" + plan.tag() + "' undoes ";
        if (plan.steps().isEmpty()) {
            return title + "nothing.";
        }
        StringBuilder text = new StringBuilder(title + Wording.changesets(plan.steps().size()) + ", newest first:");
        for (RollbackPlan.Step step : plan.steps()) {
            text.append("\n  ").append(step.id()).append(remark(step));
            for (String sql : step.sql()) {
                text.append("\n    ").append(sql.strip().replace("\n", "\n    ")).append(sql.endsWith(";") ? "" : ";");
            }
        }
        if (plan.realLosses().isEmpty()) {
            text.append("\nNo data goes with ").append(it(plan)).append(".");
        } else {
            text.append("\nData that goes with ").append(it(plan)).append(":");
            for (DataLoss loss : plan.realLosses()) {
                text.append("\n  ").append(loss);
            }
        }
        if (!plan.tagsRemoved().isEmpty()) {
            text.append('\n').append(Wording.list("Tags that cease to exist: ", plan.tagsRemoved()));
        }
        return text.toString();
    }

    private static String it(RollbackPlan plan) {
        return plan.steps().size() == 1 ? "it" : "them";
    }

    private static String remark(RollbackPlan.Step step) {
        if (step.forget()) {
            return " (it was only marked as run: just its history row goes)";
        }
        return step.ownTransaction() ? " (outside of the one transaction)" : "";
    }
}
