package com.juragpt.auditor.migrations.check;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.CheckReport;
import com.juragpt.auditor.migrations.api.Finding;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Rule;
import com.juragpt.auditor.migrations.testing.ChangelogRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import liquibase.resource.DirectoryResourceAccessor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Statements that stall the users of a table that exists are pointed out with the safe form; the safe form is not. */
class StallRulesTest {

    private static final String TABLE = """
            databaseChangeLog:
              - changeSet:
                  id: '001-create-law'
                  author: juragpt
                  changes:
                    - createTable:
                        tableName: law
                        columns:
                          - column: {name: id, type: int}
                          - column: {name: title, type: varchar(20)}
                          - column: {name: price, type: 'numeric(8,2)'}
            """;

    @TempDir
    private Path root;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            INDEX_BLOCKS_WRITES | createIndex: {tableName: law, indexName: ix, columns: [{column: {name: title}}]}
            INDEX_BLOCKS_WRITES | sql: {sql: 'create unique index "Ix" on public.law using btree (title)'}
            INDEX_BLOCKS_WRITES | addUniqueConstraint: {tableName: law, columnNames: title, constraintName: u}
            INDEX_BLOCKS_WRITES | addPrimaryKey: {tableName: law, columnNames: id, constraintName: law_pkey}
            INDEX_BLOCKS_WRITES | sql: {sql: 'ALTER TABLE law ADD CONSTRAINT e EXCLUDE USING gist (title WITH =)'}
            NOT_NULL_SCANS | addNotNullConstraint: {tableName: law, columnName: title, columnDataType: text}
            NOT_NULL_SCANS | addColumn: {tableName: law, columns: [{column: {name: court, type: text, constraints: {nullable: false}}}]}
            NOT_NULL_SCANS | sql: {sql: 'ALTER TABLE law ALTER title SET NOT NULL'}
            DEFAULT_REWRITES | addColumn: {tableName: law, columns: [{column: {name: key, type: uuid, defaultValueComputed: gen_random_uuid()}}]}
            DEFAULT_REWRITES | addColumn: {tableName: law, columns: [{column: {name: n, type: int, autoIncrement: true}}]}
            DEFAULT_REWRITES | sql: {sql: 'ALTER TABLE law ADD COLUMN n serial'}
            DEFAULT_REWRITES | sql: {sql: "ALTER TABLE law ADD t text GENERATED ALWAYS AS (lower(title)) STORED"}
            TYPE_REWRITES | modifyDataType: {tableName: law, columnName: title, newDataType: varchar(10)}
            TYPE_REWRITES | modifyDataType: {tableName: law, columnName: id, newDataType: bigint}
            TYPE_REWRITES | sql: {sql: 'ALTER TABLE law ALTER COLUMN id TYPE bigint'}
            CONSTRAINT_SCANS | addForeignKeyConstraint: {baseTableName: law, baseColumnNames: id, referencedTableName: act, referencedColumnNames: id, constraintName: fk}
            CONSTRAINT_SCANS | sql: {sql: "ALTER TABLE law ADD CONSTRAINT c CHECK (title <> ',')"}
            DROP_OR_RENAME | dropTable: {tableName: law}
            DROP_OR_RENAME | dropColumn: {tableName: law, columnName: title}
            DROP_OR_RENAME | renameColumn: {tableName: law, oldColumnName: title, newColumnName: name}
            DROP_OR_RENAME | renameTable: {oldTableName: law, newTableName: laws}
            DROP_OR_RENAME | sql: {sql: 'ALTER TABLE law ADD note text, DROP title'}
            """)
    void whatStallsATableThatExistsIsFound(Rule rule, String change) throws IOException {
        CheckReport report = check(change, "");

        assertThat(report.findings()).extracting(Finding::rule).containsExactly(rule);
        assertThat(report.notExamined()).isEmpty();
        assertThat(check("createTable: {tableName: law, columns: [{column: {name: id, type: int}}]}", change, "").findings())
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "sql: {sql: 'CREATE INDEX CONCURRENTLY ix ON law (title)'}",
        "sql: {sql: 'ALTER TABLE law ADD CONSTRAINT u UNIQUE USING INDEX ix'}",
        "sql: {sql: 'ALTER TABLE law ADD CONSTRAINT c CHECK (id > 0) NOT VALID'}",
        "sql: {sql: 'ALTER TABLE law VALIDATE CONSTRAINT c'}",
        "addForeignKeyConstraint: {baseTableName: law, baseColumnNames: id, referencedTableName: act, referencedColumnNames: id,"
                + " constraintName: fk, validate: false}",
        "addColumn: {tableName: law, columns: [{column: {name: court, type: text, defaultValue: BGH, constraints: {nullable: false}}}]}",
        "addColumn: {tableName: law, columns: [{column: {name: made, type: timestamp, defaultValueComputed: now()}}]}",
        "modifyDataType: {tableName: law, columnName: title, newDataType: varchar(30)}",
        "modifyDataType: {tableName: law, columnName: title, newDataType: text}",
        "dropNotNullConstraint: {tableName: law, columnName: title}",
        "dropIndex: {tableName: law, indexName: ix}",
        "update: {tableName: law, columns: [{column: {name: title, value: x}}]}",
        "createView: {viewName: v, selectQuery: SELECT 1}",
        "sql: {sql: 'ALTER TABLE law RENAME CONSTRAINT a TO b'}",
        "sql: {sql: \"/* an index */ INSERT INTO law VALUES (1, 'CREATE INDEX i ON law (id)')\"}"})
    void whatDoesNotIsNot(String change) throws IOException {
        CheckReport report = check(change, "");

        assertThat(report.findings()).isEmpty();
        assertThat(report.notExamined()).isEmpty();
    }

    @Test
    void theSafeFormIsShownToBeCopied() throws IOException {
        String index = "createIndex: {tableName: law, indexName: ix, unique: true, columns: [{column: {name: title}}]}";

        assertThat(check(index, "").findings()).singleElement().asString().isEqualTo("""
                changelog/002-next/law.yaml:2: 002-alter-law: builds an index on law while nobody can write to it [index-blocks-writes]
                  repair: with runInTransaction: false, - sql: {sql: "CREATE UNIQUE INDEX CONCURRENTLY ix ON law(title)"}
                  whose rollback is - sql: {sql: "DROP INDEX CONCURRENTLY IF EXISTS ix"}
                  or, if that does no harm here, in the changeset: comment: 'accept index-blocks-writes: why'""");
    }

    @Test
    void aReasonAcceptsARuleAndNoOther() throws IOException {
        String drop = "dropColumn: {tableName: law, columnName: title}";

        CheckReport accepted = check(drop, "comment: 'accept drop-or-rename: unused since v1.3'");
        assertThat(accepted.findings()).isEmpty();
        assertThat(accepted.accepted()).singleElement().asString().endsWith("[drop-or-rename]\n  accepted: unused since v1.3");

        assertThat(check(drop, "comment: 'accept type-rewrites: unused'").findings()).hasSize(1);
        assertThat(check(drop, "comment: 'accept drop-or-rename:'").findings()).as("without a reason").hasSize(1);
    }

    @Test
    void severalStatementsOutsideOfATransactionAreFoundUnlessTheyCanBeRunAgain() throws IOException {
        String split = "runInTransaction: false";

        assertThat(check("sql: {sql: 'CREATE INDEX CONCURRENTLY a ON law (id); CREATE INDEX CONCURRENTLY b ON law (id)'}", split)
                .findings()).extracting(Finding::rule).containsExactly(Rule.SPLIT_CHANGESET);
        assertThat(check("sql: {sql: 'DROP INDEX CONCURRENTLY IF EXISTS a; CREATE INDEX CONCURRENTLY a ON law (id)'}", split)
                .findings()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"sql: {sql: 'DO $$ BEGIN PERFORM 1; END $$', splitStatements: false}",
        "sql: {sql: REINDEX TABLE law}",
        "sql: {sql: 'ALTER TABLE act ALTER title TYPE text'}"})
    void whatTheTextDoesNotTellIsSaidToBeNotExamined(String change) throws IOException {
        CheckReport report = check(change, "");

        assertThat(report.findings()).isEmpty();
        assertThat(report.notExamined()).containsExactly("changelog/002-next/law.yaml:2: 002-alter-law");
    }

    private CheckReport check(String change, String attributes) throws IOException {
        write("changelog/001-laws/law.yaml", TABLE);
        write("changelog/002-next/law.yaml", "databaseChangeLog:\n" + changeset("002-alter-law", change, attributes));
        return report();
    }

    private CheckReport check(String first, String second, String attributes) throws IOException {
        write("changelog/001-laws/law.yaml", "databaseChangeLog: []\n");
        write("changelog/002-next/law.yaml", "databaseChangeLog:\n" + changeset("002-create-law", first, "")
                + changeset("002-alter-law", second, attributes));
        return report();
    }

    private static String changeset(String id, String change, String attributes) {
        return "  - changeSet:\n      id: '" + id + "'\n      author: juragpt\n"
                + (attributes.isEmpty() ? "" : "      " + attributes + "\n")
                + "      changes:\n        - " + change + "\n";
    }

    private CheckReport report() throws IOException {
        write(ChangelogRunner.MASTER, """
                databaseChangeLog:
                  - include: {file: changelog/001-laws/law.yaml}
                  - include: {file: changelog/002-next/law.yaml}
                """);
        return Migrations.check(MigrationOptions.defaults()
                .withChangelog(ChangelogRunner.MASTER, new DirectoryResourceAccessor(root)).withCheck(true, StallRules.RULES));
    }

    private void write(String file, String text) throws IOException {
        Files.createDirectories(root.resolve(file).getParent());
        Files.writeString(root.resolve(file), text);
    }
}
