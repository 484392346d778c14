package com.juragpt.auditor.migrations.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.RehearsalReport.Blocks;
import com.juragpt.auditor.migrations.api.RehearsalReport.FailOn;
import com.juragpt.auditor.migrations.api.RehearsalReport.Lock;
import com.juragpt.auditor.migrations.api.RehearsalReport.Place;
import com.juragpt.auditor.migrations.api.RehearsalReport.Step;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RehearsalTextTest {

    private static final RehearsalReport REPORT = new RehearsalReport("auditor on db:5432", Place.LIVE, List.of(
            new Step("002-index", "changelog/002/a.yaml", Outcome.EXECUTED, Duration.ofMillis(2100), Duration.ofMillis(3),
                    List.of(new Lock("verification_log", "ShareLock", Blocks.WRITES)), List.of(), List.of(), List.of(), true),
            new Step("002-type", "changelog/002/b.yaml", Outcome.EXECUTED, Duration.ofMillis(900), null,
                    List.of(new Lock("verification_log", "AccessExclusiveLock", Blocks.READS_AND_WRITES)),
                    List.of("verification_log"),
                    List.of(new DataLoss("002-type", DataLoss.Kind.TABLE, "t", null, 12, false, null)),
                    List.of("after its rollback table two is there, but not expected"), false)),
            List.of("public.t_id_seq"));

    @Test
    void saysOfEachChangesetWhatItLocksAndWhetherItIsReversible() {
        assertThat(RehearsalText.of(REPORT)).isEqualTo("""
                Rehearsed 2 changesets on auditor on db:5432; everything was rolled back.
                  002-index  up 2.1 s, down 3 ms, reversible
                    rehearsed without CONCURRENTLY, which blocks more than the real thing will
                    locks verification_log (ShareLock): others read, and wait to write
                  002-type  up 900 ms, not reversible
                    locks verification_log (AccessExclusiveLock): others wait to read and to write
                    rewrites verification_log
                    its rollback drops table t (12 rows)
                    after its rollback table two is there, but not expected
                Numbers drawn from sequences stay drawn: public.t_id_seq""");
    }

    @Test
    void tellsWhyAChangesetDidNotRun() {
        RehearsalReport report = new RehearsalReport("auditor on db:5432", Place.EMPTY_SCHEMA,
                List.of(notRun(Outcome.MARK_RAN), notRun(Outcome.SKIPPED), notRun(Outcome.FAILED), notRun(Outcome.RERAN)), List.of());

        assertThat(RehearsalText.of(report)).isEqualTo("""
                Rehearsed 4 changesets in an empty schema of auditor on db:5432 (no locks or rewrites to see there); everything was \
                rolled back.
                  002-x  up 1 ms, reversible
                    was only marked as run: its precondition kept it from running
                  002-x  up 1 ms, reversible
                    was skipped: its precondition kept it from running
                  002-x  up 1 ms, reversible
                    failed and was passed over (failOnError: false)
                  002-x  up 1 ms, reversible
                    ran again, after it had run before""");
    }

    private static Step notRun(Outcome outcome) {
        return new Step("002-x", "changelog/002/x.yaml", outcome, Duration.ofMillis(1), null, List.of(), List.of(), List.of(), List.of(),
                false);
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
}
