package com.juragpt.auditor.migrations.lock;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.catalog.CatalogReader;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import com.juragpt.auditor.migrations.testing.StockLiquibase;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The API and the stock goals may take turns on one database. */
class StockInterplayTest extends DeploymentFixture {

    private static final String ROWS = "SELECT id, author, filename, orderexecuted, exectype, md5sum, description, comments, tag,"
            + " contexts, labels FROM databasechangelog ORDER BY orderexecuted";

    private StockLiquibase stock;

    @BeforeEach
    void openStock() {
        stock = new StockLiquibase(database, changelog);
    }

    @Test
    void bothRecordTheSame(TestDatabase same, TestDatabase other) {
        List<String> changesets = new ArrayList<>(List.of(START));
        for (int i = 0; i < 12; i++) {
            changesets.add(table("t" + i));
        }
        changelog.of(changesets.toArray(String[]::new));
        migrations().update();
        new StockLiquibase(other, changelog).update();
        assertThat(database.query(ROWS)).isEqualTo(other.query(ROWS));
        assertThat(catalog(database)).isEqualTo(catalog(other));
    }

    @Test
    void whatTheStockGoalDeployedAndTaggedOursRollsBack() {
        changelog.of(START, table("one"));
        stock.update();
        stock.tag("v1");
        changelog.of(START, table("one"), table("two"), revision("002"));
        stock.update();
        stock.tag("v2");
        RollbackPlan plan = migrations().planRollbackTo("v1");
        assertThat(plan.tagsRemoved()).containsExactly("v2");
        assertThat(migrations().rollback(plan).changesets()).containsExactly("tag-002", "create-two");
        assertThat(history()).containsExactly("tag-start", "create-one");
        stock.update();
        assertThat(history()).containsExactly("tag-start", "create-one", "create-two", "tag-002");
    }

    /** All rows of one transaction have the same DATEEXECUTED, which is what the stock goals sort by first. */
    @Test
    @Tag("exhaustive")
    void whatOursDeployedTheStockGoalRollsBackInTheRightOrder() {
        List<String> changesets = new ArrayList<>(List.of(START));
        for (int i = 0; i < 30; i++) {
            changesets.add(table("t" + i));
            changesets.add(revision("r" + i));
        }
        changelog.of(changesets.toArray(String[]::new));
        migrations().update();
        assertThat(database.query("SELECT DISTINCT dateexecuted FROM databasechangelog")).hasSize(1);

        stock.rollback(3);
        assertThat(history()).hasSize(58).endsWith("create-t27", "tag-r27", "create-t28");
        stock.rollback("r9");
        assertThat(history()).hasSize(21).endsWith("create-t9", "tag-r9");
        stock.tag("v1");
        assertThat(database.query("SELECT id FROM databasechangelog WHERE tag = 'v1'")).containsExactly(List.of("tag-r9"));
        migrations().update();
        stock.rollback("v1");
        assertThat(history()).hasSize(21).endsWith("create-t9", "tag-r9");
        assertThat(catalog(database)).filteredOn(line -> line.startsWith("table ")).hasSize(10);
        stock.rollback("start");
        assertThat(catalog(database)).isEmpty();
    }

    @Test
    void whatChangelogSyncOnlyRecordedIsRolledBackAsIfItHadRun() {
        database.execute("CREATE TABLE one (id int, note text)");
        changelog.of(START, table("one"));
        stock.changelogSync();
        assertThat(migrations().rollback(migrations().planRollbackTo("start")).changesets()).containsExactly("create-one");
        assertThat(catalog(database)).isEmpty();
    }

    private static List<String> catalog(TestDatabase database) {
        try (Connection connection = database.connect()) {
            return CatalogReader.read(connection).lines();
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }
}
