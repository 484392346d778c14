package com.juragpt.auditor.migrations.current;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import com.juragpt.auditor.migrations.testing.StockLiquibase;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A changelog of many files, of which any may change behind somebody's back, and whatever else a changelog depends on. */
abstract class ManyFilesFixture extends DeploymentFixture {

    static final String COLOUR = "migrations.test.colour";
    static final String HISTORY = "liquibase.databaseChangelogTableName";
    /** More statements are sent by whoever reads the changelog. */
    static final int FEW = 10;

    @BeforeEach
    void aChangelogOfManyFiles() throws IOException {
        System.setProperty(COLOUR, "red");
        String size = withProperties() ? "${size}" : "10";
        String remarks = withProperties() ? "${migrations.test.colour}" : "red";
        Path folder = changelog.of(revision("start")).root().resolve("changelog");
        Files.createDirectories(folder.resolve("all"));
        Files.writeString(folder.resolve("all/one.sql"),
                "--liquibase formatted sql\n--changeset test:one\nCREATE TABLE one (i int);\n");
        Files.writeString(folder.resolve("query.sql"), "CREATE VIEW v AS SELECT 1 AS n;\n");
        Files.writeString(folder.resolve("rows.csv"), "id,note\n1,a\n");
        Files.writeString(folder.resolve("some.properties"), "size=10\n");
        Files.writeString(folder.resolve("sample.yaml"), """
                databaseChangeLog:
                  - property: {file: some.properties, relativeToChangelogFile: true}
                  - includeAll: {path: all, relativeToChangelogFile: true}
                  - include: {file: more.yaml, relativeToChangelogFile: true}
                """);
        Files.writeString(folder.resolve("more.yaml"), """
                databaseChangeLog:
                  - changeSet: {id: 'view', author: test, changes: [{sqlFile: {path: query.sql, relativeToChangelogFile: true}}]}
                  - changeSet:
                      id: 'table'
                      author: test
                      changes:
                        - createTable:
                            tableName: rows_of
                            columns:
                              - column: {name: id, type: int}
                              - column: {name: note, type: 'varchar(%s)', remarks: '%s'}
                  - changeSet:
                      id: 'rows'
                      author: test
                      changes: [{loadData: {file: rows.csv, relativeToChangelogFile: true, tableName: rows_of}}]
                  - changeSet: {id: 'for-test', author: test, contextFilter: test, changes: [{sql: {sql: CREATE TABLE t (i int)}}]}
                  - changeSet: {id: 'tag', author: test, changes: [{tagDatabase: {tag: 'r1'}}]}
                """.formatted(size, remarks));
    }

    /** Whether the files use properties. */
    boolean withProperties() {
        return true;
    }

    @AfterEach
    void clearProperties() {
        System.clearProperty(COLOUR);
        System.clearProperty(HISTORY);
    }

    @Override
    protected MigrationOptions options() {
        return changelog.options().withFilter("production", null);
    }

    Migrations of(MigrationOptions options) {
        return Migrations.of(database.dataSource(), options);
    }

    enum BehindItsBack {
        INCLUDED_FILE("more.yaml", "type: int", "type: bigint"),
        SAME_LENGTH("more.yaml", "type: int", "type: oid"),
        SQL_FILE("query.sql", "SELECT 1", "SELECT 2"),
        VALUES_TO_LOAD("rows.csv", "1,a", "2,b"),
        PROPERTY_FILE("some.properties", "10", "20"),
        MASTER("sample.yaml", "  - include: {file: more.yaml, relativeToChangelogFile: true}\n", ""),
        FILE_IN_A_FOLDER {
            @Override
            void happen(ManyFilesFixture test) throws IOException {
                Files.writeString(test.file("all/two.sql"),
                        "--liquibase formatted sql\n--changeset test:two\nCREATE TABLE two (i int);\n");
            }
        },
        FILE_LESS_IN_A_FOLDER {
            @Override
            void happen(ManyFilesFixture test) throws IOException {
                Files.delete(test.file("all/one.sql"));
            }
        },
        SYSTEM_PROPERTY {
            @Override
            void happen(ManyFilesFixture test) {
                System.setProperty(COLOUR, "blue");
            }
        },
        CONFIGURATION {
            @Override
            void happen(ManyFilesFixture test) {
                System.setProperty(HISTORY, "other_history");
            }
        },
        ROW_DELETED("DELETE FROM databasechangelog WHERE id = 'rows'"),
        ROW_ADDED(
                "INSERT INTO databasechangelog SELECT 'x', author, filename, dateexecuted, 99, exectype, md5sum FROM databasechangelog"
                        + " WHERE id = 'rows'"),
        CHECKSUM("UPDATE databasechangelog SET md5sum = '9:00000000000000000000000000000000' WHERE id = 'view'"),
        CHECKSUMS_CLEARED("UPDATE databasechangelog SET md5sum = NULL"),
        FAILED("UPDATE databasechangelog SET exectype = 'FAILED' WHERE id = 'view'"),
        TAG("UPDATE databasechangelog SET tag = 'v1' WHERE id = 'view'"),
        TIME("UPDATE databasechangelog SET dateexecuted = dateexecuted - interval '1 day' WHERE id = 'view'"),
        HISTORY_EMPTIED("TRUNCATE databasechangelog"),
        HISTORY_DROPPED("DROP TABLE databasechangelog"),
        LOCK_DROPPED("DROP TABLE databasechangeloglock"),
        HISTORY_IN_FRONT("CREATE SCHEMA front; CREATE TABLE front.databasechangelog (LIKE public.databasechangelog)",
                "ALTER ROLE CURRENT_USER IN DATABASE %s SET search_path = front, public"),
        STOCK_LOCK("UPDATE databasechangeloglock SET locked = true, lockedby = 'someone', lockgranted = now()"),
        STOCK_DEPLOYMENT {
            @Override
            void happen(ManyFilesFixture test) {
                new StockLiquibase(test.database, test.options().withFilter("test", null)).update();
            }
        };

        private final List<String> statements;
        private final String file;
        private final String old;
        private final String now;

        BehindItsBack(String... statements) {
            boolean edit = statements.length == 3;
            this.statements = edit ? List.of() : List.of(statements);
            file = edit ? statements[0] : null;
            old = edit ? statements[1] : null;
            now = edit ? statements[2] : null;
        }

        void happen(ManyFilesFixture test) throws IOException {
            if (file != null) {
                Path path = test.file(file);
                String text = Files.readString(path);
                assertThat(text).contains(old);
                Files.writeString(path, text.replace(old, now));
            }
            for (String statement : statements) {
                test.database.execute(
                        statement.formatted(test.database.query("SELECT quote_ident(current_database())").get(0).get(0)));
            }
        }
    }

    MigrationOptions patient() {
        return options().withLockWait(Duration.ZERO);
    }

    static String name(TestDatabase database) {
        return database.query("SELECT current_database()").get(0).get(0);
    }

    /** What it says; of a refusal the message. */
    static Object outcome(Supplier<?> call) {
        try {
            return call.get();
        } catch (MigrationException e) {
            return e.getMessage();
        }
    }

    Path file(String name) {
        return changelog.root().resolve("changelog").resolve(name);
    }

}
