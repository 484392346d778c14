package com.juragpt.auditor.migrations.testing;

import java.io.OutputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.HashMap;
import java.util.Map;
import javax.sql.DataSource;
import liquibase.Scope;
import liquibase.command.CommandScope;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.resource.DirectoryResourceAccessor;
import liquibase.ui.LoggerUIService;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Liquibase's own commands on a {@link SampleChangelog}. As a main class it does not use this module, so that it can be run
 * without it.
 */
public final class StockDeployer {

    private StockDeployer() {
    }

    /** @param arguments the sample changelog's folder, the JDBC URL, the user and the password */
    public static void main(String[] arguments) {
        System.setProperty("liquibase.changelogLockPollRate", "1");
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(arguments[1]);
        source.setUser(arguments[2]);
        source.setPassword(arguments[3]);
        update(source, Path.of(arguments[0]));
    }

    /** Runs {@code update} on the sample changelog in the folder. */
    public static void update(DataSource source, Path folder) {
        run(source, folder, "update");
    }

    /** Runs a command that needs no more than a database and a changelog. */
    public static void run(DataSource source, Path folder, String... command) {
        try (Connection connection = source.getConnection()) {
            Map<String, Object> values = new HashMap<>();
            values.put(Scope.Attr.ui.name(), new LoggerUIService());
            values.put(Scope.Attr.resourceAccessor.name(), new DirectoryResourceAccessor(folder));
            Scope.child(values, () -> {
                Database database =
                        DatabaseFactory.getInstance().findCorrectDatabaseImplementation(new JdbcConnection(connection));
                CommandScope scope = new CommandScope(command).setOutput(OutputStream.nullOutputStream());
                scope.addArgumentValue("database", database);
                // Liquibase 4 does not always list it among the command's own arguments.
                if (!command[0].equals("releaseLocks")) {
                    scope.addArgumentValue("changelogFile", "changelog/sample.yaml");
                }
                scope.execute();
            });
        } catch (Exception e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }
}
