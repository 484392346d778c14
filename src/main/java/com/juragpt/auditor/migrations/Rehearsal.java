package com.juragpt.auditor.migrations;

import com.juragpt.auditor.migrations.catalog.Catalog;
import com.juragpt.auditor.migrations.catalog.CatalogReader;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;
import liquibase.exception.LiquibaseException;

/**
 * Takes changesets up, down and up again where it can all be taken back, and looks at the catalog after each step: a rollback
 * that runs without an error and leaves something behind is found, by the changeset's name.
 */
final class Rehearsal {

    private final Session session;
    private final String databaseName;
    private final boolean live;
    private final boolean postgres;
    private final List<Rehearsed> rehearsed = new ArrayList<>();

    /** @param live whether this is a schema that others use, so that locks and rewrites mean something */
    Rehearsal(Session session, String databaseName, boolean live) {
        this.session = session;
        this.databaseName = databaseName;
        this.live = live;
        postgres = session.onPostgres();
    }

    private static final class Rehearsed {
        private final ChangeSet changeset;
        private Catalog before;
        private Catalog after;
        private Savepoint start;
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
    }

    /** Rehearses what is pending in the session, which is taken back afterwards by whoever opened it. */
    List<RehearsalReport.Step> run() throws LiquibaseException, SQLException {
        RelationState existing = postgres && live ? RelationState.read(session.connection()) : null;
        Catalog catalog = CatalogReader.read(session.connection());
        for (ChangeSet changeset : session.pending()) {
            Rehearsed one = new Rehearsed(changeset);
            one.before = catalog;
            up(one, existing);
            catalog = one.after;
            rehearsed.add(one);
        }
        for (int i = rehearsed.size() - 1; i >= 0; i--) {
            down(rehearsed.get(i));
        }
        for (Rehearsed one : rehearsed) {
            again(one);
        }
        return rehearsed.stream().map(one -> new RehearsalReport.Step(one.changeset.getId(), one.changeset.getFilePath(),
                one.up, one.down, one.locks, one.rewritten, one.losses, List.copyOf(one.faults), one.plain)).toList();
    }

    /** The last number that each sequence of the database gave. PostgreSQL only. */
    static Map<String, String> sequences(Session session) throws SQLException {
        Map<String, String> numbers = new TreeMap<>();
        String sql = "SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences";
        try (Statement statement = session.connection().createStatement(); ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                numbers.put(row.getString(1), String.valueOf(row.getString(2)));
            }
        }
        return numbers;
    }

    private void up(Rehearsed one, RelationState existing) throws LiquibaseException, SQLException {
        one.plain = Scratch.makePlain(one.changeset) && Update.isConcurrent(Update.statementsOf(one.changeset, session));
        if (postgres) {
            one.start = session.connection().setSavepoint();
        }
        RelationState earlier = existing == null ? null : RelationState.read(session.connection());
        Instant start = Instant.now();
        Drift.apply(one.changeset, session, databaseName);
        one.up = Duration.between(start, Instant.now());
        if (existing != null) {
            RelationState now = RelationState.read(session.connection());
            one.locks = now.locksTakenSince(earlier, existing);
            one.rewritten = List.copyOf(now.rewrittenSince(earlier, existing));
        }
        one.after = CatalogReader.read(session.connection());
    }

    private void down(Rehearsed one) throws LiquibaseException, SQLException {
        try {
            Savepoint beforeDown = postgres ? session.connection().setSavepoint() : null;
            try {
                one.losses = new DataLossFinder(session).find(one.changeset.getId(), WayBack.of(one.changeset, session));
                Instant start = Instant.now();
                one.changeset.rollback(session.database(), null);
                one.down = Duration.between(start, Instant.now());
            } catch (WayBack.NoneException e) {
                one.faults.add("has no rollback: " + e.getMessage());
            } catch (LiquibaseException | RuntimeException e) {
                if (postgres) {
                    session.connection().rollback(beforeDown);
                }
                one.faults.add("its rollback failed: " + Failures.evidence(e));
            }
            if (one.faults.isEmpty()) {
                CatalogReader.read(session.connection()).differencesFrom(one.before)
                        .forEach(difference -> one.faults.add("after its rollback " + difference));
            }
        } finally {
            if (postgres && !one.faults.isEmpty()) {
                // So that the changesets before it are judged by their own rollbacks.
                session.connection().rollback(one.start);
            } else {
                forget(one.changeset);
            }
            session.rereadHistory();
        }
        if (!postgres && !one.faults.isEmpty()) {
            throw new MigrationException(Problem.IRREVERSIBLE, one.changeset.getId() + " does not come back to where it was."
                    + " Nothing was changed.\n  " + String.join("\n  ", one.faults) + "\n  file: " + one.changeset.getFilePath()
                    + "\n  help: mend its rollback block, then rehearse again");
        }
    }

    private void again(Rehearsed one) throws LiquibaseException, SQLException {
        Drift.apply(one.changeset, session, databaseName);
        CatalogReader.read(session.connection()).differencesFrom(one.after)
                .forEach(difference -> one.faults.add("applied again, " + difference));
    }

    private void forget(ChangeSet changeset) throws LiquibaseException, SQLException {
        for (RanChangeSet row : session.history()) {
            if (session.find(row).filter(found -> found == changeset).isPresent()) {
                String sql = "DELETE FROM " + session.historyTable() + " WHERE orderexecuted = ?";
                try (PreparedStatement statement = session.connection().prepareStatement(sql)) {
                    statement.setInt(1, row.getOrderExecuted());
                    statement.executeUpdate();
                }
            }
        }
    }
}
