package com.juragpt.auditor.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.testing.Deployed;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.RealChangelog;
import com.juragpt.auditor.migrations.testing.StockLiquibase;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** On the changelogs of other projects this module leaves what stock Liquibase leaves, and decides what that decides. */
@ExtendWith(PostgresExtension.class)
abstract class RealChangelogs {

    private static final Map<RealChangelog, Deployed> STOCK = new EnumMap<>(RealChangelog.class);

    @ParameterizedTest(name = "{0}")
    @MethodSource("changelogs")
    void aFreshDeploymentLeavesWhatStockLeavesAndIsCurrentForBoth(RealChangelog real, TestDatabase ours, TestDatabase theirs) {
        MigrationOptions options = real.options();
        Migrations.of(ours.dataSource(), options).update();
        new StockLiquibase(theirs, options).update();

        for (TestDatabase deployed : new TestDatabase[] {ours, theirs}) {
            assertSame(real, deployed);
            assertThat(changed(deployed, options)).isEmpty();
            assertThat(Migrations.of(deployed.dataSource(), options).update().changesets()).isEmpty();
            new StockLiquibase(deployed, options).update();
            assertSame(real, deployed);
        }
    }

    @ParameterizedTest(name = "{0}")
    @Tag("exhaustive")
    @MethodSource("changelogs")
    void whatStockBeganOursEndsAndTheOtherWayRound(RealChangelog real, TestDatabase oursFirst, TestDatabase stockFirst) {
        MigrationOptions options = real.options();
        int half = Math.max(1, Migrations.of(stockFirst.dataSource(), options).status().pending().size() / 2);

        new StockLiquibase(stockFirst, options).update(half);
        Migrations.of(stockFirst.dataSource(), options).update();
        assertSame(real, stockFirst);

        Migrations.of(oursFirst.dataSource(), options).updateBy(half);
        new StockLiquibase(oursFirst, options).update();
        assertSame(real, oursFirst);
    }

    @ParameterizedTest(name = "{0}")
    @Tag("exhaustive")
    @MethodSource("changelogs")
    void clearedChecksumsAreWrittenAsStockWritesThem(RealChangelog real, TestDatabase database) {
        MigrationOptions options = real.options();
        StockLiquibase stock = new StockLiquibase(database, options);
        stock.update();
        stock.clearCheckSums();
        assertThat(changed(database, options)).isEmpty();
        Migrations.of(database.dataSource(), options).update();
        assertSame(real, database);
        stock.update();
        assertSame(real, database);
    }

    private static List<Status.Changeset> changed(TestDatabase database, MigrationOptions options) {
        return Migrations.of(database.dataSource(), options).status().changesets().stream()
                .filter(changeset -> changeset.state() == Status.State.CHANGED).toList();
    }

    /** As a database that nobody but stock has deployed to. */
    private static void assertSame(RealChangelog real, TestDatabase database) {
        real.forgetTheMoment(database);
        assertThat(Deployed.in(database).differencesFrom(STOCK.computeIfAbsent(real, RealChangelogs::deployedByStock)))
                .isEmpty();
    }

    private static Deployed deployedByStock(RealChangelog real) {
        return PostgresExtension.inDatabase(database -> {
            new StockLiquibase(database, real.options()).update();
            real.forgetTheMoment(database);
            return Deployed.in(database);
        });
    }
}
