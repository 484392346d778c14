package com.juragpt.auditor.migrations.faults;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.testing.Contents;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever somebody has made of Liquibase's tables, and however a tag is called: a code or what was asked for, and nothing else. */
class EditedHistoryTest extends DeploymentFixture {

    private static final List<String> INVISIBLE =
            List.of("", " ", "a\nb", "\u00A0", " v1", "v1\u00A0", "a\u0000b", "a\u202Eb", "a\u200Fb", "\uFEFFv1",
                    "a\uD800", "x".repeat(10_000));

    @ParameterizedTest
    @ValueSource(strings = {"ALTER TABLE databasechangelog DROP COLUMN md5sum", "UPDATE databasechangelog SET md5sum = '99:abc'",
        "UPDATE databasechangelog SET contexts = '((', labels = '))'",
        "DROP TABLE databasechangelog; CREATE VIEW databasechangelog AS SELECT 1 AS one"})
    void aDamagedTableEndsInACodeOrIsPutUpWith(String damage) {
        assertEndsInACodeOrIsPutUpWith(damage);
    }

    @ParameterizedTest
    @Tag("faults")
    @ValueSource(strings = {"DELETE FROM databasechangelog WHERE id = 'create-one'", "DELETE FROM databasechangelog",
        "TRUNCATE databasechangeloglock", "INSERT INTO databasechangeloglock (id, locked) VALUES (2, true)",
        "ALTER TABLE databasechangelog DROP COLUMN orderexecuted", "ALTER TABLE databasechangelog DROP COLUMN id",
        "ALTER TABLE databasechangelog DROP COLUMN exectype",
        "ALTER TABLE databasechangelog ADD COLUMN mine text NOT NULL DEFAULT 'x'",
        "ALTER TABLE databasechangelog ADD COLUMN needed text; UPDATE databasechangelog SET needed = 'x';"
                + " ALTER TABLE databasechangelog ALTER needed SET NOT NULL",
        "ALTER TABLE databasechangelog RENAME TO history; CREATE VIEW databasechangelog AS SELECT * FROM history",
        "DROP TABLE databasechangelog; CREATE TABLE databasechangelog (x int)",
        "DROP TABLE databasechangelog; CREATE SEQUENCE databasechangelog",
        "DROP TABLE databasechangeloglock; CREATE TABLE databasechangeloglock (x int)",
        "DROP TABLE databasechangeloglock; CREATE VIEW databasechangeloglock AS SELECT 1 AS id",
        "ALTER TABLE databasechangelog ALTER orderexecuted TYPE text",
        "ALTER TABLE databasechangelog ALTER dateexecuted TYPE text", "UPDATE databasechangelog SET orderexecuted = 1",
        "UPDATE databasechangelog SET orderexecuted = -2147483648",
        "UPDATE databasechangelog SET orderexecuted = 2147483647 WHERE id = 'create-one'",
        "UPDATE databasechangelog SET md5sum = 'nonsense'", "UPDATE databasechangelog SET filename = ''",
        "UPDATE databasechangelog SET tag = 'start'", "UPDATE databasechangelog SET dateexecuted = 'infinity'",
        "UPDATE databasechangelog SET deployment_id = NULL, liquibase = 'x'"})
    void soDoManyOthers(String damage) {
        assertEndsInACodeOrIsPutUpWith(damage);
    }

    private void assertEndsInACodeOrIsPutUpWith(String damage) {
        deploy(START, table("one"));
        database.execute(damage);
        changelog.of(START, table("one"), table("two"));
        endsInACodeOrSucceeds(Migrations::status);
        endsInACodeOrSucceeds(m -> m.planRollbackTo("start"));
        if (endsInACodeOrSucceeds(m -> m.tag("v1"))) {
            assertThat(tags()).contains("v1");
        }
        if (endsInACodeOrSucceeds(Migrations::update)) {
            assertThat(tables()).contains("two");
            assertThat(history()).contains("create-two");
        }
        assertThat(tables()).contains("one");
        assertThat(Left.isLocked(database)).isFalse();
    }

    private boolean endsInACodeOrSucceeds(Consumer<Migrations> verb) {
        List<String> before = Contents.of(database);
        Throwable failure = catchThrowable(() -> verb.accept(migrations()));
        if (failure == null) {
            return true;
        }
        assertThat(failure).isInstanceOf(MigrationException.class);
        assertThat(failure.getMessage()).contains("Nothing was changed.", "\n  help: ").doesNotContain("java.lang.");
        assertThat(((MigrationException) failure).problem()).as(failure.getMessage()).isNotEqualTo(Problem.INTERNAL_ERROR);
        assertThat(Contents.of(database)).isEqualTo(before);
        return false;
    }

    @ParameterizedTest
    @Tag("faults")
    @ValueSource(strings = {"it's", "\"quoted\"", "'; DROP TABLE one; --", "a\\b", "%s_%", "ünïcödé", "\uD83D\uDC18", "${one}",
        "a;b",
        "base", "+1", "-1", "null", "$$", "a/b", "<b>"})
    void anOddTagIsATagLikeAnyOther(String tag) {
        deploy(START, table("one"));
        migrations().tag(tag);
        assertThat(tags()).containsExactly("start", tag);
        deploy(START, table("one"), table("two"));
        rollbackTo(tag);
        assertThat(tags()).containsExactly("start", tag);
        assertThat(tables()).containsExactly("one");
    }

    @Test
    void aTagThatNobodyCouldSeeIsRefused() {
        deploy(START, table("one"));
        for (String tag : INVISIBLE) {
            refused(Problem.INVALID_TAG, () -> migrations().tag(tag));
        }
    }
}
