package com.juragpt.auditor.migrations;

import com.juragpt.auditor.migrations.catalog.Catalog;
import com.juragpt.auditor.migrations.catalog.CatalogReader;
import com.juragpt.auditor.migrations.catalog.Difference;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import liquibase.changelog.ChangeSet;
import liquibase.exception.LiquibaseException;

/**
 * Takes over a database that something else made: finds the newest revision whose schema, built from the changelog, equals
 * the live one, and marks its changesets as run; or says what differs.
 */
final class Adoption {

    private final Session session;
    private final String databaseName;

    Adoption(Session session, String databaseName) {
        this.session = session;
        this.databaseName = databaseName;
    }

    AdoptionResult run() throws LiquibaseException, SQLException {
        if (session.history().stream().anyMatch(row -> !Session.isInternal(row))) {
            throw new MigrationException(Problem.ALREADY_MANAGED, "Nothing to adopt: " + databaseName + " has a history already."
                    + " Nothing was changed.\n  help: mvn migrations:status -Dmigrations.drift=true compares it with its schema");
        }
        Catalog live = CatalogReader.read(session.connection());
        if (live.isEmpty()) {
            throw new MigrationException(Problem.NOTHING_TO_ADOPT, "Nothing to adopt: " + databaseName + " is empty."
                    + " Nothing was changed.\n  help: mvn migrations:update builds the schema");
        }
        Optional<String> alembic = alembicVersion();
        Map<String, Catalog> revisions = build();
        String found = null;
        for (Map.Entry<String, Catalog> revision : revisions.entrySet()) {
            if (live.withoutGrantsNotIn(revision.getValue()).equals(revision.getValue())) {
                found = revision.getKey();
            }
        }
        if (found == null) {
            throw different(live, revisions, alembic);
        }
        if (alembic.isPresent() && !alembic.get().equals(found)) {
            throw new MigrationException(Problem.ALEMBIC_DISAGREES, "Cannot adopt " + databaseName + ": its schema is that of"
                    + " revision " + found + ", but its table alembic_version says '" + alembic.get() + "'. Nothing was changed."
                    + "\n  help: find out which is right; alembic stamp " + found + " settles it if the schema is");
        }
        return new AdoptionResult(databaseName, found, mark(found), alembic.orElse(null));
    }

    /** The catalog at each revision, in order, from a schema that is built step by step and taken back. */
    private Map<String, Catalog> build() throws LiquibaseException, SQLException {
        return Scratch.inEmptySchema(session.connection(), session.options(), scratch -> {
            Map<String, Catalog> revisions = new LinkedHashMap<>();
            for (ChangeSet changeset : scratch.pending()) {
                Drift.apply(changeset, scratch, databaseName);
                Optional<String> tag = Session.tagOf(changeset);
                if (tag.isPresent()) {
                    revisions.put(tag.get(), CatalogReader.read(scratch.connection()));
                }
            }
            return revisions;
        });
    }

    private List<String> mark(String revision) throws LiquibaseException {
        List<String> marked = new ArrayList<>();
        for (ChangeSet changeset : session.pending()) {
            session.database().markChangeSetExecStatus(changeset, ChangeSet.ExecType.EXECUTED);
            marked.add(changeset.getId());
            if (Session.tagOf(changeset).filter(revision::equals).isPresent()) {
                return marked;
            }
        }
        throw new IllegalStateException("the changelog has lost revision " + revision);
    }

    private MigrationException different(Catalog live, Map<String, Catalog> revisions, Optional<String> alembic) {
        String nearest = alembic.filter(revisions::containsKey).orElse(null);
        int fewest = Integer.MAX_VALUE;
        if (nearest == null) {
            for (Map.Entry<String, Catalog> revision : revisions.entrySet()) {
                int count = differences(live, revision.getValue()).size();
                if (count <= fewest) {
                    fewest = count;
                    nearest = revision.getKey();
                }
            }
        }
        if (nearest == null) {
            throw new MigrationException(Problem.UNKNOWN_REVISION, "Cannot adopt " + databaseName + ": the changelog has no"
                    + " revisions to compare with. Nothing was changed.\n  help: end each revision with a tagDatabase changeset");
        }
        List<Difference> differences = differences(live, revisions.get(nearest));
        return new MigrationException(Problem.SCHEMA_DIFFERS, "Cannot adopt " + databaseName + ": its schema is that of no revision."
                + " Nothing was changed.\n  " + differences.size() + (differences.size() == 1 ? " difference" : " differences")
                + " from revision " + nearest + (alembic.isPresent() ? ", which alembic_version names" : ", the nearest") + ":\n  "
                + differences.stream().map(Difference::toString).collect(Collectors.joining("\n  "))
                + "\n  help: bring the schema to the revision by hand, then mvn migrations:adopt again");
    }

    private static List<Difference> differences(Catalog live, Catalog expected) {
        return live.withoutGrantsNotIn(expected).differencesFrom(expected);
    }

    private Optional<String> alembicVersion() throws SQLException {
        String exists = session.onPostgres() ? "SELECT to_regclass('alembic_version') IS NOT NULL"
                : "SELECT EXISTS (SELECT 1 FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = 'ALEMBIC_VERSION')";
        try (Statement statement = session.connection().createStatement()) {
            try (ResultSet row = statement.executeQuery(exists)) {
                row.next();
                if (!row.getBoolean(1)) {
                    return Optional.empty();
                }
            }
            List<String> versions = new ArrayList<>();
            try (ResultSet row = statement.executeQuery("SELECT version_num FROM alembic_version ORDER BY 1")) {
                while (row.next()) {
                    versions.add(row.getString(1));
                }
            }
            return versions.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", versions));
        }
    }
}
