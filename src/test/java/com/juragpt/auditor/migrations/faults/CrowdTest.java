package com.juragpt.auditor.migrations.faults;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.testing.ChildJvm;
import com.juragpt.auditor.migrations.testing.OurDeployer;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.StockDeployer;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Deployers of all kinds at once: this module's API in one JVM and in others, Liquibase's own command with this module's lock and
 * without, and somebody who rolls back among them. Each changeset runs once, but for those that were rolled back meanwhile.
 */
@Tag("faults")
@ExtendWith(PostgresExtension.class)
class CrowdTest {

    // One in so many deployers is a process of its own.
    private static final int OWN_PROCESS = 3;

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 8, 16, 32})
    void eachChangesetRunsOnce(int deployers, TestDatabase database, @TempDir Path folder) throws Exception {
        SampleChangelog changelog = new SampleChangelog(folder).of(revision("start"), counted("one"), counted("two"),
                outsideTransactions(sql("index", "DROP INDEX CONCURRENTLY IF EXISTS i; CREATE INDEX CONCURRENTLY i ON one (id)",
                        "DROP INDEX CONCURRENTLY IF EXISTS i")),
                counted("three"), counted("four"));
        MigrationOptions options = changelog.options().withOnDataLoss(OnDataLoss.ACCEPT).withLockWait(Duration.ofMinutes(5));
        database.execute("CREATE TABLE ran (what text)");
        // The first of Liquibase's own commands on an empty database make their tables before they lock anything.
        StockDeployer.run(database.dataSource(), folder, "status");
        List<String> arguments = List.of(folder.toString(), database.jdbcUrl(), database.user(), database.password());
        List<ChildJvm> processes = new ArrayList<>();
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            for (int i = 0; i < deployers / OWN_PROCESS; i++) {
                processes.add(switch (i % 3) {
                    case 0 -> ChildJvm.run(StockDeployer.class, arguments);
                    case 1 -> ChildJvm.runWithoutTheModule(StockDeployer.class, arguments);
                    default -> ChildJvm.run(OurDeployer.class, arguments);
                });
            }
            List<Future<?>> ours = new ArrayList<>();
            for (int i = processes.size(); i < deployers - 1; i++) {
                ours.add(threads.submit(() -> Migrations.of(database.dataSource(), options).update()));
            }
            Future<Integer> back = threads.submit(() -> rollBack(database, options));
            for (Future<?> deployer : ours) {
                deployer.get();
            }
            processes.forEach(ChildJvm::awaitSuccess);
            int undone = back.get();

            Migrations.of(database.dataSource(), options).update();
            assertThat(database.query("SELECT id FROM databasechangelog ORDER BY orderexecuted").stream().map(row -> row.get(0)))
                    .containsExactly("tag-start", "one", "two", "index", "three", "four");
            assertThat(database.query("SELECT what, count(*) FILTER (WHERE true) FROM ran WHERE what NOT LIKE 'not %' GROUP BY 1"
                    + " EXCEPT SELECT substr(what, 5), count(*) + 1 FROM ran WHERE what LIKE 'not %' GROUP BY 1"))
                    .as("ran more often than was rolled back, after " + undone + " were").allMatch(row -> row.get(1).equals("1"));
            assertThat(database.query("SELECT count(DISTINCT what) FROM ran WHERE what NOT LIKE 'not %'").get(0).get(0))
                    .isEqualTo("4");
            assertThat(Left.isLocked(database)).isFalse();
            assertThat(database.query("SELECT 1 FROM databasechangeloglock WHERE locked")).isEmpty();
        } finally {
            threads.shutdownNow();
            processes.forEach(ChildJvm::close);
        }
    }

    /** As soon as there is something to roll back; again where somebody deployed between the plan and the rollback. */
    private static int rollBack(TestDatabase database, MigrationOptions options) {
        Migrations migrations = Migrations.of(database.dataSource(), options);
        while (true) {
            try {
                var plan = migrations.planRollbackTo("start");
                if (!plan.steps().isEmpty()) {
                    migrations.rollback(plan);
                    return plan.steps().size();
                }
            } catch (MigrationException e) {
                assertThat(e.problem()).as(e.getMessage()).isIn(Problem.PLAN_OUTDATED, Problem.UNKNOWN_TAG);
            }
        }
    }

    private static String counted(String name) {
        return sql(name, "CREATE TABLE " + name + " (id int); INSERT INTO ran VALUES ('" + name + "')",
                "DROP TABLE " + name + "; INSERT INTO ran VALUES ('not " + name + "')");
    }
}
