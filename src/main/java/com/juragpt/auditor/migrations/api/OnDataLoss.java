package com.juragpt.auditor.migrations.api;

/** What a rollback does when it would delete data. */
public enum OnDataLoss {

    /** It is refused, and the message lists the data that it would delete. */
    REFUSE,

    /** It first copies the rows into a schema of their own, in the same transaction. */
    ARCHIVE,

    /** It deletes the data. */
    ACCEPT
}
