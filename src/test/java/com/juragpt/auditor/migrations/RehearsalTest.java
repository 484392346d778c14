package com.juragpt.auditor.migrations;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.RehearsalReport.Blocks;
import com.juragpt.auditor.migrations.RehearsalReport.Step;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(PostgresExtension.class)
class RehearsalTest {

    @TempDir
    Path folder;

    @Test
    void theModulesOwnChangelogComesBackFromEveryChangeset(TestDatabase database) {
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults());
        assertThat(migrations.rehearse().steps()).hasSize(12).allMatch(Step::isReversible);
        assertThat(migrations.rehearseFromBase().steps()).hasSize(12).allMatch(Step::isReversible);
        assertThat(database.query("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")).isEmpty();
    }

    @Test
    void reportsLocksAndRewritesAndTheRollbackThatLies(TestDatabase database) {
        SampleChangelog sample = new SampleChangelog(folder).of(table("one"));
        Migrations migrations = Migrations.of(database.dataSource(), sample.options());
        migrations.update();
        database.execute("INSERT INTO one SELECT i, 'note ' || i FROM generate_series(1, 1000) i");
        sample.of(table("one"),
                outsideTransactions(sql("index", "CREATE INDEX CONCURRENTLY i ON one (note)", "DROP INDEX CONCURRENTLY i")),
                sql("type", "ALTER TABLE one ALTER id TYPE bigint", "ALTER TABLE one ALTER id TYPE int"),
                sql("liar", "CREATE TABLE two (id int)", "SELECT 1"),
                sql("none", "CREATE TABLE three (id int)", null));

        List<Step> steps = migrations.rehearse().steps();

        assertThat(steps).extracting(Step::id).containsExactly("index", "type", "liar", "none");
        assertThat(steps.get(0).plain()).isTrue();
        assertThat(steps.get(0).locks()).extracting(RehearsalReport.Lock::blocks).containsExactly(Blocks.WRITES);
        assertThat(steps.get(1).rewritten()).containsExactly("one");
        assertThat(steps.get(1).locks()).extracting(RehearsalReport.Lock::blocks).containsExactly(Blocks.READS_AND_WRITES);
        assertThat(steps.get(2).faults()).anyMatch(fault -> fault.contains("table two is there, but not expected"));
        assertThat(steps.get(3).faults()).hasSize(1).allMatch(fault -> fault.startsWith("has no rollback: "));
        assertThat(database.query("SELECT id FROM databasechangelog")).containsExactly(List.of("create-one"));
    }

    @Test
    void adoptsWhatAlembicLeftAndFindsDriftAfterwards(TestDatabase database) {
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults());
        migrations.update();
        database.execute("DROP TABLE databasechangelog; DROP TABLE databasechangeloglock;"
                + "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL); INSERT INTO alembic_version VALUES ('001')");

        assertThat(migrations.adopt().revision()).isEqualTo("001");
        assertThat(migrations.update().changesets()).isEmpty();
        assertThat(migrations.drift()).isEmpty();

        database.execute("ALTER TABLE verification_log ALTER coverage TYPE real; DROP INDEX ix_verification_log_trust_label");
        assertThat(migrations.drift()).extracting(Object::toString).containsExactly(
                "column verification_log.coverage is real, expected double precision",
                "index ix_verification_log_trust_label is missing");
    }
}
