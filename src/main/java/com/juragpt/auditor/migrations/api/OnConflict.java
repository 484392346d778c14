package com.juragpt.auditor.migrations.api;

/** What a restore does when a row is there already, with another content than the archived one. */
public enum OnConflict {

    /** It is refused, and the message lists the rows. */
    REFUSE,

    /** The row that is there stays as it is, and the archived one stays in the archive. */
    KEEP
}
