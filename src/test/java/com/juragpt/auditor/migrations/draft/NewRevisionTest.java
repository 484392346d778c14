package com.juragpt.auditor.migrations.draft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.juragpt.auditor.migrations.ChangelogFolder;
import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Finding;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.NewRevision;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.WrittenRevision;
import com.juragpt.auditor.migrations.testing.ChangelogCopy;
import com.juragpt.auditor.migrations.testing.ChangelogFindings;
import com.juragpt.auditor.migrations.testing.ChangelogRunner;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(PostgresExtension.class)
class NewRevisionTest {

    private static final NewRevision AUTHENTICATION = NewRevision.named("add user authentication");

    private ChangelogCopy changelog;

    @BeforeEach
    void copy(@TempDir Path folder) {
        changelog = ChangelogCopy.in(folder);
    }

    private ChangelogFolder folder() {
        return ChangelogFolder.of(changelog.root(), ChangelogRunner.MASTER);
    }

    @Test
    void eachTableGetsAFileAndTheMasterIncludesThemBeforeTheTagAndIsOtherwiseAsItWas() {
        String master = changelog.read(ChangelogRunner.MASTER);

        WrittenRevision written = folder().newRevision(AUTHENTICATION.withTables(List.of("users", "Login_Attempts")));

        assertThat(written).isEqualTo(new WrittenRevision("002",
                List.of("changelog/002-add-user-authentication/users.yaml",
                        "changelog/002-add-user-authentication/login_attempts.yaml",
                        "changelog/002-add-user-authentication/revision.yaml"),
                ChangelogRunner.MASTER));
        assertThat(changelog.read(ChangelogRunner.MASTER)).isEqualTo(master + """

                  - include: {file: changelog/002-add-user-authentication/users.yaml}
                  - include: {file: changelog/002-add-user-authentication/login_attempts.yaml}
                  - include: {file: changelog/002-add-user-authentication/revision.yaml}
                """);
        assertThat(changelog.read("changelog/002-add-user-authentication/revision.yaml")
                .replace("002", "001").replace(": add user authentication.", ": what Alembic called 001."))
                .isEqualTo(changelog.read("changelog/001-initial-schema/revision.yaml"));
    }

    @Test
    void withoutTablesThereIsOneFileToFillIn() {
        assertThat(folder().newRevision(AUTHENTICATION).files()).containsExactly(
                "changelog/002-add-user-authentication/changes.yaml", "changelog/002-add-user-authentication/revision.yaml");
    }

    @Test
    void whatIsNotFilledInViolatesTheConventionsAndStopsEveryDeployment(TestDatabase database) throws IOException {
        changelog.options();
        folder().newRevision(AUTHENTICATION.withTables(List.of("users")));

        assertThat(ChangelogFindings.in(changelog.root())).extracting(Finding::headline)
                .containsExactly("changelog/002-add-user-authentication/users.yaml:5: 002-fill-in-users: is the template of mvn"
                        + " migrations:new as it was written");
        Migrations migrations = Migrations.of(database.dataSource(), changelog.options());
        migrations.updateTo("001");
        MigrationException refusal = catchThrowableOfType(MigrationException.class, migrations::update);
        assertThat(refusal.problem()).isEqualTo(Problem.UNSOUND_CHANGELOG);
        assertThat(refusal).hasMessageContaining("changelog/002-add-user-authentication/users.yaml:5: 002-fill-in-users: is the")
                .hasMessageContaining("Nothing was changed.");
        assertThat(database.query("SELECT tag FROM databasechangelog WHERE tag LIKE '00%'")).containsExactly(List.of("001"));
        assertThat(catchThrowableOfType(MigrationException.class, migrations::rehearse).problem())
                .isEqualTo(Problem.UNSOUND_CHANGELOG);
        Migrations unchecked = Migrations.of(database.dataSource(), changelog.options().withCheck(false, Set.of()));
        assertThat(catchThrowableOfType(MigrationException.class, unchecked::update))
                .hasMessageContaining("not filled in: revision 002, the table users");
    }

    @Test
    void filledInItIsARevisionLikeAnyOther(TestDatabase database) throws IOException {
        folder().newRevision(AUTHENTICATION.withTables(List.of("users")));
        changelog.write("changelog/002-add-user-authentication/users.yaml", """
                databaseChangeLog:
                  - changeSet:
                      id: '002-create-users'
                      author: juragpt
                      changes:
                        - createTable: {tableName: users, columns: [{column: {name: id, type: int}}]}
                      rollback:
                        - dropTable: {tableName: users}
                """);

        assertThat(ChangelogFindings.in(changelog.root())).isEmpty();
        assertThat(Migrations.of(database.dataSource(), changelog.options()).update().revision()).isEqualTo("002");
    }

    @Test
    void theSameAgainSaysSoAndChangesNothing() {
        folder().newRevision(AUTHENTICATION);

        assertThat(refused(Problem.REVISION_EXISTS, () -> folder().newRevision(AUTHENTICATION)))
                .isEqualTo("""
                        [revision-exists] Revision 002 is named 'add user authentication' already. Nothing was changed.
                          changelog/002-add-user-authentication
                          help: take another name; or -Dmigrations.revision=003 for another revision of the same name""");
        assertThat(refused(Problem.REVISION_EXISTS, () -> folder().newRevision(NewRevision.named("other").withRevision("002"))))
                .contains("Revision 002 is there already", "changelog/002-add-user-authentication",
                        "without -Dmigrations.revision the next number is taken: 003");
        assertThat(refused(Problem.REVISION_EXISTS, () -> folder().newRevision(NewRevision.named("other").withRevision("0"))))
                .contains("Revision 0 would come after revision 002");
        assertThat(folder().newRevision(AUTHENTICATION.withRevision("003")).revision()).isEqualTo("003");
    }

    @Test
    void aRevisionMayHaveAnotherNameThanANumber() {
        assertThat(folder().newRevision(NewRevision.named("x").withRevision("ae1027a6acf")).folder())
                .isEqualTo("changelog/ae1027a6acf-x");
        assertThat(
                refused(Problem.REVISION_EXISTS, () -> folder().newRevision(NewRevision.named("y").withRevision("AE1027a6acf"))))
                .contains("changelog/ae1027a6acf-x");
        assertThat(folder().newRevision(NewRevision.named("z")).revision()).isEqualTo("002");
    }

    @Test
    void numbersOfFoldersThatNobodyIncludesAndOfTagsAreTakenToo() {
        changelog.write("changelog/0007-forgotten/users.yaml", "databaseChangeLog: []\n");
        assertThat(folder().newRevision(NewRevision.named("a")).revision()).isEqualTo("0008");
        changelog.edit("changelog/001-initial-schema/revision.yaml", "tag: '001'", "tag: '0041'");
        assertThat(folder().newRevision(NewRevision.named("b")).revision()).isEqualTo("0042");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "Add \"quoted\" 'users' | 002-add-quoted-users",
        "../../etc/passwd | 002-etc-passwd",
        "Prüfung für Straße & Ärger | 002-pruefung-fuer-strasse-aerger",
        "Éléments -- ; DROP TABLE | 002-elements-drop-table",
        "${user.name} %s {} | 002-user-name-s"})
    void aNameBecomesAFolderThatAnyFileSystemKnows(String name, String folder) throws IOException {
        WrittenRevision written = folder().newRevision(NewRevision.named(name).withTables(List.of("users")));

        assertThat(written.folder()).isEqualTo("changelog/" + folder);
        assertThat(ChangelogFindings.in(changelog.root())).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "///", "..", "法律", "two\nlines", "nul\0", "tab\tbed"})
    void aNameOfWhichNothingIsLeftIsRefused(String name) {
        assertThat(refused(Problem.INVALID_PARAMETER, () -> folder().newRevision(NewRevision.named(name))))
                .startsWith("[invalid-parameter] Cannot use -Dmigrations.name='").hasLineCount(3);
    }

    @Test
    void aNameThatIsTooLongIsRefusedWithOneThatIsNot() {
        assertThat(refused(Problem.INVALID_PARAMETER, () -> folder().newRevision(NewRevision.named("many words ".repeat(27)))))
                .contains("this has 296")
                .contains("-Dmigrations.name=\"many words many words many words many words many words many\"");
        assertThat(refused(Problem.INVALID_PARAMETER, () -> folder().newRevision(NewRevision.named("x".repeat(300)))))
                .contains("this has 300");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "public.users", "users; DROP", "../users", "a-b", "1st", "übung", "users\n"})
    void whatIsNoTablesNameIsRefused(String table) {
        assertThat(
                refused(Problem.INVALID_PARAMETER, () -> folder().newRevision(AUTHENTICATION.withTables(List.of("good", table)))))
                .contains("-Dmigrations.tables=");
        assertThat(refused(Problem.INVALID_PARAMETER,
                () -> folder().newRevision(AUTHENTICATION.withTables(List.of("users", "Users"))))).contains("each table once");
    }

    @ParameterizedTest
    @ValueSource(strings = {"base", "../x", "a-b", "", "x\ny", "0123456789012345678901234567890123"})
    void whatCouldBeNoTagIsRefused(String revision) {
        refused(Problem.INVALID_PARAMETER, () -> folder().newRevision(AUTHENTICATION.withRevision(revision)));
    }

    @Test
    void theTableNamedRevisionDoesNotTakeTheTagsFile() {
        assertThat(folder().newRevision(AUTHENTICATION.withTables(List.of("revision"))).files()).containsExactly(
                "changelog/002-add-user-authentication/revision_table.yaml",
                "changelog/002-add-user-authentication/revision.yaml");
    }

    @Test
    void aMasterKeepsItsFormItsLineEndsAndWhatFollows() {
        changelog.write(ChangelogRunner.MASTER, """
                # first\r
                databaseChangeLog:\r
                - include:\r
                    file: 'changelog/000-base.yaml'   # base\r
                - include:\r
                    file: '001-initial-schema/revision.yaml'\r
                    relativeToChangelogFile: true\r
                # the end""");

        folder().newRevision(NewRevision.named("x"));

        assertThat(changelog.read(ChangelogRunner.MASTER)).isEqualTo("""
                # first\r
                databaseChangeLog:\r
                - include:\r
                    file: 'changelog/000-base.yaml'   # base\r
                - include:\r
                    file: '001-initial-schema/revision.yaml'\r
                    relativeToChangelogFile: true\r
                \r
                - include:\r
                    file: '002-x/changes.yaml'\r
                    relativeToChangelogFile: true\r
                - include:\r
                    file: '002-x/revision.yaml'\r
                    relativeToChangelogFile: true\r
                # the end\r
                """);
    }

    @Test
    void aMasterElsewhereIncludesFromWhereItsOthersDo(TestDatabase database) {
        changelog.write("src/main/resources/db/changelog/master.yaml", """
                databaseChangeLog:
                  - changeSet:
                      id: 'in-the-master'
                      author: ${author}
                      changes:
                        - sql:
                            sql: |
                              SELECT 1
                  - include: {file: db/changelog/005-x.yaml}
                """);
        changelog.write("src/main/resources/db/changelog/005-x.yaml", "databaseChangeLog: []\n");

        ChangelogFolder elsewhere = ChangelogFolder.of(changelog.root(), "src/main/resources/db/changelog/master.yaml");

        assertThat(elsewhere.newRevision(NewRevision.named("next")).files()).containsExactly(
                "src/main/resources/db/changelog/006-next/changes.yaml",
                "src/main/resources/db/changelog/006-next/revision.yaml");
        assertThat(changelog.read("src/main/resources/db/changelog/master.yaml")).endsWith("""
                  - include: {file: db/changelog/005-x.yaml}

                  - include: {file: db/changelog/006-next/changes.yaml}
                  - include: {file: db/changelog/006-next/revision.yaml}
                """);
    }

    @Test
    void anEmptyMasterGetsItsFirstRevision() {
        changelog.write("db/master.yaml", "databaseChangeLog:\n");

        ChangelogFolder.of(changelog.root(), "db/master.yaml").newRevision(NewRevision.named("start"));

        assertThat(changelog.read("db/master.yaml")).isEqualTo("""
                databaseChangeLog:
                  - include: {file: db/001-start/changes.yaml}
                  - include: {file: db/001-start/revision.yaml}
                """);
    }

    @Test
    void aMasterOfAnotherFormIsRefusedAndItIsSaidWhy() {
        changelog.write("db/master.xml", "<databaseChangeLog/>");
        changelog.write("db/all.yaml", "databaseChangeLog:\n  - includeAll: {path: db/changes}\n");
        changelog.write("db/flow.yaml", "databaseChangeLog: [{include: {file: a.yaml}}]\n");
        changelog.write("db/other.yaml", "something: else\n");
        Map<String, String> why = Map.of("db/master.xml", "it is not YAML", "db/all.yaml", "it has includeAll",
                "db/flow.yaml", "is not a list with an item on each line", "db/other.yaml", "it has no databaseChangeLog");
        why.forEach((master, reason) -> assertThat(refused(Problem.UNSUPPORTED_CHANGELOG,
                () -> ChangelogFolder.of(changelog.root(), master).newRevision(AUTHENTICATION))).contains(master, reason));
        assertThat(refused(Problem.INVALID_CHANGELOG,
                () -> ChangelogFolder.of(changelog.root(), "db/none.yaml").newRevision(AUTHENTICATION))).contains("db/none.yaml");
        changelog.write("db/broken.yaml", "databaseChangeLog:\n  - include: {file: x\n");
        refused(Problem.INVALID_CHANGELOG,
                () -> ChangelogFolder.of(changelog.root(), "db/broken.yaml").newRevision(AUTHENTICATION));
    }

    @Test
    void whereTheMasterCannotBeReplacedNothingIsLeftBehind() throws IOException {
        Path master = changelog.root().resolve(ChangelogRunner.MASTER);
        Path folder = changelog.root().resolve("changelog/002-x");
        RevisionFolder revision = new RevisionFolder(MasterChangelog.read(changelog.root(), ChangelogRunner.MASTER), folder);
        Files.writeString(master, "# by somebody else\n" + Files.readString(master));

        assertThat(refused(Problem.OUTPUT_FILE, () -> revision.write(Map.of("a.yaml", new byte[0]), "")))
                .contains("was changed by somebody else meanwhile");

        RevisionFolder again = new RevisionFolder(MasterChangelog.read(changelog.root(), ChangelogRunner.MASTER), folder);
        Files.createDirectories(folder);
        refused(Problem.OUTPUT_FILE, () -> again.write(Map.of("a.yaml", new byte[0]), ""));
    }

    /** Returns the message of the refusal, and fails if there is none, another one, or any file is different afterwards. */
    private String refused(Problem problem, ThrowingCallable attempt) {
        Map<String, String> before = changelog.contents();
        MigrationException refusal = catchThrowableOfType(MigrationException.class, attempt);
        assertThat(refusal).isNotNull();
        assertThat(refusal.problem()).as(refusal.getMessage()).isEqualTo(problem);
        assertThat(refusal).hasMessageContaining("Nothing was changed.");
        assertThat(changelog.contents()).isEqualTo(before);
        return refusal.getMessage();
    }
}
