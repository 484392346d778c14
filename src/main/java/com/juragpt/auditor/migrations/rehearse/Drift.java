package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.api.Difference;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.catalog.Catalog;
import com.juragpt.auditor.migrations.catalog.CatalogReader;
import com.juragpt.auditor.migrations.changelog.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;
import liquibase.exception.LiquibaseException;

/** Compares the live schema with what its applied changesets build in a schema that is taken back. */
public final class Drift {

    private final String databaseName;
    private final Catalog live;
    private final List<RanChangeSet> history;

    private Drift(String databaseName, Catalog live, List<RanChangeSet> history) {
        this.databaseName = databaseName;
        this.live = live;
        this.history = history;
    }

    /** Reads the live schema, and what was applied to it. */
    public static Drift read(Session session, String databaseName) throws LiquibaseException, SQLException {
        List<RanChangeSet> applied = session.history().stream().filter(row -> !Session.isInternal(row)
                && row.getExecType() != ChangeSet.ExecType.MARK_RAN && row.getExecType() != ChangeSet.ExecType.FAILED
                && row.getExecType() != ChangeSet.ExecType.SKIPPED).toList();
        return new Drift(databaseName, CatalogReader.read(session.connection()), applied);
    }

    /**
     * @param scratch an empty schema
     * @throws MigrationException {@link Problem#MISSING_CHANGESET}, {@link Problem#CHANGED_CHANGESET},
     *     {@link Problem#EXCLUDED_CHANGESET}, {@link Problem#CHANGESET_FAILED}, {@link Problem#STATEMENT_TIMEOUT}
     */
    public List<Difference> findIn(Scratch scratch) throws LiquibaseException, SQLException {
        Session session = scratch.session();
        List<ChangeSet> all = session.changesets();
        // In the order in which they ran, as the positions of columns depend on it; but as many as can be at once.
        List<ChangeSet> together = new ArrayList<>();
        for (Replay replay : replays(session)) {
            ChangeSet last = together.isEmpty() ? null : together.get(together.size() - 1);
            if (replay.attempt() || replay.again() || last != null && all.indexOf(replay.changeset()) < all.indexOf(last)) {
                scratch.run(together);
                together.clear();
            }
            if (replay.attempt()) {
                // Its later form may need what did not exist yet when it ran first.
                scratch.attempt(replay.changeset(), "", () -> scratch.run(List.of(replay.changeset())));
            } else {
                if (replay.again()) {
                    scratch.forget(replay.changeset());
                }
                together.add(replay.changeset());
            }
        }
        scratch.run(together);
        return live.differencesFromBuilt(CatalogReader.read(scratch.connection()));
    }

    /**
     * @param attempt whether it may fail
     * @param again whether it may have run before
     */
    private record Replay(ChangeSet changeset, boolean attempt, boolean again) { }

    /** What was run more than once has only its last time in the history; the first was where the changelog has it. */
    private List<Replay> replays(Session session) {
        List<ChangeSet> all = session.changesets();
        List<Replay> replays = new ArrayList<>();
        for (RanChangeSet row : history) {
            ChangeSet changeset = changesetOf(row, session);
            boolean again = row.getExecType() == ChangeSet.ExecType.RERAN;
            if (again) {
                int first = 0;
                while (first < replays.size() && all.indexOf(replays.get(first).changeset()) < all.indexOf(changeset)) {
                    first++;
                }
                replays.add(first, new Replay(changeset, true, false));
            }
            replays.add(new Replay(changeset, false, again));
        }
        return replays;
    }

    private ChangeSet changesetOf(RanChangeSet row, Session session) {
        Optional<ChangeSet> found = session.find(row);
        if (found.isEmpty()) {
            throw refusal(Problem.MISSING_CHANGESET, row, "is deployed there but not in this changelog", "recorded: "
                    + row.getChangeLog() + "\n  help: look with the version that deployed it");
        }
        ChangeSet changeset = found.get();
        if (!session.isIncluded(changeset)) {
            throw refusal(Problem.EXCLUDED_CHANGESET, row, "is deployed there but excluded by the contexts or labels given",
                    "its contexts: " + changeset.getContextFilter() + ", its labels: " + changeset.getLabels()
                            + "\n  help: give the contexts it was deployed with, or none");
        }
        if (session.isChanged(changeset, row)) {
            throw refusal(Problem.CHANGED_CHANGESET, row, "was edited after it was deployed, so what it built is not known",
                    "file: " + changeset.getFilePath() + "\n  help: look with the version that deployed it");
        }
        // It ran, whatever its preconditions would say of an empty schema.
        changeset.setPreconditions(null);
        return changeset;
    }

    private MigrationException refusal(Problem problem, RanChangeSet row, String why, String rest) {
        return new MigrationException(problem, "Cannot look for drift in " + databaseName + ": " + row.getId() + " " + why
                + ". Nothing was changed.\n  " + rest);
    }
}
