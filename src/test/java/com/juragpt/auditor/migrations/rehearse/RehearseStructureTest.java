package com.juragpt.auditor.migrations.rehearse;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnBlankRollback;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.logging.Logger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What does nothing but create structure is applied without a savepoint. An event trigger, even one that does nothing, lets each step
 * have one; so both ways are compared. A failure names its seed, and {@code -Dmigrations.test.seed=N} repeats it.
 */
@ExtendWith(PostgresExtension.class)
class RehearseStructureTest {

    private static final Long SEED = Long.getLong("migrations.test.seed");

    private static final String EVENT_TRIGGER = """
            CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
            CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION watch()""";

    // A sequence counts on when a transaction is rolled back. From PostgreSQL 17 on an index is built with an empty search path.
    // In another statement than the first: PostgreSQL 14 asks a default twice in one.
    private static final String FAILS_SECOND_TIME = """
            CREATE TABLE one (id int);
            INSERT INTO one VALUES (1);
            CREATE SEQUENCE calls;
            CREATE FUNCTION once(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
                'BEGIN IF nextval(''public.calls'') = 1 THEN
                     PERFORM set_config(''once.at'', statement_timestamp()::text, false);
                 ELSIF coalesce(current_setting(''once.at'', true), '''') <> statement_timestamp()::text THEN
                     RAISE ''not again'';
                 END IF; RETURN $1; END'""";
    private static final String INDEX = """
            id: index
            changes:
              - createIndex: {tableName: one, indexName: ix_one, columns: [{column: {name: once(id), computed: true}}]}
            """;

    private static final String OTHER = """
            id: other
            changes:
              - addColumn: {tableName: other, columns: [{column: {name: c, type: int}}]}
            """;

    // What was written is hidden by what was written after it and undone.
    private static final String LIES = """
            CREATE FUNCTION lie() RETURNS %s LANGUAGE plpgsql AS $$BEGIN
                IF %s THEN
                    ALTER TABLE live ADD lie int;
                    BEGIN DROP TABLE live; RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END;
                END IF;
                RETURN %s;
            END$$""";

    private static final String BLANK = """
            id: 'blank'
            changes:
              - addColumn: {tableName: one, columns: [{column: {name: a, type: int}}]}
            rollback:
            """;
    private static final String LEFT =
            "blank after its blank rollback and those before it column one.a is there, but not expected";

    @Test
    void aFewSayTheSameWithAndWithoutSavepoints(TestDatabase without, TestDatabase with, @TempDir Path folder) {
        assertSame(0, 2, without, with, folder);
    }

    @Test
    @Tag("exhaustive")
    void manySayTheSameWithAndWithoutSavepoints(TestDatabase without, TestDatabase with, @TempDir Path folder) {
        assertSame(3_000_000, 20, without, with, folder);
    }

    @Test
    void whatFailsTheSecondTimeIsNotReversibleAndHidesNoOther(TestDatabase database, @TempDir Path folder) {
        database.execute(FAILS_SECOND_TIME);
        assertThat(faults(database, folder, table("before"), INDEX, table("after")))
                .containsExactly("index could not be applied again after its rollback: ERROR: not again");
    }

    @Test
    void whatABlankRollbackLeavesBehindIsFoundBesideIt(TestDatabase database, @TempDir Path folder) {
        database.execute(FAILS_SECOND_TIME);
        assertThat(faults(database, folder, table("before"), INDEX, BLANK)).containsExactly(
                "index could not be applied again after its rollback: ERROR: not again",
                LEFT);
    }

    @Test
    void whatIsRolledBackBesideItStaysSo(TestDatabase database, @TempDir Path folder) {
        database.execute("CREATE TABLE one (id int)");
        assertThat(faults(database, folder, table("referred"), """
                id: refers
                changes:
                  - addColumn: {tableName: one, columns: [{column: {name: referred, type: int, constraints: {
                      foreignKeyName: fk, referencedTableName: referred, referencedColumnNames: id}}}]}
                """, table("last"), BLANK)).containsExactly(
                LEFT);
    }

    @Test
    void whatDeferredConstraintsHaveYetToCheckIsInNobodysWay(TestDatabase database, @TempDir Path folder) {
        database.execute("CREATE TABLE parent (id int PRIMARY KEY, note int);"
                + " CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)");
        assertThat(faults(database, folder, """
                id: index
                changes:
                  - createIndex: {tableName: parent, indexName: ix_parent, columns: [{column: {name: note}}]}
                """, sql("rows", "INSERT INTO parent VALUES (1)", "DELETE FROM parent WHERE id = 1"))).isEmpty();
    }

    @Test
    void whatIsAppliedAgainFindsTheRowsThatWereLeftThere(TestDatabase database, @TempDir Path folder) {
        assertThat(faults(database, folder, table("one"), """
                id: column
                changes:
                  - addColumn: {tableName: one, columns: [{column: {name: a, type: int, constraints: {nullable: false}}}]}
                """, sql("leaves", "INSERT INTO one SELECT count(*), 'one', 1 FROM one", "SELECT 1"))).containsExactly(
                "column could not be applied again after its rollback: ERROR: column \"a\" of relation \"one\" contains null values");
    }

    @Test
    void aLieThatTheOneBeforeItTakesAlongIsFound(TestDatabase database, @TempDir Path folder) {
        assertThat(faults(database, folder, table("one"), """
                id: column
                changes:
                  - addColumn: {tableName: one, columns: [{column: {name: a, type: int}}, {column: {name: b, type: int}}]}
                rollback:
                  - dropColumn: {tableName: one, columnName: a}
                """, table("last"))).containsExactly("column after its rollback column one.b is there, but not expected");
    }

    @Test
    void aLieIsFoundWhereItsRowsAreWrittenTwice(TestDatabase database, @TempDir Path folder) {
        database.execute("CREATE TABLE live (id int)");
        assertThat(faults(database, folder, """
                id: lies
                changes:
                  - sql: {sql: CREATE TABLE y (id int)}
                rollback:
                  - sql: {sql: DROP TABLE y}
                  - sql: {splitStatements: false, sql: "DO $$BEGIN ALTER TABLE live ADD lie int; BEGIN DROP TABLE live;
                      RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END; END$$"}
                """, table("two"), sql("raw", "CREATE TABLE z (id int)", "DROP TABLE z")))
                .containsExactly("lies after its rollback column live.lie is there, but not expected");
    }

    @Test
    void whatIsUndoneAtOnceIsNoFault(TestDatabase database, @TempDir Path folder) {
        database.execute("CREATE TABLE live (id int)");
        assertThat(faults(database, folder, """
                id: undoes
                changes:
                  - sql: {sql: SELECT 1}
                rollback:
                  - sql: {splitStatements: false, sql: "DO $$BEGIN DROP TABLE live; RAISE division_by_zero;
                      EXCEPTION WHEN division_by_zero THEN NULL; END$$"}
                """, "id: add\nchanges:\n  - addColumn: {tableName: live, columns: [{column: {name: b, type: int}}]}\n"))
                .isEmpty();
    }

    @Test
    void whatIsRolledBackHasNoRowInTheHistory(TestDatabase database, @TempDir Path folder) {
        String looks = "DO 'BEGIN IF EXISTS (SELECT FROM databasechangelog WHERE id = ''create-after'') THEN RAISE ''is there'';"
                + " END IF; END'";
        assertThat(faults(database, folder, table("before"), """
                id: looks
                changes:
                  - sql: {sql: SELECT 1}
                rollback:
                  - sql: {splitStatements: false, sql: "%s"}
                """.formatted(looks), table("after"))).isEmpty();
    }

    @Test
    void whatTheCatalogOfTheSchemaDoesNotShowIsAppliedAgainAlone(TestDatabase database, @TempDir Path folder) {
        database.execute("CREATE SCHEMA other");
        assertThat(faults(database, folder, """
                id: elsewhere
                changes:
                  - createTable: {schemaName: other, tableName: t, columns: [{column: {name: id, type: int}}]}
                """, """
                id: columns
                changes:
                  - addColumn: {schemaName: other, tableName: t, columns: [{column: {name: c, type: int}}]}
                  - addColumn: {schemaName: other, tableName: t, columns: [{column: {name: d, type: int}}]}
                rollback:
                  - dropColumn: {schemaName: other, tableName: t, columnName: c}
                """)).containsExactly(
                "columns could not be applied again after its rollback: ERROR: column \"d\" of relation \"t\" already exists");
    }

    @Test
    void aDeferredConstraintThatIsViolatedIsAFaultAndNoFailure(TestDatabase database, @TempDir Path folder) {
        database.execute("CREATE TABLE parent (id int PRIMARY KEY);"
                + " CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);"
                + " INSERT INTO parent VALUES (7); INSERT INTO child VALUES (7)");
        assertThat(faults(database, folder, table("one"), table("two"), sql("nothing", "SELECT 1", "DELETE FROM parent")))
                .hasSize(3).allMatch(fault -> fault.contains(" could not be applied again after its rollback: ERROR: update or"
                        + " delete on table \"parent\" violates foreign key constraint"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"addColumn: {tableName: one, columns: [{column: {name: a, type: once}}]}",
        "addColumn: {tableName: one, columns: [{column: {name: a, type: int, defaultValue: 'once(1)'}}]}",
        "createIndex: {tableName: one, indexName: ix_one, columns: [{column: {name: once(id)}}]}"})
    void whatCallsAFunctionIsAppliedAgainOnce(String change, TestDatabase database, @TempDir Path folder) {
        database.execute(FAILS_SECOND_TIME + "; CREATE DOMAIN once AS int CHECK (once(coalesce(VALUE, 1)) = 1)");
        assertThat(faults(database, folder, table("before"), "id: calls\nchanges:\n  - " + change + "\n", table("after")))
                .containsExactly("calls could not be applied again after its rollback: ERROR: not again");
    }

    /** Its rollback may be one that an event trigger makes a lie of. */
    @Test
    void anEventTriggerThatIsThereAgainCounts(TestDatabase database, @TempDir Path folder) {
        database.execute("CREATE TABLE live (id int); CREATE TABLE other (id int); " + LIES.formatted("event_trigger",
                "EXISTS (SELECT FROM pg_event_trigger_dropped_objects() WHERE object_name = 'lies')", "")
                + "; CREATE EVENT TRIGGER lying ON sql_drop EXECUTE FUNCTION lie()");
        assertThat(faults(database, folder, table("lies"), OTHER, sql("drops", "DROP EVENT TRIGGER lying", null),
                table("after"))).containsExactly(
                        "create-lies after its rollback column live.lie is there, but not expected",
                        "drops has no rollback: none is given, and Liquibase cannot derive one");
    }

    @Test
    void aTriggerOnTheHistoryCounts(TestDatabase database, @TempDir Path folder) {
        database.execute("CREATE TABLE live (id int); CREATE TABLE other (id int); " + LIES.formatted("trigger",
                "OLD.id = 'create-lies'", "OLD"));
        assertThat(faults(database, folder, sql("begins", "CREATE TRIGGER lying BEFORE DELETE ON databasechangelog FOR EACH ROW"
                + " EXECUTE FUNCTION lie()", "DROP TRIGGER lying ON databasechangelog"), table("lies"), OTHER)).containsExactly(
                        "create-lies after its rollback column live.lie is there, but not expected");
    }

    private static List<String> faults(TestDatabase database, Path folder, String... changesets) {
        MigrationOptions options =
                new SampleChangelog(folder).of(changesets).options().withOnBlankRollback(OnBlankRollback.NOTHING);
        return Migrations.of(database.dataSource(), options).rehearse().steps().stream()
                .flatMap(step -> step.faults().stream().map(fault -> step.id() + " " + fault.split("\n")[0])).toList();
    }

    private static void assertSame(long first, int count, TestDatabase without, TestDatabase with, Path folder) {
        with.execute(EVENT_TRIGGER);
        if (SEED != null) {
            assertSame(SEED, without, with, folder);
            return;
        }
        int faults = 0;
        for (long seed = first; seed < first + count; seed++) {
            faults += assertSame(seed, without, with, folder.resolve("seed" + seed));
        }
        int found = faults;
        Logger.getLogger(RehearseStructureTest.class.getName())
                .info(() -> "seeds from " + first + " on: " + count + " changelogs, " + found + " faults found both ways");
        assertThat(faults).as("faults that were to be found").isPositive();
    }

    /** Returns how many faults both have found. */
    private static int assertSame(long seed, TestDatabase without, TestDatabase with, Path folder) {
        Random random = new Random(seed);
        SampleChangelog sample = new SampleChangelog(folder).of(new Changesets(random).draw(20));
        MigrationOptions options = sample.options().withOnBlankRollback(OnBlankRollback.NOTHING);
        int deployed = random.nextInt(10);
        List<List<String>> inPlace = new ArrayList<>();
        List<List<String>> fromBase = new ArrayList<>();
        int faults = 0;
        for (TestDatabase database : List.of(without, with)) {
            database.execute("DROP SCHEMA IF EXISTS laws CASCADE; CREATE SCHEMA laws; ALTER DATABASE " + database.name()
                    + " SET search_path = laws");
            Migrations migrations = Migrations.of(database.dataSource(), options);
            if (deployed > 0) {
                migrations.updateBy(deployed);
            }
            List<String> before = Contents.of(database);
            inPlace.add(told(migrations.rehearse()));
            RehearsalReport report = migrations.rehearseFromBase();
            fromBase.add(told(report));
            faults = report.steps().stream().mapToInt(step -> step.faults().size()).sum();
            assertThat(Contents.of(database)).as("seed " + seed).isEqualTo(before);
        }
        assertThat(inPlace.get(0)).as("seed " + seed).isEqualTo(inPlace.get(1));
        assertThat(fromBase.get(0)).as("seed " + seed + ", from base").isEqualTo(fromBase.get(1));
        return faults;
    }

    private static List<String> told(RehearsalReport report) {
        return report.steps().stream().map(step -> List.of(step.id(), step.outcome(), step.locks(), step.rewritten(),
                step.deleted(), step.losses(), step.faults()).toString().replaceAll("migrations_scratch_\\w+", "scratch"))
                .toList();
    }

    /** Changesets that can be applied one after the other, with rollbacks of which some are wrong. */
    private static final class Changesets {

        private final Random random;
        private final List<String> tables = new ArrayList<>();
        private final List<String> columns = new ArrayList<>();
        private final Set<String> withoutRows = new HashSet<>();
        private final Map<String, String> required = new HashMap<>();
        private int number;

        Changesets(Random random) {
            this.random = random;
        }

        String[] draw(int count) {
            String[] changesets = new String[count];
            for (int i = 0; i < count; i++) {
                number++;
                changesets[i] = draw();
            }
            return changesets;
        }

        private String draw() {
            int kind = tables.isEmpty() ? 0 : random.nextInt(13);
            String id = "c" + number;
            return switch (kind) {
                case 0, 1, 2 -> changeset(newTable(id), List.of("dropTable: {tableName: " + id + "}"));
                case 3 -> {
                    String other = id + "b";
                    yield changeset(newTable(id) + newTable(other),
                            List.of("dropTable: {tableName: " + other + "}", "dropTable: {tableName: " + id + "}"));
                }
                case 4, 5 -> {
                    String table = some(tables);
                    String type = switch (random.nextInt(4)) {
                        case 0 -> "int, defaultValueNumeric: 7";
                        case 1 -> "int, constraints: {unique: true, uniqueConstraintName: uq_" + id + "}";
                        case 2 -> withoutRows.contains(table) ? "int, constraints: {nullable: false}" : "int";
                        default -> "int";
                    };
                    if (type.contains("nullable")) {
                        required.merge(table, ", " + id, String::concat);
                    }
                    columns.add(table + "." + id);
                    yield changeset("- addColumn: {tableName: " + table + ", columns: [column: {name: " + id + ", type: " + type
                            + "}]}\n", List.of("dropColumn: {tableName: " + table + ", columnName: " + id + "}"));
                }
                case 6 -> {
                    String[] column = some(columns).split("\\.");
                    yield changeset(
                            "- createIndex: {tableName: " + column[0] + ", indexName: ix_" + id + ", columns: [column: {name: "
                                    + column[1] + "}]}\n",
                            List.of("dropIndex: {tableName: " + column[0] + ", indexName: ix_" + id + "}"));
                }
                case 7 -> {
                    String referring = some(tables);
                    yield changeset("- addForeignKeyConstraint: {baseTableName: " + referring + ", baseColumnNames: note,"
                            + " constraintName: fk_" + id + ", referencedTableName: " + some(tables)
                            + ", referencedColumnNames: id, deferrable: " + random.nextBoolean()
                            + ", initiallyDeferred: false}\n",
                            List.of("dropForeignKeyConstraint: {baseTableName: " + referring + ", constraintName: fk_" + id
                                    + "}"));
                }
                case 8 -> changeset("- createSequence: {sequenceName: s_" + id + "}\n",
                        List.of("dropSequence: {sequenceName: s_" + id + "}"));
                case 9 -> {
                    String table = some(tables);
                    yield changeset("- setTableRemarks: {tableName: " + table + ", remarks: by " + id + "}\n",
                            List.of("setTableRemarks: {tableName: " + table + ", remarks: ''}"));
                }
                case 10 -> {
                    String table = some(tables);
                    withoutRows.remove(table);
                    // null refers to nothing
                    String others = required.getOrDefault(table, "");
                    yield sql(id, "INSERT INTO " + table + " (id, note" + others + ") VALUES (" + number + ", NULL"
                            + others.replaceAll("c\\d+", "1") + ")",
                            random.nextInt(4) == 0 ? "SELECT 1" : "DELETE FROM " + table + " WHERE id = " + number);
                }
                case 11 -> {
                    String table = some(tables);
                    yield sql(id, "ALTER TABLE " + table + " ALTER note SET DEFAULT 5",
                            random.nextBoolean() ? "SELECT 1" : "ALTER TABLE " + table + " ALTER note DROP DEFAULT");
                }
                default -> {
                    String table = some(tables);
                    String block = "DO $$BEGIN BEGIN ALTER TABLE " + table
                            + " ADD gone int; RAISE division_by_zero; EXCEPTION WHEN"
                            + " division_by_zero THEN NULL; END; CREATE VIEW v_" + id + " AS SELECT 1 AS one FROM " + table
                            + "; END$$";
                    yield "id: '" + id + "'\nchanges:\n  - sql: {splitStatements: false, sql: \"" + block
                            + "\"}\nrollback:\n  - sql: {sql: DROP VIEW v_" + id + "}\n";
                }
            };
        }

        private String newTable(String table) {
            tables.add(table);
            withoutRows.add(table);
            columns.add(table + ".note");
            return "- createTable: {tableName: " + table
                    + ", columns: [column: {name: id, type: int, constraints: {primaryKey: true,"
                    + " primaryKeyName: pk_" + table + "}}, column: {name: note, type: "
                    + (random.nextBoolean() ? "int" : "int, remarks: a note") + "}]}\n";
        }

        private String changeset(String changes, List<String> rollback) {
            String block = switch (random.nextInt(10)) {
                case 0 -> "";
                case 1 -> "rollback:\n";
                case 2 -> rollbackOf(rollback.subList(0, rollback.size() - 1).isEmpty()
                        ? List.of("dropTable: {tableName: nowhere}")
                        : rollback.subList(0, rollback.size() - 1));
                case 3 ->
                        rollbackOf(List.of(rollback.get(0), "dropColumn: {tableName: " + tables.get(0) + ", columnName: note}"));
                default -> rollbackOf(rollback);
            };
            return "id: 'c" + number + "'\nchanges:\n" + changes.indent(2) + block;
        }

        private static String rollbackOf(List<String> changes) {
            return "rollback:\n" + String.join("", changes.stream().map(change -> "  - " + change + "\n").toList());
        }

        private String some(List<String> names) {
            return names.get(random.nextInt(names.size()));
        }
    }
}
