package com.juragpt.auditor.migrations.api;

/**
 * What a rollback, and a rehearsal of one, does with a changeset whose rollback block is there but blank: {@code rollback:} and
 * nothing behind it.
 */
public enum OnBlankRollback {

    /** Nothing is rolled back, because somebody may have forgotten to write the block. A rehearsal calls it not reversible. */
    REFUSE,

    /**
     * The block means what Liquibase makes of it, that there is nothing to roll back: say, as all goes with its table. A rehearsal
     * leaves what the changeset did and looks whether the rollbacks before it take that along.
     */
    NOTHING
}
