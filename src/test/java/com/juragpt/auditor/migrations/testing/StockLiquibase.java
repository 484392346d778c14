package com.juragpt.auditor.migrations.testing;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.Liquibase;
import liquibase.Scope;
import liquibase.UpdateSummaryEnum;
import liquibase.UpdateSummaryOutputEnum;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.FastCheckService;
import liquibase.command.CommandScope;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.ui.LoggerUIService;

/** What the stock goals do, in this JVM: Liquibase's own facade on a connection of its own for each verb. */
public final class StockLiquibase {

    private final DataSource database;
    private final MigrationOptions options;

    public StockLiquibase(TestDatabase database, SampleChangelog changelog) {
        this(database.dataSource(), changelog.options());
    }

    /** @param options whose changelog, contexts and labels are used */
    public StockLiquibase(TestDatabase database, MigrationOptions options) {
        this(database.dataSource(), options);
    }

    /** On whichever database; see the other constructor. */
    public StockLiquibase(DataSource database, MigrationOptions options) {
        this.database = database;
        this.options = options;
    }

    public void update() {
        with(liquibase -> liquibase.update(contexts(), labels()));
    }

    public void update(int count) {
        with(liquibase -> liquibase.update(count, contexts(), labels()));
    }

    public void updateTo(String tag) {
        with(liquibase -> liquibase.update(tag, contexts(), labels()));
    }

    public void clearCheckSums() {
        with(Liquibase::clearCheckSums);
    }

    /** The ids of what {@link #update()} would run, in order. */
    public List<String> pending() {
        List<String> ids = new ArrayList<>();
        with(liquibase -> liquibase.listUnrunChangeSets(contexts(), labels()).stream().map(ChangeSet::getId).forEach(ids::add));
        return ids;
    }

    public void changelogSync() {
        with(liquibase -> liquibase.changeLogSync(contexts(), labels()));
    }

    public void rollback(String tag) {
        with(liquibase -> liquibase.rollback(tag, contexts(), labels()));
    }

    public void rollback(int count) {
        with(liquibase -> liquibase.rollback(count, contexts(), labels()));
    }

    public void tag(String tag) {
        with(liquibase -> liquibase.tag(tag));
    }

    /** The snapshot of a database in JSON, as the stock goal writes it. */
    public static String snapshot(TestDatabase database) {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        try {
            Scope.child(Map.of(Scope.Attr.ui.name(), new LoggerUIService()),
                    () -> new CommandScope("snapshot").addArgumentValue("url", database.jdbcUrl())
                            .addArgumentValue("username", database.user()).addArgumentValue("password", database.password())
                            .addArgumentValue("snapshotFormat", "json").setOutput(json).execute());
        } catch (Exception e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
        return json.toString(StandardCharsets.UTF_8);
    }

    private Contexts contexts() {
        return new Contexts(options.selection().contexts());
    }

    private LabelExpression labels() {
        return new LabelExpression(options.selection().labels());
    }

    private void with(Action action) {
        try (Connection connection = database.getConnection()) {
            Scope.child(Map.of(Scope.Attr.ui.name(), new LoggerUIService()), () -> {
                Database target = DatabaseFactory.getInstance().findCorrectDatabaseImplementation(new JdbcConnection(connection));
                Liquibase liquibase = new Liquibase(options.selection().file(), options.selection().resources(), target);
                liquibase.setShowSummary(UpdateSummaryEnum.OFF);
                liquibase.setShowSummaryOutput(UpdateSummaryOutputEnum.LOG);
                // What it remembers of other databases in this JVM is no part of what the stock goals do.
                Scope.getCurrentScope().getSingleton(FastCheckService.class).clearCache();
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
