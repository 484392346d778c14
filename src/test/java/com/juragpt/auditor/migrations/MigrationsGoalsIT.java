package com.juragpt.auditor.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.testing.Checkout;
import com.juragpt.auditor.migrations.testing.Maven;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.Rows;
import com.juragpt.auditor.migrations.testing.Run;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What this module's own goals do in a real Maven, with and without a checkout, on H2 and on PostgreSQL. */
@ExtendWith(PostgresExtension.class)
class MigrationsGoalsIT {

    private static final String PLUGIN = "com.juragpt:auditor-migrations-maven-plugin:" + Maven.projectVersion() + ":";
    private static final String HISTORY = "SELECT id FROM databasechangelog ORDER BY orderexecuted";
    private static final String EVERYTHING = "SELECT * FROM databasechangelog ORDER BY orderexecuted";
    private static final String TABLES = "SELECT lower(table_name) FROM information_schema.tables"
            + " WHERE lower(table_schema) = 'public' AND lower(table_name) NOT LIKE 'databasechangelog%' ORDER BY 1";
    private static final String CACHE_A_TEXT = "INSERT INTO embedding_cache (text_hash, embedding, embedding_dim, model_name,"
            + " created_at, last_accessed) VALUES ('Prüfung', '[0.1]', 1, 'm', now(), now())";

    @TempDir
    Path folder;

    @Test
    void withTheEmbeddedDatabaseNothingNeedsToBeSaid() throws SQLException {
        Checkout checkout = Checkout.in(folder);

        Run run = checkout.mvn("migrations:update", "migrations:tag", "-Dmigrations.tag=v1", "migrations:status").succeeds();

        assertThat(checkout.h2File()).exists();
        try (Connection h2 = checkout.connectToH2()) {
            assertThat(column(Rows.of(h2, HISTORY))).startsWith("000-tag-base").contains("001-tag-revision");
            assertThat(column(Rows.of(h2, TABLES))).isEqualTo(StockGoals.TABLES);
        }
        assertThat(run.output())
                .contains("changelog: changelog/db.changelog-master.yaml of this folder")
                .contains("database: jdbc:h2:file:./target/h2/auditor (liquibase.properties)")
                .containsPattern("\\[2/12\\] 001-create-verification-log .+ \\d+ m?s")
                .contains("12 changesets deployed to ")
                .containsPattern("\\s+applied  001-tag-revision +tags 001, v1\\R");
        assertThat(goal("update", run)).containsOnlyOnce("H2 commits every DDL statement by itself");
        assertOnlyInforms(run);

        Run back = checkout.mvn("migrations:rollback-to-tag", "-Dmigrations.tag=base").succeeds();

        try (Connection h2 = checkout.connectToH2()) {
            assertThat(column(Rows.of(h2, HISTORY))).containsExactly("000-tag-base");
            assertThat(column(Rows.of(h2, TABLES))).isEmpty();
        }
        assertThat(back.output()).containsOnlyOnce("H2 commits every DDL statement by itself")
                .contains("11 changesets rolled back in ");
        assertThat(checkout.strayFiles()).isEmpty();
    }

    @Test
    @Tag("exhaustive")
    void withoutACheckoutThePluginBringsItsOwnChangelog(TestDatabase database) throws IOException {
        Run refused = maven(database).mvn(PLUGIN + "status", "-Dmigrations.failOnPending=true", "-Dmigrations.format=json",
                "-Dmigrations.outputFile=reports/status.json").fails();

        assertThat(database.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")).isEmpty();
        assertShows(refused, """
                [not-current] 12 changesets are pending in %s. Nothing was changed.
                  first: 000-tag-base
                  help: mvn migrations:update deploys them""".formatted(name(database)));
        assertThat(states(folder.resolve("reports/status.json"))).hasSize(12).containsOnly("pending");

        Run run = maven(database).mvn(PLUGIN + "update", PLUGIN + "status", "-Dmigrations.failOnPending=true").succeeds();

        assertThat(column(database.query(HISTORY))).isEqualTo(StockGoals.HISTORY);
        assertThat(database.query("SELECT DISTINCT filename FROM databasechangelog WHERE id = '000-tag-base'"))
                .containsExactly(List.of("changelog/000-base.yaml"));
        assertThat(run.output())
                .contains("changelog: changelog/db.changelog-master.yaml of auditor-migrations " + Maven.projectVersion())
                .contains("database: " + name(database) + " (DATABASE_URL)")
                .containsPattern("12 changesets deployed to .+ in .+, now at revision 001; deployment \\d{10}")
                .contains("revision  001 (head)");
        assertOnlyInforms(run);
        assertThat(filesBesides("reports/status.json")).isEmpty();
    }

    @Test
    void reviewWritesItsFilesAndAnUpdateDeploysThatAlone(TestDatabase database, TestDatabase byScript) throws IOException {
        Checkout checkout = Checkout.in(folder);
        Maven maven = checkout.with("DATABASE_URL", database.url());

        Run review = maven.mvn("migrations:review").succeeds();

        assertThat(database.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")).isEmpty();
        Matcher command =
                Pattern.compile("\\[INFO] {3}mvn migrations:update -Dmigrations\\.reviewed=(12-[0-9a-f]{16}-[0-9a-f]{32})\\R")
                        .matcher(goal("review", review));
        assertThat(command.find()).as(review.output()).isTrue();
        String digest = command.group(1);
        assertThat(checkout.read("target/migrations/review/review.json")).contains("\"digest\" : \"" + digest + "\"");
        assertThat(checkout.read("target/migrations/review/review.html")).contains(digest);
        byScript.execute(checkout.read("target/migrations/review/update.sql"));
        byScript.execute(checkout.read("target/migrations/review/rollback.sql"));
        assertThat(checkout.strayFiles()).isEmpty();

        Run update = maven.mvn("migrations:update", "-Dmigrations.reviewed=" + digest, "migrations:review").succeeds();

        assertThat(column(database.query(HISTORY))).isEqualTo(StockGoals.HISTORY);
        assertThat(goal("review", update)).contains("Nothing to review: no changeset is pending in ");
        assertOnlyInforms(update);
    }

    @Test
    @Tag("exhaustive")
    void updateGoesToARevisionOrByACount(TestDatabase database) {
        TestDatabase deployer = database.createRole("deployer");
        database.execute("GRANT CREATE ON SCHEMA public TO " + deployer.user());
        Checkout checkout = Checkout.in(folder);
        List<String> login = List.of("-Dliquibase.url=" + deployer.jdbcUrl(), "-Dliquibase.username=" + deployer.user(),
                "-Dliquibase.password=" + deployer.password());

        checkout.mvn(args(login, "migrations:update", "-Dmigrations.to=base")).succeeds();
        assertThat(column(database.query(HISTORY))).isEqualTo(StockGoals.HISTORY.subList(0, 1));

        // The team's variable is set as well, and useless: the command line wins.
        Run debug = checkout.with("DATABASE_URL", "postgresql://nobody:s3cret@localhost:1/nothing")
                .mvn(args(login, "-X", "migrations:update", "-Dmigrations.count=2")).succeeds();
        assertThat(column(database.query(HISTORY))).isEqualTo(StockGoals.HISTORY.subList(0, 3));
        assertThat(debug.output()).contains("(f) password = ").doesNotContain(deployer.password()).doesNotContain("s3cret");

        Run both = checkout.mvn(args(login, "migrations:update", "-Dmigrations.count=2", "-Dmigrations.to=001")).fails();
        assertShows(both, """
                [invalid-parameter] Cannot update both to a revision and by a count. Nothing was changed.
                  given: -Dmigrations.to=001, -Dmigrations.count=2
                  help: mvn migrations:update -Dmigrations.to=001""");
        assertThat(column(database.query(HISTORY))).hasSize(3);
        assertThat(checkout.h2File()).doesNotExist();
    }

    @Test
    @Tag("exhaustive")
    void whatTheApiDeployedIsRolledBackAndDataIsAnsweredFor(TestDatabase database) {
        Migrations api = Migrations.of(database.dataSource(), MigrationOptions.defaults());
        api.update();
        database.execute(CACHE_A_TEXT);
        List<List<String>> before = database.query(EVERYTHING);

        Run dry = rollBack(database, "-Dmigrations.dryRun=true").succeeds();

        assertThat(dry.output()).contains(" to 'base': 11 changesets, newest first:")
                .contains("DROP TABLE public.embedding_cache;")
                .contains("001-create-embedding-cache  drops table embedding_cache (1 row)")
                .contains("Tags that are removed: 001")
                .contains("Dry run: nothing was changed.");

        Run refused = rollBack(database).fails();

        assertShows(refused, """
                [destroys-data] Rolling back to 'base' would delete data in %s. Nothing was changed.
                  001-create-embedding-cache  drops table embedding_cache (1 row)
                  help: -Dmigrations.onDataLoss=archive keeps a copy in schema rollback_<time>, =accept lets it go"""
                .formatted(name(database)));
        assertThat(database.query(EVERYTHING)).isEqualTo(before);
        assertThat(column(database.query(TABLES))).isEqualTo(StockGoals.TABLES);

        Run archived = rollBack(database, "-Dmigrations.onDataLoss=archive").succeeds();

        assertThat(column(database.query(HISTORY))).containsExactly("000-tag-base");
        assertThat(column(database.query(TABLES))).isEmpty();
        String schema = column(database.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'rollback%'")).get(0);
        assertThat(archived.output()).contains("\n[WARNING] archived: " + schema + ".embedding_cache");
        assertThat(database.query("SELECT text_hash FROM " + schema + ".embedding_cache")).containsExactly(List.of("Prüfung"));

        api.update();
        Run restored = maven(database).mvn(PLUGIN + "restore", "-Dmigrations.archive=" + schema, PLUGIN + "status").succeeds();

        assertThat(database.query("SELECT text_hash FROM embedding_cache")).containsExactly(List.of("Prüfung"));
        assertThat(restored.output()).contains("1 row or value restored from " + schema)
                .contains("  rows of embedding_cache: 1 restored")
                .contains("Everything is accounted for, so the archive is gone")
                .doesNotContain("archives  ");

        assertThat(rollBack(database, "-q", "-Dmigrations.onDataLoss=archive").succeeds().output())
                .containsPattern("archived: rollback_\\d{8}_\\d{6}\\.embedding_cache");

        api.update();
        database.execute(CACHE_A_TEXT);
        Run accepted = rollBack(database, "-q", "-Dmigrations.onDataLoss=accept").succeeds();

        assertThat(accepted.output()).contains("Deleted and not archived:")
                .contains("  001-create-embedding-cache  drops table embedding_cache (1 row)");

        assertThat(column(database.query(TABLES))).isEmpty();
    }

    /** Each time, {@code StockInterplayTest} and {@code TagTest} show it without Maven. */
    @Test
    @Tag("exhaustive")
    void whatMavenDeployedTheApiRollsBackAndTheStockGoalsAndOursRollEachOtherBack(TestDatabase database) {
        Checkout checkout = Checkout.in(folder);
        List<String> login = List.of("-Dliquibase.url=" + database.jdbcUrl(), "-Dliquibase.username=" + database.user(),
                "-Dliquibase.password=" + database.password(), "-Dmigrations.tag=base", "-Dliquibase.rollbackTag=base");

        checkout.mvn(args(login, "liquibase:update", "migrations:rollback-to-tag")).succeeds();
        assertThat(column(database.query(HISTORY))).containsExactly("000-tag-base");
        assertThat(column(database.query(TABLES))).isEmpty();

        checkout.mvn(args(login, "migrations:update", "liquibase:rollback")).succeeds();
        assertThat(column(database.query(HISTORY))).containsExactly("000-tag-base");
        assertThat(column(database.query(TABLES))).isEmpty();

        // What the first update has noted is no longer so.
        assertThat(checkout.folder().resolve("target/migrations")).isDirectoryContaining("glob:**.note");
        checkout.mvn(args(login, "migrations:update")).succeeds();
        assertThat(column(database.query(TABLES))).isEqualTo(StockGoals.TABLES);
        Migrations api = Migrations.of(database.dataSource(), MigrationOptions.defaults());
        api.rollback(api.planRollbackTo("base"));
        assertThat(column(database.query(TABLES))).isEmpty();
        assertThat(checkout.strayFiles()).isEmpty();
    }

    @Test
    void aRefusedLoginShowsTheServersWordsAndNoPasswordNotEvenWhenDebugging(TestDatabase database) {
        String url = database.url().replaceFirst("//[^@]*@", "//nobody:s3cret@");

        Run run = Maven.in(folder).mvn("-X", PLUGIN + "status", "-Dliquibase.url=" + url, "-Dliquibase.password=s3cret2").fails();

        assertThat(run.output())
                .contains("[ERROR] [cannot-connect] Cannot connect to " + name(database) + " as nobody. Nothing was changed.")
                .contains("FATAL: ").contains("\n[ERROR]   help: check the user and the password")
                .doesNotContain("s3cret");
    }

    @Test
    void aTagThatIsNotThereIsRefusedWithThoseThatAre(TestDatabase database) {
        Migrations.of(database.dataSource(), MigrationOptions.defaults()).update();
        List<List<String>> before = database.query(EVERYTHING);

        Run run = maven(database).mvn(PLUGIN + "rollback-to-tag", "-Dmigrations.tag=v1.3").fails();

        assertShows(run, """
                [unknown-tag] Cannot roll back: no tag 'v1.3' in %s. Nothing was changed.
                  tags, newest first: 001, base
                  help: mvn migrations:status shows what each tag covers""".formatted(name(database)));
        assertThat(run.printedAStackTrace()).isFalse();
        assertThat(run.output()).doesNotContain("Caused by");
        assertThat(database.query(EVERYTHING)).isEqualTo(before);
    }

    @Test
    @Tag("exhaustive")
    void theCheckoutsConventionsHinderWhatWouldHarmAndOneCanBeTakenAway() {
        Checkout checkout = Checkout.in(folder);
        String base = checkout.read("changelog/000-base.yaml");
        checkout.write("changelog/000-base.yaml", base.replace("      rollback:\n        - empty: {}\n", ""));
        String finding = """
                  changelog/000-base.yaml:3: 000-tag-base: has no rollback block [missing-rollback]
                    repair: beside 'changes':
                          rollback:
                            - empty: {}
                """.stripTrailing();

        Run update = checkout.with("DATABASE_URL", "postgresql://nobody@localhost:1/nothing").mvn("migrations:update").fails();
        Run check = checkout.mvn("migrations:check", "migrations:rehearse", "-Dmigrations.conventions=all,-missing-rollback",
                "-Dmigrations.check=false").succeeds();

        assertShows(update, "[unsound-changelog] Nothing was deployed, for the changelog does not pass its check: 1 finding."
                + " Nothing was changed.\n" + finding
                + "\n  help: repair the files, then mvn migrations:check; -Dmigrations.check=false goes on without");
        assertThat(check.output()).contains("Nothing to repair in changelog/db.changelog-master.yaml: 12 changesets in 6 files");
    }

    /** Each time, {@code DatabaseChoiceTest} shows it without Maven. */
    @Test
    @Tag("exhaustive")
    void anEmptyDatabaseUrlNeverMeansTheEmbeddedDatabase() {
        Checkout checkout = Checkout.in(folder);

        Run run = checkout.with("DATABASE_URL", "").mvn("migrations:update").fails();

        assertThat(run.output()).contains("[ERROR] [invalid-database-url] Cannot read DATABASE_URL: it is empty");
        assertThat(checkout.h2File()).doesNotExist();
    }

    @Test
    void whatAlembicMadeIsAdoptedRehearsedAndWatched(TestDatabase database) throws IOException {
        try (InputStream alembic = getClass().getResourceAsStream("alembic-001.sql")) {
            database.execute(new String(alembic.readAllBytes(), StandardCharsets.UTF_8));
        }

        Run run = maven(database).mvn(PLUGIN + "adopt", PLUGIN + "status", "-Dmigrations.failOnDrift=true",
                "-Dmigrations.failOnPending=true", PLUGIN + "rehearse", "-Dmigrations.from=base",
                "-Dmigrations.failOn=irreversible,rewrite,blocks-writes").succeeds();

        assertThat(column(database.query(HISTORY))).isEqualTo(StockGoals.HISTORY);
        assertThat(column(database.query("SELECT version_num FROM alembic_version"))).containsExactly("001");
        assertThat(run.output())
                .contains("Adopted " + name(database) + " at revision 001: 12 changesets marked as run, nothing altered;"
                        + " alembic_version says 001 too")
                .contains("drift     none")
                .doesNotContain("not reversible");
        // The name of the database decides where the line breaks.
        assertThat(run.output().substring(run.output().indexOf(":rehearse (default-cli)")).replaceAll("\\R\\[INFO]\\s+", " "))
                .containsPattern(
                        "Rehearsed 12 changesets in an empty schema of \\Q" + name(database) + "\\E in .+: 12 reversible\\.")
                .containsOnlyOnce("001-create-embedding-cache");
        assertOnlyInforms(run);

        database.execute("ALTER TABLE verification_log ALTER coverage TYPE real");
        Run drifted = maven(database).mvn(PLUGIN + "status", "-Dmigrations.failOnDrift=true").fails();

        assertThat(drifted.output()).contains("drift     1 difference from what the applied changesets build:",
                "column verification_log.coverage is real, expected double precision", "[ERROR] [schema-differs] ");
    }

    @Test
    @Tag("exhaustive")
    void helpNamesEveryParameter() {
        Run run = Maven.in(folder).mvn(PLUGIN + "help", "-Ddetail").succeeds();

        assertThat(run.output()).contains("User property: liquibase.url", "User property: liquibase.username",
                "User property: liquibase.password", "User property: liquibase.propertyFile",
                "User property: liquibase.changeLogFile", "User property: liquibase.contexts",
                "User property: liquibase.labelFilter", "User property: migrations.lockTimeout",
                "User property: migrations.lockRetries", "User property: migrations.lockWait",
                "User property: migrations.format", "User property: migrations.outputFile",
                "User property: migrations.failOnPending", "User property: migrations.to", "User property: migrations.count",
                "User property: migrations.tag", "User property: migrations.dryRun", "User property: migrations.onDataLoss",
                "User property: migrations.drift", "User property: migrations.failOnDrift", "User property: migrations.from",
                "User property: migrations.failOn", "User property: migrations.statementTimeout",
                "User property: migrations.revision");
    }

    private Maven maven(TestDatabase database) {
        return Maven.in(folder).with("DATABASE_URL", database.url());
    }

    private Run rollBack(TestDatabase database, String... arguments) {
        return maven(database).mvn(args(List.of(arguments), PLUGIN + "rollback-to-tag", "-Dmigrations.tag=base"));
    }

    private static String[] args(List<String> some, String... more) {
        return Stream.concat(Arrays.stream(more), some.stream()).toArray(String[]::new);
    }

    private static String name(TestDatabase database) {
        return database.name() + " on " + database.jdbcUrl().replaceFirst("jdbc:postgresql://([^/]*)/.*", "$1");
    }

    /** Maven's output has the whole message, line after line. */
    @Test
    @Tag("exhaustive")
    void newDraftsARevisionFromADatabaseWhosePasswordShowsNowhere(TestDatabase wanted) {
        Migrations.of(wanted.dataSource(), MigrationOptions.defaults()).update();
        wanted.execute("ALTER TABLE verification_log ADD COLUMN language varchar(8)");
        TestDatabase drafter = wanted.createRole("drafter");
        wanted.execute("GRANT CREATE, TEMPORARY ON DATABASE " + wanted.name() + " TO " + drafter.user() + ";"
                + " GRANT USAGE ON SCHEMA public TO " + drafter.user());
        Checkout checkout = Checkout.in(folder);

        Run differs =
                checkout.mvn("migrations:new", "-Dmigrations.failOnDifference=true", "-Dmigrations.reference=" + drafter.url())
                        .fails();

        assertThat(differs.output()).contains("[schema-differs] The changelog does not build what " + wanted.name())
                .contains("column verification_log.language is missing").contains("Nothing was changed.");
        assertThat(checkout.strayFiles()).isEmpty();

        Run run = checkout
                .mvn("-X", "migrations:new", "-Dmigrations.name=answer language", "-Dmigrations.reference=" + drafter.url())
                .succeeds();

        assertThat(run.output()).contains("Revision 002 is drafted:").contains("Equal: with the draft the changelog builds what ")
                .contains("(f) reference = (not shown)").doesNotContain(drafter.password());
        assertThat(checkout.strayFiles()).containsExactly("changelog/002-answer-language/revision.yaml",
                "changelog/002-answer-language/verification_log.yaml");
        assertThat(checkout.read("changelog/db.changelog-master.yaml")).endsWith("""
                  - include: {file: changelog/002-answer-language/verification_log.yaml}
                  - include: {file: changelog/002-answer-language/revision.yaml}
                """);
        assertThat(checkout.h2File()).doesNotExist();
    }

    private static void assertShows(Run run, String message) {
        assertThat(run.output()).contains("\n[ERROR] " + message.replace("\n", "\n[ERROR] ") + "\n");
    }

    /** Neither warnings nor what others log past Maven. */
    private static void assertOnlyInforms(Run run) {
        String text = run.output().replaceAll("\u001B\\[[0-9;]*m", "");
        assertThat(text.lines().filter(line -> !line.isEmpty())).allSatisfy(line -> assertThat(line).startsWith("[INFO]"));
    }

    /** What Maven printed from one goal's headline to the next. */
    private static String goal(String name, Run run) {
        String output = run.output();
        int start = output.indexOf(":" + name + " (default-cli)");
        int end = output.indexOf("[INFO] --- ", start);
        return output.substring(start, end < 0 ? output.length() : end);
    }

    private List<String> filesBesides(String known) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).map(file -> folder.relativize(file).toString())
                    .filter(file -> !file.equals(known)).toList();
        }
    }

    private static List<String> states(Path json) throws IOException {
        List<String> states = new ArrayList<>();
        try (JsonParser parser = new JsonFactory().createParser(Files.readString(json))) {
            while (parser.nextToken() != null) {
                if ("state".equals(parser.currentName()) && parser.currentToken().isScalarValue()) {
                    states.add(parser.getText());
                }
            }
        }
        return states;
    }

    private static List<String> column(List<List<String>> rows) {
        return rows.stream().map(row -> row.get(0)).toList();
    }
}
