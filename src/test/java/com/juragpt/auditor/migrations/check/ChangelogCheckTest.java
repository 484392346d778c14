package com.juragpt.auditor.migrations.check;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.CheckReport;
import com.juragpt.auditor.migrations.api.Finding;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Rule;
import com.juragpt.auditor.migrations.changelog.Changelog;
import com.juragpt.auditor.migrations.render.ResultText;
import com.juragpt.auditor.migrations.testing.ChangelogFindings;
import com.juragpt.auditor.migrations.testing.ChangelogRunner;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import liquibase.changelog.ChangeSet;
import liquibase.database.core.PostgresDatabase;
import liquibase.resource.DirectoryResourceAccessor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The changelog keeps its conventions, and the check of each convention fails when it is broken. */
@ExtendWith(PostgresExtension.class)
class ChangelogCheckTest {

    private static final String MASTER = ChangelogRunner.MASTER;
    private static final String TABLE = "changelog/001-laws/law.yaml";
    private static final String REVISION = "changelog/001-laws/revision.yaml";

    @Test
    void changelogKeepsTheConventions() throws IOException {
        assertThat(headlines(ChangelogRunner.CHECKOUT)).isEmpty();
    }

    @Test
    void changelogIsValidOnPostgresql(TestDatabase database) throws Exception {
        try (Connection connection = database.connect()) {
            new ChangelogRunner(connection).validate();
        }
    }

    private static List<String> headlines(Path root) throws IOException {
        return ChangelogFindings.in(root).stream().map(Finding::headline).toList();
    }

    /** A small changelog that keeps the conventions, broken in one place at a time. */
    @Nested
    class Broken {

        @TempDir
        private Path root;

        @BeforeEach
        void writeTheSample() throws IOException {
            write(MASTER, """
                    databaseChangeLog:
                      - include: {file: changelog/000-base.yaml}
                      - include: {file: changelog/001-laws/law.yaml}
                      - include: {file: changelog/001-laws/revision.yaml}
                    """);
            write("changelog/000-base.yaml", tag("000-tag-base", "base"));
            write(TABLE, """
                    databaseChangeLog:
                      - changeSet:
                          id: '001-create-law'
                          author: juragpt
                          preConditions:
                            - onFail: MARK_RAN
                            - not:
                                - tableExists: {tableName: law}
                          changes:
                            - createTable:
                                tableName: law
                                columns:
                                  - column: {name: id, type: int, constraints: {nullable: false}}
                                  - column: {name: title, type: text}
                          modifySql:
                            - dbms: postgresql
                            - replace: {replace: TEXT, with: VARCHAR}
                          rollback:
                            - dropTable: {tableName: law}
                      - changeSet:
                          id: '001-insert-law'
                          author: juragpt
                          changes:
                            - insert:
                                tableName: law
                                columns:
                                  - column: {name: id, valueNumeric: 1}
                          rollback: DELETE FROM law WHERE id = 1
                    """);
            write(REVISION, tag("001-tag-revision", "'001'"));
        }

        @Test
        void sampleIsFineBeforeItIsBroken() throws IOException {
            assertThat(headlines(root)).isEmpty();
        }

        @Test
        void missingRollbackIsFound() throws IOException {
            replace(TABLE, "      rollback:\n        - dropTable: {tableName: law}\n", "");

            assertViolation(TABLE + ":2: 001-create-law: has no rollback block");
        }

        @Test
        void blankRollbackIsFound() throws IOException {
            replace(TABLE, "      rollback:\n        - dropTable: {tableName: law}\n", "      rollback:\n");

            assertViolation(TABLE + ":18: 001-create-law: its rollback does nothing");
        }

        @Test
        void emptyListAsARollbackIsFound() throws IOException {
            replace(TABLE, "rollback: DELETE FROM law WHERE id = 1", "rollback: []");

            assertViolation(TABLE + ":28: 001-insert-law: its rollback does nothing");
        }

        @Test
        void blankSqlAsARollbackIsFound() throws IOException {
            replace(TABLE, "rollback: DELETE FROM law WHERE id = 1", "rollback: [sql: {sql: ' '}]");

            assertViolation(TABLE + ":28: 001-insert-law: its rollback does nothing");
        }

        @Test
        void commentAsARollbackIsFound() throws IOException {
            replace(TABLE, "rollback: DELETE FROM law WHERE id = 1", "rollback: '-- cannot be rolled back'");

            assertViolation(TABLE + ":28: 001-insert-law: its rollback does nothing");
        }

        @Test
        void explicitlyEmptyRollbackIsFoundWhereItIsNotATagThatIsRolledBack() throws IOException {
            replace(TABLE, "- dropTable: {tableName: law}", "- empty: {}");

            assertViolation(TABLE + ":18: 001-create-law: its rollback does nothing");
        }

        @Test
        void blankRollbackOfATagIsFound() throws IOException {
            replace(REVISION, "      rollback:\n        - empty: {}\n", "      rollback:\n");

            assertViolation(REVISION + ":9: 001-tag-revision: a tag goes with its history row, so its rollback is empty");
        }

        @Test
        void rollbackIndentedUnderTheChangeIsFound() throws IOException {
            replace(TABLE, "      rollback:\n        - dropTable: {tableName: law}\n",
                    "            rollback:\n              - dropTable: {tableName: law}\n");
            replace(TABLE, "      modifySql:\n        - dbms: postgresql\n        - replace: {replace: TEXT, with: VARCHAR}\n",
                    "");

            assertViolation(
                    TABLE + ":15: 001-create-law: Liquibase ignores 'rollback' in createTable; "
                            + "it is misspelt or in the wrong place",
                    TABLE + ":2: 001-create-law: has no rollback block");
        }

        @Test
        void rollbackBesideTheChangesetIsFound() throws IOException {
            replace(TABLE, "      rollback: DELETE FROM law WHERE id = 1", "    rollback: DELETE FROM law WHERE id = 1");

            assertViolation(
                    TABLE + ":20: 001-insert-law: has no rollback block",
                    TABLE + ":28: Liquibase ignores 'rollback' in databaseChangeLog; it is misspelt or in the wrong place");
        }

        @Test
        void misspeltAttributesAreFoundAtEveryDepth() throws IOException {
            replace(TABLE, "juragpt\n      preConditions:", "juragpt\n      runInTransacton: false\n      preConditions:");
            replace(TABLE, "onFail: MARK_RAN", "onfail: MARK_RAN");
            replace(TABLE, "tableExists: {tableName: law}", "tableExists: {tabelName: law}");
            replace(TABLE, "tableName: law\n            columns:\n              - column: {name: id, type: int",
                    "tableName: law\n            remark: laws\n            columns:\n"
                            + "              - column: {name: id, type: int");
            replace(TABLE, "{nullable: false}", "{nulable: false}");
            replace(TABLE, "with: VARCHAR", "by: VARCHAR");
            replace(TABLE, "dbms: postgresql", "databases: postgresql");
            replace(TABLE, "dropTable: {tableName: law}", "dropTable: {tableName: law, cascade: true}");

            assertThat(headlines(root)).extracting(violation -> violation.replaceFirst(";.*", ""))
                    .containsExactly(
                            TABLE + ":5: 001-create-law: Liquibase ignores 'runInTransacton' in changeSet",
                            TABLE + ":7: 001-create-law: Liquibase ignores 'onfail' in preConditions",
                            TABLE + ":9: 001-create-law: Liquibase ignores 'tabelName' in tableExists",
                            TABLE + ":13: 001-create-law: Liquibase ignores 'remark' in createTable",
                            TABLE + ":15: 001-create-law: Liquibase ignores 'nulable' in constraints",
                            TABLE + ":18: 001-create-law: Liquibase ignores 'databases' in modifySql",
                            TABLE + ":19: 001-create-law: Liquibase ignores 'by' in replace",
                            TABLE + ":21: 001-create-law: Liquibase ignores 'cascade' in dropTable");
        }

        @Test
        void misspeltAttributeThatLiquibaseRefusesIsFound() throws IOException {
            replace(TABLE, "{name: title, type: text}", "{name: title, tpye: text}");

            assertThat(headlines(root)).first().asString()
                    .startsWith(TABLE + ": Liquibase cannot read it: ").contains("Unexpected node: tpye");
        }

        @Test
        void columnWithoutItsNameIsFound() throws IOException {
            replace(TABLE, "- column: {name: title, type: text}", "- colunm: {name: title, type: text}");

            assertViolation(TABLE
                    + ":14: 001-create-law: Liquibase ignores 'colunm' in columns; it is misspelt or in the wrong place");
        }

        @Test
        void attributeGivenTwiceIsFound() throws IOException {
            replace(TABLE, "juragpt\n      preConditions:", "juragpt\n      author: alembic\n      preConditions:");

            assertViolation(TABLE + ":5: 'author' stands here twice; only the last one counts");
        }

        @Test
        void changeThatLiquibaseDoesNotKnowIsFound() throws IOException {
            replace(TABLE, "- insert:", "- inserts:");

            assertThat(headlines(root)).first().asString()
                    .startsWith(TABLE + ": Liquibase cannot read it: ").contains("Unknown change type 'inserts'");
        }

        @Test
        void unquotedIdIsFound() throws IOException {
            replace(TABLE, "'001-create-law'", "001-create-law");

            assertViolation(TABLE + ":3: 001-create-law: the id has no quotes; without them YAML makes numbers of some, "
                    + "and 010 becomes 8");
        }

        @Test
        void idThatYamlReadsAsAnotherValueIsFound() throws IOException {
            replace(TABLE, "'001-create-law'", "010");
            replace(REVISION, "'001-tag-revision'", "no");

            assertThat(headlines(root)).contains(TABLE + ":3: 8: YAML reads the id 010 as 8",
                    REVISION + ":3: false: YAML reads the id no as false");
        }

        @ParameterizedTest
        @ValueSource(strings = {"010", "0x1F", "1_000", "1.10", "1.0", "1e3", "+5", "no", "on", "TRUE", "2020-01-31",
            "20200131120000-1",
            "2020-01-31 10:11:12", "12:30:45", "0b11", ".5", "1.2.3", "a: b"})
        void idIsReadAsLiquibaseReadsIt(String id) throws Exception {
            String written = id.contains(": ") ? "'" + id + "'" : id;
            replace(TABLE, "'001-create-law'", written);
            List<ChangeSet> parsed = Changelog.written(new PostgresDatabase(), MigrationOptions.defaults()
                    .withChangelog(TABLE, new DirectoryResourceAccessor(root)));
            String read = parsed.get(0).getId();

            List<Finding> misread = ChangelogFindings.in(root).stream().filter(found -> found.rule() == Rule.MISREAD_ID).toList();

            assertThat(misread).extracting(Finding::what)
                    .isEqualTo(id.equals(read) ? List.of() : List.of("YAML reads the id " + id + " as " + read));
        }

        @Test
        void includeThatGoesUpOrHasAPropertyIsFollowedAsLiquibaseDoes() throws IOException {
            replace(MASTER, "{file: changelog/001-laws/law.yaml}",
                    "{file: ../changelog/001-laws/law.yaml, relativeToChangelogFile: true}");
            assertViolation(MASTER + ":3: an include has only a file here, no 'relativeToChangelogFile'");

            replace(MASTER, "  - include: {file: changelog/000-base.yaml}\n", "  - property: {name: laws, value: 001-laws}\n"
                    + "  - include: {file: changelog/000-base.yaml}\n");
            replace(MASTER, "{file: changelog/001-laws/revision.yaml}", "{file: 'changelog/${laws}/revision.yaml'}");
            assertThat(ChangelogFindings.in(root)).extracting(Finding::rule).doesNotContain(Rule.MISSING_INCLUDE,
                    Rule.FORGOTTEN_FILE, Rule.UNREADABLE_FILE);
        }

        @Test
        void oneFileForTwoContextsIsNotIncludedTwice() throws IOException {
            replace(MASTER, "  - include: {file: changelog/001-laws/law.yaml}\n",
                    "  - include: {file: changelog/001-laws/law.yaml, contextFilter: a}\n"
                            + "  - include: {file: changelog/001-laws/law.yaml, contextFilter: b}\n");

            assertThat(ChangelogFindings.in(root)).extracting(Finding::rule).containsOnly(Rule.PLAIN_FILES);
        }

        @Test
        void tagThatAnotherRevisionSetsIsFoundWithBothFolders() throws IOException {
            Files.createDirectories(root.resolve("changelog/001-courts"));
            write("changelog/001-courts/revision.yaml", tag("001-tag-courts", "'001'"));
            replace(MASTER, "revision.yaml}\n", "revision.yaml}\n  - include: {file: changelog/001-courts/revision.yaml}\n");

            assertViolation("changelog/001-courts/revision.yaml:2: 001-tag-courts: sets the tag '001', as 001-tag-revision in "
                    + REVISION + ":2 does",
                    "changelog/001-courts/revision.yaml:2: 001-tag-courts: follows the tag of revision 001; the tag comes last",
                    "revision 001 has more than one folder: 001-courts, 001-laws");
            assertThat(ResultText.branches(new CheckReport(MASTER, 4, 4, ChangelogFindings.in(root), List.of(), List.of())))
                    .hasValueSatisfying(text -> assertThat(text).startsWith("The revisions do not follow each other:\n")
                            .contains("mvn migrations:new -Dmigrations.renumber=001-courts"));
        }

        @Test
        void sameIdTwiceInOneFileIsFoundUnlessContextsTellThemApart() throws IOException {
            replace(TABLE, "id: '001-insert-law'\n      author: juragpt\n",
                    "id: '001-create-law'\n      author: juragpt\n      contextFilter: test\n");
            assertThat(headlines(root)).isEmpty();

            replace(TABLE, "      contextFilter: test\n", "");
            assertViolation(TABLE + ":20: 001-create-law: has the id and author of the changeset in " + TABLE + ":2");
        }

        @Test
        void changesetForAnotherKindOfDatabaseIsReadAsWell() throws IOException {
            replace(TABLE, "id: '001-create-law'\n      author: juragpt\n",
                    "id: '001-create-law'\n      author: juragpt\n      dbms: h2\n");
            replace(TABLE, "tableName: law\n            columns:\n              - column: {name: id, type: int",
                    "tableName: law\n            remark: laws\n            columns:\n              - column: {name: id, type: int");

            assertViolation(TABLE + ":13: 001-create-law: Liquibase ignores 'remark' in createTable; it is misspelt or in the"
                    + " wrong place");
        }

        @Test
        void modifiedSqlOfAnotherKindOfDatabaseIsNotTakenForIgnored() throws IOException {
            replace(TABLE, "dbms: postgresql", "dbms: h2");

            assertThat(headlines(root)).isEmpty();
        }

        @Test
        void aliasesAndMergedKeysAreReadAsLiquibaseReadsThem() throws IOException {
            replace(TABLE, "{name: id, type: int, constraints: {nullable: false}}",
                    "{name: id, type: int, constraints: &given {nullable: false}}");
            replace(TABLE, "{name: title, type: text}", "{name: title, type: text, constraints: {<<: *given}}");

            assertThat(headlines(root)).isEmpty();
        }

        @Test
        void aliasesWithoutEndAreRefusedInTime() throws IOException {
            write(TABLE, "databaseChangeLog: &log\n  - changeSet: *log\n");

            assertThat(headlines(root)).contains(TABLE + ": is not YAML: its aliases repeat themselves without end");
        }

        @Test
        void everyFindingHasARepair() throws IOException {
            replace(TABLE, "      rollback:\n        - dropTable: {tableName: law}\n", "");
            replace(TABLE, "author: juragpt\n      changes", "author: juragpt\n      runInTransacton: false\n      changes");

            assertThat(ChangelogFindings.in(root)).extracting(Finding::repair).containsExactly(
                    "beside 'changes':\n      rollback:\n        - dropTable: {tableName: law}",
                    "correct its spelling or its indentation, or delete it");
        }

        @Test
        void idOfAnotherRevisionIsFound() throws IOException {
            replace(TABLE, "'001-create-law'", "'002-create-law'");

            assertViolation(TABLE + ":2: 002-create-law: stands in revision 001 and is named after another");
        }

        @Test
        void idThatSaysNothingIsFound() throws IOException {
            replace(TABLE, "'001-create-law'", "'001-law'");

            assertViolation(TABLE + ":2: 001-law: is not named revision-verb-object");
        }

        @Test
        void idUsedTwiceIsFoundAcrossFiles() throws IOException {
            replace(REVISION, "'001-tag-revision'", "'001-create-law'");

            assertViolation(REVISION + ":2: 001-create-law: has the id of the changeset in " + TABLE
                    + ":2; ids are unique in the project");
        }

        @Test
        void changesetWithTwoChangesIsFound() throws IOException {
            replace(TABLE, "            columns:\n              - column: {name: id, valueNumeric: 1}\n",
                    "            columns:\n              - column: {name: id, valueNumeric: 1}\n"
                            + "        - delete: {tableName: law}\n");

            assertViolation(TABLE + ":20: 001-insert-law: has 2 changes");
        }

        @Test
        void fileThatIsNotIncludedIsFound() throws IOException {
            write("changelog/001-laws/court.yaml", "databaseChangeLog: []\n");

            assertViolation("changelog/001-laws/court.yaml: is not included by the master, so it is not deployed");
        }

        @Test
        void fileThatIsIncludedTwiceIsFound() throws IOException {
            replace(MASTER, "  - include: {file: changelog/001-laws/law.yaml}\n",
                    "  - include: {file: changelog/001-laws/law.yaml}\n  - include: {file: changelog/001-laws/law.yaml}\n");

            assertViolation(MASTER + ":4: includes " + TABLE + " a second time");
        }

        @Test
        void sqlFileIsFineIfAChangesetNamesItAndFoundIfNoneDoes() throws IOException {
            write("changelog/001-laws/used.sql", "DELETE FROM law\n");
            write("changelog/001-laws/forgotten.sql", "DELETE FROM law\n");
            replace(TABLE, "rollback: DELETE FROM law WHERE id = 1", "rollback: [sqlFile: {path: changelog/001-laws/used.sql}]");

            assertViolation("changelog/001-laws/forgotten.sql: no changeset names it");
        }

        @Test
        void includeOfAMissingFileIsFound() throws IOException {
            replace(MASTER, "changelog/001-laws/law.yaml", "001-laws/law.yaml");

            assertViolation(
                    MASTER + ":3: includes 001-laws/law.yaml, which is not there",
                    TABLE + ": is not included by the master, so it is not deployed",
                    TABLE + ":2: 001-create-law: follows the tag of revision 001; the tag comes last",
                    "revision 001: its last changeset, 001-insert-law, is not tagDatabase with tag: '001' "
                            + "and keepTagOnRollback: true");
        }

        @Test
        void includeThatChangesTheRecordedPathIsFound() throws IOException {
            replace(MASTER, "{file: changelog/001-laws/law.yaml}", "{file: changelog/001-laws/law.yaml, logicalFilePath: laws}");

            assertViolation(MASTER + ":3: an include has only a file here, no 'logicalFilePath'");
        }

        @Test
        void masterWithMoreThanIncludesIsFound() throws IOException {
            replace(MASTER, "  - include: {file: changelog/000-base.yaml}\n",
                    "  - include: {file: changelog/000-base.yaml}\n  - property: {name: schema, value: public}\n");

            assertViolation(MASTER + ":3: 'property' does not belong here; the master holds includes only");
        }

        @Test
        void missingMasterIsFound() throws IOException {
            Files.delete(root.resolve(MASTER));

            assertThat(headlines(root)).contains(MASTER + ": is missing");
        }

        @Test
        void revisionsOutOfOrderAreFound() throws IOException {
            replace(MASTER, "  - include: {file: changelog/000-base.yaml}\n", "");
            replace(MASTER, "revision.yaml}\n", "revision.yaml}\n  - include: {file: changelog/000-base.yaml}\n");

            assertViolation(MASTER + ": includes changelog/000-base.yaml after revision 001; "
                    + "revisions run in the order of their numbers");
        }

        @Test
        void revisionWithTwoFoldersIsFound() throws IOException {
            Files.createDirectories(root.resolve("changelog/001-tags"));
            Files.move(root.resolve(REVISION), root.resolve("changelog/001-tags/revision.yaml"));
            replace(MASTER, REVISION, "changelog/001-tags/revision.yaml");

            assertViolation("revision 001 has more than one folder: 001-laws, 001-tags");
        }

        @Test
        void fileOutsideOfARevisionIsFound() throws IOException {
            Files.move(root.resolve("changelog/000-base.yaml"), root.resolve("changelog/base.yaml"));
            replace(MASTER, "changelog/000-base.yaml", "changelog/base.yaml");

            assertViolation("changelog/base.yaml: is named neither NNN-name.yaml nor NNN-name/table.yaml in changelog/");
        }

        @Test
        void revisionWithoutItsTagIsFound() throws IOException {
            replace(MASTER, "  - include: {file: changelog/001-laws/revision.yaml}\n", "");
            Files.delete(root.resolve(REVISION));

            assertViolation("revision 001: its last changeset, 001-insert-law, is not tagDatabase with tag: '001' "
                    + "and keepTagOnRollback: true");
        }

        @Test
        void tagOfAnotherNameIsFound() throws IOException {
            replace(REVISION, "tag: '001'", "tag: '01'");

            assertViolation("revision 001: its last changeset, 001-tag-revision, is not tagDatabase with tag: '001' "
                    + "and keepTagOnRollback: true");
        }

        @Test
        void tagThatARollbackWouldLoseIsFound() throws IOException {
            replace(REVISION, "            keepTagOnRollback: true\n", "");

            assertViolation("revision 001: its last changeset, 001-tag-revision, is not tagDatabase with tag: '001' "
                    + "and keepTagOnRollback: true");
        }

        @Test
        void changesetAfterTheTagIsFound() throws IOException {
            replace(MASTER, "  - include: {file: changelog/001-laws/law.yaml}\n", "");
            replace(MASTER, "revision.yaml}\n", "revision.yaml}\n  - include: {file: changelog/001-laws/law.yaml}\n");

            assertThat(headlines(root))
                    .contains(TABLE + ":2: 001-create-law: follows the tag of revision 001; the tag comes last");
        }

        @Test
        void fileThatIsNotYamlIsFound() throws IOException {
            write(TABLE, "databaseChangeLog: [\n");

            assertThat(headlines(root)).first().asString().startsWith(TABLE + ": is not YAML: ");
        }

        private String tag(String id, String tag) {
            return """
                    databaseChangeLog:
                      - changeSet:
                          id: '%s'
                          author: juragpt
                          changes:
                            - tagDatabase:
                                tag: %s
                                keepTagOnRollback: true
                          rollback:
                            - empty: {}
                    """.formatted(id, tag);
        }

        private void assertViolation(String... expected) throws IOException {
            assertThat(headlines(root)).containsExactlyInAnyOrderElementsOf(List.of(expected));
        }

        private void write(String file, String text) throws IOException {
            Files.createDirectories(root.resolve(file).getParent());
            Files.writeString(root.resolve(file), text);
        }

        private void replace(String file, String old, String replacement) throws IOException {
            String text = Files.readString(root.resolve(file));
            assertThat(text).contains(old);
            Files.writeString(root.resolve(file), text.replace(old, replacement));
        }
    }
}
