package com.juragpt.auditor.migrations.api;

/** What a rollback does when undoing a changeset would delete data. */
public enum OnDataLoss {

    /** Nothing is rolled back, and the data that would go is named. */
    REFUSE,

    /** The rows are first copied into a schema of their own, in the same transaction. */
    ARCHIVE,

    /** The data goes. */
    ACCEPT
}
