package com.juragpt.auditor.migrations.current;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Rule;
import com.juragpt.auditor.migrations.api.UpdateResult;
import com.juragpt.auditor.migrations.lock.AdvisoryLock;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.Deployed;
import com.juragpt.auditor.migrations.testing.NothingKnown;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.StoppingDataSource;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import liquibase.Scope;
import liquibase.change.CheckSum;
import liquibase.change.custom.CustomChangeChecksum;
import liquibase.change.custom.CustomSqlChange;
import liquibase.changelog.IncludeAllFilter;
import liquibase.configuration.AbstractMapConfigurationValueProvider;
import liquibase.configuration.ConfigurationValueProvider;
import liquibase.configuration.LiquibaseConfiguration;
import liquibase.database.Database;
import liquibase.exception.ValidationErrors;
import liquibase.resource.ResourceAccessor;
import liquibase.statement.SqlStatement;
import liquibase.statement.core.RawParameterizedSqlStatement;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * What an update has noted spares the next JVM the changelog, and only as long as it is so. This JVM's own memory is kept out of it by a
 * system property that it has never had; the oracle is the same call without notes.
 */
class NotesTest extends ManyFilesFixture {

    @TempDir
    private Path folder;

    @Override
    boolean withProperties() {
        return false;
    }

    private MigrationOptions noting() {
        return options().withNotes(folder.resolve("notes"));
    }

    /** What the next JVM says, and in how many statements. */
    private UpdateResult next(MigrationOptions options, boolean fromNotes) {
        StoppingDataSource counting = new StoppingDataSource(database.dataSource(), 0, () -> {});
        UpdateResult result = NothingKnown.say(Migrations.of(counting, options)::update);
        assertThat(counting.sent() <= FEW).as("%d statements sent", counting.sent()).isEqualTo(fromNotes);
        return result;
    }

    private List<Path> notes() {
        try (Stream<Path> files = Files.list(folder.resolve("notes"))) {
            return files.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void afterADeploymentTheNextOneSaysWhatTheLongWaySaysAndWritesNothing() {
        assertThat(of(noting()).update().changesets()).hasSize(5);
        List<String> before = Contents.of(database);
        UpdateResult result = next(noting(), true);
        assertThat(result).usingRecursiveComparison().ignoringFields("took")
                .isEqualTo(NothingKnown.say(of(options())::update));
        assertThat(result.revision()).isEqualTo("r1");
        assertThat(Contents.of(database)).isEqualTo(before);
        assertThat(notes()).hasSize(1);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"HISTORY_IN_FRONT", "SYSTEM_PROPERTY"})
    void whateverHappensBehindItsBackIsSeen(BehindItsBack change) throws IOException {
        of(noting()).update();
        next(noting(), true);
        change.happen(this);
        TestDatabase other = database.copy();
        Object here = outcome(() -> NothingKnown.say(of(patient().withNotes(folder.resolve("notes")))::update).changesets());
        Object there = outcome(() -> NothingKnown.say(Migrations.of(other.dataSource(), patient())::update).changesets());
        assertThat(String.valueOf(here)).isEqualTo(String.valueOf(there).replace(name(other), name(database)));
        assertThat(Deployed.in(database, false).differencesFrom(Deployed.in(other, false))).isEmpty();
    }

    @Test
    void anotherContextOrLabelOrFileIsAnotherQuestion() {
        of(noting()).update();
        next(noting().withFilter("production", "x"), false);
        next(noting(), true);
        assertThat(next(noting().withFilter("test", null), false).changesets()).containsExactly("for-test");
    }

    @Test
    void aNoteStandsForTheCheckOfTheWholeChangelog() throws IOException {
        SampleChangelog sample = new SampleChangelog(folder.resolve("strict")).of(START, table("one"), revision("r1"));
        MigrationOptions strict = strict(sample);
        of(strict).update();
        next(strict, true);
        Path forgotten = sample.root().resolve("changelog/forgotten.yaml");
        Files.writeString(forgotten, "databaseChangeLog: []\n");
        assertUnsound(strict);
        next(strict.withCheck(false, strict.check().conventions()), false);
        Files.delete(forgotten);
        next(strict, true);
    }

    @Test
    void whatNobodyCheckedAsAWholeIsNotNotedAsSound() throws IOException {
        SampleChangelog sample = new SampleChangelog(folder.resolve("strict")).of(START, table("one"), revision("r1"));
        Files.writeString(sample.root().resolve("changelog/forgotten.yaml"), "databaseChangeLog: []\n");
        of(strict(sample).withCheck(true, Set.of())).update();
        assertUnsound(strict(sample));
        assertThat(of(strict(sample)).updateTo("r1").changesets()).isEmpty();
        assertUnsound(strict(sample));
    }

    @Test
    void whatSqlFilesSayNamesNoClass() throws IOException {
        changelog.of(START, table("one"), "id: view\nchanges:\n  - sqlFile: {path: view.sql, relativeToChangelogFile: true}\n");
        Files.writeString(file("view.sql"), "CREATE VIEW v AS SELECT count(*) FILTER (WHERE note <> E'\\x41') AS n FROM one");
        of(noting()).update();
        next(noting(), true);
    }

    private MigrationOptions strict(SampleChangelog sample) {
        return sample.options().withNotes(folder.resolve("notes")).withCheck(true, Set.of(Rule.FORGOTTEN_FILE));
    }

    private void assertUnsound(MigrationOptions strict) {
        assertThat(outcome(() -> NothingKnown.say(of(strict)::update)).toString()).startsWith("[unsound-changelog]")
                .contains("forgotten.yaml");
    }

    @Test
    void aDeploymentUnderWayIsWaitedFor() throws SQLException {
        of(noting()).update();
        try (Connection deployer = database.dataSource().getConnection()) {
            assertThat(AdvisoryLock.tryLock(deployer)).isTrue();
            assertThat(outcome(() -> next(noting().withLockWait(Duration.ZERO), true)).toString()).startsWith("[locked]");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"${colour}", "$\\x7bcolour}"})
    void aChangelogWithPropertiesIsNotNoted(String property) {
        assertNotNoted(property);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {"\\x24{colour}", "\\u0024{colour}", "$\\\n  {colour}"})
    void aChangelogWithPropertiesInAnyOtherSpellingIsNotNotedEither(String property) {
        assertNotNoted(property);
    }

    private void assertNotNoted(String property) {
        changelog.of(START, table("one") + "comment: \"" + property + "\"\n");
        of(noting()).update();
        next(noting(), false);
        assertThat(folder.resolve("notes")).doesNotExist();
    }

    /** May take its checksum from anywhere. */
    public static final class OfToday implements CustomSqlChange, CustomChangeChecksum {

        static String today = "Saturday";

        @Override
        public CheckSum generateChecksum() {
            return CheckSum.compute(today);
        }

        @Override
        public SqlStatement[] generateStatements(Database any) {
            return new SqlStatement[] {new RawParameterizedSqlStatement("SELECT 1")};
        }

        @Override
        public String getConfirmationMessage() {
            return "";
        }

        @Override
        public void setUp() {
            // Nothing to set up.
        }

        @Override
        public void setFileOpener(ResourceAccessor files) {
            // Reads none.
        }

        @Override
        public ValidationErrors validate(Database any) {
            return new ValidationErrors();
        }
    }

    @Test
    void codeThatComputesItsOwnChecksumIsAskedEachTime() {
        changelog.of(START,
                "id: own\nrunOnChange: true\nchanges:\n  - customChange: {class: '" + OfToday.class.getName() + "'}\n");
        of(noting()).update();
        assertThat(of(noting()).update().changesets()).isEmpty();
        OfToday.today = "Sunday";
        assertThat(of(noting()).update().changesets()).containsExactly("own");
        assertThat(folder.resolve("notes")).doesNotExist();
    }

    /** Chooses files by more than their content. */
    public static final class ByDay implements IncludeAllFilter {

        @Override
        public boolean include(String path) {
            return true;
        }
    }

    @Test
    void codeThatChoosesFilesIsAskedEachTime() throws IOException {
        Path master = file("sample.yaml");
        Files.writeString(master,
                Files.readString(master).replace("path: all,", "path: all, filter: " + ByDay.class.getName() + ","));
        of(noting()).update();
        assertThat(folder.resolve("notes")).doesNotExist();
    }

    @Test
    void aSettingThatOnlyAScopeGivesCounts() throws Exception {
        of(noting()).update();
        next(noting(), true);
        Object there = outcome(() -> scoped(options()));
        assertThat(outcome(() -> scoped(noting()))).isEqualTo(there).asString().contains("already exists");
    }

    /** It has no value yet; in the next JVM it may, and there nobody asks it. */
    @Test
    void whereSomebodyElseMayGiveSettingsNothingIsNoted() {
        LiquibaseConfiguration configuration = Scope.getCurrentScope().getSingleton(LiquibaseConfiguration.class);
        ConfigurationValueProvider theirs = new Given(Map.of());
        configuration.registerProvider(theirs);
        try {
            of(noting()).update();
        } finally {
            configuration.unregisterProvider(theirs);
        }
        assertThat(folder.resolve("notes")).doesNotExist();
    }

    @Test
    void aSettingOfSomebodyElsesCounts() {
        of(noting()).update();
        next(noting(), true);
        LiquibaseConfiguration configuration = Scope.getCurrentScope().getSingleton(LiquibaseConfiguration.class);
        ConfigurationValueProvider theirs = new Given(Map.of(HISTORY, "elsewhere"));
        configuration.registerProvider(theirs);
        try {
            Object there = outcome(() -> NothingKnown.say(of(options())::update));
            assertThat(outcome(() -> NothingKnown.say(of(noting())::update))).isEqualTo(there).asString()
                    .contains("already exists");
        } finally {
            configuration.unregisterProvider(theirs);
        }
    }

    private static final class Given extends AbstractMapConfigurationValueProvider {

        private final Map<String, String> settings;

        Given(Map<String, String> settings) {
            this.settings = settings;
        }

        @Override
        public int getPrecedence() {
            return 1;
        }

        @Override
        protected Map<?, ?> getMap() {
            return settings;
        }

        @Override
        protected String getSourceDescription() {
            return "nothing";
        }
    }

    private UpdateResult scoped(MigrationOptions options) {
        try {
            return Scope.child(Map.of(HISTORY, "elsewhere"), () -> NothingKnown.say(of(options)::update));
        } catch (MigrationException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Somebody else, whose search path that is, has nothing of it. */
    @Test
    void aChangesetThatSetsTheSearchPathSaysNothingOfOthers() {
        database.execute("CREATE SCHEMA tenant");
        changelog.of(START, table("one"), sql("path", "SET search_path = tenant, public", null));
        of(noting()).update();
        next(noting(), true);
        PGSimpleDataSource tenant = (PGSimpleDataSource) database.dataSource();
        tenant.setCurrentSchema("tenant,public");
        assertThat(Migrations.of(tenant, options()).status().pending()).hasSize(3);
        assertThat(NothingKnown.say(Migrations.of(tenant, noting())::update).changesets()).hasSize(3);
        assertThat(database.query("SELECT 1 FROM tenant.one")).isEmpty();
    }

    @Test
    void whatRunsEachTimeIsNotNotedAndNeitherIsWhatWaitsForItsPrecondition() {
        changelog.of(START, sql("always", "SELECT 1", null) + "runAlways: true\n");
        of(noting()).update();
        changelog.of(START, table("one") + "preConditions:\n  - onFail: CONTINUE\n  - tableExists: {tableName: base}\n");
        of(noting()).update();
        assertThat(folder.resolve("notes")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0=READ \\u"})
    void aDamagedNoteIsNone(String text) throws IOException {
        assertNoNote(text);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @ValueSource(strings = {"0=NOWHERE - x", "0=FILE", "\u0000"})
    void aNoteThatIsDamagedInAnyOtherWayIsNoneEither(String text) throws IOException {
        assertNoNote(text);
    }

    private void assertNoNote(String text) throws IOException {
        of(noting()).update();
        Path note = notes().get(0);
        Files.writeString(note, Files.readString(note).replaceFirst("(?m)^0=.*$", "") + text);
        assertThat(next(noting(), false).changesets()).isEmpty();
        next(noting(), true);
    }

    @Test
    void aFolderThatCannotBeWrittenIsNoReasonToFail() throws IOException {
        Files.writeString(folder.resolve("notes"), "a file");
        assertThat(of(noting()).update().changesets()).hasSize(5);
        assertThat(next(noting(), false).changesets()).isEmpty();
    }

    @Test
    void whatAJarNamesInItsManifestCounts() throws IOException {
        Path named = folder.resolve("named.jar");
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, "named.jar");
        Path first = folder.resolve("first.jar");
        new JarOutputStream(Files.newOutputStream(first), manifest).close();
        try (JarOutputStream none = new JarOutputStream(Files.newOutputStream(named))) {
            none.putNextEntry(new ZipEntry("nothing"));
        }
        String classPath = System.getProperty("java.class.path");
        System.setProperty("java.class.path", first.toString());
        try {
            assertThat(ClassFiles.of(null).orElseThrow()).contains("first.jar", "named.jar");
        } finally {
            System.setProperty("java.class.path", classPath);
        }
    }

    @Test
    void newFilesOfClassesAreOtherClasses() throws IOException {
        Path jar = Files.writeString(folder.resolve("some.jar"), "1");
        try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, getClass().getClassLoader())) {
            Optional<String> before = ClassFiles.of(loader);
            assertThat(before).isPresent().isEqualTo(ClassFiles.of(loader));
            Files.setLastModifiedTime(jar, FileTime.from(Instant.now().plusSeconds(1)));
            assertThat(ClassFiles.of(loader)).isNotEqualTo(before);
            Files.delete(jar);
            Files.createSymbolicLink(jar, Files.createDirectory(folder.resolve("some")));
            Files.createSymbolicLink(folder.resolve("some/nowhere"), folder.resolve("not-there"));
            assertThat(ClassFiles.of(loader)).isPresent();
        }
        assertThat(ClassFiles.of(new ClassLoader(null) {})).isEmpty();
    }
}
