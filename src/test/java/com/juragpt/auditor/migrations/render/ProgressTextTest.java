package com.juragpt.auditor.migrations.render;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.LockHolder;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.Progress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ProgressTextTest {

    private static final Progress.Started STARTED = new Progress.Started(2, 9, "001-create-cache");

    @Test
    void aChangesetHasOneLineWhenItIsFinished() {
        assertThat(lines(STARTED, finished(Outcome.EXECUTED, 4))).containsExactly("[2/9] 001-create-cache … 4 ms");
    }

    @Test
    void theLineSaysWhenAChangesetWasNotSimplyRun() {
        assertThat(lines(finished(Outcome.RERAN, 4), finished(Outcome.MARK_RAN, 4), finished(Outcome.FAILED, 4),
                finished(Outcome.SKIPPED, 4),
                finished(Outcome.ROLLED_BACK, 1234), finished(Outcome.FORGOTTEN, 75_400), finished(Outcome.NOT_REVERSIBLE, 0)))
                .containsExactly(
                        "[2/9] 001-create-cache … run again, 4 ms",
                        "[2/9] 001-create-cache … only marked as run, 4 ms",
                        "[2/9] 001-create-cache … failed and was ignored, 4 ms",
                        "[2/9] 001-create-cache … skipped, 4 ms",
                        "[2/9] 001-create-cache … rolled back, 1.2 s",
                        "[2/9] 001-create-cache … only its history row deleted, 1 min 15 s",
                        "[2/9] 001-create-cache … not reversible, 0 ms");
    }

    @Test
    void aSignOfLifeNamesTheChangesetThatTakesLong() {
        var building = new Progress.StillRunning(Duration.ofSeconds(20), "ix: building index, 40 % of the blocks");

        assertThat(lines(STARTED, building, new Progress.StillRunning(Duration.ofSeconds(30), ""), finished(Outcome.EXECUTED, 9),
                new Progress.StillRunning(Duration.ofSeconds(10), ""))).containsExactly(
                        "[2/9] 001-create-cache … still running after 20 s: ix: building index, 40 % of the blocks",
                        "[2/9] 001-create-cache … still running after 30 s",
                        "[2/9] 001-create-cache … 9 ms",
                        "still running after 10 s");
    }

    @Test
    void aRehearsedChangesetHasALineOnlyWhenItTookLongToApply() {
        ProgressText text = ProgressText.ofRehearsal();
        assertThat(Stream.of(STARTED, finished(Outcome.EXECUTED, 1000), STARTED,
                new Progress.StillRunning(Duration.ofSeconds(20), ""), finished(Outcome.EXECUTED, 21_000), STARTED,
                finished(Outcome.ROLLED_BACK, 21_000), STARTED, finished(Outcome.NOT_REVERSIBLE, 21_000))
                .map(text::line).flatMap(Optional::stream)).containsExactly(
                        "[2/9] 001-create-cache … still running after 20 s",
                        "[2/9] 001-create-cache … 21 s");
    }

    @Test
    void aSplitNamesTheChangesetThatCausesIt() {
        assertThat(lines(STARTED, new Progress.Split(1))).containsExactly(
                "committed 1 changeset; '001-create-cache' runs outside of the transaction");
        assertThat(lines(new Progress.Split(3))).containsExactly(
                "committed 3 changesets; the next changeset runs outside of the transaction");
    }

    @Test
    void waitingAndRetryingSayWhoIsInTheWay() {
        assertThat(lines(
                new Progress.Waiting(new LockHolder("server process 7 (user a)", null), Duration.ofSeconds(5)),
                new Progress.Retrying(1, 11, Duration.ofMillis(500), "server process 8 (user b)\nserver process 9 (user c)"),
                new Progress.Retrying(2, 11, Duration.ofSeconds(1), ""),
                new Progress.Note("H2 is no PostgreSQL."))).containsExactly(
                        "waiting for another deployment, 5 s so far: server process 7 (user a)",
                        "attempt 1 of 11 was cancelled by the lock time-out or a deadlock; retrying in 500 ms. Blocked by"
                                + " server process 8 (user b), server process 9 (user c)",
                        "attempt 2 of 11 was cancelled by the lock time-out or a deadlock; retrying in 1 s",
                        "note: H2 is no PostgreSQL.");
    }

    private static Progress finished(Outcome outcome, long millis) {
        return new Progress.Finished(2, 9, "001-create-cache", outcome, Duration.ofMillis(millis));
    }

    private static List<String> lines(Progress... events) {
        ProgressText text = new ProgressText();
        return Arrays.stream(events).map(text::line).flatMap(Optional::stream).toList();
    }
}
