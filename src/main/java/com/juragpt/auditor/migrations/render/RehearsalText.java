package com.juragpt.auditor.migrations.render;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.RehearsalReport.Blocks;
import com.juragpt.auditor.migrations.api.RehearsalReport.Lock;
import com.juragpt.auditor.migrations.api.RehearsalReport.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A {@link RehearsalReport} as a table: one line for each changeset, and its findings below it. */
public final class RehearsalText {

    private static final String REVERSIBLE = "reversible";
    private static final String SCHEMA_ONLY = "schema only";
    private static final String NOT_REVERSIBLE = "not reversible";
    private static final String NOT_RUN = "not run";
    private static final String FINDING = "      ";

    private RehearsalText() {
    }

    /** Lines of at most 92 columns (a name is never cut), separated by line feeds, without one at the end. */
    public static String of(RehearsalReport report) {
        if (report.steps().isEmpty()) {
            return "Nothing to rehearse " + place(report) + ": no changeset is pending.";
        }
        StringBuilder text = new StringBuilder(summary(report));
        if (report.place() != RehearsalReport.Place.LIVE) {
            text.append("\nThe locks and rewrites of a deployment cannot be seen there.");
        }
        if (!report.sequencesDrawn().isEmpty()) {
            text.append('\n').append(Wording.list("Numbers drawn from sequences stay drawn: ", report.sequencesDrawn()));
        }
        return text.append('\n').append(table(report.steps())).toString();
    }

    private static String summary(RehearsalReport report) {
        Map<String, Long> counts = report.steps().stream()
                .collect(Collectors.groupingBy(RehearsalText::result, TreeMap::new, Collectors.counting()));
        List<String> parts = new ArrayList<>();
        for (String result : List.of(REVERSIBLE, SCHEMA_ONLY, NOT_REVERSIBLE, NOT_RUN)) {
            if (counts.containsKey(result)) {
                parts.add(counts.get(result) + " " + result);
            }
        }
        return Wording.paragraphs("", "Rehearsed " + Wording.changesets(report.steps().size()) + " " + place(report) + " in "
                + Wording.time(report.took()) + ": " + String.join(", ", parts) + ".\nEverything was rolled back.");
    }

    private static String place(RehearsalReport report) {
        return switch (report.place()) {
            case LIVE -> "in " + report.database();
            case EMPTY_SCHEMA -> "in an empty schema of " + report.database();
            case MEMORY -> "in a private H2 database in memory";
        };
    }

    private static String table(List<Step> steps) {
        int result = width(steps.stream().map(RehearsalText::result).toList(), "result");
        int up = width(steps.stream().map(RehearsalText::up).toList(), "up");
        int down = width(steps.stream().map(RehearsalText::down).toList(), "down");
        String format = "\n  %-" + result + "s  %" + up + "s  %" + down + "s  %s";
        StringBuilder text = new StringBuilder(String.format(format, "result", "up", "down", "changeset"));
        for (Step step : steps) {
            text.append(String.format(format, result(step), up(step), down(step), step.id()));
            findings(step).forEach(finding -> text.append('\n').append(Wording.paragraphs(FINDING, finding)));
        }
        return text.toString();
    }

    private static int width(List<String> column, String heading) {
        return Math.max(heading.length(), column.stream().mapToInt(String::length).max().orElse(0));
    }

    /** In a word or two. */
    static String result(Step step) {
        if (!step.outcome().ran()) {
            return NOT_RUN;
        }
        return !step.isReversible() ? NOT_REVERSIBLE : step.destroysData() ? SCHEMA_ONLY : REVERSIBLE;
    }

    private static String up(Step step) {
        return Wording.time(step.up());
    }

    private static String down(Step step) {
        return step.down() == null ? "" : Wording.time(step.down());
    }

    private static List<String> findings(Step step) {
        List<String> findings = new ArrayList<>();
        switch (step.outcome()) {
            case MARK_RAN -> findings.add("its precondition failed, so a deployment would only mark it as run");
            case SKIPPED -> findings.add("its precondition failed, so a deployment would skip it");
            case FAILED -> findings.add("it failed, which a deployment would ignore (failOnError: false)");
            case RERAN -> findings.add("it had run before and ran again");
            default -> {
            }
        }
        if (step.plain()) {
            findings.add("rehearsed without CONCURRENTLY: a deployment takes weaker locks");
        }
        step.locks().stream().filter(lock -> lock.blocks() != Blocks.NOTHING).map(RehearsalText::finding).forEach(findings::add);
        step.rewritten().forEach(table -> findings.add("rewrites " + table));
        step.deleted().stream().filter(DataLoss::isReal)
                .forEach(loss -> findings.add(loss.effect() + ", which no rollback brings back"));
        step.losses().stream().filter(DataLoss::isReal).forEach(loss -> findings.add("its rollback " + loss.effect()));
        step.faults().forEach(fault -> findings.add(NOT_REVERSIBLE + ": " + fault));
        return findings;
    }

    private static String finding(Lock lock) {
        return "locks " + lock.relation() + " (" + lock.mode() + "): "
                + (lock.blocks() == Blocks.WRITES ? "others can read, but not write" : "others can neither read nor write");
    }
}
