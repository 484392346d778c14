package com.juragpt.auditor.migrations.api;

import java.util.Locale;

/**
 * What {@code Migrations.check} looks for. A rule that is no convention finds only what Liquibase reads otherwise than it is
 * written, and always counts; a convention counts where it was chosen, since changelogs that do without it are right as well.
 */
public enum Rule {

    /** A file that is not YAML, or that Liquibase refuses. */
    UNREADABLE_FILE(false, true),
    /** An include of a file that is not there. */
    MISSING_INCLUDE(false, true),
    /** A file that is included more than once. */
    REPEATED_INCLUDE(false, true),
    /** A key that stands twice in one place: only the last counts. */
    REPEATED_KEY(false, true),
    /** A key that Liquibase ignores: misspelt, or in the wrong place, as a rollback under its change. */
    IGNORED_KEY(false, true),
    /** An id that YAML reads as another value, as 010, which is 8. */
    MISREAD_ID(false, true),
    /** Two changesets of the same id, author and file that nothing tells apart. */
    DUPLICATE_CHANGESET(false, true),
    /** Two changesets that set the same tag. */
    DUPLICATE_TAG(false, true),
    /** A template that nobody has filled in. */
    UNFILLED_TEMPLATE(false, true),

    /** A changeset without a rollback block, even if Liquibase makes a rollback of its own. */
    MISSING_ROLLBACK(true, true),
    /** A rollback block that does nothing; that of a tag is {@code empty}. */
    BLANK_ROLLBACK(true, true),
    /** A file of the changelog's folder that the master does not include. */
    FORGOTTEN_FILE(true, true),
    /** Two folders with the number of one revision: two branches that did not know of each other. */
    DUPLICATE_REVISION(true, true),
    /** A revision that does not end in its tag. */
    TAG_NOT_LAST(true, true),
    /** Revisions that the master includes in another order than that of their numbers. */
    REVISION_ORDER(true, true),

    /** An id without quotes. */
    UNQUOTED_ID(true, false),
    /** An id that another file has as well. */
    REPEATED_ID(true, false),
    /** An id that is not named revision-verb-object. */
    CHANGESET_NAME(true, false),
    /** A changeset with no change, or with several. */
    ONE_CHANGE(true, false),
    /** A file outside of a revision's folder. */
    FILE_NAME(true, false),
    /** A master with more than plain includes, or a file with more than changesets. */
    PLAIN_FILES(true, false),

    /** An index, or a key with its index, that is built while nobody can write to its table. */
    INDEX_BLOCKS_WRITES(true, false),
    /** A NOT NULL for which every row is looked at, or that a table with rows cannot get. */
    NOT_NULL_SCANS(true, false),
    /** A new column whose value has to be written into every row. */
    DEFAULT_REWRITES(true, false),
    /** A new type for which every row is written anew. */
    TYPE_REWRITES(true, false),
    /** A foreign key or a check that every row is held against at once. */
    CONSTRAINT_SCANS(true, false),
    /** Something dropped or renamed that a running service may still use. */
    DROP_OR_RENAME(true, false),
    /** Several statements outside of a transaction, of which some stay when one fails. */
    SPLIT_CHANGESET(true, false);

    private final boolean convention;
    private final boolean harmful;

    Rule(boolean convention, boolean harmful) {
        this.convention = convention;
        this.harmful = harmful;
    }

    /** Whether the rule counts only where it was chosen. */
    public boolean isConvention() {
        return convention;
    }

    /** Whether a deployment would do something else than the author meant, so that an update refuses it. */
    public boolean isHarmful() {
        return harmful;
    }

    /** The rule as messages and parameters write it: {@code missing-rollback}. */
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
