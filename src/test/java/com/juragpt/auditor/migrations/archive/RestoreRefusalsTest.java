package com.juragpt.auditor.migrations.archive;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RestoreResult;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.util.List;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;

/** What cannot be restored is refused with its reason, before anything is written, and named so that somebody can act on it. */
class RestoreRefusalsTest extends RestoreFixture {

    @Test
    void whatIsInTheWayByAnotherKeyIsAConflictToo() {
        deploy(START, table("one", "id int PRIMARY KEY, mail text UNIQUE"));
        database.execute("INSERT INTO one VALUES (1, 'a'), (2, 'b')");
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        database.execute("INSERT INTO one VALUES (9, 'a')");
        assertThat(refused(Problem.RESTORE_CONFLICT, () -> migrations().restore(archive))).contains("one: id = 1\n");
        keeping().restore(archive);
        assertThat(rows("one")).containsExactly(List.of("(2,b)"), List.of("(9,a)"));
    }

    @Test
    void anotherArchiveThanThereIsIsRefusedWithThoseThatThereAre() {
        deploy(START, table("one"));
        database.execute("INSERT INTO one VALUES (1, 'x'); CREATE SCHEMA rollback_20250101_000000");
        String archive = rollbackTo("start").archiveSchema();
        assertThat(refused(Problem.UNKNOWN_ARCHIVE, () -> migrations().restore("public"))).contains(
                "archives, oldest first: rollback_20250101_000000, " + archive);
        migrations().update();
        migrations().restore(archive);
        assertThat(refused(Problem.UNKNOWN_ARCHIVE, () -> migrations().restore(archive)))
                .contains("no archive '" + archive + "'", "archives, oldest first: rollback_20250101_000000\n");
        assertThat(refused(Problem.UNREADABLE_ARCHIVE, () -> migrations().restore("rollback_20250101_000000")))
                .contains("an earlier version made it", "docs/restore-archived-rows.md");
        assertThat(migrations().status().archives()).singleElement().satisfies(old -> {
            assertThat(old.format()).isZero();
            assertThat(old.rows()).isEqualTo(-1);
        });
    }

    @Test
    void beforeTheNextUpdateThereIsNothingToRestoreInto() {
        deploy(table("one"), START, MOOD, table("two"));
        database.execute("INSERT INTO one VALUES (1, 'x', 'calm'); INSERT INTO two VALUES (1, 'x')");
        String archive = rollbackTo("start").archiveSchema();
        assertThat(refused(Problem.CANNOT_RESTORE, () -> migrations().restore(archive)))
                .contains("one.mood is not there", "two is not there", "help: mvn migrations:update, then restore again");
    }

    @Test
    void valuesThatATypeDoesNotTakeAnyMoreAreNamed() {
        deploy(START, table("one", "id int PRIMARY KEY, mood varchar(10), size numeric(6,2)"));
        database.execute("INSERT INTO one VALUES (1, 'calm', 1.25), (2, 'irritated', 7)");
        String archive = rollbackTo("start").archiveSchema();
        database.execute("CREATE TYPE mood AS ENUM ('calm')");
        changelog.of(START, table("one", "id bigint PRIMARY KEY, mood mood, size int"));
        migrations().update();
        assertThat(refused(Problem.CANNOT_RESTORE, () -> migrations().restore(archive)))
                .contains("one.mood is mood now, which does not take 'irritated'",
                        "one.size is integer now, which would not keep '1.25'");
        database.execute("ALTER TYPE mood ADD VALUE 'irritated'; ALTER TABLE one ALTER size TYPE numeric");
        RestoreResult restored = migrations().restore(archive);
        assertThat(restored.notes()).contains("one.id was integer and is bigint now",
                "one.mood was character varying(10) and is mood now");
        assertThat(rows("one")).containsExactly(List.of("(1,calm,1.25)"), List.of("(2,irritated,7.00)"));
    }

    @Test
    void aTriggerThatChangesWhatIsWrittenIsNamedAndNothingIsWritten() {
        String table = table("one", "id int PRIMARY KEY, note text");
        deploy(START, table);
        database.execute("INSERT INTO one VALUES (1, 'x'), (2, 'y')");
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        database.execute("CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS"
                + " $$BEGIN NEW.note = NEW.note || '!'; RETURN NEW; END$$;"
                + "CREATE TRIGGER touch_it BEFORE INSERT ON one FOR EACH ROW WHEN (NEW.id = 2) EXECUTE FUNCTION touch()");
        assertThat(refused(Problem.CANNOT_RESTORE, () -> migrations().restore(archive))).contains("1 row\n", "touch_it",
                "DISABLE TRIGGER USER");
        database.execute("ALTER TABLE one DISABLE TRIGGER USER");
        migrations().restore(archive);
        assertThat(rows("one")).containsExactly(List.of("(1,x)"), List.of("(2,y)"));
    }

    @Test
    void tablesInACircleOfKeysAreRefusedAndDeferrableOnesAreNot() {
        String circle = table("a", "id int PRIMARY KEY, b int");
        String other = table("b", "id int PRIMARY KEY, a int");
        String keys = sql("keys", "ALTER TABLE a ADD CONSTRAINT ab FOREIGN KEY (b) REFERENCES b; "
                + "ALTER TABLE b ADD CONSTRAINT ba FOREIGN KEY (a) REFERENCES a", null) + """
                        rollback:
                          - dropForeignKeyConstraint: {baseTableName: a, constraintName: ab}
                          - dropForeignKeyConstraint: {baseTableName: b, constraintName: ba}
                        """;
        deploy(START, circle, other, keys);
        database.execute("INSERT INTO a VALUES (1, NULL); INSERT INTO b VALUES (1, 1); UPDATE a SET b = 1");
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        assertThat(refused(Problem.CANNOT_RESTORE, () -> migrations().restore(archive)))
                .contains("in a circle").contains("a, b");
        database.execute("ALTER TABLE a ALTER CONSTRAINT ab DEFERRABLE");
        migrations().restore(archive);
        assertThat(rows("a")).containsExactly(List.of("(1,1)"));
    }

    @Test
    void whatAConstraintRefusesIsNamedAndNothingIsWritten() {
        deploy(START, table("one", "id int PRIMARY KEY, size int"));
        database.execute("INSERT INTO one VALUES (1, 5), (2, -5)");
        String archive = rollbackTo("start").archiveSchema();
        changelog.of(START, table("one", "id int PRIMARY KEY, size int CHECK (size > 0)"));
        migrations().update();
        assertThat(refused(Problem.CANNOT_RESTORE, () -> migrations().restore(archive)))
                .contains("one refuses rows", "one_size_check");
    }

    @Test
    void anArchiveOfAnotherRoleIsRefused() {
        deploy(START, table("one"));
        database.execute("INSERT INTO one VALUES (1, 'x')");
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        TestDatabase other = database.createRole("other");
        database.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO " + other.user() + "; GRANT CREATE ON SCHEMA public TO "
                + other.user());
        assertThat(refused(Problem.UNREADABLE_ARCHIVE, () -> Migrations.of(other.dataSource(), options()).restore(archive)))
                .contains("it belongs to another role").contains(database.user());
    }

    @Test
    void afterADumpWasLoadedAsAWholeNobodyKnowsWhatTheUpdateWrote() {
        deploy(START, table("one"), """
                id: 'seed'
                changes:
                  - insert: {tableName: one, columns: [{column: {name: id, value: 1}}, {column: {name: note, value: seed}}]}
                rollback:
                  - delete: {tableName: one}
                """);
        database.execute("UPDATE one SET note = 'mine'");
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        database.execute("UPDATE one SET note = 'service'; UPDATE databasechangelog SET comments = comments; UPDATE " + archive
                + ".manifest SET number = number");
        assertThat(refused(Problem.RESTORE_CONFLICT, () -> migrations().restore(archive))).contains("one: id = 1");
    }

    @Test
    void aColumnThatIsNotThereAnyMoreIsNamedIfItHadValues() {
        deploy(START, table("one", "id int PRIMARY KEY, note text, never text"));
        database.execute("INSERT INTO one VALUES (1, 'x', NULL)");
        String archive = rollbackTo("start").archiveSchema();
        changelog.of(START, table("one", "id int PRIMARY KEY"));
        migrations().update();
        assertThat(refused(Problem.CANNOT_RESTORE, () -> migrations().restore(archive)))
                .contains("one.note is not there any more, and has archived values").doesNotContain("one.never");
    }

    @Test
    void aKeyThatIsNoneAnyMoreIsNamed() {
        deploy(table("one"), START, MOOD);
        database.execute("INSERT INTO one VALUES (1, 'x', 'calm')");
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        database.execute("ALTER TABLE one DROP CONSTRAINT one_pkey");
        assertThat(refused(Problem.CANNOT_RESTORE, () -> migrations().restore(archive)))
                .contains("one.mood: its rows were known by id, which is no key of the table any more");
    }

    @Test
    void anArchiveOfANewerFormOrWithAnEditedCommentIsRefused() {
        deploy(START, table("one"));
        database.execute("INSERT INTO one VALUES (1, 'x')");
        String archive = rollbackTo("start").archiveSchema();
        migrations().update();
        String comment =
                database.query("SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = ?", archive)
                        .get(0).get(0);
        database.execute("COMMENT ON SCHEMA " + archive + " IS '" + comment.replace("\":1,", "\":2,") + "'");
        assertThat(refused(Problem.UNREADABLE_ARCHIVE, () -> migrations().restore(archive)))
                .contains("a newer version made it: its form is 2, this version knows 1");
        for (String edited : List.of("mine", comment.substring(0, 60), comment.replace("T", " "),
                comment.replace("rows", "row"))) {
            database.execute("COMMENT ON SCHEMA " + archive + " IS '" + edited + "'");
            assertThat(migrations().status().archives()).singleElement()
                    .satisfies(found -> assertThat(found.format()).as(edited).isZero());
        }
    }

    @Test
    void onH2NothingIsRestored() {
        JdbcDataSource h2 = new JdbcDataSource();
        h2.setUrl("jdbc:h2:mem:" + database.name() + ";MODE=PostgreSQL;DB_CLOSE_DELAY=-1");
        Migrations migrations = Migrations.of(h2, changelog.of(START, table("one")).options());
        migrations.update();
        assertThat(migrations.status().archives()).isEmpty();
        assertThatThrownBy(() -> migrations.restore("rollback_20261122_101530")).isInstanceOf(MigrationException.class)
                .hasMessageStartingWith("[cannot-restore] ").hasMessageContaining("docs/restore-archived-rows.md");
    }
}
