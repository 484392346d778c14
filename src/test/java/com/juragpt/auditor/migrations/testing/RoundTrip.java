package com.juragpt.auditor.migrations.testing;

import com.juragpt.auditor.migrations.catalog.Catalog;
import com.juragpt.auditor.migrations.catalog.CatalogReader;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/**
 * Takes the changesets of a changelog up, down and up again, and compares the catalog and the rows after each step with what they
 * were.
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

        @Override
        public String toString() {
            return changeset + " is not reversible. After it was " + step + ":\n" + evidence.indent(2);
        }
    }

    private final Connection connection;
    private final ChangelogRunner runner;
    private final SampleRows rows;
    private String broken;

    private RoundTrip(Connection connection, Path root, SampleRows rows) {
        this.connection = connection;
        this.runner = new ChangelogRunner(connection, root);
        this.rows = rows;
    }

    /**
     * @param connection to an empty database
     * @param root the folder that holds the changelog
     * @param rows are put into the tables as soon as those exist: what a changeset or its rollback does to them is judged as well
     */
    public static RoundTrip of(Connection connection, Path root, SampleRows rows) {
        return new RoundTrip(connection, root, rows);
    }

    /** The fault of the first changeset that has one. */
    public Optional<Fault> firstFault() {
        return runner.pending().stream().flatMap(changeset -> faultOf(changeset).stream()).findFirst();
    }

    /**
     * Applies what comes before the changeset, unless that is done, and then tries the changeset itself; skips the test when
     * one before it had a fault.
     */
    public Optional<Fault> faultOf(String changeset) {
        Assumptions.assumeTrue(broken == null, () -> "it comes after " + broken + ", which is not reversible");
        Optional<Fault> fault = tryOut(changeset);
        fault.ifPresent(found -> broken = changeset);
        return fault;
    }

    private Optional<Fault> tryOut(String changeset) {
        try {
            for (String preceding : runner.pending()) {
                if (preceding.equals(changeset)) {
                    break;
                }
                runner.update(1);
                insertRowsAfter(preceding);
            }
            State before = state();
            runner.update(1);
            State after = state();
            if (!after.history().equals(plus(before.history(), changeset))) {
                return Optional.of(new Fault(changeset, "applied", "the history is " + after.history()));
            }
            runner.rollback(1);
            if (!state().equals(before)) {
                return Optional.of(new Fault(changeset, "rolled back", state().differenceFrom(before)));
            }
            runner.update(1);
            if (!state().equals(after)) {
                return Optional.of(new Fault(changeset, "applied again", state().differenceFrom(after)));
            }
            insertRowsAfter(changeset);
            return Optional.empty();
        } catch (IllegalStateException e) {
            return Optional.of(new Fault(changeset, "taken up, down and up", e.getMessage()));
        }
    }

    /** Applies all of them, undoes them and applies them again. */
    public Optional<Fault> faultOfAll() {
        String all = "the whole changelog";
        int changesets = runner.pending().size();
        State empty = state();
        runner.update();
        State complete = state();
        runner.rollback(changesets);
        if (!state().equals(empty)) {
            return Optional.of(new Fault(all, "rolled back", state().differenceFrom(empty)));
        }
        runner.update();
        if (!state().equals(complete)) {
            return Optional.of(new Fault(all, "applied again", state().differenceFrom(complete)));
        }
        return Optional.empty();
    }

    private State state() {
        return new State(catalog(), rows(), runner.history());
    }

    private void insertRowsAfter(String changeset) {
        if (!changeset.equals(rows.after())) {
            return;
        }
        try (Statement statement = connection.createStatement()) {
            for (String insert : rows.inserts()) {
                statement.execute(insert);
            }
            if (!connection.getAutoCommit()) {
                connection.commit();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** Every row of every table but Liquibase's own, a line each. */
    private List<String> rows() {
        List<String> lines = new ArrayList<>();
        try (ResultSet table = connection.getMetaData().getTables(null, connection.getSchema(), "%",
                new String[] {"TABLE", "BASE TABLE"})) {
            while (table.next()) {
                String name = table.getString("TABLE_NAME");
                if (!name.toLowerCase(Locale.ROOT).startsWith("databasechangelog")) {
                    Rows.of(connection, "SELECT * FROM \"" + name + "\"").forEach(row -> lines.add("row of "
                            + name.toLowerCase(Locale.ROOT) + " " + row));
                }
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
        Collections.sort(lines);
        return lines;
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

    private record State(Catalog catalog, List<String> rows, List<String> history) {

        String differenceFrom(State expected) {
            List<String> lines = new ArrayList<>();
            catalog.differencesFrom(expected.catalog).forEach(difference -> lines.add(difference.toString()));
            rows.stream().filter(row -> !expected.rows.contains(row))
                    .forEach(row -> lines.add(row + " is there, but not expected"));
            expected.rows.stream().filter(row -> !rows.contains(row)).forEach(row -> lines.add(row + " is missing"));
            if (!history.equals(expected.history)) {
                lines.add("the history is " + history + ", expected " + expected.history);
            }
            return String.join("\n", lines);
        }
    }
}
