package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.DriftReport;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.catalog.Catalog;
import com.juragpt.auditor.migrations.catalog.CatalogReader;
import com.juragpt.auditor.migrations.changelog.Changelog;
import com.juragpt.auditor.migrations.changelog.History;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;
import liquibase.exception.LiquibaseException;

/** Compares the live schema with what its applied changesets build in a scratch schema. */
public final class Drift {

    private final String databaseName;
    private final Catalog live;
    private final List<RanChangeSet> history;

    private Drift(String databaseName, Catalog live, List<RanChangeSet> history) {
        this.databaseName = databaseName;
        this.live = live;
        this.history = history;
    }

    /** Reads the live schema and the history of the changesets that ran in it. */
    public static Drift read(MigrationContext context) throws LiquibaseException, SQLException {
        List<RanChangeSet> applied = context.history().rows().stream().filter(row -> !History.isInternal(row)
                && Outcome.valueOf(row.getExecType().name()).ran()).toList();
        return new Drift(context.databaseName(), CatalogReader.read(context.connection()), applied);
    }

    /**
     * @param scratch an empty schema
     * @throws MigrationException {@link Problem#MISSING_CHANGESET}, {@link Problem#CHANGED_CHANGESET},
     *     {@link Problem#EXCLUDED_CHANGESET}, {@link Problem#CHANGESET_FAILED}, {@link Problem#STATEMENT_TIMEOUT}
     */
    public DriftReport findIn(Scratch scratch) throws LiquibaseException, SQLException {
        Changelog changelog = scratch.context().changelog();
        List<ChangeSet> all = changelog.changesets();
        // In the order in which they ran, because the positions of columns depend on it; as many as possible at once.
        List<ChangeSet> together = new ArrayList<>();
        for (Replay replay : replays(changelog)) {
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
        return new DriftReport(databaseName, live.differencesFromBuilt(CatalogReader.read(scratch.connection())));
    }

    /**
     * @param attempt whether it may fail
     * @param again whether it may have run before
     */
    private record Replay(ChangeSet changeset, boolean attempt, boolean again) {}

    /** The history has only the last run of a changeset that ran twice; the first was at its place in the changelog. */
    private List<Replay> replays(Changelog changelog) {
        List<ChangeSet> all = changelog.changesets();
        List<Replay> replays = new ArrayList<>();
        for (RanChangeSet row : history) {
            ChangeSet changeset = changesetOf(row, changelog);
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

    private ChangeSet changesetOf(RanChangeSet row, Changelog changelog) {
        Optional<ChangeSet> found = changelog.find(row);
        if (found.isEmpty()) {
            throw refusal(Problem.MISSING_CHANGESET, row, "is deployed there but not in this changelog")
                    .line("recorded: " + row.getChangeLog()).help("compare with the version that deployed it");
        }
        ChangeSet changeset = found.get();
        if (!changelog.isIncluded(row)) {
            throw refusal(Problem.EXCLUDED_CHANGESET, row, "is deployed there but excluded by the contexts or labels given")
                    .line(Changelog.participationOf(row))
                    .help("give the contexts it was deployed with, or none");
        }
        if (changelog.isEdited(changeset, row)) {
            throw refusal(Problem.CHANGED_CHANGESET, row, "was edited after it was deployed, so what it built is not known")
                    .line("file: " + changeset.getFilePath()).help("compare with the version that deployed it");
        }
        // It ran, whatever its preconditions would say of an empty schema.
        changeset.setPreconditions(null);
        return changeset;
    }

    private Diagnosis refusal(Problem problem, RanChangeSet row, String why) {
        return Diagnosis.of(problem, "Cannot look for drift in " + databaseName + ": " + row.getId() + " " + why);
    }
}
