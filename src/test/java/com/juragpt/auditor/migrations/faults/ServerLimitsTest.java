package com.juragpt.auditor.migrations.faults;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.database.DatabaseUrl;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import com.juragpt.auditor.migrations.testing.StoppingDataSource;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the server, its disk or a role's settings do not allow ends in a code that says so, and changes nothing. */
class ServerLimitsTest extends DeploymentFixture {

    private static final String SLOW = sql("slow", "SELECT pg_sleep(20)", "SELECT 1");
    private static final String BIG =
            sql("big", "INSERT INTO one SELECT n, repeat(md5(n::text), 30) FROM generate_series(1, 40000) n",
                    null) + "rollback:\n  - empty: {}\n";

    private TestDatabase role;

    @BeforeEach
    void createRole() {
        role = database.createRole("limited");
        database.execute("ALTER DATABASE " + database.name() + " OWNER TO " + role.user() + "; ALTER SCHEMA public OWNER TO "
                + role.user());
        changelog.of(START, table("one"));
    }

    @Override
    protected Migrations migrations() {
        return Migrations.of(role.dataSource(), options());
    }

    @Test
    void aRoleWithoutAFreeConnectionIsToldThat() {
        limit("CONNECTION LIMIT 0");
        for (Consumer<Migrations> verb : List.<Consumer<Migrations>>of(Migrations::status, Migrations::update, Migrations::adopt,
                m -> m.tag("v1"), Migrations::rehearse)) {
            assertThat(refused(Problem.CANNOT_CONNECT, () -> verb.accept(migrations()))).contains("too many connections");
        }
    }

    /** Counted here, as the server takes a closed connection for an open one until its process has ended. */
    @Test
    void oneConnectionIsEnough() {
        AtomicReference<Connection> last = new AtomicReference<>();
        Thread test = Thread.currentThread();
        DataSource oneAtATime =
                (DataSource) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {DataSource.class},
                        (proxy, method, arguments) -> {
                            // Who watches a long deployment from another thread does without.
                            if (Thread.currentThread() != test || last.get() != null && !last.get().isClosed()) {
                                throw new SQLException("too many connections", "53300");
                            }
                            last.set(role.connect());
                            return last.get();
                        });
        Migrations migrations = Migrations.of(oneAtATime, options().withOnDataLoss(OnDataLoss.ARCHIVE));
        assertThat(migrations.update().changesets()).hasSize(2);
        database.execute("INSERT INTO one VALUES (1, 'kept')");
        assertThat(migrations.rollback(migrations.planRollbackTo("start")).archivedTables()).hasSize(1);
        assertThat(migrations.rehearse().steps()).hasSize(1);
        assertThat(migrations.update().changesets()).hasSize(1);
        assertThat(migrations.restore(migrations.status().archives().get(0).name()).archiveStays()).isFalse();
        migrations.tag("v1");
        assertThat(migrations.drift().differences()).isEmpty();
        assertThat(last.get()).isNotNull();
    }

    @Test
    @Tag("faults")
    void aServerWithoutAFreeConnectionIsToldThat() throws SQLException {
        List<Connection> all = new ArrayList<>();
        try {
            for (boolean free = true; free;) {
                try {
                    all.add(role.connect());
                } catch (SQLException full) {
                    assertThat(full.getSQLState()).isEqualTo("53300");
                    free = false;
                }
            }
            assertThat(refused(Problem.CANNOT_CONNECT, () -> migrations().update())).contains("connection");
            // More than one: the server frees a place only when the process of the closed connection has ended.
            for (int i = 0; i < 10; i++) {
                all.remove(0).close();
            }
            deploy(START, table("one"));
        } finally {
            for (Connection connection : all) {
                connection.close();
            }
        }
        assertThat(tables()).containsExactly("one");
    }

    @Test
    void theRolesStatementTimeoutIsNamedWhenItCancelsAChangeset() {
        limit("SET statement_timeout = '1s'");
        changelog.of(START, table("one"), SLOW);
        assertThat(refused(Problem.CHANGESET_FAILED, () -> migrations().update()))
                .contains("slow failed", "statement timeout", "statement_timeout%3D0");
        String url = role.url() + (role.url().contains("?") ? "&" : "?") + "options=-c%20statement_timeout%3D0";
        changelog.of(START, table("one"), SLOW.replace("pg_sleep(20)", "pg_sleep(1.5)"));
        assertThat(Migrations.of(DatabaseUrl.parse(url), options()).update().changesets())
                .hasSize(3);
    }

    @Test
    void theFirstFailureIsNamedWhereLiquibaseGoesOnAfterIt() {
        // So little that already one of Liquibase's own questions, whose failure it swallows, may be cancelled.
        limit("SET statement_timeout = 1");
        for (int i = 0; i < 30; i++) {
            try {
                migrations().status();
            } catch (MigrationException e) {
                assertThat(e.getMessage()).doesNotContain("current transaction is aborted")
                        .contains("canceling statement due to");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"idle_in_transaction_session_timeout", "transaction_timeout"})
    void aSessionThatTheServerEndsIsLostAndNothingIsChanged(String setting) {
        Assumptions.assumeFalse(database.query("SELECT 1 FROM pg_settings WHERE name = '" + setting + "'").isEmpty(),
                "this PostgreSQL has no " + setting);
        limit("SET " + setting + " = '500ms'");
        // Early: from the first statement that fails in it on, PostgreSQL does not count a transaction's time any more.
        StoppingDataSource slow = new StoppingDataSource(role.dataSource(), 15, () -> LockSupport.parkNanos(1_500_000_000));
        refused(Problem.CONNECTION_LOST, () -> Migrations.of(slow, options()).update());
        limit("RESET " + setting);
        deploy(START, table("one"));
        assertThat(tables()).containsExactly("one");
    }

    @Test
    void theRolesOwnLockTimeoutIsNotThatOfTheDeployment() throws SQLException {
        limit("SET lock_timeout = 1");
        deploy(START, table("one"));
        try (Connection other = database.connect()) {
            other.setAutoCommit(false);
            try (Statement statement = other.createStatement()) {
                statement.execute("LOCK TABLE one");
            }
            Thread end = new Thread(() -> {
                LockSupport.parkNanos(400_000_000);
                try {
                    other.rollback();
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            end.start();
            changelog.of(START, table("one"), sql("alter", "ALTER TABLE one ADD COLUMN more int", null));
            assertThat(
                    Migrations.of(role.dataSource(), options().withLockTimeout(Duration.ofSeconds(10), 0)).update().changesets())
                    .hasSize(1);
        }
    }

    @Test
    void aFullDiskEndsAnUpdateAndAnArchivingRollbackWithNothingChanged(@TempDir Path mount) throws IOException {
        try (FullDisk disk = FullDisk.mounted(mount, database)) {
            database.execute("GRANT CREATE ON TABLESPACE " + disk.name() + " TO " + role.user());
            changelog.of(START, table("one"), BIG);
            limit("SET default_tablespace = " + disk.name());
            assertThat(refused(Problem.CHANGESET_FAILED, () -> migrations().update())).contains("No space left on device");
            limit("RESET default_tablespace");
            migrations().update();
            limit("SET default_tablespace = " + disk.name());
            var plan = migrations().planRollbackTo("start");
            assertThat(refused(Problem.DATABASE_ERROR, () -> migrations(OnDataLoss.ARCHIVE).rollback(plan)))
                    .contains("No space left on device");
            limit("RESET default_tablespace");
            assertThat(migrations(OnDataLoss.ARCHIVE).rollback(plan).archivedTables()).hasSize(1);
            // What the server has left there of the aborted transactions, it removes at its next checkpoint.
            database.execute("CHECKPOINT");
        }
    }

    @Test
    @Tag("faults")
    void moreTablesThanTheServerHasLocksForNameTheSetting() {
        int room = Integer.parseInt(database.query("SELECT current_setting('max_locks_per_transaction')::int"
                + " * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int)").get(0)
                .get(0));
        changelog.of(START,
                sql("many", "DO 'BEGIN FOR i IN 1.." + 3 * room + " LOOP EXECUTE ''CREATE TABLE t'' || i || '' (a int)'';"
                        + " END LOOP; END'", null).replace("- sql: {sql: ", "- sql: {splitStatements: false, sql: "));
        assertThat(refused(Problem.CHANGESET_FAILED, () -> migrations().update())).contains("max_locks_per_transaction",
                "-Dmigrations.count");
    }

    @Override
    protected Migrations migrations(OnDataLoss answer) {
        return Migrations.of(role.dataSource(), options().withOnDataLoss(answer));
    }

    private void limit(String limit) {
        database.execute("ALTER ROLE " + role.user() + " " + limit);
    }

    /** A file system of a few megabytes, as a tablespace; where this process may mount none the server sees, the test is skipped. */
    private record FullDisk(Path mount, TestDatabase database, String name) implements AutoCloseable {

        static FullDisk mounted(Path mount, TestDatabase database) throws IOException {
            Path data = Path.of(database.query("SHOW data_directory").get(0).get(0));
            Assumptions.assumeTrue(System.getProperty("user.name").equals("root") && Files.isDirectory(data),
                    "only root can mount a small file system, and only for a server on this machine");
            Assumptions.assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", mount.toString()) == 0,
                    "this machine lets nobody mount a file system");
            String name = database.name() + "_small";
            Path folder = Files.createDirectory(mount.resolve("tablespace"));
            Files.setOwner(folder, Files.getOwner(data));
            database.execute("CREATE TABLESPACE " + name + " LOCATION '" + folder + "'");
            return new FullDisk(mount, database, name);
        }

        private static int run(String... command) throws IOException {
            return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start()
                    .onExit().join().exitValue();
        }

        @Override
        public void close() throws IOException {
            database.execute("DROP TABLESPACE " + name);
            run("umount", mount.toString());
        }
    }
}
