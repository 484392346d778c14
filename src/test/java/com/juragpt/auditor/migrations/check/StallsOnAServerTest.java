package com.juragpt.auditor.migrations.check;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.Rule;
import com.juragpt.auditor.migrations.testing.Aside;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the stall rules say is so: on a table with many rows the statement stalls a client that writes to it, and the safe form does
 * not. Appends a line with both figures to {@code target/stalls.txt}, which docs/check.md quotes.
 */
@ExtendWith(PostgresExtension.class)
class StallsOnAServerTest {

    private static final Path FIGURES = Path.of("target/stalls.txt");

    /**
     * A statement of a rule, and its safe form.
     *
     * @param hurting one statement
     * @param safe statements one after the other, each a transaction of its own
     */
    record Pair(Rule rule, String hurting, List<String> safe) {
    }

    static Stream<Pair> pairs() {
        return Stream.of(
                new Pair(Rule.INDEX_BLOCKS_WRITES, "CREATE INDEX ix ON law (title)",
                        List.of("CREATE INDEX CONCURRENTLY ix ON law (title)")),
                new Pair(Rule.INDEX_BLOCKS_WRITES, "ALTER TABLE law ADD CONSTRAINT u UNIQUE (title)",
                        List.of("CREATE UNIQUE INDEX CONCURRENTLY u ON law (title)",
                                "ALTER TABLE law ADD CONSTRAINT u UNIQUE USING INDEX u")),
                new Pair(Rule.NOT_NULL_SCANS, "ALTER TABLE law ALTER title SET NOT NULL",
                        List.of("ALTER TABLE law ADD CONSTRAINT n CHECK (title IS NOT NULL) NOT VALID",
                                "ALTER TABLE law VALIDATE CONSTRAINT n", "ALTER TABLE law ALTER title SET NOT NULL",
                                "ALTER TABLE law DROP CONSTRAINT n")),
                new Pair(Rule.DEFAULT_REWRITES, "ALTER TABLE law ADD key uuid DEFAULT gen_random_uuid()",
                        List.of("ALTER TABLE law ADD key uuid", "ALTER TABLE law ALTER key SET DEFAULT gen_random_uuid()")),
                new Pair(Rule.TYPE_REWRITES, "ALTER TABLE law ALTER act TYPE bigint",
                        List.of("ALTER TABLE law ADD act_new bigint")),
                new Pair(Rule.CONSTRAINT_SCANS, "ALTER TABLE law ADD CONSTRAINT f FOREIGN KEY (act) REFERENCES act (id)",
                        List.of("ALTER TABLE law ADD CONSTRAINT f FOREIGN KEY (act) REFERENCES act (id) NOT VALID",
                                "ALTER TABLE law VALIDATE CONSTRAINT f")),
                new Pair(Rule.CONSTRAINT_SCANS, "ALTER TABLE law ADD CONSTRAINT c CHECK (title LIKE 'law%')",
                        List.of("ALTER TABLE law ADD CONSTRAINT c CHECK (title LIKE 'law%') NOT VALID",
                                "ALTER TABLE law VALIDATE CONSTRAINT c")));
    }

    @Test
    @Tag("exhaustive")
    void anIndexStallsAWriterAndOneBuiltConcurrentlyDoesNot(TestDatabase database) throws IOException {
        assertStalls(pairs().findFirst().orElseThrow(), 200_000, database);
    }

    @ParameterizedTest
    @MethodSource("pairs")
    @Tag("exhaustive")
    void theStatementStallsAWriterAndItsSafeFormDoesNot(Pair pair, TestDatabase database) throws IOException {
        assertStalls(pair, 1_000_000, database);
    }

    private static void assertStalls(Pair pair, int rows, TestDatabase database) throws IOException {
        fill(database, rows);
        double safe = longestWait(database, pair.safe());
        fill(database, rows);
        double hurting = longestWait(database, List.of(pair.hurting()));

        // A pause of the whole machine looks like a wait: the safe form is given another try before it is blamed.
        for (int again = 0; again < 3 && hurting <= 3 * safe; again++) {
            fill(database, rows);
            safe = Math.min(safe, longestWait(database, pair.safe()));
        }

        Files.createDirectories(FIGURES.getParent());
        Files.writeString(FIGURES,
                "%s | %s | %d rows | %.0f ms | %.0f ms%n".formatted(pair.rule().code(), pair.hurting(), rows, hurting,
                        safe),
                StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        assertThat(hurting).as("%s against %s", pair.hurting(), pair.safe()).isGreaterThan(3 * safe);
    }

    private static void fill(TestDatabase database, int rows) {
        database.execute("DROP TABLE IF EXISTS law, act");
        database.execute("CREATE TABLE act (id int PRIMARY KEY)");
        database.execute("INSERT INTO act VALUES (1)");
        database.execute("CREATE TABLE law (id int PRIMARY KEY, title text, act int)");
        database.execute("INSERT INTO law SELECT i, 'law ' || md5(i::text), 1 FROM generate_series(1, " + rows + ") i");
        database.execute("ANALYZE law");
        database.execute("CHECKPOINT");
    }

    /** The longest time that a client waits for one update of one row while the statements run, in milliseconds. */
    private static double longestWait(TestDatabase database, List<String> statements) {
        AtomicBoolean over = new AtomicBoolean();
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Long> writer = Aside.run(() -> write(database, begun, over));
        try {
            begun.await();
            statements.forEach(database::execute);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            over.set(true);
        }
        return writer.join() / 1e6;
    }

    private static long write(TestDatabase database, CountDownLatch begun, AtomicBoolean over) {
        long longest = 0;
        try (Connection connection = database.connect(); Statement statement = connection.createStatement()) {
            for (int i = 0; !over.get(); i++) {
                long start = System.nanoTime();
                statement.executeUpdate("UPDATE law SET act = 1 WHERE id = " + (1 + i % 1000));
                if (i > 50) {
                    begun.countDown();
                    longest = Math.max(longest, System.nanoTime() - start);
                }
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return longest;
    }
}
