package com.juragpt.auditor.migrations.testing;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.Liquibase;
import liquibase.Scope;
import liquibase.UpdateSummaryEnum;
import liquibase.UpdateSummaryOutputEnum;
import liquibase.changelog.ChangeSet;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.resource.DirectoryResourceAccessor;
import liquibase.ui.LoggerUIService;

/** Runs a changelog through Liquibase itself, in this JVM, on a connection that stays the test's to close. */
public final class ChangelogRunner {

    /** The module's changelog, in the folder that holds it, as it is recorded in a database's history. */
    public static final String MASTER = "changelog/db.changelog-master.yaml";
    /** The checkout: where {@code changelog/} lies. */
    public static final Path CHECKOUT = Path.of("").toAbsolutePath();

    private final Connection connection;
    private final Path root;

    /** Runs the changelog of this module. */
    public ChangelogRunner(Connection connection) {
        this(connection, CHECKOUT);
    }

    /** @param root the folder that holds {@value #MASTER} */
    public ChangelogRunner(Connection connection, Path root) {
        this.connection = connection;
        this.root = root;
    }

    /** An H2 in memory that is gone when the connection is closed. */
    public static Connection openH2() throws SQLException {
        return DriverManager.getConnection("jdbc:h2:mem:" + UUID.randomUUID() + ";MODE=PostgreSQL");
    }

    /** Applies all that is pending. */
    public void update() {
        with(liquibase -> liquibase.update(new Contexts(), new LabelExpression()));
    }

    /** Applies the next changesets. */
    public void update(int count) {
        with(liquibase -> liquibase.update(count, new Contexts(), new LabelExpression()));
    }

    /** Applies what is pending up to the changeset that sets the tag. */
    public void updateTo(String tag) {
        with(liquibase -> liquibase.update(tag, new Contexts(), new LabelExpression()));
    }

    /** Marks all that is pending as run, as {@code liquibase:changelogSync} does. */
    public void sync() {
        with(liquibase -> liquibase.changeLogSync(new Contexts(), new LabelExpression()));
    }

    /** Rolls back the changesets that ran last. */
    public void rollback(int count) {
        with(liquibase -> liquibase.rollback(count, new Contexts(), new LabelExpression()));
    }

    /** Has Liquibase look for what it knows to be wrong for this database; throws if there is anything. */
    public void validate() {
        with(Liquibase::validate);
    }

    /** The ids of the changesets that {@link #update()} would apply to this database, in order. */
    public List<String> pending() {
        List<String> ids = new ArrayList<>();
        with(liquibase -> liquibase.listUnrunChangeSets(new Contexts(), new LabelExpression()).stream()
                .map(ChangeSet::getId).forEach(ids::add));
        return ids;
    }

    /** The ids of the changesets in this database's history, in order. */
    public List<String> history() {
        try {
            return Rows.of(connection, "SELECT id FROM databasechangelog ORDER BY orderexecuted").stream()
                    .map(row -> row.get(0)).toList();
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    private void with(Action action) {
        try {
            // Liquibase's own way to the user is the console.
            Scope.child(Map.of(Scope.Attr.ui.name(), new LoggerUIService()), () -> {
                Database database = DatabaseFactory.getInstance()
                        .findCorrectDatabaseImplementation(new JdbcConnection(connection));
                Liquibase liquibase = new Liquibase(MASTER, new DirectoryResourceAccessor(root), database);
                liquibase.setShowSummary(UpdateSummaryEnum.OFF);
                liquibase.setShowSummaryOutput(UpdateSummaryOutputEnum.LOG);
                action.run(liquibase);
            });
        } catch (Exception e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    private interface Action {
        void run(Liquibase liquibase) throws Exception;
    }
}
