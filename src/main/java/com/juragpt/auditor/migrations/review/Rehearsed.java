package com.juragpt.auditor.migrations.review;

import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.Review;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a rehearsal of the reviewed changesets has measured.
 *
 * @param report with a step for each changeset
 * @param changes what the catalog says of each table before and after them
 */
public record Rehearsed(RehearsalReport report, Map<String, List<Review.Change>> changes) {

    /** What became of a changeset. */
    Outcome outcome(int index) {
        return report.steps().get(index).outcome();
    }

    /** The changesets with the losses that were measured. */
    List<Review.Changeset> measured(List<Review.Changeset> changesets) {
        List<Review.Changeset> measured = new ArrayList<>();
        for (int i = 0; i < changesets.size(); i++) {
            Review.Changeset changeset = changesets.get(i);
            RehearsalReport.Step step = report.steps().get(i);
            measured.add(changeset.with(changeset.up().withLosses(step.deleted()), changeset.down().withLosses(step.losses())));
        }
        return measured;
    }

    /** The tables with what the catalog says of them before and after, those besides that changed. */
    List<Review.Table> changed(List<Review.Table> tables) {
        Map<String, List<Review.Change>> others = new TreeMap<>(changes);
        Map<String, Review.Table> all = new TreeMap<>();
        for (Review.Table table : tables) {
            List<Review.Change> own = others.remove(table.name());
            all.put(table.name(),
                    new Review.Table(table.name(), table.size(), table.changesets(), own == null ? List.of() : own));
        }
        others.forEach((name, own) -> all.put(name, new Review.Table(name, null, List.of(), own)));
        return List.copyOf(all.values());
    }
}
