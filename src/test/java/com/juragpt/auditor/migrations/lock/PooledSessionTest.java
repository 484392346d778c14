package com.juragpt.auditor.migrations.lock;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import com.juragpt.auditor.migrations.testing.OnePooledConnection;
import com.juragpt.auditor.migrations.testing.Rows;
import com.juragpt.auditor.migrations.testing.TransactionPooler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

/** A session of the server that others use before and after, be it the pool's of an application or a pooler's. */
class PooledSessionTest extends DeploymentFixture {

    private static final String INDEX =
            outsideTransactions(sql("index", "CREATE INDEX CONCURRENTLY i ON one (note)", "DROP INDEX CONCURRENTLY i"));
    private static final String SETS_FOR_SESSION = sql("sets", "SET lock_timeout = '1h'; SET search_path = public", "SELECT 1");

    private TransactionPooler pooler;

    @BeforeEach
    void startPooler() {
        pooler = new TransactionPooler(database.dataSource(), false);
    }

    @AfterEach
    void stopPooler() throws SQLException {
        pooler.close();
    }

    @Test
    void everyVerbIsRightWhereEachTransactionHasAnotherSessionAndLeavesNothingInAny() {
        changelog.of(SETS_FOR_SESSION, START, table("one"));
        Migrations pooled = pooled();
        assertThat(pooled.status().pending()).hasSize(3);
        assertThat(pooled.rehearse().steps()).hasSize(3);
        assertThat(pooled.rehearseFromBase().steps()).hasSize(3);
        assertThat(pooled.update().changesets()).hasSize(3);
        assertThat(pooled.tag("v1").tag()).isEqualTo("v1");
        assertThat(pooled.drift().differences()).isEmpty();
        database.execute("INSERT INTO one VALUES (1, 'kept')");
        assertThat(pooled.rollback(pooled.planRollbackTo("start")).archivedTables()).hasSize(1);
        assertThat(history()).containsExactly("sets", "tag-start");

        database.execute("CREATE TABLE one (id int PRIMARY KEY, note text); DROP TABLE databasechangelog, databasechangeloglock");
        changelog.of(START, table("one"), revision("001"));
        assertThat(pooled.adoptAs("001").revision()).isEqualTo("001");
        assertThat(pooler.transactions()).isGreaterThan(15);
        assertThat(pooler.kept()).isEmpty();
    }

    @Test
    void aFailureLeavesNothingInAnySessionEither() {
        changelog.of(table("one"), SETS_FOR_SESSION, sql("bad", "SELECT nonsense", null));
        refused(Problem.CHANGESET_FAILED, pooled()::update);
        refused(Problem.CHANGESET_FAILED, pooled()::rehearse);
        assertThat(pooler.kept()).isEmpty();
    }

    @Test
    void whatMustSplitIsRefusedWithTheWayOutBeforeAnything() {
        changelog.of(START, table("one"), INDEX, table("two"));
        assertThat(refused(Problem.POOLED_CONNECTION, pooled()::update))
                .contains("Nothing was changed.", "\n  outside of transactions: index", "\n  help: ", "a direct connection");
        // A rehearsal splits nothing, and up to there the deployment is one transaction.
        assertThat(pooled().rehearse().steps()).hasSize(4);
        assertThat(pooled().updateBy(2).changesets()).containsExactly("tag-start", "create-one");

        migrations().update();
        assertThat(refused(Problem.POOLED_CONNECTION, () -> pooled().rollback(pooled().planRollbackTo("start"))))
                .contains("outside of transactions: index");
        assertThat(pooler.kept()).isEmpty();
    }

    @Test
    void aPoolerThatNamesASessionAsIfItWereTheClientsOwnIsFoundOutBeforeAnythingRunsWithoutTheLock() throws SQLException {
        changelog.of(START, table("one"), INDEX + "failOnError: false\n", table("two"));
        try (TransactionPooler lying = new TransactionPooler(database.dataSource(), true)) {
            assertThatThrownBy(Migrations.of(lying, changelog.options())::update)
                    .hasMessageStartingWith("[pooled-connection] The session changed")
                    .hasMessageContaining("These changesets were committed before and stay: tag-start, create-one.")
                    .hasMessageContaining("pg_terminate_backend(" + AdvisoryLock.holder(lying.getConnection()).orElseThrow().who()
                            .replaceAll("server process (\\d+) .*", "$1") + ")");
        }
        assertThat(tables()).containsExactly("one");
        assertThat(migrations().update().changesets()).containsExactly("index", "create-two");
    }

    @Test
    void theTransactionItselfHasTheLockAndItsEndFreesIt() throws SQLException {
        try (Connection deployer = database.connect(); Connection other = database.connect()) {
            deployer.setAutoCommit(false);
            assertThat(AdvisoryLock.tryLockForTransaction(deployer)).isTrue();
            assertThat(AdvisoryLock.isHeldBy(deployer)).isTrue();
            assertThat(AdvisoryLock.tryLock(other)).isFalse();
            // what belongs to the transaction cannot be given back earlier
            AdvisoryLock.unlock(deployer);
            assertThat(AdvisoryLock.tryLock(other)).isFalse();
            deployer.commit();
            assertThat(AdvisoryLock.tryLock(other)).isTrue();
        }
    }

    @Test
    void aDeploymentHoldsTheLockForItsTransactionAloneUnlessItSplits() {
        List<Boolean> ofTransaction = new ArrayList<>();
        changelog.of(table("one"), table("two"));
        Migrations.of(database.dataSource(), changelog.options().withProgress(event -> ofTransaction.add(database
                .query("SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory'"
                        + " AND a.application_name = 'auditor-migrations update' AND a.xact_start IS NOT NULL")
                .size() == 1))).update();
        assertThat(ofTransaction).hasSize(4).containsOnly(true);
    }

    @Test
    void eachStatementSeesWhatTheFormerDeployerCommittedWhateverTheDatabasesDefaultIs() {
        database.execute("DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || quote_ident(current_database())"
                + " || ' SET default_transaction_isolation = ''serializable'''; END $$");
        deploy(table("one"), sql("isolation", "INSERT INTO one SELECT 1, current_setting('transaction_isolation')", null));
        assertThat(database.query("SELECT note FROM one")).containsExactly(List.of("read committed"));
    }

    @Test
    void theDriverOfALentConnectionPreparesNothingAndIsSetAsBefore() throws SQLException {
        OnePooledConnection pool = new OnePooledConnection(database.dataSource());
        try (Connection real = pool.real()) {
            String settings = "SELECT name, setting, source FROM pg_settings WHERE source IN ('session', 'client') ORDER BY 1";
            List<List<String>> before = Rows.of(real, settings);
            changelog.of(START, table("one"), SETS_FOR_SESSION);
            Migrations pooled = Migrations.of(pool, changelog.options());
            pooled.update();
            for (int i = 0; i < 6; i++) {
                pooled.status();
                pooled.tag("v" + i);
            }
            changelog.of(START, table("one"), SETS_FOR_SESSION, INDEX);
            pooled.update();
            assertThat(Rows.of(real, settings)).isEqualTo(before);
            assertThat(Rows.of(real, "SELECT statement FROM pg_prepared_statements")).isEmpty();
            assertThat(Rows.of(real, "SELECT 1 FROM pg_class WHERE relnamespace = pg_my_temp_schema()")).isEmpty();
            assertThat(real.unwrap(PGConnection.class).getPrepareThreshold()).isEqualTo(5);
            assertThat(real.getAutoCommit()).isTrue();
            assertThat(real.isReadOnly()).isFalse();
        }
    }

    @Test
    void aConnectionThatHidesTheDriversOwnIsNotTrustedWithASplit() {
        changelog.of(table("one"), INDEX);
        Migrations hidden = Migrations.of(hiding(database.dataSource()), changelog.options());
        assertThatThrownBy(hidden::update).hasMessageStartingWith("[pooled-connection] ")
                .hasMessageContaining("does not show the driver's own");
        assertThat(hidden.updateBy(1).changesets()).containsExactly("create-one");
    }

    private static DataSource hiding(DataSource real) {
        return new PGSimpleDataSource() {
            private static final long serialVersionUID = 1L;

            @Override
            public Connection getConnection() throws SQLException {
                Connection connection = real.getConnection();
                return (Connection) Proxy.newProxyInstance(Connection.class.getClassLoader(), new Class<?>[] {Connection.class},
                        (proxy, method, arguments) -> {
                            if (method.getName().equals("isWrapperFor")) {
                                return false;
                            }
                            try {
                                return method.invoke(connection, arguments);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
            }
        };
    }

    private Migrations pooled() {
        return Migrations.of(pooler, changelog.options().withOnDataLoss(OnDataLoss.ARCHIVE));
    }
}
