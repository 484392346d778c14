package com.juragpt.auditor.migrations.testing;

import java.sql.Connection;
import java.util.Map;
import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.Liquibase;
import liquibase.Scope;
import liquibase.UpdateSummaryEnum;
import liquibase.UpdateSummaryOutputEnum;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.ui.LoggerUIService;

/** What the stock goals do, in this JVM: Liquibase's own facade on a connection of its own for each verb. */
public final class StockLiquibase {

    private final TestDatabase database;
    private final SampleChangelog changelog;

    public StockLiquibase(TestDatabase database, SampleChangelog changelog) {
        this.database = database;
        this.changelog = changelog;
    }

    public void update() {
        with(liquibase -> liquibase.update(new Contexts(), new LabelExpression()));
    }

    public void changelogSync() {
        with(liquibase -> liquibase.changeLogSync(new Contexts(), new LabelExpression()));
    }

    public void rollback(String tag) {
        with(liquibase -> liquibase.rollback(tag, new Contexts(), new LabelExpression()));
    }

    public void rollback(int count) {
        with(liquibase -> liquibase.rollback(count, new Contexts(), new LabelExpression()));
    }

    public void tag(String tag) {
        with(liquibase -> liquibase.tag(tag));
    }

    private void with(Action action) {
        try (Connection connection = database.connect()) {
            Scope.child(Map.of(Scope.Attr.ui.name(), new LoggerUIService()), () -> {
                Database target = DatabaseFactory.getInstance().findCorrectDatabaseImplementation(new JdbcConnection(connection));
                Liquibase liquibase = new Liquibase(changelog.options().selection().file(),
                        changelog.options().selection().resources(), target);
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
