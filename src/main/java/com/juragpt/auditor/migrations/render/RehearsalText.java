package com.juragpt.auditor.migrations.render;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.RehearsalReport.Blocks;
import com.juragpt.auditor.migrations.api.RehearsalReport.Lock;
import com.juragpt.auditor.migrations.api.RehearsalReport.Step;

/** A {@link RehearsalReport}, a changeset at a time. */
public final class RehearsalText {

    private RehearsalText() {
    }

    /** Lines separated by line feeds, without one at the end. */
    public static String of(RehearsalReport report) {
        StringBuilder text = new StringBuilder("Rehearsed ").append(Wording.changesets(report.steps().size())).append(' ')
                .append(place(report)).append("; everything was rolled back.");
        for (Step step : report.steps()) {
            text.append("\n  ").append(step.id()).append("  up ").append(Wording.time(step.up()));
            if (step.down() != null) {
                text.append(", down ").append(Wording.time(step.down()));
            }
            text.append(step.isReversible() ? ", reversible" : ", not reversible");
            text.append(outcome(step.outcome()));
            if (step.plain()) {
                text.append("\n    rehearsed without CONCURRENTLY, which blocks more than the real thing will");
            }
            for (Lock lock : step.locks()) {
                text.append("\n    locks ").append(lock.relation()).append(" (").append(lock.mode()).append("): ")
                        .append(blocks(lock.blocks()));
            }
            step.rewritten().forEach(table -> text.append("\n    rewrites ").append(table));
            step.losses().stream().filter(DataLoss::isReal)
                    .forEach(loss -> text.append("\n    its rollback ").append(loss.effect()));
            step.faults().forEach(fault -> text.append("\n    ").append(fault.replace("\n", "\n    ")));
        }
        if (!report.sequencesDrawn().isEmpty()) {
            text.append('\n').append(Wording.list("Numbers drawn from sequences stay drawn: ", report.sequencesDrawn()));
        }
        return text.toString();
    }

    private static String place(RehearsalReport report) {
        return switch (report.place()) {
            case LIVE -> "on " + report.database();
            case EMPTY_SCHEMA -> "in an empty schema of " + report.database() + " (no locks or rewrites to see there)";
            case MEMORY -> "in a private H2 in memory (no locks or rewrites to see there)";
        };
    }

    private static String outcome(Outcome outcome) {
        return switch (outcome) {
            case MARK_RAN -> "\n    was only marked as run: its precondition kept it from running";
            case SKIPPED -> "\n    was skipped: its precondition kept it from running";
            case FAILED -> "\n    failed and was passed over (failOnError: false)";
            case RERAN -> "\n    ran again, after it had run before";
            default -> "";
        };
    }

    private static String blocks(Blocks blocks) {
        return switch (blocks) {
            case NOTHING -> "others read and write";
            case WRITES -> "others read, and wait to write";
            case READS_AND_WRITES -> "others wait to read and to write";
        };
    }
}
