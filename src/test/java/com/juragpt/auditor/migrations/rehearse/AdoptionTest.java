package com.juragpt.auditor.migrations.rehearse;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.AdoptionResult;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.testing.ChangelogRunner;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.Rows;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import liquibase.resource.DirectoryResourceAccessor;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

@ExtendWith(PostgresExtension.class)
class AdoptionTest {

    private static final String HISTORY = "SELECT id, tag, exectype FROM databasechangelog ORDER BY orderexecuted";

    // What Alembic wrote, from src/test/resources.
    private static String alembic;
    private static TestDatabase shared;

    @TempDir
    Path folder;

    @BeforeAll
    static void readWhatAlembicWrote(TestDatabase database) throws IOException {
        shared = database;
        try (InputStream stream = AdoptionTest.class.getResourceAsStream("/com/juragpt/auditor/migrations/alembic-001.sql")) {
            alembic = new String(stream.readAllBytes(), UTF_8);
        }
    }

    @Test
    void databaseThatAlembicMadeIsAdoptedAndGoesOnAsAnyOther(TestDatabase database) {
        database.execute(alembic);
        database.execute("INSERT INTO embedding_cache (text_hash, embedding, embedding_dim, model_name, created_at,"
                + " last_accessed)"
                + " VALUES ('h', '[1, 2]', 2, 'm', now(), now())");
        List<String> before = Contents.of(database);
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults());

        AdoptionResult result = migrations.adopt();

        assertThat(result.revision()).isEqualTo("001");
        assertThat(result.alembicVersion()).isEqualTo("001");
        assertThat(result.changesets()).hasSize(12).startsWith("000-tag-base").endsWith("001-tag-revision");
        assertThat(Contents.of(database)).containsAll(before).filteredOn(line -> !before.contains(line))
                .allMatch(line -> line.startsWith("row of databasechangelog"));
        assertThat(database.query(HISTORY)).hasSize(12).contains(List.of("000-tag-base", "base", "EXECUTED"),
                List.of("001-tag-revision", "001", "EXECUTED")).filteredOn(row -> row.get(1) != null).hasSize(2);
        assertThat(migrations.status().revision()).isEqualTo("001");
        migrations.requireCurrent();
        assertThat(migrations.update().changesets()).isEmpty();
        assertThat(migrations.drift().differences()).isEmpty();

        migrations.tag("v1");
        Migrations archiving = Migrations.of(database.dataSource(), MigrationOptions.defaults()
                .withOnDataLoss(OnDataLoss.ARCHIVE));
        assertThat(archiving.rollback(archiving.planRollbackTo("base")).changesets()).hasSize(11);
        assertThat(database.query("SELECT version_num FROM alembic_version")).containsExactly(List.of("001"));
        assertThat(database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename !~"
                + " '^databasechangelog'"))
                .containsExactly(List.of("alembic_version"));
        assertThat(archiving.update().changesets()).hasSize(11);
    }

    /** What is another, is missing and is too much, and all at once; that the catalog shows every difference is CatalogTest's. */
    static Stream<Arguments> mutations() {
        return Stream.of(
                mutation("ALTER TABLE verification_log ALTER coverage TYPE real",
                        "column verification_log.coverage is real, expected double precision"),
                mutation("DROP INDEX ix_verification_log_trust_label", "index ix_verification_log_trust_label is missing"),
                mutation("CREATE TABLE extra (id SERIAL PRIMARY KEY)", "table extra is there, but not expected"),
                mutation("DROP TABLE embedding_cache; DROP INDEX ix_source_fingerprints_source_id; COMMENT ON TABLE"
                        + " verification_log IS 'x'",
                        "index ix_source_fingerprints_source_id is missing", "table embedding_cache is missing",
                        "table verification_log has comment x, expected none"));
    }

    static Stream<Arguments> moreMutations() {
        return Stream.of(
                mutation("ALTER TABLE verification_log ALTER answer_text DROP NOT NULL",
                        "column verification_log.answer_text is nullable, expected NOT NULL"),
                mutation("ALTER TABLE verification_log ALTER retry_attempts SET DEFAULT 0",
                        "column verification_log.retry_attempts has default 0, expected none"),
                mutation("ALTER TABLE verification_log DROP coverage, ADD coverage double precision",
                        "table verification_log has its columns in another order: retry_attempts stands where coverage is"
                                + " expected"),
                mutation("ALTER TABLE verification_log DROP coverage", "column verification_log.coverage is missing"),
                mutation("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_verification_log_is_valid'::regclass",
                        "index ix_verification_log_is_valid is invalid"),
                mutation("ALTER TABLE embedding_cache DROP CONSTRAINT embedding_cache_pkey",
                        "constraint embedding_cache.embedding_cache_pkey is missing", "index embedding_cache_pkey is missing"),
                mutation("COMMENT ON TABLE verification_log IS 'audit trail'",
                        "table verification_log has comment audit trail, expected none"),
                mutation("ALTER SEQUENCE verification_log_id_seq OWNED BY NONE",
                        "sequence verification_log_id_seq has no owner, expected verification_log.id"),
                mutation("CREATE FUNCTION extra() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                        "function extra() is there, but not expected"),
                mutation("ALTER TABLE verification_log ALTER citations TYPE jsonb",
                        "column verification_log.citations is jsonb, expected json"),
                mutation("ALTER TABLE embedding_cache ALTER created_at TYPE timestamptz",
                        "column embedding_cache.created_at is timestamp with time zone, expected timestamp without time zone"),
                mutation("ALTER TABLE verification_log ALTER trust_label TYPE varchar(30)",
                        "column verification_log.trust_label is character varying(30), expected character varying(20)"),
                mutation("ALTER TABLE source_fingerprints ALTER source_id TYPE varchar",
                        "column source_fingerprints.source_id is character varying, expected character varying(100)"),
                mutation("ALTER TABLE verification_log ALTER is_valid SET NOT NULL",
                        "column verification_log.is_valid is NOT NULL, expected nullable"),
                mutation("ALTER TABLE embedding_cache ALTER id DROP DEFAULT",
                        "column embedding_cache.id has no default, expected nextval('embedding_cache_id_seq'::regclass)"),
                mutation("ALTER TABLE verification_log ALTER answer_text TYPE text COLLATE \"POSIX\"",
                        "column verification_log.answer_text has collation \"POSIX\", expected none"),
                mutation("ALTER TABLE verification_log ADD note text", "column verification_log.note is there, but not expected"),
                mutation("ALTER TABLE verification_log RENAME duration_ms TO duration",
                        "column verification_log.duration is there, but not expected",
                        "column verification_log.duration_ms is missing"),
                mutation("CREATE INDEX ix_extra ON verification_log (created_at)", "index ix_extra is there, but not expected"),
                mutation("DROP INDEX ix_embedding_cache_text_hash; CREATE INDEX ix_embedding_cache_text_hash ON embedding_cache"
                        + " (text_hash)",
                        "index ix_embedding_cache_text_hash is CREATE INDEX ix_embedding_cache_text_hash ON embedding_cache"
                                + " USING btree"
                                + " (text_hash), expected CREATE UNIQUE INDEX ix_embedding_cache_text_hash ON embedding_cache"
                                + " USING btree (text_hash)"),
                mutation("DROP INDEX ix_verification_log_is_valid; CREATE INDEX ix_verification_log_is_valid ON"
                        + " verification_log (coverage)",
                        "index ix_verification_log_is_valid is CREATE INDEX ix_verification_log_is_valid ON verification_log"
                                + " USING btree"
                                + " (coverage), expected CREATE INDEX ix_verification_log_is_valid ON verification_log USING"
                                + " btree"
                                + " (is_valid)"),
                mutation("DROP INDEX ix_verification_log_is_valid; CREATE INDEX ix_verification_log_is_valid ON"
                        + " verification_log (is_valid)"
                        + " WHERE is_valid",
                        "index ix_verification_log_is_valid is CREATE INDEX ix_verification_log_is_valid ON verification_log"
                                + " USING btree"
                                + " (is_valid) WHERE is_valid, expected CREATE INDEX ix_verification_log_is_valid ON"
                                + " verification_log"
                                + " USING btree (is_valid)"),
                mutation("ALTER INDEX ix_verification_log_is_valid RENAME TO ix_valid",
                        "index ix_valid is there, but not expected",
                        "index ix_verification_log_is_valid is missing"),
                mutation("ALTER TABLE embedding_cache ADD CONSTRAINT positive CHECK (embedding_dim > 0)",
                        "constraint embedding_cache.positive is there, but not expected"),
                mutation("ALTER TABLE embedding_cache ADD CONSTRAINT u UNIQUE USING INDEX ix_embedding_cache_text_hash",
                        "constraint embedding_cache.u is there, but not expected",
                        "index ix_embedding_cache_text_hash is missing", "index u is there, but not expected"),
                mutation("COMMENT ON COLUMN verification_log.coverage IS 'share'",
                        "column verification_log.coverage has comment share, expected none"),
                mutation("ALTER SEQUENCE verification_log_id_seq INCREMENT 10",
                        "sequence verification_log_id_seq has increment 10, expected 1"),
                mutation("ALTER TABLE verification_log SET (fillfactor = 50)",
                        "table verification_log has options fillfactor=50, expected none"),
                mutation("ALTER TABLE source_fingerprints ENABLE ROW LEVEL SECURITY",
                        "table source_fingerprints has row security on, expected none"),
                mutation("CREATE TYPE extra AS ENUM ('a')", "type extra is there, but not expected"),
                mutation("CREATE VIEW extra AS SELECT 1 AS x", "view extra is there, but not expected"),
                mutation("CREATE TRIGGER extra BEFORE UPDATE ON embedding_cache FOR EACH ROW"
                        + " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
                        "trigger embedding_cache.extra is there, but not expected"),
                mutation("DROP TABLE embedding_cache", "table embedding_cache is missing"));
    }

    private static Arguments mutation(String sql, String... differences) {
        return Arguments.of(sql, List.of(differences));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mutations")
    void schemaThatDiffersInOneThingIsRefusedByNameAndLeftAlone(String mutation, List<String> differences) {
        assertRefusedByNameAndLeftAlone(mutation, differences);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("moreMutations")
    @Tag("exhaustive")
    void schemaThatDiffersInAnythingElseIsRefusedByNameAndLeftAloneToo(String mutation, List<String> differences) {
        assertRefusedByNameAndLeftAlone(mutation, differences);
    }

    private static void assertRefusedByNameAndLeftAlone(String mutation, List<String> differences) {
        shared.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public;" + alembic + ";" + mutation);
        List<String> before = Contents.of(shared);

        assertThatThrownBy(Migrations.of(shared.dataSource(), MigrationOptions.defaults())::adopt)
                .isInstanceOf(MigrationException.class)
                .hasMessageContaining("[schema-differs] Cannot adopt " + shared.name() + " on ")
                .hasMessageContaining(": its schema is that of no revision. Nothing was changed.\n  " + differences.size()
                        + (differences.size() == 1 ? " difference" : " differences")
                        + " from revision 001, which alembic_version names:\n  "
                        + String.join("\n  ", differences) + "\n  help: ");
        assertThat(Contents.of(shared)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "UPDATE alembic_version SET version_num = '002'; says '002'",
        "DELETE FROM alembic_version; is empty"})
    void alembicThatSaysOtherwiseIsBelieved(String change, TestDatabase database) {
        assertBelieved(change, database);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {
        "UPDATE alembic_version SET version_num = 'ae1027a6acf'; says 'ae1027a6acf'",
        "INSERT INTO alembic_version VALUES ('002'); has 2 rows: 001, 002"})
    void alembicThatSaysAnythingElseIsBelievedToo(String change, TestDatabase database) {
        assertBelieved(change, database);
    }

    private static void assertBelieved(String change, TestDatabase database) {
        database.execute(alembic + ";" + change.split("; ")[0]);
        List<String> before = Contents.of(database);

        assertThatThrownBy(Migrations.of(database.dataSource(), MigrationOptions.defaults())::adopt)
                .hasMessageContaining("[alembic-disagrees] ")
                .hasMessageContaining("its schema is that of revision 001, but its table"
                        + " alembic_version " + change.split("; ")[1] + ". Nothing was changed.");
        assertThatThrownBy(() -> Migrations.of(database.dataSource(), MigrationOptions.defaults()).adoptAs("001"))
                .hasMessageContaining("[alembic-disagrees] ");
        assertThat(Contents.of(database)).isEqualTo(before);
    }

    @Test
    void databaseThatAHandMadeNeedsNoAlembic(TestDatabase database) {
        database.execute(alembic + "; DROP TABLE alembic_version");
        AdoptionResult result = Migrations.of(database.dataSource(), MigrationOptions.defaults()).adopt();
        assertThat(result.revision()).isEqualTo("001");
        assertThat(result.alembicVersion()).isNull();
    }

    @Test
    void emptyOrManagedDatabasesAreRefused(TestDatabase database, TestDatabase synced) throws SQLException {
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults());
        assertThatThrownBy(migrations::adopt).hasMessageContaining("[nothing-to-adopt] ");
        assertThat(database.query("SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace")).isEmpty();

        database.execute(alembic);
        migrations.adopt();
        List<String> adopted = Contents.of(database);
        assertThatThrownBy(migrations::adopt).hasMessageContaining("[already-managed] ");
        assertThat(Contents.of(database)).isEqualTo(adopted);

        synced.execute(alembic);
        try (Connection connection = synced.connect()) {
            new ChangelogRunner(connection).sync();
        }
        assertThatThrownBy(Migrations.of(synced.dataSource(), MigrationOptions.defaults())::adopt)
                .hasMessageContaining("[already-managed] ");
    }

    @Test
    void ownersAndGrantsOfTheSurroundingsDoNotHinder(TestDatabase database) {
        TestDatabase owner = database.createRole("owner");
        TestDatabase application = database.createRole("application");
        TestDatabase deployer = database.createRole("deployer");
        database.execute("GRANT CREATE ON SCHEMA public TO " + owner.user() + ", " + deployer.user()
                + "; GRANT CREATE ON DATABASE " + database.name() + " TO " + deployer.user());
        owner.execute(alembic);
        owner.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO " + application.user() + ", " + deployer.user()
                + "; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO " + application.user()
                + "; GRANT UPDATE (is_valid) ON verification_log TO " + application.user());
        deployer.execute("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO " + application.user());

        Migrations migrations = Migrations.of(deployer.dataSource(), MigrationOptions.defaults());
        assertThat(migrations.adopt().revision()).isEqualTo("001");
        assertThat(migrations.drift().differences()).isEmpty();
        assertThat(Migrations.of(database.dataSource(), MigrationOptions.defaults()).drift().differences()).isEmpty();
    }

    @Test
    void roleThatMayNotBuildASchemaIsToldWhatItNeeds(TestDatabase database) {
        TestDatabase owner = database.createRole("owner");
        database.execute("GRANT CREATE ON SCHEMA public TO " + owner.user());
        owner.execute(alembic);
        Migrations migrations = Migrations.of(owner.dataSource(), MigrationOptions.defaults());
        String message = "[missing-privilege] The role may not create a scratch schema in " + database.name() + " on ";
        String help = "help: GRANT CREATE, TEMPORARY ON DATABASE " + database.name() + " TO " + owner.user();

        assertThatThrownBy(migrations::adopt).hasMessageContaining(message).hasMessageEndingWith(help);
        assertThatThrownBy(migrations::drift).hasMessageContaining(message).hasMessageEndingWith(help);
        assertThatThrownBy(migrations::rehearseFromBase).hasMessageContaining(message).hasMessageEndingWith(help);
        database.execute(help.substring("help: ".length()));
        assertThat(migrations.adopt().revision()).isEqualTo("001");
    }

    @Test
    void schemaOtherThanPublicIsAdoptedInItsPlace(TestDatabase database) {
        database.execute("CREATE SCHEMA \"Auditor\"; SET search_path = \"Auditor\";" + alembic);
        PGSimpleDataSource source = (PGSimpleDataSource) database.dataSource();
        source.setCurrentSchema("\"Auditor\", public");
        Migrations migrations = Migrations.of(source, MigrationOptions.defaults());

        assertThat(migrations.adopt().revision()).isEqualTo("001");
        assertThat(migrations.drift().differences()).isEmpty();
        assertThat(migrations.update().changesets()).isEmpty();
        assertThat(database.query("SELECT count(*) FROM \"Auditor\".databasechangelog")).containsExactly(List.of("12"));
        assertThat(database.query("SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace")).isEmpty();
    }

    @Test
    void databaseAtAnOlderRevisionGoesOnFromThere(TestDatabase database) throws IOException {
        database.execute(alembic);
        try (Stream<Path> files = Files.walk(ChangelogRunner.CHECKOUT.resolve("changelog"))) {
            for (Path file : files.toList()) {
                Path copy = folder.resolve(ChangelogRunner.CHECKOUT.relativize(file));
                Files.copy(file, copy);
            }
        }
        Files.writeString(folder.resolve(ChangelogRunner.MASTER), "  - include: {file: changelog/002.yaml}\n",
                StandardOpenOption.APPEND);
        new SampleChangelog(folder).of(sql("002-add-jurisdiction", "ALTER TABLE verification_log ADD jurisdiction text",
                "ALTER TABLE verification_log DROP jurisdiction"), revision("002"));
        Files.move(folder.resolve("changelog/sample.yaml"), folder.resolve("changelog/002.yaml"));
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults()
                .withChangelog(ChangelogRunner.MASTER, new DirectoryResourceAccessor(folder)));

        assertThat(migrations.adopt().revision()).isEqualTo("001");
        assertThat(migrations.drift().differences()).isEmpty();
        assertThat(migrations.update().changesets()).containsExactly("002-add-jurisdiction", "tag-002");
        assertThat(migrations.drift().differences()).isEmpty();
        assertThat(migrations.status().revision()).isEqualTo("002");
    }

    @Test
    void revisionsThatDifferInDataAloneAreNotGuessed(TestDatabase database) {
        String made = "CREATE TABLE one (id int CONSTRAINT one_pkey PRIMARY KEY, note text);";
        database.execute(made);
        Migrations migrations = Migrations.of(database.dataSource(), new SampleChangelog(folder).of(table("one"), revision("001"),
                sql("fill", "INSERT INTO one VALUES (1)", "DELETE FROM one"), revision("002"), table("two"), revision("003"))
                .options());

        assertThatThrownBy(migrations::adopt).hasMessageContaining("[ambiguous-revision] ")
                .hasMessageContaining("its schema is that of the revisions 001 and 002, which differ in data alone. Nothing was"
                        + " changed."
                        + "\n  changesets that may or may not have run: fill"
                        + "\n  help: check the data, then -Dmigrations.revision=002 if they have run, =001 if not");
        assertThatThrownBy(() -> migrations.adoptAs("003")).hasMessageContaining("[schema-differs] ")
                .hasMessageContaining("its schema is not that of revision 003. Nothing was changed.\n  1 difference from"
                        + " revision 003:"
                        + "\n  table two is missing");
        assertThatThrownBy(() -> migrations.adoptAs("004")).hasMessageContaining("[unknown-revision] ")
                .hasMessageContaining("revisions, in order: 001, 002, 003");
        assertThat(migrations.adoptAs("001").changesets()).containsExactly("create-one", "tag-001");
        assertThat(migrations.updateTo("002").changesets()).containsExactly("fill", "tag-002");

        database.execute("DROP TABLE databasechangelog, databasechangeloglock");
        assertThat(migrations.adoptAs("002").changesets()).containsExactly("create-one", "tag-001", "fill", "tag-002");

        database.execute("DROP TABLE databasechangelog, databasechangeloglock;"
                + "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('001')");
        assertThat(migrations.adopt().revision()).isEqualTo("001");
    }

    @Test
    void changesetThatItsPreconditionWouldNotHaveRunIsRecordedSo(TestDatabase database) {
        database.execute("CREATE TABLE one (id int CONSTRAINT one_pkey PRIMARY KEY, note text)");
        String never = "preConditions:\n  - onFail: MARK_RAN\n  - sqlCheck: {expectedResult: 1, sql: 'SELECT 2'}\n";
        Migrations migrations = Migrations.of(database.dataSource(),
                new SampleChangelog(folder).of(table("one"), table("two") + never, revision("001")).options());
        migrations.adopt();
        assertThat(database.query(HISTORY)).containsExactly(cells("create-one", null, "EXECUTED"),
                cells("create-two", null, "MARK_RAN"),
                cells("tag-001", "001", "EXECUTED"));
    }

    private static List<String> cells(String... cells) {
        return Arrays.asList(cells);
    }

    @Test
    void h2IsAdoptedOrLeftAloneToo() throws SQLException {
        JdbcDataSource h2 = new JdbcDataSource();
        h2.setURL("jdbc:h2:mem:adopted;MODE=PostgreSQL");
        try (Connection connection = h2.getConnection(); Statement statement = connection.createStatement()) {
            new ChangelogRunner(connection).update();
            statement.execute("DROP TABLE DATABASECHANGELOG; DROP TABLE DATABASECHANGELOGLOCK; ALTER TABLE embedding_cache ADD"
                    + " note text");
            Migrations migrations = Migrations.of(h2, MigrationOptions.defaults());

            assertThatThrownBy(migrations::adopt).hasMessageContaining("column embedding_cache.note is there, but not expected");
            assertThat(Rows.of(connection, "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME LIKE 'DATABASE%'"))
                    .isEmpty();

            statement.execute("ALTER TABLE embedding_cache DROP COLUMN note");
            assertThat(migrations.adopt().revision()).isEqualTo("001");
            assertThat(migrations.drift().differences()).isEmpty();
            assertThat(migrations.update().changesets()).isEmpty();
        }
    }
}
