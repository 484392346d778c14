package com.juragpt.auditor.migrations.render;

import static com.juragpt.auditor.migrations.render.Samples.DATABASE;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.RestoreResult;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.api.RollbackResult;
import com.juragpt.auditor.migrations.api.TagResult;
import com.juragpt.auditor.migrations.api.UpdateResult;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResultTextTest {

    private static final Duration TOOK = Duration.ofMillis(210);
    private static final DataLoss LOG = new DataLoss("a", DataLoss.Kind.TABLE, "log", null, 3, false, null);

    @Test
    void anUpdateSaysHowMuchWhereToAndAsWhichDeployment() {
        assertThat(ResultText
                .of(new UpdateResult(DATABASE, List.of("a", "b"), "5365830991", "001", List.of(), null, List.of(), TOOK)))
                .isEqualTo("2 changesets deployed to auditor on db:5432 in 210 ms, now at revision 001; deployment 5365830991");
        assertThat(ResultText.of(new UpdateResult(DATABASE, List.of("a"), "5365830991", null, List.of(), null, List.of(), TOOK)))
                .isEqualTo("1 changeset deployed to auditor on db:5432 in 210 ms; deployment 5365830991");
    }

    @Test
    void anUpdateOfACurrentDatabaseSaysSo() {
        assertThat(ResultText.of(new UpdateResult(DATABASE, List.of(), null, "001", List.of(), null, List.of(), TOOK)))
                .isEqualTo("Nothing to deploy: auditor on db:5432 is at revision 001");
        assertThat(ResultText.of(new UpdateResult(DATABASE, List.of(), null, null, List.of(), null, List.of(), TOOK)))
                .isEqualTo("Nothing to deploy: auditor on db:5432 has all that was asked for");
    }

    @Test
    void aTagSaysWhichPointItNames() {
        assertThat(ResultText.of(new TagResult(DATABASE, "v1", "001-create", List.of())))
                .isEqualTo("Tagged auditor on db:5432 as 'v1', after 001-create");
        assertThat(ResultText.of(new TagResult(DATABASE, "v2", "001-tag", List.of("001", "v1"))))
                .isEqualTo("Tagged auditor on db:5432 as 'v2', after 001-tag, where it is also 001, v1");
        assertThat(ResultText.of(new TagResult(DATABASE, "v0", null, List.of())))
                .isEqualTo("Tagged auditor on db:5432 as 'v0', before the first changeset");
    }

    @Test
    void aRollbackSaysWhereTheRowsAreAndHowTheyAreRestored() {
        RollbackResult archived = new RollbackResult(DATABASE, "base", List.of("b", "a"), "rollback_20261122_170102",
                List.of("rollback_20261122_170102.log"), null, TOOK);

        assertThat(ResultText.of(archived)).isEqualTo("2 changesets rolled back in auditor on db:5432 in 210 ms, now at 'base'");
        assertThat(ResultText.deletedData(plan(LOG), archived)).hasValue("""
                archived: rollback_20261122_170102.log
                after the next update, to restore: mvn migrations:restore -Dmigrations.archive=rollback_20261122_170102""");
    }

    @Test
    void aRollbackSaysWhatItDeletedWithoutACopy() {
        RollbackResult accepted = new RollbackResult(DATABASE, "base", List.of("a"), null, List.of(), null, TOOK);

        assertThat(ResultText.of(accepted)).isEqualTo("1 changeset rolled back in auditor on db:5432 in 210 ms, now at 'base'");
        assertThat(ResultText.deletedData(plan(LOG,
                new DataLoss("b", DataLoss.Kind.UNKNOWN, null, null, 0, false, "DELETE FROM law")), accepted)).hasValue("""
                Deleted and not archived:
                  a  drops table log (3 rows)
                Effect not known:
                  b  DELETE FROM law""");
        assertThat(ResultText.deletedData(plan(new DataLoss("a", DataLoss.Kind.TABLE, "log", null, 0, false, null)), accepted))
                .isEmpty();
    }

    @Test
    void aRollbackSaysThatAlembicsTableIsWrongThen() {
        assertThat(ResultText.of(new RollbackResult(DATABASE, "base", List.of("a"), null, List.of(), "001", TOOK))).isEqualTo("""
                1 changeset rolled back in auditor on db:5432 in 210 ms, now at 'base'
                alembic_version still says 001, so alembic upgrade head would do nothing. If Alembic is to go on from here,
                let the table say so: alembic stamp --purge with the revision that is there now, or base""");
    }

    private static RollbackPlan plan(DataLoss... losses) {
        return new RollbackPlan(DATABASE, "base", List.of(), List.of(losses), List.of(), List.of(), List.of());
    }

    @Test
    void anUpdateNamesTheArchivesThatMayBeRestoredNow() {
        assertThat(ResultText.of(new UpdateResult(DATABASE, List.of("a"), "5365830991", "001", List.of(), null, List.of(), TOOK)
                .withArchives(List.of("rollback_1", "rollback_2")))).endsWith("""
                        deployment 5365830991
                        archives of rollbacks: rollback_1, rollback_2
                        to restore: mvn migrations:restore -Dmigrations.archive=rollback_2""");
    }

    @Test
    void aRestoreAccountsForEveryRow() {
        RestoreResult whole = new RestoreResult(DATABASE, "rollback_1",
                List.of(new RestoreResult.Part("log", null, 18204, 2, 0, 0), new RestoreResult.Part("law", "mood", 1, 0, 0, 0)),
                false, List.of("law.mood was text and is mood now"), TOOK);
        assertThat(ResultText.of(whole)).isEqualTo("""
                18 205 rows and values restored from rollback_1 in auditor on db:5432 in 210 ms
                  rows of log: 18 204 restored, 2 already there
                  column mood of law: 1 restored
                  law.mood was text and is mood now
                Everything is accounted for, so the archive is gone""");
        assertThat(ResultText.leftInArchive(whole)).isEmpty();

        RestoreResult part = new RestoreResult(DATABASE, "rollback_1",
                List.of(new RestoreResult.Part("log", null, 1, 0, 3, 0), new RestoreResult.Part("law", "mood", 0, 0, 0, 1)),
                true, List.of(), TOOK);
        assertThat(ResultText.of(part)).isEqualTo("""
                1 row or value restored from rollback_1 in auditor on db:5432 in 210 ms
                  rows of log: 1 restored, 3 kept as they are, with another content
                  column mood of law: 0 restored, 1 whose row is gone""");
        assertThat(ResultText.leftInArchive(part)).hasValue("""
                Still in rollback_1: 4 rows and values
                if nobody needs that: DROP SCHEMA rollback_1 CASCADE""");
    }

    @Test
    void aRollbackToWhereTheDatabaseIsSaysSo() {
        assertThat(ResultText.of(new RollbackResult(DATABASE, "001", List.of(), null, List.of(), null, TOOK)))
                .isEqualTo("Nothing to roll back: auditor on db:5432 is at '001' already");
    }
}
