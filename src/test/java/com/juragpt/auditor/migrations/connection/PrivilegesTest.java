package com.juragpt.auditor.migrations.connection;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What the role may not do is told with the object, the privilege, and the statement that grants it. */
@ExtendWith(PostgresExtension.class)
class PrivilegesTest {

    private static final List<Consumer<Migrations>> WRITING =
            List.of(Migrations::update, m -> m.tag("v1"), m -> m.rollback(m.planRollbackTo("start")));
    private static final List<Consumer<Migrations>> ALL = List.of(Migrations::status, Migrations::update, m -> m.tag("v1"),
            Migrations::adopt, Migrations::drift, Migrations::rehearse, m -> m.planRollbackTo("start"));

    private TestDatabase owner;
    private TestDatabase role;
    private SampleChangelog changelog;

    @BeforeEach
    void open(TestDatabase empty, @TempDir Path folder) {
        owner = empty;
        role = empty.createRole("deployer");
        owner.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC");
        changelog = new SampleChangelog(folder).of(revision("start"), table("one"));
    }

    @Test
    void aSchemaThatTheRoleMayNotCreateIn() {
        owner.execute("GRANT USAGE ON SCHEMA public TO " + role.user());
        assertRefused(Migrations::update, "missing-privilege", "schema public", "CREATE",
                "GRANT CREATE ON SCHEMA public TO " + role.user());
    }

    @Test
    void aSchemaThatTheRoleMayNotUse() {
        assertRefused(Migrations::update, "missing-privilege", "schema public", "USAGE",
                "GRANT USAGE, CREATE ON SCHEMA public TO " + role.user());
    }

    @Test
    void aLockTableThatTheRoleMayNotWrite() {
        deployByOwner();
        grantAll();
        owner.execute("REVOKE ALL ON databasechangeloglock FROM " + role.user());
        owner.execute("GRANT SELECT ON databasechangeloglock TO " + role.user());
        changelog.of(revision("start"), table("one"), table("two"));
        assertRefused(Migrations::update, "missing-privilege", "public.databasechangeloglock", "UPDATE",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON public.databasechangeloglock TO " + role.user());
    }

    @Test
    void aHistoryThatTheRoleMayNotWrite() {
        deployByOwner();
        grantAll();
        owner.execute("REVOKE INSERT ON databasechangelog FROM " + role.user());
        changelog.of(revision("start"), table("one"), table("two"));
        assertRefused(Migrations::update, "missing-privilege", "public.databasechangelog", "INSERT",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON public.databasechangelog TO " + role.user());
    }

    @Test
    void aTableThatTheRoleMayNotWrite() {
        deployByOwner();
        grantAll();
        owner.execute("REVOKE INSERT ON one FROM " + role.user());
        changelog.of(revision("start"), table("one"), sql("insert", "INSERT INTO one VALUES (1)", "DELETE FROM one"));
        assertRefused(Migrations::update, "changeset-failed", "insert", "table one",
                "GRANT INSERT ON public.one TO " + role.user());
    }

    /** Only an owner alters a table: there is no privilege for it that could be granted. */
    @Test
    void aTableThatTheRoleDoesNotOwn() {
        deployByOwner();
        grantAll();
        changelog.of(revision("start"), table("one"), sql("alter", "ALTER TABLE one ADD x int", "ALTER TABLE one DROP x"));
        assertRefused(Migrations::update, "changeset-failed", "alter", "owner of table one",
                "ALTER TABLE public.one OWNER TO " + role.user());
        TestDatabase other = owner.createRole("other");
        owner.execute("ALTER TABLE one OWNER TO " + other.user());
        assertRefused(Migrations::update, "changeset-failed", "belongs to " + other.user(),
                "GRANT " + other.user() + " TO " + role.user());
    }

    @Test
    void namesThatNeedQuotesHaveThem() {
        deployByOwner();
        grantAll();
        owner.execute("CREATE SCHEMA \"Law Books\"; CREATE TABLE \"Law Books\".\"The Law\" (id int)");
        changelog.of(revision("start"), table("one"),
                sql("read", "CREATE TABLE laws AS SELECT * FROM \\\"Law Books\\\".\\\"The Law\\\"", "DROP TABLE laws"));
        assertRefused(Migrations::update, "changeset-failed", "GRANT USAGE ON SCHEMA \"Law Books\" TO " + role.user());
        owner.execute("GRANT USAGE ON SCHEMA \"Law Books\" TO " + role.user());
        assertRefused(Migrations::update, "changeset-failed", "GRANT SELECT ON \"Law Books\".\"The Law\" TO " + role.user());
        owner.execute("GRANT SELECT ON \"Law Books\".\"The Law\" TO " + role.user());
        deployer().update();
        changelog.of(revision("start"), table("one"),
                sql("write", "INSERT INTO \\\"Law Books\\\".\\\"The Law\\\" VALUES (1)", null));
        assertRefused(Migrations::update, "changeset-failed", "GRANT INSERT ON \"Law Books\".\"The Law\" TO " + role.user());
    }

    /** Without TRIGGER on it either, which would not help. */
    @Test
    void anIndexOnATableThatTheRoleDoesNotOwn() {
        deployByOwner();
        owner.execute("GRANT USAGE, CREATE ON SCHEMA public TO " + role.user() + "; GRANT SELECT, INSERT, UPDATE, DELETE ON"
                + " ALL TABLES IN SCHEMA public TO " + role.user());
        changelog.of(revision("start"), table("one"), sql("index", "CREATE INDEX ix ON one (note)", "DROP INDEX ix"));
        assertRefused(Migrations::update, "changeset-failed", "ALTER TABLE public.one OWNER TO " + role.user());
    }

    /** The name of the owner's table is not what the deployer may do something about. */
    @Test
    void aViewWhoseOwnerMayNotReadIsLeftToTheServersWords() {
        deployByOwner();
        grantAll();
        TestDatabase other = owner.createRole("other");
        owner.execute(
                "CREATE VIEW seen AS SELECT * FROM one; ALTER VIEW seen OWNER TO " + other.user() + "; GRANT SELECT ON seen TO "
                        + role.user());
        changelog.of(revision("start"), table("one"), sql("look", "SELECT * FROM seen", null));
        Throwable refusal = catchThrowable(() -> deployer().update());
        assertThat(refusal).hasMessageContaining("permission denied for table one")
                .hasMessageEndingWith("help: fix the changeset, then run the update again");
    }

    /** A table of the same name on the search path is not the one that is meant. */
    @Test
    void whatIsReferredToInAnotherSchema() {
        deployByOwner();
        grantAll();
        owner.execute("REVOKE ALL ON one FROM " + role.user() + "; CREATE SCHEMA law; CREATE TABLE law.one (id int PRIMARY KEY);"
                + " GRANT USAGE ON SCHEMA law TO " + role.user());
        changelog.of(revision("start"), table("one"),
                sql("refer", "CREATE TABLE two (id int REFERENCES law.one)", "DROP TABLE two"),
                sql("call", "CREATE TABLE three AS SELECT law.secret()", "DROP TABLE three"),
                sql("draw", "INSERT INTO two SELECT nextval('law.numbers')", "DELETE FROM two"));
        assertRefused(Migrations::update, "changeset-failed", "GRANT REFERENCES ON law.one TO " + role.user());
        owner.execute("GRANT REFERENCES ON law.one TO " + role.user() + "; CREATE FUNCTION law.secret() RETURNS int LANGUAGE sql"
                + " RETURN 1; REVOKE ALL ON FUNCTION law.secret() FROM PUBLIC; CREATE SEQUENCE law.numbers;"
                + " INSERT INTO law.one VALUES (1)");
        assertRefused(Migrations::update, "changeset-failed", "GRANT EXECUTE ON FUNCTION law.secret() TO " + role.user());
        owner.execute("GRANT EXECUTE ON FUNCTION law.secret() TO " + role.user());
        assertRefused(Migrations::update, "changeset-failed",
                "GRANT USAGE, SELECT, UPDATE ON SEQUENCE law.numbers TO " + role.user());
        owner.execute("GRANT USAGE, SELECT, UPDATE ON SEQUENCE law.numbers TO " + role.user());
        deployer().update();
    }

    @Test
    void aTableWhoseRowsThePlanMayNotCount() {
        deployByOwner();
        grantAll();
        owner.execute("REVOKE SELECT ON one FROM " + role.user());
        assertRefused(m -> m.planRollbackTo("start"), "missing-privilege", "one", "SELECT",
                "GRANT SELECT ON public.one TO " + role.user());
    }

    /** With FORCE even the owner sees only what the policies show, and a rollback would delete the rest unseen. */
    @Test
    void aTableThatForcesItsRowSecurityOnItsOwner() {
        owner.execute("GRANT USAGE, CREATE ON SCHEMA public TO " + role.user());
        deployer().update();
        owner.execute("INSERT INTO one VALUES (1); ALTER TABLE one ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY");
        assertRefused(m -> m.planRollbackTo("start"), "missing-privilege", "one", "row-level security",
                "ALTER TABLE public.one NO FORCE ROW LEVEL SECURITY", "BYPASSRLS");
        assertRefused(m -> Migrations.of(role.dataSource(), changelog.options().withOnDataLoss(OnDataLoss.ARCHIVE))
                .planRollbackTo("start"), "missing-privilege", "row-level security");
    }

    /** Of a history in part a deployment would run again what it does not see, and a lock that is not seen would be waited for. */
    @Test
    void aHistoryOrLockTableWithRowsThatAPolicyMayHide() {
        deployByOwner();
        grantAll();
        changelog.of(revision("start"), table("one"), table("two"));
        owner.execute("ALTER TABLE databasechangeloglock ENABLE ROW LEVEL SECURITY");
        for (Consumer<Migrations> verb : WRITING) {
            assertRefused(verb, "missing-privilege", "row-level security", "public.databasechangeloglock",
                    "ALTER ROLE " + role.user() + " BYPASSRLS");
        }
        owner.execute("ALTER TABLE databasechangeloglock DISABLE ROW LEVEL SECURITY;"
                + " ALTER TABLE databasechangelog ENABLE ROW LEVEL SECURITY");
        for (Consumer<Migrations> verb : ALL) {
            assertRefused(verb, "missing-privilege", "row-level security", "public.databasechangelog",
                    "ALTER ROLE " + role.user() + " BYPASSRLS");
        }
        owner.execute("ALTER ROLE " + role.user() + " BYPASSRLS");
        deployer().update();
    }

    /** What a standby answers to a write is what a read-only transaction answers. */
    @Test
    void aServerThatOnlyReads() {
        deployByOwner();
        grantAll();
        owner.execute("ALTER ROLE " + role.user() + " SET default_transaction_read_only = on");
        changelog.of(revision("start"), table("one"), table("two"));
        assertThat(deployer().status().pending()).hasSize(1);
        for (Consumer<Migrations> verb : WRITING) {
            assertRefused(verb, "read-only-database", "default_transaction_read_only", "standby");
        }
    }

    @Test
    void aSearchPathThatPointsNowhere() {
        deployByOwner();
        grantAll();
        owner.execute("ALTER ROLE " + role.user() + " SET search_path = nowhere, elsewhere");
        for (Consumer<Migrations> verb : ALL) {
            assertRefused(verb, "missing-schema", "nowhere, elsewhere",
                    "ALTER ROLE " + role.user() + " SET search_path = public");
        }
    }

    @Test
    void aSearchPathThatPointsAtAnEmptySchemaWhileAnotherIsFull() {
        owner.execute("GRANT USAGE, CREATE ON SCHEMA public TO " + role.user() + "; CREATE SCHEMA other AUTHORIZATION "
                + role.user() + "; CREATE TABLE one (id int)");
        owner.execute("ALTER ROLE " + role.user() + " SET search_path = other");
        assertRefused(Migrations::adopt, "nothing-to-adopt", "schema other of ", "schemas that are not empty: public",
                "ALTER ROLE " + role.user() + " SET search_path = public");
    }

    private void deployByOwner() {
        Migrations.of(owner.dataSource(), changelog.options()).update();
    }

    private void grantAll() {
        owner.execute("GRANT USAGE, CREATE ON SCHEMA public TO " + role.user()
                + "; GRANT ALL ON ALL TABLES IN SCHEMA public TO " + role.user());
    }

    private void assertRefused(Consumer<Migrations> verb, String code, String... parts) {
        List<String> before = Contents.of(owner);
        Throwable refusal = catchThrowable(() -> verb.accept(deployer()));
        assertThat(Contents.of(owner)).isEqualTo(before);
        assertThat(refusal).isInstanceOf(MigrationException.class);
        assertThat(refusal.getMessage()).startsWith("[" + code + "] ").contains("Nothing was changed.").contains(parts)
                .contains("\n  help: ");
    }

    private Migrations deployer() {
        return Migrations.of(role.dataSource(), changelog.options());
    }
}
