package com.juragpt.auditor.migrations.maven;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Rule;
import com.juragpt.auditor.migrations.database.DatabaseUrl;
import com.juragpt.auditor.migrations.testing.ChildJvm;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import liquibase.Scope;
import liquibase.resource.DirectoryResourceAccessor;
import liquibase.resource.Resource;
import liquibase.resource.ResourceAccessor;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(PostgresExtension.class)
class FolderFilesTest {

    // Version 4 does not know it.
    private static final String LINKS_MAY_LEAD_OUT = "liquibase.allowParentDirectoryReferences";
    private static final String STARTED = "liquibase.servicelocator.StandardServiceLocator";

    @TempDir
    Path outside;
    private Path folder;

    @BeforeEach
    void files() throws IOException {
        folder = Files.createDirectories(outside.resolve("folder"));
        Files.createDirectories(folder.resolve("sub/.hidden"));
        for (String file : List.of("a.yaml", "sub/b.sql", "sub/.hidden/c.sql", "sub/c d.sql", "../out.sql")) {
            Files.writeString(folder.resolve(file), "content of " + file);
        }
        try (OutputStream zipped = new GZIPOutputStream(Files.newOutputStream(folder.resolve("values.csv.gz")))) {
            zipped.write(1);
        }
        Files.createDirectories(folder.resolve("sub/deep/empty"));
        Files.writeString(folder.resolve("sub/deep/d.txt"), "d");
        Files.createSymbolicLink(Files.createDirectories(folder.resolve("links")).resolve("out"), outside);
        Files.createSymbolicLink(folder.resolve("inward.sql"), folder.resolve("sub/b.sql"));
        Files.createSymbolicLink(folder.resolve("outward.sql"), outside.resolve("out.sql"));
        Files.createSymbolicLink(folder.resolve("dangling.sql"), outside.resolve("nothing.sql"));
        Files.createSymbolicLink(folder.resolve("elsewhere"), outside);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.yaml", "sub/b.sql", "sub", "sub/", "/a.yaml", "./a.yaml", "sub/../a.yaml", "sub//b.sql",
        "sub\\b.sql",
        "..", "../out.sql", "missing.sql", "missing/too.sql", "a.yaml/b", "", ".", "sub/.hidden/c.sql", "sub/c d.sql",
        "values.csv.gz", "inward.sql", "outward.sql", "dangling.sql", "elsewhere/out.sql", "elsewhere/folder/a.yaml", "A.yaml",
        "classpath:a.yaml", "file:a.yaml", "sub/b.sql ", "sub/deep/", "links"})
    void whatLiquibaseFindsIsFound(String path) throws Exception {
        for (boolean outward : new boolean[] {true, false}) {
            Scope.child(Map.of(LINKS_MAY_LEAD_OUT, outward), () -> {
                ResourceAccessor theirs = new DirectoryResourceAccessor(folder);
                ResourceAccessor ours = new FolderFiles(folder);
                assertThat(found(ours, path)).isEqualTo(found(theirs, path));
                assertThat(searched(ours, path)).isEqualTo(searched(theirs, path));
                assertThat(ours.describeLocations()).isEqualTo(theirs.describeLocations());
            });
        }
    }

    private static List<String> found(ResourceAccessor files, String path) {
        List<String> found = new ArrayList<>();
        try {
            for (Resource file : files.getAll(path)) {
                found.add(file.getClass() + " " + file.getUri() + " " + file.getPath() + " " + file.exists() + " "
                        + file.resolveSibling("x").getUri() + " " + file.resolve("x").getUri());
                try (InputStream content = file.openInputStream()) {
                    found.add(new String(content.readAllBytes()));
                }
            }
        } catch (IOException | RuntimeException e) {
            found.add(e.toString());
        }
        return found;
    }

    private static List<String> searched(ResourceAccessor files, String path) {
        try {
            return files.search(path, true).stream().map(file -> file.getClass() + " " + file.getUri() + " " + file.getPath())
                    .toList();
        } catch (IOException | RuntimeException e) {
            return List.of(e.toString());
        }
    }

    @Test
    void anUpdateWithNothingToDoDoesNotStartLiquibaseAndNeitherDoesTheCheckOfItsFolder(TestDatabase database) throws IOException {
        Assumptions.assumeTrue(saysWhetherItHasStarted(), "Liquibase 4 does not say whether it has started");
        SampleChangelog sample = new SampleChangelog(folder).of(SampleChangelog.table("a"));
        String changelog = sample.options().selection().file();
        assertThat(update(database, changelog)).contains("deployed 1", STARTED);
        assertThat(update(database, changelog)).contains("deployed 0").doesNotContain(STARTED);
    }

    @Test
    @Tag("exhaustive")
    void anUpdateOfWhatMayBeAnotherStartsLiquibase(TestDatabase database) throws IOException {
        Assumptions.assumeTrue(saysWhetherItHasStarted(), "Liquibase 4 does not say whether it has started");
        SampleChangelog sample = new SampleChangelog(folder).of(SampleChangelog.table("a"));
        String changelog = sample.options().selection().file();
        update(database, changelog);
        assertThat(update(database, changelog)).contains("deployed 0").doesNotContain(STARTED);

        assertThat(update(database, changelog, "of another loader")).contains("deployed 0", STARTED);
        sample.of(SampleChangelog.table("a"), SampleChangelog.table("b"));
        assertThat(update(database, changelog)).contains("deployed 1", STARTED);
    }

    private static boolean saysWhetherItHasStarted() {
        try {
            return !Modifier.isFinal(Scope.class.getDeclaredField("scopeManager").getModifiers());
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException(e);
        }
    }

    private String update(TestDatabase database, String... changelogAndMore) {
        List<String> arguments = new ArrayList<>(List.of(database.url(), folder.toString()));
        arguments.addAll(List.of(changelogAndMore));
        try (ChildJvm child = ChildJvm.run(List.of("-verbose:class"), Update.class, arguments)) {
            return child.awaitSuccess();
        }
    }

    /** Main class of a process that updates a database as the goal does. */
    static final class Update {

        private Update() {
        }

        /**
         * @param arguments the database's URL, the changelog's folder and its name there; one more for a thread whose context class
         *     loader is another one
         */
        public static void main(String[] arguments) {
            if (arguments.length > 3) {
                Thread.currentThread().setContextClassLoader(new URLClassLoader(new URL[0], Update.class.getClassLoader()));
            }
            Path folder = Path.of(arguments[1]);
            ChangelogChoice changelog = ChangelogChoice.of(arguments[2], folder, "1.0.0");
            MigrationOptions options = MigrationOptions.defaults().withChangelog(changelog.file(), changelog.resources())
                    .withNotes(folder.resolve("notes")).withCheck(true, Set.of(Rule.FORGOTTEN_FILE));
            System.out.println(
                    "deployed " + Migrations.of(DatabaseUrl.parse(arguments[0]), options).update().changesets().size());
        }
    }
}
