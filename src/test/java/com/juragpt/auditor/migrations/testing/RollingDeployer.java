package com.juragpt.auditor.migrations.testing;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Archive;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Main class of a process that rolls a {@link SampleChangelog} back to the tag {@code start}, deploys it and restores what the
 * rollback has archived, on and on until it is killed; each command again until it succeeds. It prints "deployer begins",
 * "deployer did" and "deployer failed" with the command, and "deployer commits" right before each commit.
 */
public final class RollingDeployer {

    /** The commands in their order. */
    public static final List<String> COMMANDS = List.of("rollback", "update", "restore");

    private final MigrationOptions options;
    private final PGSimpleDataSource database = new PGSimpleDataSource();

    private RollingDeployer(Path changelog, String url, String user, String password) {
        options = options(new SampleChangelog(changelog));
        database.setUrl(url);
        database.setUser(user);
        database.setPassword(password);
    }

    /** @param arguments the changelog's folder, the JDBC URL, the user, the password, and the command to begin with */
    public static void main(String[] arguments) throws InterruptedException {
        RollingDeployer deployer =
                new RollingDeployer(Path.of(arguments[0]), arguments[1], arguments[2], arguments[3]);
        for (int i = COMMANDS.indexOf(arguments[4]);; i++) {
            deployer.doUntilItSucceeds(COMMANDS.get(i % COMMANDS.size()));
        }
    }

    /** With which it deploys. */
    public static MigrationOptions options(SampleChangelog changelog) {
        return changelog.options().withOnDataLoss(OnDataLoss.ARCHIVE).withLockTimeout(Duration.ofMillis(500), 20);
    }

    private void doUntilItSucceeds(String command) throws InterruptedException {
        while (true) {
            say("begins " + command);
            try {
                run(command);
                say("did " + command);
                return;
            } catch (MigrationException e) {
                say("failed " + command + ": " + e.getMessage());
                Thread.sleep(20);
            }
        }
    }

    private void run(String command) {
        Migrations migrations = Migrations.of(StoppingDataSource.beforeCommits(database, () -> say("commits")), options);
        switch (command) {
            case "rollback" -> migrations.rollback(Migrations.of(database, options).planRollbackTo("start"));
            case "update" -> migrations.update();
            default -> {
                for (Archive archive : Migrations.of(database, options).status().archives()) {
                    Migrations.of(StoppingDataSource.beforeCommits(database, () -> say("commits")), options)
                            .restore(archive.name());
                }
            }
        }
    }

    private static void say(String line) {
        System.out.println("deployer " + line.replace('\n', ' '));
    }
}
