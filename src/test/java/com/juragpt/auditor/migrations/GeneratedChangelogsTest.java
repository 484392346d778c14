package com.juragpt.auditor.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.testing.Deployed;
import com.juragpt.auditor.migrations.testing.GeneratedChangelog;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.StockLiquibase;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * On changelogs drawn by lot, deployed, extended, edited and deployed again, this module leaves what stock Liquibase leaves and
 * decides what that decides, alone or taking turns with it. A failure names its seed; {@code -Dmigrations.test.seed=N} repeats it.
 *
 * <p>Known to differ, on purpose: a changeset that fails stops stock half-way, while on PostgreSQL nothing of ours stays.
 */
class GeneratedChangelogsTest {

    private static final int MANY = Integer.getInteger("migrations.test.generated", 600);
    private static final Long SEED = Long.getLong("migrations.test.seed");

    @Test
    void aFewOnH2(@TempDir Path folder) {
        tellStories(0, 12, folder, false);
    }

    @Test
    void oneOnPostgresql(@TempDir Path folder) {
        tellStories(0, 1, folder, true);
    }

    @Test
    @Tag("exhaustive")
    void manyOnH2(@TempDir Path folder) {
        tellStories(1_000_000, MANY / 2, folder, false);
    }

    @Test
    @Tag("exhaustive")
    void asManyMoreOnH2(@TempDir Path folder) {
        tellStories(1_500_000, MANY / 2, folder, false);
    }

    @Test
    @Tag("exhaustive")
    void manyOnPostgresql(@TempDir Path folder) {
        tellStories(2_000_000, MANY / 100, folder, true);
    }

    private static void tellStories(long first, int count, Path folder, boolean postgres) {
        if (SEED != null) {
            tell(SEED, folder.resolve("story"), postgres);
            return;
        }
        List<String> failures = new ArrayList<>();
        int toldToTheEnd = 0;
        for (long seed = first; seed < first + count; seed++) {
            try {
                toldToTheEnd += tell(seed, folder.resolve("story" + seed), postgres) ? 1 : 0;
            } catch (AssertionError | RuntimeException e) {
                failures.add("seed " + seed + ": " + String.valueOf(e.getMessage()).strip());
            }
        }
        assertThat(failures).as("%d of %d stories", failures.size(), count).isEmpty();
        assertThat(toldToTheEnd).as("stories in which no changeset ends it all").isGreaterThan(count / 2);
    }

    /** Whether every deployment in it went well. */
    private static boolean tell(long seed, Path folder, boolean postgres) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        if (postgres) {
            return PostgresExtension.inDatabase(ours -> PostgresExtension.inDatabase(theirs -> PostgresExtension
                    .inDatabase(mixed -> new Story(seed, folder, true, side(ours), side(theirs), side(mixed)).tell())));
        }
        return new Story(seed, folder, false, h2(), h2(), h2()).tell();
    }

    private record Side(DataSource source, Supplier<Deployed> deployed) {}

    private static Side side(TestDatabase database) {
        return new Side(database.dataSource(), () -> Deployed.in(database));
    }

    private static Side h2() {
        JdbcDataSource source = new JdbcDataSource();
        source.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";MODE=PostgreSQL;DB_CLOSE_DELAY=-1");
        return new Side(source, () -> Deployed.inH2(source));
    }

    /** One changelog and three databases: ours, theirs, and one where both take turns. */
    private static final class Story {

        private static final Set<String> NOT_RUN = Set.of("PENDING", "PENDING_OUT_OF_ORDER", "SKIPPED");

        private final Random random;
        private final GeneratedChangelog changelog;
        private final MigrationOptions options;
        private final boolean postgres;
        private final Side ours;
        private final Side theirs;
        private final Side mixed;
        private String step = "";

        Story(long seed, Path folder, boolean postgres, Side ours, Side theirs, Side mixed) {
            random = new Random(seed);
            changelog = new GeneratedChangelog(seed, folder);
            options = changelog.options();
            this.postgres = postgres;
            this.ours = ours;
            this.theirs = theirs;
            this.mixed = mixed;
        }

        boolean tell() {
            try {
                boolean goesOn = update(half(), "half");
                goesOn = goesOn && update(Integer.MAX_VALUE, "deployed") && update(Integer.MAX_VALUE, "run again");
                if (goesOn && random.nextBoolean()) {
                    for (Side side : List.of(ours, theirs, mixed)) {
                        stock(side).clearCheckSums();
                    }
                    goesOn = update(Integer.MAX_VALUE, "after clearCheckSums");
                }
                if (goesOn) {
                    changelog.grow(1 + random.nextInt(5));
                    goesOn = update(Integer.MAX_VALUE, "grown");
                }
                boolean told = goesOn;
                if (goesOn && changelog.edit()) {
                    // Stock may refuse that, and so shall ours.
                    update(Integer.MAX_VALUE, "edited");
                }
                return told;
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(step + ", contexts '" + options.selection().contexts() + "', labels '"
                        + options.selection().labels() + "': "
                        + e.getMessage() + "\n" + changelog.text(), e);
            }
        }

        private int half() {
            List<String> pending = pendingForStock();
            return pending == null ? 1 : Math.max(1, pending.size() / 2);
        }

        /** Whether there is a database to go on with. */
        private boolean update(int count, String name) {
            step = name;
            Deployed before = ours.deployed().get();
            List<String> pendingForStock = pendingForStock();
            if (pendingForStock != null) {
                assertThat(pending(ours)).as("pending").isEqualTo(withoutAlways(pendingForStock));
            }
            boolean whole = count == Integer.MAX_VALUE;
            Throwable stock = catchThrowable(() -> updateByStock(theirs, count));
            Throwable own = catchThrowable(() -> updateByOurs(ours, count, pendingForStock));
            Throwable turns = catchThrowable(() -> {
                if (random.nextBoolean()) {
                    updateByStock(mixed, count);
                } else {
                    updateByOurs(mixed, count, pendingForStock);
                }
            });
            if (stock != null) {
                assertThat(own).as("stock failed: %s", stock.getMessage()).isInstanceOf(MigrationException.class);
                assertThat(turns).as("stock failed: %s", stock.getMessage()).isNotNull();
                if (postgres) {
                    assertThat(ours.deployed().get().differencesFrom(before)).as("what a failure leaves").isEmpty();
                }
                return false;
            }
            assertThat(own).as("stock succeeded").isNull();
            assertThat(turns).as("stock succeeded, taking turns").isNull();
            Deployed expected = theirs.deployed().get();
            assertThat(ours.deployed().get().differencesFrom(expected)).as("ours").isEmpty();
            assertThat(mixed.deployed().get().differencesFrom(expected)).as("taking turns").isEmpty();
            for (Side side : List.of(ours, theirs, mixed)) {
                assertThat(migrations(side).status().changesets()).as("status")
                        .noneMatch(changeset -> changeset.state() == Status.State.CHANGED);
                if (whole) {
                    assertThat(pending(side)).as("pending").isEqualTo(withoutAlways(stock(theirs).pending()));
                }
            }
            return true;
        }

        private void updateByStock(Side side, int count) {
            if (count == Integer.MAX_VALUE) {
                stock(side).update();
            } else {
                stock(side).update(count);
            }
        }

        private void updateByOurs(Side side, int count, List<String> pending) {
            if (count == Integer.MAX_VALUE) {
                migrations(side).update();
            } else if (pending == null || !pending.isEmpty()) {
                migrations(side).updateBy(count);
            }
        }

        /** Null where stock does not even tell, as the changelog is not valid. */
        private List<String> pendingForStock() {
            List<String> pending = new ArrayList<>();
            return catchThrowable(() -> pending.addAll(stock(theirs).pending())) == null ? pending : null;
        }

        private List<String> pending(Side side) {
            return migrations(side).status().changesets().stream().filter(changeset -> NOT_RUN.contains(changeset.state().name()))
                    .map(Status.Changeset::id).filter(id -> !id.startsWith("always-")).toList();
        }

        /** What always runs is pending for stock for ever, for ours only until it ran. */
        private static List<String> withoutAlways(List<String> pending) {
            return pending.stream().filter(id -> !id.startsWith("always-")).toList();
        }

        private Migrations migrations(Side side) {
            return Migrations.of(side.source(), options);
        }

        private StockLiquibase stock(Side side) {
            return new StockLiquibase(side.source(), options);
        }
    }
}
