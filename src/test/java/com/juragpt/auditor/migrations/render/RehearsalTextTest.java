package com.juragpt.auditor.migrations.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.RehearsalReport.Blocks;
import com.juragpt.auditor.migrations.api.RehearsalReport.FailOn;
import com.juragpt.auditor.migrations.api.RehearsalReport.Lock;
import com.juragpt.auditor.migrations.api.RehearsalReport.Place;
import com.juragpt.auditor.migrations.api.RehearsalReport.Step;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RehearsalTextTest {

    private static final Duration TOOK = Duration.ofMillis(4200);

    private static final RehearsalReport REPORT = new RehearsalReport("auditor on db:5432", Place.LIVE, List.of(
            step("002-note", 12, 3L, List.of(new Lock("verification_log", "RowExclusiveLock", Blocks.NOTHING)), List.of(),
                    List.of(new DataLoss("002-note", DataLoss.Kind.TABLE, "note", null, 0, false, null)), List.of()),
            new Step("002-index", "changelog/002/a.yaml", Outcome.EXECUTED, Duration.ofMillis(2100), Duration.ofMillis(3),
                    List.of(new Lock("verification_log", "ShareLock", Blocks.WRITES)), List.of(), List.of(), List.of(), List.of(),
                    true),
            step("002-type", 75_000, null, List.of(new Lock("verification_log", "AccessExclusiveLock", Blocks.READS_AND_WRITES)),
                    List.of("verification_log"),
                    List.of(new DataLoss("002-type", DataLoss.Kind.TABLE, "t", null, 12, false, null)),
                    List.of("after its rollback table two is there, but not expected"))),
            List.of("public.t_id_seq"), TOOK);

    @Test
    void anUnremarkableChangesetIsOneLineAndFindingsStandBelowTheirs() {
        assertThat(RehearsalText.of(REPORT)).isEqualTo("""
                Rehearsed 3 changesets in auditor on db:5432 in 4.2 s: 2 reversible, 1 not reversible.
                Everything was rolled back.
                Numbers drawn from sequences stay drawn: public.t_id_seq

                  result                  up  down  changeset
                  reversible           12 ms  3 ms  002-note
                  reversible           2.1 s  3 ms  002-index
                      rehearsed without CONCURRENTLY: a deployment takes weaker locks
                      locks verification_log (ShareLock): others can read, but not write
                  not reversible  1 min 15 s        002-type
                      locks verification_log (AccessExclusiveLock): others can neither read nor write
                      rewrites verification_log
                      its rollback drops table t (12 rows)
                      not reversible: after its rollback table two is there, but not expected""");
    }

    @Test
    void saysWhyAChangesetDidNotRunAndWhatAnEmptySchemaCannotShow() {
        RehearsalReport report = new RehearsalReport("auditor on db:5432", Place.EMPTY_SCHEMA, List.of(with(Outcome.MARK_RAN),
                with(Outcome.SKIPPED), with(Outcome.FAILED), with(Outcome.RERAN)), List.of(), TOOK);

        assertThat(RehearsalText.of(report)).isEqualTo("""
                Rehearsed 4 changesets in an empty schema of auditor on db:5432 in 4.2 s: 1 reversible, 3
                  not run.
                Everything was rolled back.
                The locks and rewrites of a deployment cannot be seen there.

                  result        up  down  changeset
                  not run     1 ms        002-x
                      its precondition failed, so a deployment would only mark it as run
                  not run     1 ms        002-x
                      its precondition failed, so a deployment would skip it
                  not run     1 ms        002-x
                      it failed, which a deployment would ignore (failOnError: false)
                  reversible  1 ms        002-x
                      it had run before and ran again""");
    }

    @Test
    void wrapsWhatIsLongAndNeverCutsAName() {
        String id = "002-create-ix-verification-log-created-at-and-trust-label-and-confidence-score-and-many-others";
        RehearsalReport report = new RehearsalReport("auditor on db:5432", Place.LIVE, List.of(
                step(id, 1, 2L, List.of(), List.of(), List.of(), List.of()),
                step("002-x", 1, 2L, List.of(), List.of(), List.of(), List.of("its rollback failed: ERROR: cannot drop table one"
                        + " because other objects depend on it\n  Hint: Use DROP ... CASCADE"))),
                List.of(), TOOK);

        assertThat(RehearsalText.of(report)).isEqualTo("""
                Rehearsed 2 changesets in auditor on db:5432 in 4.2 s: 1 reversible, 1 not reversible.
                Everything was rolled back.

                  result            up  down  changeset
                  reversible      1 ms  2 ms  %s
                  not reversible  1 ms  2 ms  002-x
                      not reversible: its rollback failed: ERROR: cannot drop table one because other
                        objects depend on it
                        Hint: Use DROP ... CASCADE""".formatted(id));
    }

    @Test
    void saysThatNothingIsPending() {
        assertThat(RehearsalText.of(new RehearsalReport("auditor on db:5432", Place.LIVE, List.of(), List.of(), TOOK)))
                .isEqualTo("Nothing to rehearse in auditor on db:5432: no changeset is pending.");
    }

    @Test
    void theGateFailsOnlyForWhatItIsToldTo() {
        REPORT.requireGate(Set.of());
        assertThatThrownBy(() -> REPORT.requireGate(Set.of(FailOn.values()))).hasMessage("""
                [rehearsal-objects] The rehearsal on auditor on db:5432 failed its gate. Nothing was changed.
                  002-type after its rollback table two is there, but not expected
                  002-type rewrites verification_log
                  002-type blocks reads and writes of verification_log (AccessExclusiveLock)
                  help: fix the changeset, or leave that check out of -Dmigrations.failOn""");
    }

    private static Step with(Outcome outcome) {
        return new Step("002-x", "changelog/002/x.yaml", outcome, Duration.ofMillis(1), null, List.of(), List.of(), List.of(),
                List.of(), List.of(), false);
    }

    private static Step step(String id, long up, Long down, List<Lock> locks, List<String> rewritten, List<DataLoss> losses,
            List<String> faults) {
        return new Step(id, "changelog/002/x.yaml", Outcome.EXECUTED, Duration.ofMillis(up),
                down == null ? null : Duration.ofMillis(down), locks, rewritten, List.of(), losses, faults, false);
    }
}
