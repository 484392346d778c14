package com.juragpt.auditor.migrations.benchmark;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What this module wants to be in proportion to another tool.
 *
 * @param work in words
 * @param limit at most that
 * @param measured none where that was not measured
 */
record Target(String work, double limit, Optional<Ratio> measured) {

    /** All of them, with what was measured. */
    static List<Target> of(Results results) {
        return new Evaluation(results).targets;
    }

    boolean isReached() {
        return measured.isPresent() && measured.get().value() <= limit;
    }

    private static final class Evaluation {

        final List<Target> targets = new ArrayList<>();
        private final Results results;

        Evaluation(Results results) {
            this.results = results;
            apis();
            commands();
            growth();
            add("the writer's longest stall while an index is added as documented, of a plain `createIndex`", 0.1,
                    results.stall());
        }

        private void apis() {
            time("API, no-op, 1 000 changesets, of Liquibase", 0.1, Work.NO_OP, 1000, Tool.OUR_API, Tool.STOCK_API);
            time("the same, of Flyway", 0.5, Work.NO_OP, 1000, Tool.OUR_API, Tool.FLYWAY_API);
            add("`status()`, current, 1 000, of Flyway's `info()`", 0.1,
                    results.time(new Subject(Tool.OUR_API, Work.STATUS, 1000), new Subject(Tool.FLYWAY_API, Work.STATUS, 1000)));
            add("`requireCurrent()`, the same", 0.1, results.time(new Subject(Tool.OUR_API, Work.REQUIRE_CURRENT, 1000),
                    new Subject(Tool.FLYWAY_API, Work.STATUS, 1000)));
            roundTrips("`status()`, current, 1 000, round trips", Work.STATUS);
            roundTrips("`requireCurrent()`, the same", Work.REQUIRE_CURRENT);
            time("API, fresh, 1 000, of Liquibase", 0.5, Work.FRESH, 1000, Tool.OUR_API, Tool.STOCK_API);
        }

        private void commands() {
            time("`mvn migrations:update`, fresh, 10 000, of `alembic upgrade head`", 0.8, Work.FRESH, 10_000, Tool.OUR_GOAL,
                    Tool.ALEMBIC_COMMAND);
            time("the same, of `psql -1 -f` with the same statements", 1.5, Work.FRESH, 10_000, Tool.OUR_GOAL, Tool.PSQL);
            time("`mvn migrations:update`, no-op, 10 000, of `alembic upgrade head`", 1.0, Work.NO_OP, 10_000, Tool.OUR_GOAL,
                    Tool.ALEMBIC_COMMAND);
            time("`mvn migrations:update`, no-op, 1, of `mvn validate`", 1.5, Work.NO_OP, 1, Tool.OUR_GOAL, Tool.VALIDATE);
            time("the same, of `mvn liquibase:update`", 0.7, Work.NO_OP, 1, Tool.OUR_GOAL, Tool.STOCK_GOAL);
            time("the same, of `mvn flyway:migrate`", 0.8, Work.NO_OP, 1, Tool.OUR_GOAL, Tool.FLYWAY_GOAL);
        }

        private void growth() {
            for (Work work : List.of(Work.FRESH, Work.NO_OP)) {
                growth("API, " + work.title(), work, Tool.OUR_API);
                growth("`mvn migrations:update`, " + work.title(), work, Tool.OUR_GOAL);
                add("API, " + work.title() + ", 10 000, peak heap, of Liquibase's", 1.0,
                        peak(Tool.OUR_API, work).flatMap(ours -> peak(Tool.STOCK_API, work).map(stock -> ours / stock))
                                .map(Ratio::of));
            }
        }

        private void growth(String what, Work work, Tool tool) {
            add(what + ", 10 000 changesets, of 1 000", 10,
                    results.time(new Subject(tool, work, 10_000), new Subject(tool, work, 1000)));
        }

        private void time(String what, double limit, Work work, int size, Tool tool, Tool of) {
            add(what, limit, results.time(new Subject(tool, work, size), new Subject(of, work, size)));
        }

        private void roundTrips(String what, Work work) {
            add(what, 5, results.countsOf(new Subject(Tool.OUR_API, work, 1000)).map(counts -> Ratio.of(counts.roundTrips())));
        }

        private Optional<Double> peak(Tool tool, Work work) {
            return results.countsOf(new Subject(tool, work, 10_000)).map(counts -> (double) counts.peakBytes());
        }

        private void add(String work, double limit, Optional<Ratio> measured) {
            targets.add(new Target(work, limit, measured));
        }
    }
}
