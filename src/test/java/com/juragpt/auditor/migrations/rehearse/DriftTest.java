package com.juragpt.auditor.migrations.rehearse;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Difference;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.testing.ChangelogRunner;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class DriftTest extends DeploymentFixture {

    @Test
    void databaseThatNobodyTouchedNeverShowsAnyThroughoutItsLife() throws SQLException {
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults()
                .withOnDataLoss(OnDataLoss.ARCHIVE));
        assertThat(migrations.drift().differences()).isEmpty();
        migrations.updateBy(5);
        assertThat(migrations.drift().differences()).isEmpty();
        migrations.update();
        migrations.tag("v1");
        database.execute("INSERT INTO embedding_cache (text_hash, embedding, embedding_dim, model_name, created_at,"
                + " last_accessed)"
                + " VALUES ('h', '[1, 2]', 2, 'm', now(), now())");
        database.execute("VACUUM ANALYZE");
        List<String> before = Contents.of(database);
        assertThat(migrations.drift().differences()).isEmpty();
        assertThat(Contents.of(database)).isEqualTo(before);

        migrations.rollback(migrations.planRollbackTo("base"));
        assertThat(migrations.drift().differences()).isEmpty();
        migrations.update();
        assertThat(migrations.drift().differences()).isEmpty();
        try (Connection connection = database.connect()) {
            new ChangelogRunner(connection).rollback(3);
            assertThat(migrations.drift().differences()).isEmpty();
            new ChangelogRunner(connection).update();
        }
        assertThat(migrations.drift().differences()).isEmpty();
    }

    @Test
    void manyKindsOfObjectsShowNone() {
        changelog.of(
                sql("types", "CREATE TYPE mood AS ENUM ('calm', 'stern'); CREATE DOMAIN percent AS int CHECK (VALUE <= 100)",
                        null),
                sql("law", "CREATE TABLE law (id serial PRIMARY KEY, title varchar(20) NOT NULL UNIQUE, feeling mood DEFAULT"
                        + " 'calm',"
                        + " share percent, twice int GENERATED ALWAYS AS (share * 2) STORED)", null),
                sql("parts", "CREATE TABLE entry (at date NOT NULL) PARTITION BY RANGE (at);"
                        + " CREATE TABLE entry_2026 PARTITION OF entry FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')", null),
                sql("refer", "ALTER TABLE law ADD parent int CONSTRAINT parent_fk REFERENCES law ON DELETE CASCADE DEFERRABLE",
                        null),
                sql("index", "CREATE INDEX i ON law (lower(title) text_pattern_ops DESC) INCLUDE (id) WHERE share > 1", null),
                outsideTransactions(sql("concurrent", "CREATE INDEX CONCURRENTLY j ON law (share)", null)),
                sql("function", "CREATE FUNCTION laws() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM public.law'",
                        null),
                """
                id: 'trigger'
                changes:
                  - sql:
                      splitStatements: false
                      sql: |
                        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.title := NEW.title; RETURN NEW; END $$;
                        CREATE TRIGGER touched BEFORE UPDATE ON law FOR EACH ROW WHEN (OLD.share > 1) EXECUTE FUNCTION touch();
                """,
                sql("view", "CREATE VIEW titles AS SELECT title, share FROM law; CREATE MATERIALIZED VIEW shares AS SELECT"
                        + " share FROM law",
                        null),
                sql("rule", "CREATE RULE no_delete AS ON DELETE TO titles DO INSTEAD NOTHING", null),
                sql("policy", "ALTER TABLE law ENABLE ROW LEVEL SECURITY; CREATE POLICY shared ON law USING (share > 0)", null),
                sql("grants", "GRANT SELECT (title) ON law TO PUBLIC; GRANT SELECT ON titles TO pg_monitor;"
                        + " REVOKE EXECUTE ON FUNCTION laws() FROM PUBLIC", null),
                sql("comments", "COMMENT ON TABLE law IS 'codified'; COMMENT ON COLUMN law.share IS 'of it'", null),
                sql("statistics", "CREATE STATISTICS s (ndistinct) ON title, share FROM law", null),
                sql("fill", "INSERT INTO law (title, share) VALUES ('§ 823', 7); UPDATE law SET share = 8", null),
                sql("tighten", "ALTER TABLE law ALTER share SET NOT NULL", null));
        database.execute("ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO pg_monitor");
        Migrations migrations = migrations();
        migrations.update();
        assertThat(migrations.drift().differences()).isEmpty();

        database.execute("ALTER DEFAULT PRIVILEGES REVOKE INSERT ON TABLES FROM pg_monitor;"
                + " ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; ALTER DEFAULT PRIVILEGES GRANT UPDATE ON"
                + " TABLES TO PUBLIC;"
                + " GRANT ALL ON law TO pg_read_all_data");
        assertThat(migrations.drift().differences()).isEmpty();
    }

    @Test
    void orderInWhichChangesetsRanIsKept() {
        changelog.of(table("one"), sql("b", "ALTER TABLE one ADD b int", null));
        Migrations migrations = migrations();
        migrations.update();
        changelog.of(table("one"), sql("a", "ALTER TABLE one ADD a int", null), sql("b", "ALTER TABLE one ADD b int", null),
                sql("c", "ALTER TABLE one ADD c int", null));
        migrations.update();
        assertThat(database.query("SELECT attname FROM pg_attribute WHERE attrelid = 'one'::regclass AND attnum > 2 ORDER BY"
                + " attnum"))
                .containsExactly(List.of("b"), List.of("a"), List.of("c"));
        assertThat(migrations.drift().differences()).isEmpty();
    }

    @Test
    void whatDidNotRunBuildsNothingAndWhatRanBuildsWhateverItsPreconditionsSayNow() {
        database.execute("CREATE TABLE three (id int)");
        String unlessThere = "preConditions:\n  - onFail: MARK_RAN\n  - not:\n      - tableExists: {tableName: three}\n";
        String ifThere = "preConditions:\n  - tableExists: {tableName: three}\n";
        changelog.of(table("one"), table("three") + unlessThere, table("four") + ifThere, table("five") + "context: test\n",
                sql("may-fail", "SELECT nonsense", null) + "failOnError: false\n", table("six"));
        Migrations migrations = Migrations.of(database.dataSource(), changelog.options().withFilter("prod", null));
        migrations.update();
        assertThat(migrations.drift().differences()).extracting(Difference::toString)
                .containsExactly("table three is there, but not expected");
        database.execute("DROP TABLE three");
        assertThat(migrations.drift().differences()).isEmpty();
    }

    @Test
    void whatRanMoreThanOnceIsBuiltWhereItFirstRanAndAgainWhereItLastDid() {
        String view = sql("view", "CREATE OR REPLACE VIEW titles AS SELECT * FROM one", null) + "runOnChange: true\n";
        String always = sql("always", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO pg_monitor", null) + "runAlways: true\n";
        String over = sql("over", "CREATE VIEW over AS SELECT id FROM titles", null);
        changelog.of(table("one"), view, always, over);
        Migrations migrations = migrations();
        migrations.update();
        assertThat(migrations.drift().differences()).isEmpty();

        String newer = view.replace("SELECT * FROM one", "SELECT *, 1 AS version FROM one");
        changelog.of(table("one"), newer, over, sql("add", "CREATE TABLE two (id int)", null));
        migrations.update();
        assertThat(database.query("SELECT id, exectype FROM databasechangelog ORDER BY orderexecuted"))
                .contains(List.of("view", "RERAN"));
        changelog.of(table("one"), newer, always, over, sql("add", "CREATE TABLE two (id int)", null));
        assertThat(migrations.drift().differences()).isEmpty();
    }

    @Test
    void whatAHandAlteredAtNightIsFoundByObject() {
        Migrations migrations = Migrations.of(database.dataSource(), changelog.of(
                sql("law", "CREATE TABLE law (id serial PRIMARY KEY, title text NOT NULL, rank int DEFAULT 1)", null),
                sql("index", "CREATE INDEX i ON law (title)", null),
                sql("grant", "GRANT SELECT ON law TO pg_monitor", null), table("gone"), revision("001")).options());
        migrations.update();
        List<String> history = Contents.of(database);
        assertThat(migrations.drift().differences()).isEmpty();

        database.execute("ALTER TABLE law ALTER title TYPE varchar(9), ALTER rank SET DEFAULT 2, ADD extra int; DROP INDEX i;"
                + " REVOKE SELECT ON law FROM pg_monitor; DROP TABLE gone; CREATE TABLE new (id serial PRIMARY KEY);"
                + " ALTER TABLE law ENABLE ROW LEVEL SECURITY");
        List<String> before = Contents.of(database);

        assertThat(migrations.drift().differences()).extracting(Difference::toString).containsExactly(
                "column law.extra is there, but not expected",
                "column law.rank has default 2, expected 1",
                "column law.title is character varying(9), expected text",
                "grant select on law to pg_monitor is missing",
                "index i is missing",
                "table gone is missing",
                "table law has row security on, expected none",
                "table new is there, but not expected");
        assertThat(Contents.of(database)).isEqualTo(before).isNotEqualTo(history);
    }

    @Test
    void whatAnotherSchemaRefersToIsDriftAndNoHindranceToAdoption() {
        Migrations migrations = Migrations.of(database.dataSource(), changelog.of(table("one"), revision("001")).options());
        migrations.update();
        database.execute("CREATE SCHEMA reports; CREATE TABLE reports.r (one int CONSTRAINT to_one REFERENCES one);"
                + " ALTER TABLE one SET (toast.autovacuum_enabled = false)");
        assertThat(migrations.drift().differences()).extracting(Difference::toString).containsExactly(
                "foreign key from elsewhere reports.r.to_one is there, but not expected",
                "table one has options toast.autovacuum_enabled=false, expected none");
        database.execute("ALTER TABLE one RESET (toast.autovacuum_enabled); DROP TABLE databasechangelog, databasechangeloglock");
        assertThat(migrations.adopt().revision()).isEqualTo("001");
    }

    @Test
    void extensionBesideTheSchemaIsFoundFromTheScratchSchemaAndOneInItIsSaid() {
        database.execute("CREATE SCHEMA extensions; CREATE EXTENSION citext SCHEMA extensions");
        PGSimpleDataSource source = (PGSimpleDataSource) database.dataSource();
        source.setCurrentSchema("public,extensions");
        changelog.of(sql("law", "CREATE TABLE law (id int, title citext)", null));
        Migrations.of(source, changelog.options()).update();
        assertThat(Migrations.of(source, changelog.options()).drift().differences()).isEmpty();

        database.execute("ALTER EXTENSION citext SET SCHEMA public");
        assertThatThrownBy(Migrations.of(source, changelog.options())::drift)
                .hasMessageContaining("[changeset-failed] law failed in an empty schema of")
                .hasMessageContaining("type \"citext\" does not exist")
                .hasMessageContaining(
                        "help: a changeset that needs more than its own schema (an extension's type in it, another schema)");
    }

    @Test
    void whatCannotBeRebuiltIsRefusedInsteadOfBeingCalledDrift() {
        Migrations migrations = Migrations.of(database.dataSource(), changelog.of(table("one"), table("two") + "context: test\n")
                .options());
        migrations.update();
        assertThatThrownBy(Migrations.of(database.dataSource(), changelog.options().withFilter("prod", null))::drift)
                .hasMessageContaining("[excluded-changeset] Cannot look for drift in ")
                .hasMessageContaining("help: give the contexts");
        changelog.of(table("one"));
        assertThatThrownBy(migrations::drift).hasMessageContaining("[missing-changeset] ")
                .hasMessageContaining("create-two is deployed there but not in this changelog. Nothing was changed.");
        changelog.of(table("one").replace("type: text", "type: int"), table("two"));
        assertThatThrownBy(migrations::drift).hasMessageContaining("[changed-changeset] ")
                .hasMessageContaining("create-one was edited after it was deployed");
    }

    @Test
    void whoeverHasLockedALiveTableIsWaitedForNoLongerThanTheTimeOut() throws SQLException {
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults()
                .withLockTimeout(Duration.ofMillis(200), 0));
        migrations.update();
        try (Connection other = database.connect(); Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE verification_log IN ROW EXCLUSIVE MODE");
            assertThat(migrations.drift().differences()).isEmpty();
            statement.execute("LOCK TABLE verification_log IN ACCESS EXCLUSIVE MODE");
            assertThatThrownBy(migrations::drift).hasMessageContaining("[lock-timeout] ");
        }
    }

    @Test
    void h2ShowsItsDriftToo() throws SQLException {
        JdbcDataSource h2 = new JdbcDataSource();
        h2.setURL("jdbc:h2:mem:drifting;MODE=PostgreSQL");
        try (Connection connection = h2.getConnection(); Statement statement = connection.createStatement()) {
            Migrations migrations = Migrations.of(h2, MigrationOptions.defaults());
            migrations.update();
            assertThat(migrations.update().changesets()).isEmpty();
            assertThat(migrations.drift().differences()).isEmpty();
            statement.execute("ALTER TABLE embedding_cache ALTER COLUMN access_count SET NOT NULL; DROP INDEX"
                    + " ix_embedding_cache_text_hash");
            assertThat(migrations.drift().differences()).extracting(Difference::toString).containsExactly(
                    "column embedding_cache.access_count is NOT NULL, expected nullable",
                    "index ix_embedding_cache_text_hash is missing");
        }
    }
}
