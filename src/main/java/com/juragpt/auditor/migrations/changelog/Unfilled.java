package com.juragpt.auditor.migrations.changelog;

import liquibase.change.core.StopChange;
import liquibase.changelog.ChangeSet;

/**
 * The changeset that stands in a new revision's files until somebody writes what is to happen. It is Liquibase's {@code stop}, so
 * whatever runs it, Liquibase's own goals included, ends there.
 */
public final class Unfilled {

    /** What the message of such a {@code stop} begins with. */
    public static final String MESSAGE = "not filled in: ";

    private Unfilled() {
    }

    /** Whether the changeset is still the one that a template has. */
    public static boolean is(ChangeSet changeset) {
        return changeset.getChanges().stream().anyMatch(change -> change instanceof StopChange stop && stop.getMessage() != null
                && stop.getMessage().startsWith(MESSAGE));
    }
}
