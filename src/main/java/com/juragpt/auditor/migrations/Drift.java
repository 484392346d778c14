package com.juragpt.auditor.migrations;

import com.juragpt.auditor.migrations.catalog.Catalog;
import com.juragpt.auditor.migrations.catalog.CatalogReader;
import com.juragpt.auditor.migrations.catalog.Difference;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;
import liquibase.changelog.visitor.AbstractChangeExecListener;
import liquibase.exception.LiquibaseException;

/** Compares the live schema with what its applied changesets build in a schema that is taken back. */
final class Drift {

    private final Session session;
    private final String databaseName;

    Drift(Session session, String databaseName) {
        this.session = session;
        this.databaseName = databaseName;
    }

    List<Difference> find() throws LiquibaseException, SQLException {
        Catalog live = CatalogReader.read(session.connection());
        List<RanChangeSet> history = session.history();
        Catalog expected = Scratch.inEmptySchema(session.connection(), session.options(), scratch -> {
            // In the order in which they ran: the position of a column depends on it.
            for (RanChangeSet row : history) {
                if (Session.isInternal(row) || row.getExecType() == ChangeSet.ExecType.MARK_RAN
                        || row.getExecType() == ChangeSet.ExecType.FAILED) {
                    continue;
                }
                Optional<ChangeSet> changeset = scratch.find(row);
                if (changeset.isEmpty()) {
                    throw new MigrationException(Problem.MISSING_CHANGESET, "Cannot look for drift: " + row.getId()
                            + " is deployed in " + databaseName + " but not in this changelog. Nothing was changed."
                            + "\n  recorded: " + row.getChangeLog() + "\n  help: look with the version that deployed it");
                }
                apply(changeset.get(), scratch, databaseName);
            }
            return CatalogReader.read(scratch.connection());
        });
        return live.withoutGrantsNotIn(expected).differencesFrom(expected);
    }

    /** Runs one changeset in a scratch schema. */
    static void apply(ChangeSet changeset, Session scratch, String databaseName) {
        Scratch.makePlain(changeset);
        try {
            scratch.run(List.of(changeset), new AbstractChangeExecListener() { });
        } catch (LiquibaseException | RuntimeException e) {
            throw new MigrationException(Problem.CHANGESET_FAILED, changeset.getId() + " failed in a scratch schema of "
                    + databaseName + ", which was taken back. Nothing was changed.\n  " + Failures.evidence(e) + "\n  file: "
                    + changeset.getFilePath() + "\n  help: a changeset that needs more than its own schema cannot be compared", e);
        }
    }
}
