package com.juragpt.auditor.migrations.rehearse;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.AdoptionResult;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.render.ResultText;
import com.juragpt.auditor.migrations.render.StatusTable;
import com.juragpt.auditor.migrations.testing.Deployed;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.StockLiquibase;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Most changelogs have no revision tags: then the whole changelog is what there is to compare with. */
@ExtendWith(PostgresExtension.class)
class AdoptionWithoutRevisionsTest {

    private TestDatabase database;
    private SampleChangelog changelog;

    @BeforeEach
    void deployByStock(TestDatabase empty, @TempDir Path folder) {
        database = empty;
        changelog = new SampleChangelog(folder).of(table("one"), table("two"));
        new StockLiquibase(database, changelog).update();
    }

    @Test
    void theWholeChangelogIsCompared() {
        Deployed stock = Deployed.in(database);
        forgetTheHistory();
        database.execute("CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('1975ea83b712')");
        AdoptionResult adopted = migrations().adopt();
        database.execute("DROP TABLE alembic_version");
        assertThat(ResultText.of(adopted)).contains(" as the whole changelog builds it: 2 changesets marked as run",
                "; alembic_version says 1975ea83b712, which is no revision of the changelog");
        assertThat(adopted.changesets()).containsExactly("create-one", "create-two");
        assertThat(adopted.revision()).isNull();
        assertThat(migrations().status().changesets()).extracting(Status.Changeset::state).containsOnly(Status.State.APPLIED);
        assertThat(Deployed.in(database).differencesFrom(stock)).isEmpty();
        new StockLiquibase(database, changelog).update();
    }

    @Test
    void aSchemaThatIsNotThatOfTheWholeChangelogIsNotAdopted() {
        forgetTheHistory();
        database.execute("ALTER TABLE two DROP note");
        assertThatThrownBy(() -> migrations().adopt()).isInstanceOf(MigrationException.class)
                .hasMessageStartingWith("[schema-differs] Cannot adopt ").hasMessageContaining("1 difference from the changelog")
                .hasMessageContaining("two.note").hasMessageContaining("Nothing was changed.");
    }

    @Test
    void aRevisionThatIsAskedForIsUnknown() {
        forgetTheHistory();
        assertThatThrownBy(() -> migrations().adoptAs("001")).isInstanceOf(MigrationException.class)
                .hasMessageStartingWith("[unknown-revision] Cannot adopt ").hasMessageContaining("revisions, in order: none\n");
    }

    @Test
    void aStatusWithoutRevisionTagsDoesNotReadAsIfNothingWereDeployed() {
        assertThat(StatusTable.of(migrations().status()).lines().filter(line -> line.startsWith("revision")))
                .singleElement().asString().doesNotContain("none yet").contains("2 changesets");
    }

    private void forgetTheHistory() {
        database.execute("DROP TABLE databasechangelog, databasechangeloglock");
    }

    private Migrations migrations() {
        return Migrations.of(database.dataSource(), changelog.options());
    }
}
