package com.juragpt.auditor.migrations.connection;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import java.util.List;

/**
 * What keeps a role from its work in a PostgreSQL database, as the server's catalog shows it.
 *
 * @param evidence lines that name the role, the object and what is missing
 * @param help one thing to type
 */
record Obstacle(Problem problem, List<String> evidence, String help) {

    Obstacle(Problem problem, String evidence, String help) {
        this(problem, List.of(evidence), help);
    }

    /** @param failure what did not happen because of it, a sentence without its full stop */
    MigrationException refusal(String failure) {
        return Diagnosis.of(problem, failure).lines(evidence).help(help);
    }
}
