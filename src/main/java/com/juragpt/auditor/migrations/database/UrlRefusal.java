package com.juragpt.auditor.migrations.database;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;

/**
 * How a database URL is refused: never with any part of the value that may be a secret.
 *
 * @param source what messages call the value, for instance the name of the environment variable that held it
 */
record UrlRefusal(String source) {

    static final String EXAMPLE = "postgresql://user:password@host:5432/database";

    /**
     * @param reason what is wrong, without the wrong text itself
     * @param help one thing to do
     */
    MigrationException because(String reason, String help) {
        return Diagnosis.of(Problem.INVALID_DATABASE_URL, "Cannot read " + source + ": " + reason)
                .line("expected: " + EXAMPLE + " (the value is not shown: it may hold a password)").help(help);
    }
}
