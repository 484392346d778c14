package com.juragpt.auditor.migrations.testing;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Main class of a process that the test will kill: several deployers, each in a database of its own, each of which stops before
 * a certain statement and waits there. It prints a line for each: "deployer stopped before N", or that it ended or failed.
 */
public final class StoppedDeployers {

    private StoppedDeployers() {
    }

    /**
     * @param arguments the folder of a {@link SampleChangelog} or nothing for the module's own, "update" or the tag to go back
     *     to, the user, the password, then for each deployer the JDBC URL and the number of the statement
     */
    public static void main(String[] arguments) throws InterruptedException {
        MigrationOptions options = arguments[0].isEmpty() ? MigrationOptions.defaults()
                : new SampleChangelog(Path.of(arguments[0])).options();
        List<Thread> threads = new ArrayList<>();
        for (int i = 4; i < arguments.length; i += 2) {
            PGSimpleDataSource source = new PGSimpleDataSource();
            source.setUrl(arguments[i]);
            source.setUser(arguments[2]);
            source.setPassword(arguments[3]);
            int number = Integer.parseInt(arguments[i + 1]);
            threads.add(new Thread(() -> {
                StoppingDataSource stopping = new StoppingDataSource(source, number, () -> stop(number));
                try {
                    act(source, stopping, options, arguments[1]);
                    say("ended after " + stopping.sent());
                } catch (RuntimeException e) {
                    // or the parent would wait for ever
                    say("failed: " + e);
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
    }

    /** Updates, or plans with the one data source and rolls back to the tag with the other. */
    public static void act(DataSource planning, DataSource acting, MigrationOptions options, String target) {
        MigrationOptions careless = options.withOnDataLoss(OnDataLoss.ACCEPT);
        if (target.equals("update")) {
            Migrations.of(acting, careless).update();
        } else {
            Migrations.of(acting, careless).rollback(Migrations.of(planning, careless).planRollbackTo(target));
        }
    }

    private static void stop(int number) {
        say("stopped before " + number);
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static synchronized void say(String line) {
        System.out.println("deployer " + line);
    }
}
