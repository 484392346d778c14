package com.juragpt.auditor.migrations.testing;

import com.juragpt.auditor.migrations.catalog.Catalog;
import com.juragpt.auditor.migrations.catalog.CatalogReader;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Applies every changeset of a changelog to an empty database, rolls it back and applies it again, then does so with all of them
 * at once, and compares the catalog after each step.
 */
public final class RoundTrip {

    /**
     * A changeset that is not reversible.
     *
     * @param changeset its id, or "the whole changelog"
     * @param step what was done last
     * @param evidence how the catalog or the history differs, or what the database said
     */
    public record Fault(String changeset, String step, String evidence) {
    }

    private final Connection connection;
    private final ChangelogRunner runner;

    private RoundTrip(Connection connection, Path root) {
        this.connection = connection;
        this.runner = new ChangelogRunner(connection, root);
    }

    /**
     * Stops at the first fault.
     *
     * @param connection to an empty database
     * @param root the folder that holds the changelog
     */
    public static Optional<Fault> firstFault(Connection connection, Path root) {
        return new RoundTrip(connection, root).run();
    }

    private Optional<Fault> run() {
        List<String> changesets = runner.pending();
        State empty = state();
        State before = empty;
        for (String changeset : changesets) {
            try {
                runner.update(1);
                State after = state();
                if (!after.history().equals(plus(before.history(), changeset))) {
                    return Optional.of(new Fault(changeset, "applied", "history is now " + after.history()));
                }
                runner.rollback(1);
                if (!state().equals(before)) {
                    return Optional.of(new Fault(changeset, "rolled back", state().differenceFrom(before)));
                }
                runner.update(1);
                if (!state().equals(after)) {
                    return Optional.of(new Fault(changeset, "applied again", state().differenceFrom(after)));
                }
                before = after;
            } catch (IllegalStateException e) {
                return Optional.of(new Fault(changeset, "taken up, down and up", e.getMessage()));
            }
        }
        State complete = before;
        runner.rollback(changesets.size());
        if (!state().equals(empty)) {
            return Optional.of(new Fault("the whole changelog", "rolled back", state().differenceFrom(empty)));
        }
        runner.update();
        if (!state().equals(complete)) {
            return Optional.of(new Fault("the whole changelog", "applied again", state().differenceFrom(complete)));
        }
        return Optional.empty();
    }

    private State state() {
        return new State(catalog(), runner.history());
    }

    private Catalog catalog() {
        try {
            return CatalogReader.read(connection);
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    private static List<String> plus(List<String> list, String last) {
        List<String> longer = new ArrayList<>(list);
        longer.add(last);
        return longer;
    }

    private record State(Catalog catalog, List<String> history) {

        String differenceFrom(State expected) {
            List<String> lines = new ArrayList<>();
            catalog.differencesFrom(expected.catalog).forEach(difference -> lines.add(difference.toString()));
            if (!history.equals(expected.history)) {
                lines.add("the history is " + history + ", expected " + expected.history);
            }
            return String.join("\n", lines);
        }
    }
}
