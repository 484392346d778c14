package com.juragpt.auditor.migrations.benchmark;

import java.nio.file.Path;
import java.sql.Connection;
import java.util.Map;
import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.Liquibase;
import liquibase.Scope;
import liquibase.UpdateSummaryEnum;
import liquibase.UpdateSummaryOutputEnum;
import liquibase.changelog.FastCheckService;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.resource.DirectoryResourceAccessor;
import liquibase.ui.LoggerUIService;
import org.postgresql.ds.PGSimpleDataSource;

/** Liquibase's own API, in a JVM that does not have this module. */
final class StockWorker extends Worker {

    /** @param arguments the folder of the changesets */
    public static void main(String[] arguments) throws Exception {
        new StockWorker().serve(arguments);
    }

    @Override
    void run(Work work, Path folder, PGSimpleDataSource source) throws Exception {
        try (Connection connection = source.getConnection()) {
            Scope.child(Map.of(Scope.Attr.ui.name(), new LoggerUIService()), () -> {
                // It remembers of a database that it was up to date, and would not look at it again.
                Scope.getCurrentScope().getSingleton(FastCheckService.class).clearCache();
                Database database =
                        DatabaseFactory.getInstance().findCorrectDatabaseImplementation(new JdbcConnection(connection));
                Liquibase liquibase = new Liquibase(Changesets.MASTER, new DirectoryResourceAccessor(folder), database);
                liquibase.setShowSummary(UpdateSummaryEnum.OFF);
                liquibase.setShowSummaryOutput(UpdateSummaryOutputEnum.LOG);
                switch (work) {
                    case FRESH, NO_OP -> liquibase.update(new Contexts(), new LabelExpression());
                    case STATUS, REQUIRE_CURRENT -> liquibase.listUnrunChangeSets(new Contexts(), new LabelExpression());
                }
            });
        }
    }
}
