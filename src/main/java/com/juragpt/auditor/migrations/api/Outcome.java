package com.juragpt.auditor.migrations.api;

/** The outcome of a changeset. The first five have the names that Liquibase gives them ({@code ChangeSet.ExecType}). */
public enum Outcome {

    /** It ran. */
    EXECUTED,
    /** It ran again, after it had run before ({@code runAlways}, {@code runOnChange}). */
    RERAN,
    /** Its precondition failed, so it did not run and was recorded as run ({@code onFail: MARK_RAN}). */
    MARK_RAN,
    /** Its precondition failed, so it did not run and stays pending ({@code onFail: CONTINUE}). */
    SKIPPED,
    /** It failed, and the deployment went on without it ({@code failOnError: false}). */
    FAILED,
    /** It was rolled back. */
    ROLLED_BACK,
    /** It had only been recorded as run, so only its history row was deleted. */
    FORGOTTEN,
    /** Its rollback was rehearsed, and it failed, did not restore the schema, or the changeset could not be applied again. */
    NOT_REVERSIBLE;

    /** Whether the changeset ran. */
    public boolean ran() {
        return this == EXECUTED || this == RERAN;
    }
}
