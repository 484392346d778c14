package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.catalog.Catalog;
import com.juragpt.auditor.migrations.catalog.CatalogReader;
import com.juragpt.auditor.migrations.changelog.Session;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.deploy.Update;
import com.juragpt.auditor.migrations.rollback.RollbackLosses;
import com.juragpt.auditor.migrations.rollback.RollbackSql;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import liquibase.changelog.ChangeSet;
import liquibase.exception.LiquibaseException;

/**
 * Takes changesets up, down and up again where it can all be taken back, and looks at the catalog after each step: a rollback
 * that runs without an error and leaves something behind is found, by the changeset's name.
 *
 * <p>All go up. Then each, newest first, goes down by its own rollback and, for a trial, up again. One that does not come back
 * is taken back by other means, so that those before it are judged by their own rollbacks.
 */
public final class Rehearsal {

    private final Scratch scratch;
    private final Session session;
    private final String databaseName;
    private final List<Rehearsed> rehearsed = new ArrayList<>();
    private int total;

    /** @param databaseName what the user calls the database that the changesets are pending for */
    public Rehearsal(Scratch scratch, String databaseName) {
        this.scratch = scratch;
        this.databaseName = databaseName;
        session = scratch.session();
    }

    private static final class Rehearsed {
        private final ChangeSet changeset;
        private Catalog before;
        private Catalog after;
        private Scratch.Mark start;
        private ChangeSet.ExecType outcome;
        private Duration up;
        private Duration down;
        private boolean plain;
        private List<RehearsalReport.Lock> locks = List.of();
        private List<String> rewritten = List.of();
        private List<DataLoss> losses = List.of();
        private final List<String> faults = new ArrayList<>();

        Rehearsed(ChangeSet changeset) {
            this.changeset = changeset;
        }

        private boolean ran() {
            return Set.of(ChangeSet.ExecType.EXECUTED, ChangeSet.ExecType.RERAN).contains(outcome);
        }

        private RehearsalReport.Step step() {
            return new RehearsalReport.Step(changeset.getId(), changeset.getFilePath(), outcome.name(), up, down, locks,
                    rewritten, losses, List.copyOf(faults), plain);
        }
    }

    /**
     * Rehearses what is pending in the scratch session.
     *
     * @throws MigrationException {@link Problem#CHANGESET_FAILED}, {@link Problem#CHANGED_CHANGESET},
     *     {@link Problem#INVALID_CHANGELOG}, {@link Problem#STATEMENT_TIMEOUT}
     */
    public List<RehearsalReport.Step> run() throws LiquibaseException, SQLException {
        Update.refuseChanged(session, databaseName);
        scratch.validate();
        RelationState existing = scratch.place() == RehearsalReport.Place.LIVE ? RelationState.read(scratch.connection()) : null;
        List<ChangeSet> pending = session.pending();
        total = pending.size();
        Catalog catalog = CatalogReader.read(scratch.connection());
        for (ChangeSet changeset : pending) {
            Rehearsed one = new Rehearsed(changeset);
            one.before = catalog;
            rehearsed.add(one);
            up(one, existing);
            catalog = one.after;
        }
        checkCommit();
        for (int i = rehearsed.size() - 1; i >= 0; i--) {
            downAndUpAgain(rehearsed.get(i), rehearsed.size() - i);
        }
        return rehearsed.stream().map(Rehearsed::step).toList();
    }

    private void up(Rehearsed one, RelationState existing) throws LiquibaseException, SQLException {
        one.plain = !one.changeset.isRunInTransaction() && Update.isConcurrent(Update.statementsOf(one.changeset, session));
        one.start = scratch.mark();
        tell(new Progress.Started(rehearsed.size(), total, one.changeset.getId()));
        RelationState earlier = existing == null ? null : RelationState.read(scratch.connection());
        Instant start = Instant.now();
        one.outcome = scratch.run(List.of(one.changeset)).getOrDefault(one.changeset, ChangeSet.ExecType.SKIPPED);
        one.up = Duration.between(start, Instant.now());
        if (existing != null) {
            RelationState now = RelationState.read(scratch.connection());
            one.locks = now.locksTakenSince(earlier, existing);
            one.rewritten = List.copyOf(now.rewrittenSince(earlier, existing));
        }
        one.after = CatalogReader.read(scratch.connection());
        tell(new Progress.Finished(rehearsed.size(), total, one.changeset.getId(), one.outcome.name(), one.up));
    }

    /** What only the commit of a real deployment would find. */
    private void checkCommit() throws LiquibaseException {
        try {
            scratch.checkDeferred();
        } catch (SQLException e) {
            throw new MigrationException(Problem.CHANGESET_FAILED, "The commit would fail in " + databaseName
                    + ": the changesets leave a deferred constraint violated. Nothing was changed.\n  " + Failures.evidence(e)
                    + "\n  help: mend the data change that does it, then rehearse again", e);
        }
    }

    private void downAndUpAgain(Rehearsed one, int number) throws LiquibaseException, SQLException {
        if (!one.ran()) {
            // A deployment would only forget it.
            scratch.backTo(one.start);
            return;
        }
        tell(new Progress.Started(number, total, one.changeset.getId()));
        down(one);
        if (one.faults.isEmpty()) {
            Scratch.Mark afterDown = scratch.mark();
            scratch.attempt(one.changeset, "applying again ", () -> {
                scratch.checkDeferred();
                scratch.run(List.of(one.changeset));
            }).ifPresentOrElse(evidence -> one.faults.add("could not be applied again after its rollback: " + evidence),
                    () -> { });
            if (one.faults.isEmpty()) {
                compare(one, one.after, "applied again after its rollback, ");
            }
            scratch.backTo(afterDown);
        } else {
            scratch.backTo(one.start);
        }
        tell(new Progress.Finished(number, total, one.changeset.getId(),
                one.faults.isEmpty() ? "ROLLED_BACK" : "NOT_REVERSIBLE", one.down == null ? Duration.ZERO : one.down));
    }

    private void down(Rehearsed one) throws LiquibaseException, SQLException {
        try {
            one.losses = new RollbackLosses(session).find(one.changeset.getId(), RollbackSql.of(one.changeset, session));
        } catch (RollbackSql.NoneException e) {
            one.faults.add("has no rollback: " + e.getMessage());
            return;
        }
        Instant start = Instant.now();
        scratch.attempt(one.changeset, "The rollback of ", () -> scratch.undo(one.changeset)).ifPresentOrElse(
                evidence -> one.faults.add("its rollback failed: " + evidence),
                () -> one.down = Duration.between(start, Instant.now()));
        if (one.faults.isEmpty()) {
            compare(one, one.before, "after its rollback ");
        }
    }

    private void compare(Rehearsed one, Catalog expected, String when) throws SQLException {
        CatalogReader.read(scratch.connection()).differencesFrom(expected)
                .forEach(difference -> one.faults.add(when + difference));
    }

    private void tell(Progress event) {
        session.options().progress().accept(event);
    }
}
