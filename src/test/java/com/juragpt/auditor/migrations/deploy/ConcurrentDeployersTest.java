package com.juragpt.auditor.migrations.deploy;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.testing.ChildJvm;
import com.juragpt.auditor.migrations.testing.OurDeployer;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.StockDeployer;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(PostgresExtension.class)
class ConcurrentDeployersTest {

    private static final int DEPLOYERS = 10;

    // Fails if another deployer is inside of such a changeset, or of a transaction that holds one.
    private static final String ALONE = """
            DO $$ BEGIN IF NOT pg_try_advisory_xact_lock(1) THEN RAISE 'another deployer is at work'; END IF;
            PERFORM pg_sleep(0.1); END $$""".replace("\n", " ");

    private static final String INDEX_OUTSIDE = outsideTransactions(sql("index", "CREATE INDEX CONCURRENTLY i ON one (note)",
            "DROP INDEX i"));

    @TempDir
    Path folder;

    @Test
    void tenDeployersInOneJvmRunEachChangesetOnceAndNoneFails(TestDatabase database) throws Exception {
        MigrationOptions options = MigrationOptions.defaults();
        assertThat(deployTenTimes(database, options)).hasSize(12).doesNotHaveDuplicates();
        assertThat(history(database)).hasSize(12).doesNotHaveDuplicates();
        assertThat(Migrations.of(database.dataSource(), options).status().pending()).isEmpty();
    }

    @Test
    @Tag("exhaustive")
    void tenDeployersRunEachChangesetOnceWhenAnIndexIsBuiltConcurrently(TestDatabase database) throws Exception {
        SampleChangelog sample = new SampleChangelog(folder).of(table("one"), INDEX_OUTSIDE, table("two"));
        assertThat(deployTenTimes(database, sample.options())).containsExactly("create-one", "index", "create-two");
        assertThat(history(database)).containsExactly("create-one", "index", "create-two");
        assertThat(database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"))
                .containsExactly(List.of("t"));
    }

    @Test
    @Tag("exhaustive")
    void oursAndTheStockCommandWithAndWithoutOurLockNeverWorkAtTheSameTime(TestDatabase database) throws Exception {
        assertNeverWorkAtTheSameTime(1, database);
    }

    @Test
    @Tag("exhaustive")
    void neitherDoTwoOfEach(TestDatabase database) throws Exception {
        assertNeverWorkAtTheSameTime(2, database);
    }

    private void assertNeverWorkAtTheSameTime(int ofEach, TestDatabase database) throws Exception {
        new SampleChangelog(folder).of(always("first"), table("one"), INDEX_OUTSIDE, always("second"), table("two"),
                always("third"));
        createLiquibasesTables(database);
        List<String> arguments = List.of(folder.toString(), database.jdbcUrl(), database.user(), database.password());
        List<ChildJvm> deployers = new ArrayList<>();
        try {
            for (int i = 0; i < ofEach; i++) {
                deployers.add(ChildJvm.run(OurDeployer.class, arguments));
                deployers.add(ChildJvm.run(StockDeployer.class, arguments));
                deployers.add(ChildJvm.runWithoutTheModule(StockDeployer.class, arguments));
            }
            deployers.forEach(ChildJvm::awaitSuccess);
        } finally {
            deployers.forEach(ChildJvm::close);
        }
        assertThat(history(database)).containsExactlyInAnyOrder("first", "create-one", "index", "second", "create-two", "third");
        assertThat(database.query("SELECT locked FROM databasechangeloglock")).containsExactly(List.of("f"));
    }

    @Test
    void oursAndTheStockCommandInOneJvmNeverWorkAtTheSameTime(TestDatabase database) throws Exception {
        SampleChangelog sample = new SampleChangelog(folder).of(always("first"), table("one"), always("second"));
        createLiquibasesTables(database);
        atOnce(6, i -> {
            if (i % 2 == 0) {
                Migrations.of(database.dataSource(), sample.options()).update();
            } else {
                StockDeployer.update(database.dataSource(), folder);
            }
            return List.of();
        });
        assertThat(history(database)).containsExactlyInAnyOrder("first", "create-one", "second");
    }

    // The stock commands do that before they take the lock: of several on an empty database, all but one may fail.
    private void createLiquibasesTables(TestDatabase database) {
        StockDeployer.run(database.dataSource(), folder, "status");
    }

    private static String always(String id) {
        return sql(id, ALONE, null).replace("- sql: {sql: ", "- sql: {splitStatements: false, sql: ") + "runAlways: true\n";
    }

    private static List<String> history(TestDatabase database) {
        return database.query("SELECT id FROM databasechangelog ORDER BY orderexecuted").stream().map(row -> row.get(0)).toList();
    }

    private static List<String> deployTenTimes(TestDatabase database, MigrationOptions options) throws Exception {
        return atOnce(DEPLOYERS, i -> Migrations.of(database.dataSource(), options).update().changesets());
    }

    private interface Deployer {
        List<String> deploy(int number);
    }

    /** What all of them together ran. */
    private static List<String> atOnce(int count, Deployer deployer) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(count);
        try {
            CountDownLatch start = new CountDownLatch(1);
            List<Future<List<String>>> futures = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int number = i;
                futures.add(threads.submit(() -> {
                    start.await();
                    return deployer.deploy(number);
                }));
            }
            start.countDown();
            List<String> all = new ArrayList<>();
            for (Future<List<String>> future : futures) {
                all.addAll(future.get());
            }
            return all;
        } finally {
            threads.shutdownNow();
        }
    }
}
