package com.juragpt.auditor.migrations.api;

import java.util.Objects;

/**
 * One thing that is wrong in a changelog's files.
 *
 * @param rule the rule that is broken
 * @param file where, by the name that the changelog has for it; null for what concerns several
 * @param line counted from 1; 0 where no line can be named
 * @param changeset the id of the changeset; null outside of one
 * @param what is wrong, a sentence without its full stop
 * @param repair what to write instead
 * @param accepted why the changeset's author does without the repair; null if nobody said so
 */
public record Finding(Rule rule, String file, int line, String changeset, String what, String repair, String accepted) {

    /** One that nobody has accepted. */
    public Finding(Rule rule, String file, int line, String changeset, String what, String repair) {
        this(rule, file, line, changeset, what, repair, null);
    }

    public Finding {
        Objects.requireNonNull(rule);
        Objects.requireNonNull(what);
        Objects.requireNonNull(repair);
    }

    /** {@code changelog/002-laws/law.yaml:4: 002-create-law: has no rollback block}. */
    public String headline() {
        String place = file == null ? "" : file + (line == 0 ? ": " : ":" + line + ": ");
        return place + (changeset == null ? "" : changeset + ": ") + what;
    }

    @Override
    public String toString() {
        return headline() + " [" + rule.code() + "]\n  "
                + (accepted == null ? "repair: " + repair.replace("\n", "\n  ") : "accepted: " + accepted);
    }
}
