package com.juragpt.auditor.migrations.review;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.changelog.MigrationContext;

/** Refuses other databases: on H2 nothing is in one transaction, so no script could promise what a review promises. */
final class PostgresOnly {

    private PostgresOnly() {
    }

    /** @throws MigrationException {@link Problem#POSTGRESQL_ONLY} */
    static void require(String what, MigrationContext context) {
        if (!context.onPostgres()) {
            throw Diagnosis.of(Problem.POSTGRESQL_ONLY, "Cannot " + what + ": " + context.databaseName() + " is no PostgreSQL")
                    .line("elsewhere a deployment is not one transaction, and its SQL is another one")
                    .help("export DATABASE_URL=postgresql://…, or without a database: mvn migrations:review"
                            + " -Dmigrations.offline=true");
        }
    }
}
