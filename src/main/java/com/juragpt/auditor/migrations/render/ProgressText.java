package com.juragpt.auditor.migrations.render;

import com.juragpt.auditor.migrations.api.Progress;
import java.time.Duration;
import java.util.Optional;

/** The lines of a log about a deployment or a rollback while it runs. One instance for each; safe for several threads. */
public final class ProgressText {

    private static final Duration LONG = Duration.ofSeconds(1);

    private final boolean rehearsal;
    private volatile Progress.Started running;

    /** For a deployment or a rollback. */
    public ProgressText() {
        this(false);
    }

    private ProgressText(boolean rehearsal) {
        this.rehearsal = rehearsal;
    }

    /** For a rehearsal, whose report lists every changeset anyway: a changeset has a line only if it took long to apply. */
    public static ProgressText ofRehearsal() {
        return new ProgressText(true);
    }

    /** The line for an event, or nothing: a changeset has its line when it is finished. */
    public Optional<String> line(Progress event) {
        if (event instanceof Progress.Started started) {
            running = started;
            return Optional.empty();
        }
        if (event instanceof Progress.Finished finished) {
            running = null;
            if (rehearsal && !(finished.outcome().ran() && finished.took().compareTo(LONG) > 0)) {
                return Optional.empty();
            }
            return Optional.of(changeset(finished.number(), finished.total(), finished.changeset()) + outcome(finished)
                    + Wording.time(finished.took()));
        }
        if (event instanceof Progress.StillRunning still) {
            Progress.Started changeset = running;
            return Optional.of((changeset == null ? "" : changeset(changeset.number(), changeset.total(), changeset.changeset()))
                    + "still running after " + Wording.time(still.elapsed())
                    + (still.detail().isEmpty() ? "" : ": " + still.detail()));
        }
        if (event instanceof Progress.Split split) {
            Progress.Started next = running;
            return Optional.of("committed " + Wording.changesets(split.committed())
                    + (next == null ? "; the next changeset" : "; '" + next.changeset() + "'")
                    + " runs outside of the transaction");
        }
        if (event instanceof Progress.Waiting waiting) {
            return Optional.of("waiting for another deployment, " + Wording.time(waiting.waited()) + " so far: "
                    + waiting.holder());
        }
        if (event instanceof Progress.Retrying retrying) {
            running = null;
            return Optional.of("attempt " + retrying.attempt() + " of " + retrying.attempts()
                    + " was cancelled by the lock time-out or a deadlock; retrying in " + Wording.time(retrying.pause())
                    + (retrying.reason().isEmpty() ? "" : ". Blocked by " + retrying.reason().replace("\n", ", ")));
        }
        if (event instanceof Progress.Note note) {
            return Optional.of("note: " + note.text());
        }
        throw new IllegalArgumentException("no words for " + event);
    }

    private static String changeset(int number, int total, String id) {
        return "[" + number + "/" + total + "] " + id + " … ";
    }

    private static String outcome(Progress.Finished finished) {
        return switch (finished.outcome()) {
            case EXECUTED -> "";
            case RERAN -> "run again, ";
            case MARK_RAN -> "only marked as run, ";
            case SKIPPED -> "skipped, ";
            case FAILED -> "failed and was ignored, ";
            case ROLLED_BACK -> "rolled back, ";
            case FORGOTTEN -> "only its history row deleted, ";
            case NOT_REVERSIBLE -> "not reversible, ";
        };
    }
}
