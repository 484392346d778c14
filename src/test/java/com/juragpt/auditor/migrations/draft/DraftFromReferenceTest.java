package com.juragpt.auditor.migrations.draft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.juragpt.auditor.migrations.ChangelogFolder;
import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Difference;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.NewRevision;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RevisionDraft;
import com.juragpt.auditor.migrations.database.DatabaseUrl;
import com.juragpt.auditor.migrations.database.ReferenceUrl;
import com.juragpt.auditor.migrations.testing.ChangelogCopy;
import com.juragpt.auditor.migrations.testing.ChangelogFindings;
import com.juragpt.auditor.migrations.testing.ChangelogRunner;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.StockLiquibase;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(PostgresExtension.class)
class DraftFromReferenceTest {

    private static final NewRevision MODEL = NewRevision.named("follow the model");

    private TestDatabase reference;
    private ChangelogCopy changelog;

    @BeforeEach
    void open(TestDatabase database, @TempDir Path folder) {
        reference = database;
        changelog = ChangelogCopy.in(folder);
        Migrations.of(database.dataSource(), changelog.options()).update();
    }

    private ReferenceUrl url() {
        return ReferenceUrl.of(DatabaseUrl.parse(reference.url()));
    }

    private RevisionDraft draft() {
        List<String> before = Contents.of(reference);
        RevisionDraft draft =
                ChangelogFolder.of(changelog.root(), ChangelogRunner.MASTER).draftRevision(MODEL, url(), changelog.options());
        assertThat(Contents.of(reference)).isEqualTo(before);
        return draft;
    }

    private String drafted(String file) {
        return changelog.read("changelog/002-follow-the-model/" + file);
    }

    private void assertProven(RevisionDraft draft) throws IOException {
        assertThat(draft.failure()).isNull();
        assertThat(draft.notCovered()).isEmpty();
        assertThat(draft.notReversible()).isEmpty();
        // What makes others wait is the author's to decide; the form is the draft's.
        assertThat(ChangelogFindings.besideStalls(changelog.root())).isEmpty();
        Map<String, String> written = changelog.contents();
        RevisionDraft again = ChangelogFolder.of(changelog.root(), ChangelogRunner.MASTER)
                .draftRevision(NewRevision.named("again"), url(), changelog.options());
        assertThat(again.differences()).isEmpty();
        assertThat(again.written()).isNull();
        assertThat(changelog.contents()).isEqualTo(written);
    }

    @Test
    void anUnchangedModelGivesNothing() {
        Map<String, String> before = changelog.contents();
        RevisionDraft draft = draft();
        assertThat(draft.differences()).isEmpty();
        assertThat(draft.written()).isNull();
        assertThat(changelog.contents()).isEqualTo(before);
    }

    @Test
    void everythingAModelUsuallyChangesIsDraftedAndProven() throws IOException {
        reference.execute("""
                CREATE TABLE users (id SERIAL PRIMARY KEY, email varchar(200) NOT NULL CONSTRAINT users_email_key UNIQUE,
                    active boolean NOT NULL DEFAULT true, created_at timestamp NOT NULL DEFAULT now(), score numeric(10,2) DEFAULT 1.5,
                    settings jsonb, big bigint, tags text[], rate double precision, external uuid, day date, at timestamptz);
                CREATE TABLE feedback (id BIGSERIAL PRIMARY KEY, user_id int NOT NULL, text text DEFAULT 'it''s',
                    CONSTRAINT feedback_user_id_fkey FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE);
                CREATE INDEX ix_feedback_user_id ON feedback (user_id, id);
                CREATE UNIQUE INDEX ix_feedback_text ON feedback (text);
                ALTER TABLE verification_log ADD COLUMN language varchar(8) NOT NULL DEFAULT 'de';
                ALTER TABLE verification_log ADD COLUMN user_id int CONSTRAINT verification_log_user_id_fkey REFERENCES users;
                ALTER TABLE embedding_cache DROP COLUMN access_count;
                ALTER TABLE embedding_cache ALTER COLUMN model_name TYPE varchar(200);
                ALTER TABLE embedding_cache ALTER COLUMN created_at SET DEFAULT now();
                ALTER TABLE embedding_cache ALTER COLUMN embedding_dim DROP NOT NULL;
                ALTER TABLE source_fingerprints ALTER COLUMN version SET NOT NULL;
                """);
        RevisionDraft draft = draft();
        assertProven(draft);
    }

    @Test
    void whatIsDroppedComesBackWithAllThatWentWithIt() throws IOException {
        reference.execute("DROP TABLE verification_log, embedding_cache CASCADE");
        RevisionDraft draft = draft();
        assertProven(draft);
    }

    @Test
    @Tag("exhaustive")
    void changedConstraintsAndIndexesAreDroppedAndCreatedAgain() throws IOException {
        changelog.write("changelog/001-initial-schema/parts.yaml", """
                databaseChangeLog:
                  - changeSet:
                      id: '001-create-parts'
                      author: juragpt
                      changes:
                        - sql:
                            sql: >-
                              CREATE TABLE one (id bigint GENERATED ALWAYS AS IDENTITY, a int NOT NULL, b int NOT NULL, c text,
                                CONSTRAINT one_pkey PRIMARY KEY (id), CONSTRAINT one_a_key UNIQUE (a), d smallint);
                              CREATE INDEX ix_one_b ON one (b);
                              CREATE TABLE two (id serial PRIMARY KEY, one_a int, other int,
                                CONSTRAINT two_fk FOREIGN KEY (one_a) REFERENCES one (a));
                              CREATE TABLE three (id serial PRIMARY KEY, v varchar(10) DEFAULT 'x');
                              CREATE SEQUENCE numbers; CREATE SEQUENCE old_numbers START 5;
                              CREATE VIEW ones AS SELECT id, a FROM one; CREATE VIEW threes AS SELECT v FROM three;
                      rollback:
                        - sql: {sql: DROP TABLE one}
                """);
        changelog.edit(ChangelogRunner.MASTER, "  - include: {file: changelog/001-initial-schema/revision.yaml}",
                "  - include: {file: changelog/001-initial-schema/parts.yaml}\n"
                        + "  - include: {file: changelog/001-initial-schema/revision.yaml}");
        reference.execute("""
                CREATE TABLE one (id bigint GENERATED ALWAYS AS IDENTITY, a int NOT NULL, b int NOT NULL, c text,
                  CONSTRAINT one_pkey PRIMARY KEY (id, a), CONSTRAINT one_a_key UNIQUE (a, b), d smallint DEFAULT 3);
                CREATE UNIQUE INDEX ix_one_b ON one (b, c);
                COMMENT ON TABLE one IS 'the ''first'''; COMMENT ON COLUMN one.b IS 'of b';
                CREATE TABLE two (id serial PRIMARY KEY, one_a int, other int, CONSTRAINT two_fk FOREIGN KEY (one_a, other)
                  REFERENCES one (a, b) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED);
                CREATE SEQUENCE numbers INCREMENT 2; CREATE SEQUENCE new_numbers START 7;
                CREATE VIEW ones AS SELECT id, a, c FROM one; CREATE VIEW twos AS SELECT id FROM two;
                CREATE TABLE "Odd Name" ("Key" int PRIMARY KEY, "select" text DEFAULT 'a ''quoted'' one', plain text DEFAULT '',
                  tick timestamp(3) DEFAULT '2020-01-01 00:00:00');
                CREATE TABLE pair (b int, a int, CONSTRAINT pair_pkey PRIMARY KEY (a, b));
                CREATE TABLE hen (id serial PRIMARY KEY, egg int);
                CREATE TABLE egg (id serial PRIMARY KEY, hen int CONSTRAINT egg_hen_fkey REFERENCES hen);
                ALTER TABLE hen ADD CONSTRAINT hen_egg_fkey FOREIGN KEY (egg) REFERENCES egg;
                ALTER TABLE verification_log ADD COLUMN it text NOT NULL DEFAULT 'it''s', ADD COLUMN serial_no bigserial,
                  ADD COLUMN ident int GENERATED BY DEFAULT AS IDENTITY;
                ALTER TABLE verification_log ALTER COLUMN trust_label SET DEFAULT 'o''k';
                """);
        RevisionDraft draft = draft();
        assertProven(draft);
    }

    @Test
    void whatLiquibaseDoesNotSeeIsNamedWithItsDefinition() {
        reference.execute("""
                CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
                CREATE TABLE law (id int PRIMARY KEY, rank int CONSTRAINT positive CHECK (rank > 0), title text COLLATE "C",
                  twice int GENERATED ALWAYS AS (rank * 2) STORED);
                CREATE INDEX ix_law_part ON law (rank) WHERE rank > 1; CREATE INDEX ix_law_lower ON law (lower(title));
                CREATE INDEX ix_law_desc ON law (rank DESC);
                CREATE TRIGGER touched BEFORE UPDATE ON law FOR EACH ROW EXECUTE FUNCTION touch();
                ALTER TABLE verification_log ADD CONSTRAINT sure CHECK (confidence_score <= 1);
                CREATE TABLE alembic_version (version_num varchar(32) NOT NULL);
                """);

        RevisionDraft draft = draft();

        assertThat(draft.written().files()).containsExactly("changelog/002-follow-the-model/law.yaml",
                "changelog/002-follow-the-model/revision.yaml");
        assertThat(draft.isProven()).isFalse();
        assertThat(draft.notCovered()).extracting(Difference::object).contains("column law.title", "constraint law.positive",
                "constraint verification_log.sure", "function touch()", "index ix_law_part", "trigger law.touched");
        assertThat(draft.notCovered()).extracting(Difference::toString)
                .contains("constraint law.positive is missing: CHECK (rank > 0)",
                        "column law.title has no collation, expected \"C\"");
        assertThat(draft.notReversible()).isEmpty();
    }

    @Test
    void whereNothingCanBeDraftedNothingIsWritten() {
        reference.execute("ALTER TABLE verification_log ADD CONSTRAINT sure CHECK (confidence_score <= 1)");
        Map<String, String> before = changelog.contents();

        RevisionDraft draft = draft();

        assertThat(draft.written()).isNull();
        assertThat(draft.notCovered()).extracting(Difference::toString).singleElement().asString()
                .startsWith("constraint verification_log.sure is missing: CHECK (confidence_score <= ");
        assertThat(changelog.contents()).isEqualTo(before);
    }

    @Test
    void aDraftThatCannotBeAppliedIsWrittenAndSaysWhy() {
        reference.execute("CREATE TYPE mood AS ENUM ('calm'); CREATE TABLE law (id int PRIMARY KEY, feeling mood)");

        RevisionDraft draft = draft();

        assertThat(drafted("law.yaml")).contains("column: {name: feeling, type: mood}");
        assertThat(draft.failure()).contains("002-create-law failed").contains("type \"mood\" does not exist");
        assertThat(draft.notCovered()).extracting(Difference::toString).containsExactly("type mood is missing");
        assertThat(draft.isProven()).isFalse();
    }

    @Test
    void aRenameIsOfferedAndNotAssumed() {
        reference.execute("ALTER TABLE embedding_cache RENAME COLUMN model_name TO model;"
                + " ALTER TABLE source_fingerprints RENAME TO fingerprints");

        RevisionDraft draft = draft();

        assertThat(draft.changesets()).contains("002-add-embedding-cache-model", "002-drop-embedding-cache-model-name",
                "002-create-fingerprints", "002-drop-source-fingerprints");
        assertThat(draft.renames()).containsExactly("column embedding_cache.model_name may have become model (varchar(100))",
                "table source_fingerprints may have become fingerprints (with the same columns)");
        assertThat(drafted("embedding_cache.yaml")).contains("""
                  # A rename? The column embedding_cache.model_name may have become model (varchar(100)).
                  # If so, drop and addition lose what is in it; write one changeset in place of the two, with the change
                  #   renameColumn: {tableName: embedding_cache, oldColumnName: model_name, newColumnName: model}
                  # and the rollback
                  #   renameColumn: {tableName: embedding_cache, oldColumnName: model, newColumnName: model_name}
                  - changeSet:
                      id: '002-drop-embedding-cache-model-name'
                """);
        assertThat(draft.otherOrder()).extracting(Difference::object).containsExactly("table embedding_cache");
        // The sequence of a table that was renamed keeps its name.
        assertThat(draft.notCovered()).extracting(Difference::object)
                .contains("sequence source_fingerprints_id_seq", "sequence fingerprints_id_seq");
    }

    @Test
    void comparisonAloneFailsAndWritesNothing() {
        Map<String, String> before = changelog.contents();
        ChangelogFolder.of(changelog.root(), ChangelogRunner.MASTER).compareWith(url(), changelog.options()).requireNone();
        reference.execute("ALTER TABLE verification_log ADD COLUMN language text");

        MigrationException refusal = catchThrowableOfType(MigrationException.class,
                () -> ChangelogFolder.of(changelog.root(), ChangelogRunner.MASTER).compareWith(url(), changelog.options())
                        .requireNone());

        assertThat(refusal.problem()).isEqualTo(Problem.SCHEMA_DIFFERS);
        assertThat(refusal)
                .hasMessageContaining("1 difference. Nothing was changed.\n  column verification_log.language is missing");
        assertThat(changelog.contents()).isEqualTo(before);
    }

    @Test
    void aRoleThatMayNotCreateASchemaIsToldWhatItLacks() {
        TestDatabase reader = reference.createRole("reader");

        MigrationException refusal = catchThrowableOfType(MigrationException.class,
                () -> ChangelogFolder.of(changelog.root(), ChangelogRunner.MASTER)
                        .draftRevision(MODEL, ReferenceUrl.of(DatabaseUrl.parse(reader.url())), changelog.options()));

        assertThat(refusal.problem()).isEqualTo(Problem.MISSING_PRIVILEGE);
        assertThat(refusal).hasMessageContaining("GRANT CREATE, TEMPORARY ON DATABASE " + reference.name());

        reference.execute(
                "GRANT CREATE, TEMPORARY ON DATABASE " + reference.name() + " TO " + reader.user() + "; GRANT USAGE ON SCHEMA"
                        + " public TO " + reader.user() + "; ALTER TABLE verification_log ADD COLUMN language varchar(8)");
        RevisionDraft draft = ChangelogFolder.of(changelog.root(), ChangelogRunner.MASTER)
                .draftRevision(MODEL, ReferenceUrl.of(DatabaseUrl.parse(reader.url())), changelog.options());
        assertThat(draft.changesets()).containsExactly("002-add-verification-log-language");
        assertThat(draft.isProven()).as(draft.toString()).isTrue();
    }

    @Test
    @Tag("exhaustive")
    void aSnapshotOfLiquibaseIsAReferenceToo(TestDatabase same, TestDatabase ours, TestDatabase place) throws Exception {
        reference.execute(
                "CREATE TABLE users (id SERIAL PRIMARY KEY, email varchar(200) NOT NULL CONSTRAINT users_email_key UNIQUE);"
                        + " ALTER TABLE embedding_cache DROP COLUMN access_count; ALTER TABLE verification_log ADD COLUMN user_id int"
                        + " CONSTRAINT verification_log_user_id_fkey REFERENCES users");
        changelog.write("snapshot.json", StockLiquibase.snapshot(reference));
        ReferenceUrl snapshot = ReferenceUrl.parse("offline:postgresql?snapshot=snapshot.json", System::getenv)
                .builtIn(DatabaseUrl.parse(place.url()));
        List<String> before = Contents.of(place);
        ChangelogFolder folder = ChangelogFolder.of(changelog.root(), ChangelogRunner.MASTER);

        RevisionDraft draft = folder.draftRevision(MODEL, snapshot, changelog.options());

        assertThat(draft.failure()).isNull();
        assertThat(draft.notCovered()).isEmpty();
        assertThat(draft.notReversible()).isEmpty();
        assertThat(folder.draftRevision(NewRevision.named("again"), snapshot, changelog.options()).written()).isNull();
        Migrations.of(ours.dataSource(), changelog.options()).update();
        assertThat(ours.query(
                "SELECT column_name, column_default FROM information_schema.columns WHERE table_name = 'users' ORDER BY 1"))
                .containsExactly(Arrays.asList("email", null), List.of("id", "nextval('users_id_seq'::regclass)"));
        assertThat(Contents.of(place)).isEqualTo(before);
    }

    @Test
    void anH2DatabaseIsAReferenceForAChangelogThatRunsOnH2(@TempDir Path folder) throws Exception {
        String url = "jdbc:h2:file:" + folder.resolve("wanted") + ";MODE=PostgreSQL";
        Migrations.of(DatabaseUrl.parse(url), changelog.options()).update();
        try (Connection h2 = DatabaseUrl.parse(url).connect(); Statement statement = h2.createStatement()) {
            statement.execute("CREATE TABLE users (id int GENERATED BY DEFAULT AS IDENTITY, email varchar(200) NOT NULL,"
                    + " CONSTRAINT users_pkey PRIMARY KEY (id));"
                    + " ALTER TABLE embedding_cache ADD COLUMN note varchar(20); CREATE INDEX ix_note ON embedding_cache (note)");
        }
        ChangelogFolder ours = ChangelogFolder.of(changelog.root(), ChangelogRunner.MASTER);

        RevisionDraft draft = ours.draftRevision(MODEL, ReferenceUrl.of(DatabaseUrl.parse(url)), changelog.options());

        assertThat(draft.failure()).isNull();
        assertThat(draft.notCovered()).isEmpty();
        assertThat(draft.notReversible()).isEmpty();
        assertThat(draft.written().files()).hasSize(3);
    }

    @Test
    void whatCannotBeAReferenceIsRefusedWithWhatToDo() {
        assertThat(catchThrowableOfType(MigrationException.class,
                () -> ReferenceUrl.parse("hibernate:spring:com.example", name -> null)))
                .hasMessageContaining("[invalid-reference]").hasMessageContaining("org.liquibase.ext:liquibase-hibernate6");
        assertThat(catchThrowableOfType(MigrationException.class, () -> ReferenceUrl.parse("offline:postgresql", name -> null)))
                .hasMessageContaining("snapshot=");
        assertThat(catchThrowableOfType(MigrationException.class,
                () -> ReferenceUrl.parse("mysql://u:secret@h/d", name -> null)).problem())
                .isEqualTo(Problem.INVALID_DATABASE_URL);
        ReferenceUrl snapshot = ReferenceUrl.parse("offline:postgresql?snapshot=none.json", name -> null);
        ChangelogFolder folder = ChangelogFolder.of(changelog.root(), ChangelogRunner.MASTER);
        assertThat(
                catchThrowableOfType(MigrationException.class, () -> folder.compareWith(snapshot, changelog.options())).problem())
                .isEqualTo(Problem.NO_DATABASE);
        assertThat(catchThrowableOfType(MigrationException.class,
                () -> folder.compareWith(snapshot.builtIn(DatabaseUrl.parse(reference.url())), changelog.options())))
                .hasMessageContaining("[invalid-reference]").hasMessageContaining("none.json");
    }
}
