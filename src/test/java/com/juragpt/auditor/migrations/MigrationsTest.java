package com.juragpt.auditor.migrations;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.api.UpdateResult;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(PostgresExtension.class)
class MigrationsTest {

    @TempDir
    Path folder;

    private static final String TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            + " AND tablename NOT LIKE 'databasechangelog%' ORDER BY 1";
    private static final String HISTORY = "SELECT id, tag FROM databasechangelog ORDER BY orderexecuted";

    @Test
    void deploysTagsAndRollsBackTheModulesOwnChangelog(TestDatabase database) {
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults());
        assertThat(migrations.status().pending()).hasSize(12);
        assertThat(database.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")).isEmpty();

        UpdateResult update = migrations.update();

        assertThat(update.changesets()).hasSize(12).startsWith("000-tag-base").endsWith("001-tag-revision");
        assertThat(update.revision()).isEqualTo("001");
        migrations.requireCurrent();
        assertThat(migrations.status().revision()).isEqualTo("001");
        assertThat(database.query("SELECT locked FROM databasechangeloglock")).containsExactly(List.of("f"));

        migrations.tag("v1");
        RollbackPlan plan = migrations.planRollbackTo("base");
        assertThat(plan.steps()).hasSize(11);
        assertThat(plan.tagsRemoved()).containsExactly("001", "v1");
        migrations.rollback(plan);

        assertThat(database.query(TABLES)).isEmpty();
        assertThat(database.query(HISTORY)).containsExactly(List.of("000-tag-base", "base"));
        assertThat(migrations.update().changesets()).hasSize(11);
        assertThat(migrations.update().changesets()).isEmpty();
    }

    @Test
    void leavesNothingOfAnUpdateWhoseThirdChangesetFails(TestDatabase database) {
        SampleChangelog sample = new SampleChangelog(folder).of(table("one"), table("two"), sql("bad", "SELECT nonsense", null));
        Migrations migrations = Migrations.of(database.dataSource(), sample.options());

        assertThatThrownBy(migrations::update).isInstanceOf(MigrationException.class)
                .hasMessageContaining("[changeset-failed] bad failed").hasMessageContaining("Nothing was changed.")
                .hasMessageContaining("statement: SELECT nonsense");
        assertThat(database.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")).isEmpty();

        sample.of(table("one"), table("two"), sql("good", "SELECT 1", null));
        assertThat(migrations.update().changesets()).containsExactly("create-one", "create-two", "good");
    }

    @Test
    void splitsTheTransactionWhereAChangesetCannotRunInOne(TestDatabase database) {
        List<Progress> told = new ArrayList<>();
        SampleChangelog sample = new SampleChangelog(folder).of(table("one"),
                outsideTransactions(sql("index", "CREATE INDEX CONCURRENTLY i ON one (note)", "DROP INDEX CONCURRENTLY i")),
                table("two"), revision("end"));
        Migrations migrations = Migrations.of(database.dataSource(), sample.options().withProgress(told::add));
        migrations.update();
        assertThat(told).filteredOn(Progress.Split.class::isInstance).hasSize(1);
        assertThat(database.query(TABLES)).containsExactly(List.of("one"), List.of("two"));
        assertThat(database.query("SELECT locked FROM databasechangeloglock")).containsExactly(List.of("f"));
    }
}
