package com.juragpt.auditor.migrations.api;

import java.util.List;

/**
 * How a live schema differs from what its applied changesets build.
 *
 * @param database its name and place, without anything secret
 * @param differences one for each property of an object that differs; empty for a schema that nobody altered by hand
 */
public record DriftReport(String database, List<Difference> differences) {

    /**
     * Requires that there is no difference.
     *
     * @throws MigrationException {@link Problem#SCHEMA_DIFFERS}
     */
    public void requireNone() {
        if (!differences.isEmpty()) {
            throw Diagnosis.of(Problem.SCHEMA_DIFFERS, database + " is not what its applied changesets build: "
                    + differences.size() + (differences.size() == 1 ? " difference" : " differences") + ", listed above")
                    .help("revert by hand what was changed by hand, or put it into a new changeset");
        }
    }
}
