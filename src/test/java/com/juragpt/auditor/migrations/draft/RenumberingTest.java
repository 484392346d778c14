package com.juragpt.auditor.migrations.draft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.juragpt.auditor.migrations.ChangelogFolder;
import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RenumberedRevision;
import com.juragpt.auditor.migrations.testing.ChangelogCopy;
import com.juragpt.auditor.migrations.testing.ChangelogFindings;
import com.juragpt.auditor.migrations.testing.ChangelogRunner;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Two branches have each added a revision 002, and were merged. */
@ExtendWith(PostgresExtension.class)
class RenumberingTest {

    private static final String TABLE = """
            # Revision 002: 𝄞 the table %1$s, 1002 rows.
            databaseChangeLog:
              - changeSet:
                  id: '002-create-%1$s' # 002
                  author: juragpt
                  changes:
                    - createTable: {tableName: %1$s, columns: [{column: {name: id, type: int, remarks: '002'}}]}
                  rollback:
                    - dropTable: {tableName: %1$s}
            """;

    private static final String FILL = """
              - changeSet:
                  id: "002-fill-%1$s"
                  author: juragpt
                  preConditions:
                    - changeSetExecuted: {id: '002-create-%1$s', author: juragpt, changeLogFile: changelog/002-%1$s/%1$s.yaml}
                  changes:
                    - loadData: {tableName: %1$s, file: changelog/002-%1$s/%1$s.csv}
                  rollback:
                    - delete: {tableName: %1$s}
            """;

    private ChangelogCopy changelog;
    private String master;

    @BeforeEach
    void merge(@TempDir Path folder) {
        changelog = ChangelogCopy.in(folder);
        master = changelog.read(ChangelogRunner.MASTER);
        branch("ours");
        branch("theirs");
        changelog.write(ChangelogRunner.MASTER, master + """

                  # what we did
                  - include: {file: changelog/002-ours/ours.yaml}
                  - include: {file: changelog/002-ours/revision.yaml} # the tag

                  - include: {file: changelog/002-theirs/theirs.yaml}
                  - include: {file: changelog/002-theirs/revision.yaml}
                """);
    }

    private void branch(String name) {
        changelog.write("changelog/002-" + name + "/" + name + ".yaml", TABLE.formatted(name) + FILL.formatted(name));
        changelog.write("changelog/002-" + name + "/" + name + ".csv", "id\n002\n");
        changelog.write("changelog/002-" + name + "/revision.yaml",
                changelog.read("changelog/001-initial-schema/revision.yaml").replace("001", "002"));
    }

    private ChangelogFolder folder() {
        return ChangelogFolder.of(changelog.root(), ChangelogRunner.MASTER);
    }

    @Test
    void theNumberAloneDoesNotSayWhichAndBothAreNamed() {
        assertThat(refused(Problem.AMBIGUOUS_REVISION, () -> folder().renumber("002"))).isEqualTo("""
                [ambiguous-revision] Cannot renumber '002': 2 folders have that number. Nothing was changed.
                  folders: 002-ours, 002-theirs
                  help: name the one that is deployed nowhere: -Dmigrations.renumber=002-theirs""");
    }

    @Test
    void folderIdsTagReferencesAndIncludesMoveBehindTheOther(TestDatabase database) throws IOException {
        RenumberedRevision moved = folder().renumber("002-ours");

        assertThat(moved).isEqualTo(new RenumberedRevision("002", "003", "changelog/002-ours",
                List.of("changelog/003-ours/ours.yaml", "changelog/003-ours/revision.yaml"),
                List.of("003-create-ours", "003-fill-ours", "003-tag-revision"), List.of()));
        assertThat(changelog.contents()).doesNotContainKey("changelog/002-ours");
        assertThat(changelog.read("changelog/003-ours/ours.yaml")).isEqualTo(
                (TABLE + FILL).formatted("ours").replace("Revision 002:", "Revision 003:").replace("# 002", "# 003")
                        .replace("002-", "003-"));
        assertThat(changelog.read("changelog/003-ours/ours.csv")).isEqualTo("id\n002\n");
        assertThat(changelog.read("changelog/003-ours/revision.yaml"))
                .isEqualTo(changelog.read("changelog/001-initial-schema/revision.yaml").replace("001", "003"));
        assertThat(changelog.read(ChangelogRunner.MASTER)).isEqualTo(master + """

                  - include: {file: changelog/002-theirs/theirs.yaml}
                  - include: {file: changelog/002-theirs/revision.yaml}

                  # what we did
                  - include: {file: changelog/003-ours/ours.yaml}
                  - include: {file: changelog/003-ours/revision.yaml}
                """);
        assertThat(ChangelogFindings.in(changelog.root())).isEmpty();
        assertThat(Migrations.of(database.dataSource(), changelog.options()).update().revision()).isEqualTo("003");
        assertThat(database.query("SELECT id FROM ours")).containsExactly(List.of("2"));
    }

    @Test
    void theLastOneMovesTooAndThenThereIsNothingLeftToDo() {
        assertThat(folder().renumber("002-theirs").to()).isEqualTo("003");
        assertThat(changelog.read(ChangelogRunner.MASTER)).endsWith("""
                  - include: {file: changelog/002-ours/revision.yaml} # the tag

                  - include: {file: changelog/003-theirs/theirs.yaml}
                  - include: {file: changelog/003-theirs/revision.yaml}
                """);

        Map<String, String> before = changelog.contents();
        assertThat(folder().renumber("003").isMoved()).isFalse();
        assertThat(changelog.contents()).isEqualTo(before);
    }

    @Test
    void theNewestOneThatTheMasterIncludesTooEarlyKeepsItsNumberAndGoesToTheEnd() {
        folder().renumber("002-theirs");
        String right = changelog.read(ChangelogRunner.MASTER);
        changelog.edit(ChangelogRunner.MASTER, right.substring(right.indexOf("\n  - include: {file: changelog/003")), "");
        changelog.edit(ChangelogRunner.MASTER, "  # what we did", "  - include: {file: changelog/003-theirs/theirs.yaml}\n"
                + "  - include: {file: changelog/003-theirs/revision.yaml}\n\n  # what we did");

        assertThat(folder().renumber("003").to()).isEqualTo("003");

        assertThat(changelog.read(ChangelogRunner.MASTER)).isEqualTo(right);
    }

    @Test
    void whatADatabaseHasIsNotRenumberedAndTheOtherIs(TestDatabase database) {
        String theirs = "  - include: {file: changelog/002-theirs/theirs.yaml}\n";
        changelog.edit(ChangelogRunner.MASTER, theirs, "");
        changelog.edit(ChangelogRunner.MASTER, "  # what we did", theirs + "\n  # what we did");
        Migrations migrations = Migrations.of(database.dataSource(), changelog.options());
        migrations.updateTo("001");
        migrations.updateBy(1);

        assertThat(refused(Problem.REVISION_DEPLOYED, () -> folder().renumber("002-theirs", migrations.status())))
                .contains("Cannot renumber changelog/002-theirs: it is deployed in " + database.name(),
                        "deployed: 002-create-theirs");
        assertThat(folder().renumber("002-ours", migrations.status()).to()).isEqualTo("003");
        migrations.update();
        assertThat(migrations.status().revision()).isEqualTo("003");
        assertThat(refused(Problem.REVISION_DEPLOYED, () -> folder().renumber("003", migrations.status())))
                .contains("003-tag-revision");
    }

    @Test
    void whereElseTheOldNamesStandIsSaid() {
        changelog.edit("changelog/002-theirs/theirs.yaml", "{id: '002-create-theirs', author: juragpt, changeLogFile:"
                + " changelog/002-theirs/theirs.yaml}",
                "{id: '002-create-ours', author: juragpt, changeLogFile: changelog/002-ours/ours.yaml}");

        assertThat(folder().renumber("002-ours").mentions()).containsExactly(
                "changelog/002-theirs/theirs.yaml:14: 002-create-ours",
                "changelog/002-theirs/theirs.yaml:14: changelog/002-ours/ours.yaml");
    }

    @Test
    void whatCannotBeRenumberedIsRefusedWithAReason() {
        assertThat(refused(Problem.UNKNOWN_REVISION, () -> folder().renumber("004")))
                .contains("folders: 001-initial-schema, 002-ours, 002-theirs");
        assertThat(refused(Problem.UNKNOWN_REVISION, () -> folder().renumber("../002-ours"))).contains("folders: ");
        changelog.edit("changelog/002-ours/ours.yaml", "databaseChangeLog:\n", "databaseChangeLog:\n  - logicalFilePath: x\n");
        assertThat(refused(Problem.UNSUPPORTED_CHANGELOG, () -> folder().renumber("002-ours"))).contains("logicalFilePath");
        changelog.edit(ChangelogRunner.MASTER, "002-theirs/theirs.yaml", "002-theirs/theirs.sql");
        changelog.write("changelog/002-theirs/theirs.sql", "--liquibase formatted sql");
        assertThat(refused(Problem.UNSUPPORTED_CHANGELOG, () -> folder().renumber("002-theirs"))).contains("theirs.sql");
        changelog.write("changelog/005-lost/a.yaml", "databaseChangeLog: []\n");
        assertThat(refused(Problem.INVALID_CHANGELOG, () -> folder().renumber("005"))).contains("includes none of its files");
    }

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
