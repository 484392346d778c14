package com.juragpt.auditor.migrations.benchmark;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.testing.Aside;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import liquibase.resource.DirectoryResourceAccessor;

/** Measures how long a client waits that writes into a table while a deployment adds an index to it. */
final class StallPart {

    private static final String PLAIN = """
            databaseChangeLog:
              - changeSet:
                  id: '1-create-ix-law-title'
                  author: benchmark
                  changes:
                    - createIndex: {tableName: law, indexName: ix_law_title, columns: [column: {name: title}]}
            """;

    // As the README has it.
    private static final String DOCUMENTED = """
            databaseChangeLog:
              - changeSet:
                  id: '1-create-ix-law-title'
                  author: benchmark
                  dbms: postgresql
                  runInTransaction: false
                  changes:
                    - sql:
                        sql: >-
                          DROP INDEX CONCURRENTLY IF EXISTS ix_law_title;
                          CREATE INDEX CONCURRENTLY ix_law_title ON law (title)
                  rollback:
                    - sql:
                        sql: DROP INDEX CONCURRENTLY IF EXISTS ix_law_title
            """;

    private static final int FIRST_ROWS = 100;

    private final Setup setup;
    private final Databases databases;
    private final Results results;

    StallPart(Setup setup, Databases databases, Results results) {
        this.setup = setup;
        this.databases = databases;
        this.results = results;
    }

    void measure(Path folder) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("plain.yaml"), PLAIN);
        Files.writeString(folder.resolve("documented.yaml"), DOCUMENTED);
        for (int round = 0; round < setup.runs(); round++) {
            results.add(new Stall(longestGap(folder, "plain.yaml"), longestGap(folder, "documented.yaml")));
        }
    }

    private long longestGap(Path folder, String changelog) throws IOException, InterruptedException {
        TestDatabase database = databases.create();
        database.execute("CREATE TABLE law (id bigserial PRIMARY KEY, title text NOT NULL)");
        database.execute("INSERT INTO law (title) SELECT 'law ' || md5(i::text) FROM generate_series(1, " + setup.rows() + ") i");
        database.execute("ANALYZE law");
        database.execute("CHECKPOINT");
        Migrations migrations = Migrations.of(database.dataSource(),
                MigrationOptions.defaults().withChangelog(changelog, new DirectoryResourceAccessor(folder)));
        // What Liquibase does for the first time in a database is over before the client begins to write.
        migrations.tag("before");
        AtomicBoolean over = new AtomicBoolean();
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Long> writer = Aside.run(() -> write(database, begun, over));
        try {
            begun.await();
            migrations.update();
        } finally {
            over.set(true);
        }
        long longest = writer.join();
        databases.drop(database);
        return longest;
    }

    private static long write(TestDatabase database, CountDownLatch begun, AtomicBoolean over) {
        long longest = 0;
        try (Connection connection = database.connect(); Statement statement = connection.createStatement()) {
            long last = System.nanoTime();
            for (int i = 0; !over.get(); i++) {
                statement.executeUpdate("INSERT INTO law (title) VALUES ('new law " + i + "')");
                long now = System.nanoTime();
                if (i > FIRST_ROWS) {
                    begun.countDown();
                    longest = Math.max(longest, now - last);
                }
                last = now;
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } finally {
            begun.countDown();
        }
        return longest;
    }
}
