package com.juragpt.auditor.migrations.connection;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.StoppingDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real standby what only reads works, and what writes says where it can be done. */
@Tag("exhaustive")
class StandbyTest {

    @Test
    void readsAndSaysWhyItDoesNotWrite(@TempDir Path data, @TempDir Path folder) throws IOException {
        SampleChangelog changelog = new SampleChangelog(folder).of(revision("start"), table("one"));
        try (EmbeddedPostgres primary = server(data)) {
            Migrations.of(primary.getPostgresDatabase(), changelog.options()).update();
        }
        Files.createFile(data.resolve("standby.signal"));
        changelog.of(revision("start"), table("one"), table("two"));
        try (EmbeddedPostgres standby = server(data)) {
            Migrations migrations = Migrations.of(standby.getPostgresDatabase(), changelog.options());
            assertThat(migrations.status().pending()).hasSize(1);
            RollbackPlan plan = migrations.planRollbackTo("start");
            assertThat(plan.steps()).hasSize(1);
            for (Consumer<Migrations> verb : List.<Consumer<Migrations>>of(Migrations::update, m -> m.tag("v1"),
                    m -> m.rollback(plan), Migrations::rehearse, Migrations::rehearseFromBase, Migrations::drift)) {
                assertThatThrownBy(() -> verb.accept(migrations)).isInstanceOf(MigrationException.class)
                        .hasMessageStartingWith("[read-only-database] ").hasMessageContaining("Nothing was changed.")
                        .hasMessageContaining("the server is a standby").hasMessageContaining("?target_session_attrs=read-write");
            }
        }
    }

    @Test
    void aServerThatIsHeldReadOnlyDuringAFailoverIsNotToBeOverridden(@TempDir Path folder) throws IOException {
        SampleChangelog changelog = new SampleChangelog(folder).of(revision("start"), table("one"));
        try (EmbeddedPostgres held = EmbeddedPostgres.builder().setServerConfig("default_transaction_read_only", "on").start()) {
            Migrations migrations = Migrations.of(held.getPostgresDatabase(), changelog.options());
            assertThat(migrations.status().pending()).hasSize(2);
            assertThatThrownBy(migrations::update).isInstanceOf(MigrationException.class)
                    .hasMessageStartingWith("[read-only-database] ").hasMessageContaining("Nothing was changed.")
                    .hasMessageContaining("default_transaction_read_only is on in its configuration")
                    .hasMessageContaining("help: wait until the failover is over").message().doesNotContain("ALTER ROLE");
        }
    }

    @Test
    void aServerThatBeginsToAcceptWritesMeanwhileIsNoUnknownError(@TempDir Path folder) throws Exception {
        SampleChangelog changelog = new SampleChangelog(folder).of(revision("start"), table("one"));
        try (EmbeddedPostgres held = EmbeddedPostgres.builder().start();
                Connection administrator = held.getPostgresDatabase().getConnection();
                Statement statement = administrator.createStatement()) {
            statement.execute("SET default_transaction_read_only = off");
            AtomicInteger sent = new AtomicInteger();
            for (int number = 1; number <= 10; number++) {
                hold(statement, "on");
                StoppingDataSource source = new StoppingDataSource(held.getPostgresDatabase(), number, () -> {
                    sent.incrementAndGet();
                    hold(statement, "off");
                });
                try {
                    Migrations.of(source, changelog.options()).update();
                } catch (MigrationException e) {
                    assertThat(e).as("before statement " + number).hasMessageStartingWith("[read-only-database] ")
                            .hasMessageContaining("Nothing was changed.");
                }
            }
            assertThat(sent).hasPositiveValue();
        }
    }

    private static void hold(Statement statement, String readOnly) {
        try {
            statement.execute("ALTER SYSTEM SET default_transaction_read_only = " + readOnly);
            statement.execute("SELECT pg_reload_conf(), pg_sleep(0.2)");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static EmbeddedPostgres server(Path data) throws IOException {
        return EmbeddedPostgres.builder().setDataDirectory(data).setCleanDataDirectory(false).start();
    }
}
