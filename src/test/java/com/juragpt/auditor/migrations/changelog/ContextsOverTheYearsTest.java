package com.juragpt.auditor.migrations.changelog;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A changeset that ran is judged by what the history says of it, whatever contexts it has in the changelog of today. */
@ExtendWith(PostgresExtension.class)
class ContextsOverTheYearsTest {

    private TestDatabase database;
    private SampleChangelog changelog;

    @BeforeEach
    void open(TestDatabase empty, @TempDir Path folder) {
        database = empty;
        changelog = new SampleChangelog(folder);
    }

    @Test
    void aContextThatWasNarrowedLaterKeepsNobodyFromRollingBack() {
        changelog.of(revision("start"), table("one"), table("two") + "context: production\n");
        in("production").update();
        changelog.of(revision("start"), table("one"), table("two") + "context: staging\n");
        assertThat(in("production").planRollbackTo("start").steps()).extracting(RollbackPlan.Step::id)
                .containsExactly("create-two", "create-one");
        assertThat(in("production").drift().differences()).isEmpty();
        assertThat(in("production").rollback(in("production").planRollbackTo("start")).changesets())
                .containsExactly("create-two", "create-one");
    }

    @Test
    void aLabelThatWasGivenLaterKeepsNobodyFromComparing() {
        changelog.of(revision("start"), table("one"));
        Migrations labelled = Migrations.of(database.dataSource(), changelog.options().withFilter(null, "!big"));
        labelled.update();
        changelog.of(revision("start"), table("one") + "labels: big\n");
        assertThat(labelled.drift().differences()).isEmpty();
        assertThat(labelled.planRollbackTo("start").steps()).hasSize(1);
    }

    @Test
    void theContextsOfAnIncludeAreShown() throws IOException {
        changelog.of(revision("start"), table("one"));
        Path file = changelog.root().resolve("changelog/sample.yaml");
        Files.move(file, changelog.root().resolve("changelog/included.yaml"));
        Files.writeString(file, """
                databaseChangeLog:
                  - include: {file: changelog/included.yaml, context: "test or qa", labels: "nightly"}
                """);
        in("test").update();
        assertThatThrownBy(() -> in("production").planRollbackTo("start")).isInstanceOf(MigrationException.class)
                .hasMessageStartingWith("[excluded-changeset] Cannot roll back to 'start': create-one is deployed in ")
                .hasMessageContaining("test or qa").hasMessageContaining("nightly").hasMessageNotContaining("contexts: ()");
        assertThatThrownBy(() -> in("production").drift()).isInstanceOf(MigrationException.class)
                .hasMessageContaining("test or qa").hasMessageNotContaining("contexts: ()");
    }

    private Migrations in(String contexts) {
        return Migrations.of(database.dataSource(), changelog.options().withFilter(contexts, null));
    }
}
