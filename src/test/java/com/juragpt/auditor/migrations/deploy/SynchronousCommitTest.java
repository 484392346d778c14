package com.juragpt.auditor.migrations.deploy;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.UpdateResult;
import com.juragpt.auditor.migrations.connection.Sql;
import com.juragpt.auditor.migrations.testing.Aside;
import com.juragpt.auditor.migrations.testing.Rows;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/** A server whose commits wait for a standby, which never comes. */
class SynchronousCommitTest {

    private static final String WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'";

    private final List<Progress> told = new CopyOnWriteArrayList<>();

    @Test
    void aCommitThatNoStandbyHasConfirmedIsNoSilentSuccess(@TempDir Path folder) throws Exception {
        SampleChangelog changelog = new SampleChangelog(folder).of(table("one"));
        try (EmbeddedPostgres server = server(); Connection aside = server.getPostgresDatabase().getConnection()) {
            CompletableFuture<UpdateResult> update = Aside.run(() -> Migrations
                    .of(waiting(server), changelog.options().withProgress(told::add)).update());
            int process = awaitWaiting(aside);
            assertThat(Rows.of(aside, "SELECT 1 FROM pg_tables WHERE tablename = 'one'")).isEmpty();
            Rows.of(aside, "SELECT pg_cancel_backend(" + process + ")");

            assertThat(update.get(1, TimeUnit.MINUTES).changesets()).containsExactly("create-one");
            assertThat(told).last().isInstanceOfSatisfying(Progress.Note.class, note -> assertThat(note.text())
                    .startsWith("the server warned at the commit: canceling wait for synchronous replication")
                    .contains("has already committed locally, but might not have been replicated to the standby"));
            assertThat(Rows.of(aside, "SELECT id FROM databasechangelog")).containsExactly(List.of("create-one"));
        }
    }

    @Test
    void aCommitThatWaitsForAStandbySaysSo(@TempDir Path folder) throws Exception {
        try (EmbeddedPostgres server = server();
                Connection aside = server.getPostgresDatabase().getConnection();
                Connection watched = waiting(server).getConnection()) {
            Sql.execute(aside, "CREATE TABLE written (i int)");
            CompletableFuture<Void> commit = Aside.run(() -> {
                try {
                    // A commit waits only if its transaction has written something.
                    return Rows.of(watched, "WITH row AS (INSERT INTO written VALUES (1) RETURNING i) SELECT i FROM row");
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            }).thenAccept(done -> {});
            int process = awaitWaiting(aside);
            PGSimpleDataSource source = new PGSimpleDataSource();
            source.setUrl(server.getJdbcUrl("postgres", "postgres"));
            try (DeploymentMonitor monitor = new DeploymentMonitor(source::getConnection, process, Duration.ofMillis(50),
                    Duration.ofMillis(200), told::add)) {
                while (told.isEmpty()) {
                    assertThat(commit).isNotDone();
                    assertThat(monitor.blockers()).isEmpty();
                    Thread.sleep(20);
                }
            }
            assertThat(told.get(0)).isInstanceOfSatisfying(Progress.StillRunning.class, still -> assertThat(still.detail())
                    .isEqualTo("the commit waits for a standby to confirm it (synchronous replication)"));
            Rows.of(aside, "SELECT pg_cancel_backend(" + process + ")");
            commit.get(1, TimeUnit.MINUTES);
        }
    }

    private static int awaitWaiting(Connection aside) throws SQLException, InterruptedException {
        List<List<String>> waiting = Rows.of(aside, WAITING);
        while (waiting.isEmpty()) {
            Thread.sleep(20);
            waiting = Rows.of(aside, WAITING);
        }
        return Integer.parseInt(waiting.get(0).get(0));
    }

    private static EmbeddedPostgres server() throws IOException {
        return EmbeddedPostgres.builder().setServerConfig("synchronous_standby_names", "nobody")
                .setServerConfig("synchronous_commit", "local").start();
    }

    /** Whose commits wait. */
    private static PGSimpleDataSource waiting(EmbeddedPostgres server) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(server.getJdbcUrl("postgres", "postgres"));
        source.setOptions("-c synchronous_commit=on");
        return source;
    }
}
