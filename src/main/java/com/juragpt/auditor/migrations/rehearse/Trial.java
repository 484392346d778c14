package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import liquibase.changelog.ChangeSet;
import liquibase.exception.LiquibaseException;

/** Builds a changelog in an empty schema, and rehearses the changesets at its end that were only drafted. */
public final class Trial {

    private Trial() {
    }

    /**
     * Applies the whole changelog.
     *
     * @param scratch an empty schema
     * @throws MigrationException {@link Problem#CHANGESET_FAILED}, {@link Problem#STATEMENT_TIMEOUT}
     */
    public static void build(Scratch scratch) throws LiquibaseException, SQLException {
        scratch.run(scratch.context().changelog().pending());
    }

    /**
     * Applies the changelog; the drafted changesets are rolled back in between, each by its own rollback.
     *
     * @param scratch an empty schema, which has all of the changelog afterwards
     * @param drafted which changesets are drafted
     * @throws MigrationException as {@link #build}
     */
    public static List<RehearsalReport.Step> rehearse(Scratch scratch, Predicate<ChangeSet> drafted)
            throws LiquibaseException, SQLException {
        Map<Boolean, List<ChangeSet>> changesets =
                scratch.context().changelog().pending().stream().collect(Collectors.partitioningBy(drafted));
        scratch.run(changesets.get(false));
        List<RehearsalReport.Step> steps = new Rehearsal(scratch, scratch.context().databaseName()).run();
        scratch.run(changesets.get(true));
        return steps;
    }
}
