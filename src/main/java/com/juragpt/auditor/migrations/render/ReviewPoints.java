package com.juragpt.auditor.migrations.render;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.Finding;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.RehearsalReport.Blocks;
import com.juragpt.auditor.migrations.api.Review;
import com.juragpt.auditor.migrations.api.Review.Changeset;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What somebody who approves a {@link Review} has to know, in sentences, the worst first. */
final class ReviewPoints {

    /** How bad it is. */
    enum Weight { BAD, CARE, GOOD, PLAIN }

    /**
     * @param label a word or two
     * @param text the rest
     */
    record Point(Weight weight, String label, String text) {}

    private ReviewPoints() {
    }

    /** Those of the whole. */
    static List<Point> of(Review review) {
        List<Point> points = new ArrayList<>();
        for (Changeset changeset : review.changesets()) {
            changeset.up().realLosses().forEach(loss -> points.add(deletes(loss, review)));
        }
        if (points.isEmpty()) {
            points.add(new Point(Weight.GOOD, "Keeps all data.", "No changeset deletes rows or values."));
        }
        review.findings().forEach(finding -> points.add(found(finding, false)));
        for (Changeset changeset : review.changesets()) {
            changeset.down().realLosses().forEach(loss -> points.add(undoDeletes(loss, review)));
        }
        review.rollbackObstacles().forEach(why -> points.add(new Point(Weight.BAD, "Cannot be undone by the script:", why)));
        review.updateObstacles().forEach(why -> points.add(new Point(Weight.CARE, "Only this module can deploy it:", why)));
        List<String> outside = review.changesets().stream().filter(one -> one.up().outside()).map(Changeset::id).toList();
        if (!outside.isEmpty()) {
            points.add(
                    new Point(Weight.CARE, "Not one transaction.", "What comes before is committed, and stays if what comes after"
                            + " fails: " + String.join(", ", outside)));
        }
        if (review.rehearsal() == null) {
            points.add(new Point(Weight.PLAIN, "Locks were not measured.", review.database() == null
                    ? "There was no database to rehearse on."
                    : "mvn migrations:review -Dmigrations.rehearse=true measures them, and what the changesets delete; it takes"
                            + " the locks while it does."));
        } else {
            points.addAll(measured(review));
        }
        points.sort(Comparator.comparing(Point::weight));
        return points;
    }

    private static List<Point> measured(Review review) {
        List<Point> points = new ArrayList<>();
        for (RehearsalReport.Step step : review.rehearsal().steps()) {
            step.faults().forEach(fault -> points.add(new Point(Weight.BAD, "Not reversible:", step.id() + " " + fault)));
            step.rewritten().forEach(table -> points.add(new Point(Weight.CARE, "Rewrites " + table + ":",
                    step.id() + " copies the whole table while nobody can use it")));
        }
        held(review).forEach((relation, lock) -> points.add(new Point(
                lock.blocks() == Blocks.READS_AND_WRITES ? Weight.BAD : Weight.CARE,
                lock.blocks() == Blocks.READS_AND_WRITES ? "Nobody can read or write " + relation
                        : "Nobody can write to " + relation,
                "from " + lock.from() + " to the commit, " + Wording.time(lock.held()) + " in the rehearsal (" + lock.mode()
                        + ")")));
        if (points.isEmpty()) {
            points.add(new Point(Weight.GOOD, "Blocks nobody,", "rewrites no table and is reversible, as the rehearsal found."));
        }
        return points;
    }

    /**
     * A lock on a relation that existed before.
     *
     * @param from the changeset that takes it
     * @param held from then to the commit
     */
    private record Held(String mode, Blocks blocks, String from, Duration held) {}

    /** What blocks others, by the relation: the strongest lock, from where it is taken. */
    private static Map<String, Held> held(Review review) {
        List<RehearsalReport.Step> steps = review.rehearsal().steps();
        Map<String, Held> held = new LinkedHashMap<>();
        for (int i = 0; i < steps.size(); i++) {
            RehearsalReport.Step step = steps.get(i);
            if (step.plain()) {
                // Rehearsed without CONCURRENTLY, it took locks that a deployment does not take.
                continue;
            }
            Duration rest = step.up();
            for (int next = i + 1; next < steps.size() && !review.changesets().get(next).up().outside(); next++) {
                rest = rest.plus(steps.get(next).up());
            }
            for (RehearsalReport.Lock lock : step.locks()) {
                Held known = held.get(lock.relation());
                if (lock.blocks() != Blocks.NOTHING && (known == null || known.blocks().compareTo(lock.blocks()) < 0)) {
                    held.put(lock.relation(), new Held(lock.mode(), lock.blocks(), step.id(), rest));
                }
            }
        }
        return held;
    }

    /** Those of one changeset. */
    static List<Point> of(Changeset changeset, Review review) {
        List<Point> points = new ArrayList<>();
        if (changeset.outcome() == Outcome.MARK_RAN) {
            points.add(new Point(Weight.CARE, "Only marked as run:", "its precondition does not hold"));
        } else if (changeset.outcome() == Outcome.SKIPPED) {
            points.add(new Point(Weight.CARE, "Skipped:", "its precondition does not hold"));
        } else if (changeset.outcome() == Outcome.RERAN) {
            points.add(new Point(Weight.PLAIN, "Runs again:", "it ran before"));
        }
        changeset.up().realLosses().forEach(loss -> points.add(deletes(loss, review)));
        changeset.down().realLosses().forEach(loss -> points.add(undoDeletes(loss, review)));
        changeset.up().obstacles().forEach(why -> points.add(new Point(Weight.CARE, "Only this module can deploy it:", why)));
        changeset.down().obstacles().forEach(why -> points.add(new Point(Weight.BAD, "Cannot be undone by the script:", why)));
        review.findings().stream().filter(found -> changeset.id().equals(found.changeset())
                && changeset.file().equals(found.file())).forEach(found -> points.add(found(found, true)));
        if (changeset.up().outside()) {
            points.add(new Point(Weight.CARE, "Runs outside of the transaction.", ""));
        }
        return points;
    }

    private static Point found(Finding finding, boolean withRepair) {
        String what = finding.changeset() + ": " + finding.what();
        if (finding.accepted() != null) {
            return new Point(Weight.PLAIN, "Accepted by its author (" + finding.rule().code() + "):",
                    what + ", because: " + finding.accepted());
        }
        return new Point(finding.rule().isHarmful() ? Weight.BAD : Weight.CARE,
                "Found by the check (" + finding.rule().code() + "):",
                what + (withRepair ? ". Repair: " + finding.repair().replace("\n", " ") : ""));
    }

    private static Point deletes(DataLoss loss, Review review) {
        return loss.kind() == DataLoss.Kind.UNKNOWN
                ? unforeseen(loss, review.database() == null ? "May delete data, which is not counted without a database:"
                        : "Its effect on data cannot be foreseen:")
                : new Point(Weight.BAD, Wording.verb(loss) + " data:", loss.toString());
    }

    private static Point undoDeletes(DataLoss loss, Review review) {
        if (loss.kind() == DataLoss.Kind.UNKNOWN) {
            return unforeseen(loss, review.database() == null ? "Rolled back, it may delete data, which is not counted without a"
                    + " database:" : "The effect of its rollback on data cannot be foreseen:");
        }
        String verb = Wording.verb(loss).toLowerCase(Locale.ROOT);
        return review.isNew(loss)
                ? new Point(Weight.PLAIN, "Rolled back, it " + verb + " what the update itself wrote:", loss.toString())
                : new Point(Weight.BAD, "Rolled back, it " + verb + " data:", loss.toString());
    }

    private static Point unforeseen(DataLoss loss, String label) {
        return new Point(Weight.CARE, label, loss.changeset() + "  " + Wording.beginning(loss.statement()));
    }
}
