package com.juragpt.auditor.migrations.api;

/** What became of a changeset. The first five are Liquibase's own words ({@code ChangeSet.ExecType}). */
public enum Outcome {

    /** It ran. */
    EXECUTED,
    /** It ran again, after it had run before ({@code runAlways}, {@code runOnChange}). */
    RERAN,
    /** Its precondition kept it from running and has it recorded as run ({@code onFail: MARK_RAN}). */
    MARK_RAN,
    /** Its precondition kept it from running, and it stays pending ({@code onFail: CONTINUE}). */
    SKIPPED,
    /** It failed, and the deployment went on without it ({@code failOnError: false}). */
    FAILED,
    /** It was rolled back. */
    ROLLED_BACK,
    /** It had only been recorded as run, so that just its history row was deleted. */
    FORGOTTEN,
    /** Its rollback was rehearsed and did not restore the schema, or it could not be applied again. */
    NOT_REVERSIBLE;

    /** Whether the changeset did its work. */
    public boolean ran() {
        return this == EXECUTED || this == RERAN;
    }
}
