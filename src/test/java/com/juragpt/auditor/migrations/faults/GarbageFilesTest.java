package com.juragpt.auditor.migrations.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import liquibase.resource.DirectoryResourceAccessor;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Files that are no changelog are refused as {@code invalid-changelog}, at once, and nothing is changed. */
@ExtendWith(PostgresExtension.class)
class GarbageFilesTest {

    private static final Duration AT_ONCE = Duration.ofSeconds(30);
    private static final String XML = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    private static final String ROOT = "<databaseChangeLog xmlns=\"http://www.liquibase.org/xml/ns/dbchangelog\">";

    private record Garbage(String what, String file, byte[] content) {

        static Garbage of(String what, String file, String content) {
            return new Garbage(what, file, content.getBytes(StandardCharsets.UTF_8));
        }
    }

    @Test
    void noVerbDoesAnythingWithThem(TestDatabase database, @TempDir Path folder) throws IOException {
        List<String> before = Contents.of(database);
        SoftAssertions softly = new SoftAssertions();
        for (Garbage garbage : garbage(folder)) {
            Path root = Files.createTempDirectory(folder, "garbage");
            Files.write(root.resolve(garbage.file()), garbage.content());
            MigrationOptions options =
                    MigrationOptions.defaults().withChangelog(garbage.file(), new DirectoryResourceAccessor(root));
            Migrations migrations = Migrations.of(database.dataSource(), options.withCheck(false, Set.of()));
            for (Consumer<Migrations> verb : List.<Consumer<Migrations>>of(Migrations::status, Migrations::update,
                    Migrations::rehearse, m -> m.tag("v1"), m -> m.planRollbackTo("base"),
                    m -> Migrations.reviewWithoutDatabase(options, null, null))) {
                Throwable refusal = assertTimeoutPreemptively(AT_ONCE, () -> catchThrowable(() -> verb.accept(migrations)),
                        garbage.what());
                softly.assertThat(refusal).as(garbage.what()).isInstanceOf(MigrationException.class);
                softly.assertThat(String.valueOf(refusal == null ? null : refusal.getMessage())).as(garbage.what())
                        .startsWith("[invalid-changelog] ")
                        .contains("Nothing was changed.", "\n  help: ").doesNotContain("secret of", "java.lang.", "java.nio.");
            }
            softly.assertThat(Migrations.check(options).findings()).as(garbage.what()).isNotEmpty();
            softly.assertThat(Contents.of(database)).as(garbage.what()).isEqualTo(before);
        }
        softly.assertAll();
    }

    private static List<Garbage> garbage(Path folder) throws IOException {
        Path secret = folder.resolve("secret.txt");
        Files.writeString(secret, "secret of this machine");
        byte[] binary = new byte[5000];
        new Random(1).nextBytes(binary);
        List<Garbage> all = new ArrayList<>(List.of(
                Garbage.of("an empty YAML", "c.yaml", ""), Garbage.of("blanks", "c.yaml", " \n\t\n"),
                Garbage.of("a comment", "c.yaml", "# databaseChangeLog:\n"), Garbage.of("null", "c.yaml", "null\n"),
                Garbage.of("a text", "c.yaml", "hello\n"), Garbage.of("a list", "c.yaml", "- changeSet: {id: '1', author: a}\n"),
                Garbage.of("another root", "c.yaml", "databaseChangelog: []\n"),
                Garbage.of("a number as the log", "c.yaml", "databaseChangeLog: 7\n"),
                Garbage.of("a tab", "c.yaml", "databaseChangeLog:\n\t- changeSet: {}\n"),
                Garbage.of("two documents", "c.yaml", "databaseChangeLog: []\n---\ndatabaseChangeLog: []\n"),
                Garbage.of("a Java object", "c.yaml", "databaseChangeLog: !!javax.script.ScriptEngineManager [!!java.net.URL"
                        + " ['http://127.0.0.1:1/']]\n"),
                Garbage.of("no id", "c.yaml", "databaseChangeLog:\n  - changeSet: {author: a, changes: []}\n"),
                Garbage.of("no author", "c.yaml", "databaseChangeLog:\n  - changeSet: {id: '1', changes: []}\n"),
                Garbage.of("a list as a changeset", "c.yaml", "databaseChangeLog:\n  - changeSet: [id, author]\n"),
                Garbage.of("an include without a file", "c.yaml", "databaseChangeLog:\n  - include: {}\n"),
                Garbage.of("an include of nothing", "c.yaml", "databaseChangeLog:\n  - include: {file: ''}\n"),
                Garbage.of("an include of a missing file", "c.yaml", "databaseChangeLog:\n  - include: {file: missing.yaml}\n"),
                Garbage.of("an include of an address", "c.yaml",
                        "databaseChangeLog:\n  - include: {file: 'http://127.0.0.1:1/c.yaml'}\n"),
                Garbage.of("deep nesting", "c.yaml", "databaseChangeLog: " + "[".repeat(20_000) + "]".repeat(20_000)),
                Garbage.of("NUL in YAML", "c.yaml", "databaseChangeLog:\n  - changeSet: {id: 'a\0b', author: a}\n"),
                Garbage.of("an empty JSON", "c.json", ""), Garbage.of("half a JSON", "c.json", "{\"databaseChangeLog\": ["),
                Garbage.of("deep JSON", "c.json", "{\"databaseChangeLog\": " + "[".repeat(20_000) + "]".repeat(20_000) + "}"),
                Garbage.of("an empty XML", "c.xml", ""), Garbage.of("half an XML", "c.xml", XML + ROOT + "<changeSet id=\"1\""),
                Garbage.of("another XML", "c.xml", XML + "<project/>"),
                Garbage.of("no XML", "c.xml", "databaseChangeLog:\n"),
                Garbage.of("an entity bomb", "c.xml",
                        XML + bomb() + ROOT + "<changeSet id=\"1\" author=\"a\"><comment>&e9;</comment>"
                                + "</changeSet></databaseChangeLog>"),
                Garbage.of("an outer entity", "c.xml", XML + "<!DOCTYPE x [<!ENTITY e SYSTEM \"" + secret.toUri() + "\">]>" + ROOT
                        + "<changeSet id=\"1\" author=\"&e;\"><comment>&e;</comment></changeSet></databaseChangeLog>"),
                Garbage.of("a parameter entity", "c.xml", XML + "<!DOCTYPE x [<!ENTITY % e SYSTEM \"http://127.0.0.1:1/e\"> %e;]>"
                        + ROOT + "</databaseChangeLog>"),
                new Garbage("UTF-16", "c.yaml", "databaseChangeLog:\n  - changeSet: {id: '1', author: a}\n"
                        .getBytes(StandardCharsets.UTF_16LE)),
                new Garbage("Latin-1", "c.yaml", "databaseChangeLog:\n  - changeSet: {id: 'Prüfung', author: a}\n"
                        .getBytes(StandardCharsets.ISO_8859_1)),
                Garbage.of("another kind of file", "c.properties", "a=b\n")));
        for (String kind : List.of("yaml", "json", "xml")) {
            all.add(new Garbage("random bytes as " + kind, "c." + kind, binary));
        }
        return all;
    }

    private static String bomb() {
        StringBuilder bomb = new StringBuilder("<!DOCTYPE x [<!ENTITY e0 \"xxxxxxxxxx\">");
        for (int i = 1; i < 10; i++) {
            bomb.append("<!ENTITY e").append(i).append(" \"").append(("&e" + (i - 1) + ";").repeat(10)).append("\">");
        }
        return bomb.append("]>").toString();
    }
}
