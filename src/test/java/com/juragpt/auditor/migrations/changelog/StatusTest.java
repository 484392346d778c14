package com.juragpt.auditor.migrations.changelog;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.lock.AdvisoryLock;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import com.juragpt.auditor.migrations.testing.StockLiquibase;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** Status reports the facts, writes nothing, and does not treat an unreadable history as missing. */
class StatusTest extends DeploymentFixture {

    private static final String VIEW = """
            id: 'create-v'
            runOnChange: true
            changes:
              - createView: {viewName: v, replaceIfExists: true, selectQuery: SELECT 1 AS n}
            """;

    @Test
    void tellsEveryState() {
        String marked = table("marked")
                + "preConditions:\n  - onFail: MARK_RAN\n  - sqlCheck: {expectedResult: 1, sql: SELECT 0}\n";
        changelog.of(START, table("one"), table("edited"), marked, table("failed"), VIEW, table("newer"));
        migrations().update();
        migrations().tag("v1");
        database.execute("UPDATE databasechangelog SET exectype = 'FAILED' WHERE id = 'create-failed'");
        List<List<String>> recorded = database.query("SELECT DISTINCT deployment_id FROM databasechangelog");

        changelog.of(START, table("early"), table("one"), table("edited").replace("type: text", "type: int"), marked,
                table("failed"), VIEW.replace("SELECT 1", "SELECT 2"), table("h2") + "dbms: h2\n",
                table("test") + "context: test\n", table("next"), sql("always", "SELECT 1", null) + "runAlways: true\n",
                revision("002"));
        Status status = Migrations.of(database.dataSource(), changelog.options().withFilter("production", null)).status();

        assertThat(status.changesets()).extracting(c -> c.id() + " " + c.state()).containsExactly(
                "tag-start APPLIED", "create-early PENDING_OUT_OF_ORDER", "create-one APPLIED", "create-edited CHANGED",
                "create-marked MARKED_RAN", "create-failed FAILED", "create-v PENDING",
                "create-test EXCLUDED", "create-next PENDING", "always PENDING", "tag-002 PENDING", "create-newer UNKNOWN");
        assertThat(status.pending()).extracting(Status.Changeset::id)
                .containsExactly("create-early", "create-v", "create-next", "always", "tag-002");
        assertThat(status.revision()).isEqualTo("start");
        assertThat(status.appliedAfterRevision()).isEqualTo(6);
        assertThat(status.tags()).containsExactly("start", "v1");
        assertThat(status.product()).startsWith("PostgreSQL ");
        assertThat(status.lock()).isNull();
        Status.Changeset newer = status.changesets().get(11);
        assertThat(newer.tags()).containsExactly("v1");
        assertThat(newer.executed()).isNotNull();
        assertThat(recorded).containsExactly(List.of(newer.deployment()));
        assertThat(status.changesets().get(1).executed()).isNull();
    }

    @Test
    void whatChangelogSyncRecordsCountsAsApplied() {
        changelog.of(START, table("one"));
        new StockLiquibase(database, changelog).changelogSync();
        assertThat(migrations().status().changesets()).extracting(Status.Changeset::state)
                .containsOnly(Status.State.APPLIED);
    }

    @Test
    void anEmptyDatabaseStaysEmpty() {
        changelog.of(START, table("one"));
        Status status = migrations().status();
        assertThat(status.pending()).hasSize(2);
        assertThat(status.revision()).isNull();
        assertThat(Contents.of(database)).containsExactly("schema public");
    }

    @Test
    void aRoleThatMayOnlySelectReadsItAndLeavesEverythingAsItWas() {
        deploy(START, table("one"));
        TestDatabase reader = reader();
        database.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + reader.user());
        changelog.of(START, table("one"), table("two"));
        List<String> before = Contents.of(database);
        Migrations migrations = Migrations.of(reader.dataSource(), changelog.options());
        assertThat(migrations.status().pending()).extracting(Status.Changeset::id).containsExactly("create-two");
        assertThat(migrations.planRollbackTo("start").steps()).hasSize(1);
        assertThatThrownBy(migrations::requireCurrent).isInstanceOf(MigrationException.class);
        assertThat(Contents.of(database)).isEqualTo(before);
    }

    @Test
    void aHistoryThatTheRoleMayNotReadIsAnErrorAndNotAnEmptyOne() {
        deploy(START, table("one"));
        TestDatabase reader = reader();
        Migrations migrations = Migrations.of(reader.dataSource(), changelog.options());
        String name = migrations().status().database();
        assertThatThrownBy(migrations::status).isInstanceOf(MigrationException.class).hasMessage("""
                [missing-privilege] Cannot read public.databasechangelog in %s. Nothing was changed.
                  the role %s lacks SELECT on it
                  help: GRANT SELECT ON public.databasechangelog TO %2$s""", name, reader.user());
        assertThatThrownBy(() -> migrations.planRollbackTo("start")).hasMessageContaining("lacks SELECT on it");

        database.execute("GRANT SELECT ON databasechangelog TO " + reader.user());
        assertThatThrownBy(migrations::status).hasMessageContaining("Cannot read public.databasechangeloglock in ");
    }

    @Test
    void aSchemaThatTheRoleMayNotUseIsAnErrorAndNotAnEmptyOne() {
        deploy(START, table("one"));
        TestDatabase reader = reader();
        database.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC;"
                + "GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + reader.user());
        assertThatThrownBy(() -> Migrations.of(reader.dataSource(), changelog.options()).status())
                .isInstanceOf(MigrationException.class).hasMessageContaining("[missing-privilege] Cannot read ")
                .hasMessageContaining("the role " + reader.user()
                        + " may use no schema of its search_path, which is \"$user\", public"
                        + "\n  it lacks USAGE on schema public\n  help: GRANT USAGE ON SCHEMA public TO " + reader.user());
    }

    @Test
    void whereNothingMayBeWrittenItCanStillBeRead() {
        deploy(START, table("one"));
        TestDatabase reader = reader();
        database.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + reader.user() + ";"
                + "ALTER ROLE " + reader.user() + " SET default_transaction_read_only = on");
        Migrations migrations = Migrations.of(reader.dataSource(), changelog.options());
        assertThat(migrations.status().pending()).isEmpty();
        migrations.requireCurrent();
    }

    @Test
    void eachSchemaHasItsOwnHistory() {
        deploy(START, table("one"));
        TestDatabase other = database.createRole("other");
        database.execute("CREATE SCHEMA other AUTHORIZATION " + other.user() + ";"
                + "ALTER ROLE " + other.user() + " SET search_path = other, public");
        Migrations inOther = Migrations.of(other.dataSource(), changelog.options());
        assertThat(inOther.status().pending()).hasSize(2);
        inOther.updateBy(1);
        assertThat(inOther.status().pending()).extracting(Status.Changeset::id).containsExactly("create-one");
        assertThat(migrations().status().pending()).isEmpty();
    }

    @Test
    void tellsWhoHoldsTheLock() throws Exception {
        deploy(START);
        try (Connection holder = database.connect(); Statement statement = holder.createStatement()) {
            statement.execute("SET application_name = 'somebody'; SELECT pg_advisory_lock(" + AdvisoryLock.KEY + ")");
            assertThat(migrations().status().lock().who()).contains("somebody", "(user " + database.user());
        }
        database.execute("UPDATE databasechangeloglock SET locked = true, lockedby = 'host (10.0.0.1)', lockgranted = now()");
        assertThat(migrations().status().lock().who()).isEqualTo("host (10.0.0.1)");
        assertThat(migrations().status().lock().since()).isNotNull();
    }

    @Test
    void requireCurrentRefusesWhatIsBehindAndTakesWhatIsAhead() {
        deploy(START, table("one"), table("two"));
        migrations().requireCurrent();
        changelog.of(START, table("one"));
        migrations().requireCurrent();
        changelog.of(START, table("one"), table("two"), table("three"), table("four"));
        assertThatThrownBy(migrations()::requireCurrent).isInstanceOf(MigrationException.class).hasMessage("""
                [not-current] 2 changesets are pending in %s. Nothing was changed.
                  first: create-three
                  help: mvn migrations:update deploys them""", migrations().status().database());
    }

    @Test
    void leavesAConnectionOfAPoolAsItWas() throws Exception {
        changelog.of(START);
        try (Connection connection = database.connect()) {
            connection.setReadOnly(true);
            Migrations.of(pool(connection), changelog.options()).status();
            assertThat(connection.isReadOnly()).isTrue();
            assertThat(connection.getAutoCommit()).isTrue();
        }
    }

    /** Of one connection, which closing hands back. */
    private static DataSource pool(Connection connection) {
        ClassLoader loader = StatusTest.class.getClassLoader();
        Object lent = Proxy.newProxyInstance(loader, new Class<?>[] {Connection.class},
                (proxy, method, arguments) -> method.getName().equals("close") ? null : method.invoke(connection, arguments));
        return (DataSource) Proxy.newProxyInstance(loader, new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> lent);
    }

    private TestDatabase reader() {
        return database.createRole("reader");
    }
}
