package com.juragpt.auditor.migrations;

import java.util.Locale;

/** The kinds of problems that a {@link MigrationException} tells of. Codes are stable: scripts may match on them. */
public enum Problem {

    /** The database did not let us in: unreachable, no such database, or wrong credentials. */
    CANNOT_CONNECT,

    /** A database URL that cannot be understood, or names a database this module does not serve. */
    INVALID_DATABASE_URL;

    /** The code as messages and scripts write it: {@code invalid-database-url}. */
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
