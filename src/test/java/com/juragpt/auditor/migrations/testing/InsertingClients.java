package com.juragpt.auditor.migrations.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.Archive;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/**
 * Clients that insert row after row, whatever becomes of their tables, of their sessions and of the server, and remember which of
 * them they saw committed.
 */
public final class InsertingClients implements AutoCloseable {

    // A table, and its copies in archives of rollbacks.
    private static final String PLACES = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE tablename = ?"
            + " AND (schemaname = 'public' OR schemaname LIKE 'rollback%')";

    /** How the database is asked. */
    @FunctionalInterface
    public interface Query {
        List<List<String>> ask(String sql, Object... parameters);
    }

    private final DataSource database;
    private final Query query;
    private final List<Client> clients = new ArrayList<>();
    private final AtomicInteger next = new AtomicInteger();
    private final Duration rest;
    private volatile boolean over;

    /**
     * @param rest after each row, so that others get something of the processors; nothing for full speed
     * @param tables each with the columns id and note; each gets a client of its own, as often as it is named
     */
    public InsertingClients(TestDatabase database, Duration rest, String... tables) {
        this(database.dataSource(), database::query, rest, tables);
    }

    /** The same for a database that is asked in another way. */
    public InsertingClients(DataSource database, Query query, Duration rest, String... tables) {
        this.database = database;
        this.query = query;
        this.rest = rest;
        for (String table : tables) {
            clients.add(new Client(table));
        }
        clients.forEach(Thread::start);
    }

    private final class Client extends Thread {

        private final String table;
        private final Set<Integer> committed = new ConcurrentSkipListSet<>();
        private final Set<Integer> inDoubt = new ConcurrentSkipListSet<>();

        Client(String table) {
            super("writes " + table);
            this.table = table;
        }

        @Override
        public void run() {
            while (!over) {
                try (Connection connection = database.getConnection();
                        PreparedStatement insert = connection.prepareStatement("INSERT INTO " + table + " VALUES (?, 'x')")) {
                    while (!over) {
                        int id = next.incrementAndGet();
                        insert.setInt(1, id);
                        inDoubt.add(id);
                        insert.executeUpdate();
                        committed.add(id);
                        inDoubt.remove(id);
                        pause(rest);
                    }
                } catch (SQLException e) {
                    // The table or the server is away for now; an id whose insert failed is in doubt.
                    pause(Duration.ofMillis(10));
                }
            }
        }

        private void pause(Duration time) {
            try {
                Thread.sleep(time.toMillis());
            } catch (InterruptedException e) {
                over = true;
            }
        }
    }

    /** How many rows clients have seen committed so far. */
    public int committed() {
        return clients.stream().mapToInt(client -> client.committed.size()).sum();
    }

    /** Waits until further rows are committed. */
    public void awaitMore() throws InterruptedException {
        int before = committed();
        while (committed() < before + 10) {
            Thread.sleep(10);
        }
    }

    /** Ends the clients; returns those of their committed rows that are neither in their table nor in an archive. */
    public List<Integer> missing() {
        close();
        List<Integer> missing = new ArrayList<>();
        for (Client client : clients) {
            Set<Integer> lost = new TreeSet<>(client.committed);
            ids(client.table).forEach(lost::remove);
            missing.addAll(lost);
        }
        return missing;
    }

    /** Those in the table and in archives of it. */
    private List<Integer> ids(String table) {
        String everywhere = query.ask(PLACES, table).stream().map(place -> "SELECT id FROM " + place.get(0))
                .collect(Collectors.joining(" UNION ALL "));
        return everywhere.isEmpty() ? List.of()
                : query.ask(everywhere).stream().map(row -> Integer.valueOf(row.get(0))).toList();
    }

    /**
     * Ends the clients, and fails unless each row that one of them saw committed is in its table or in an archive, once, and in
     * its table when all archives are restored.
     *
     * @param claim what was survived
     */
    public void assertEachRowIsThereOnce(Migrations migrations, String claim) {
        close();
        clients.stream().map(client -> client.table).distinct()
                .forEach(table -> assertEachRowIsThereOnce(table, claim + ": in table or archive"));
        migrations.update();
        for (Archive archive : migrations.status().archives()) {
            assertThat(migrations.restore(archive.name()).archiveStays()).isFalse();
        }
        clients.stream().map(client -> client.table).distinct()
                .forEach(table -> assertEachRowIsThereOnce(table, claim + ": in the table"));
    }

    private void assertEachRowIsThereOnce(String table, String claim) {
        List<Client> its = clients.stream().filter(client -> client.table.equals(table)).toList();
        Set<Integer> found = new TreeSet<>();
        Set<Integer> twice = new TreeSet<>();
        ids(table).forEach(id -> {
            if (!found.add(id)) {
                twice.add(id);
            }
        });
        assertThat(twice).as("%s, rows of %s that are there twice", claim, table).isEmpty();
        // With sets' own means, as there are some hundred thousand of them.
        Set<Integer> missing = new TreeSet<>();
        its.forEach(client -> missing.addAll(client.committed));
        missing.removeAll(found);
        assertThat(missing).as("%s, rows of %s that are missing", claim, table).isEmpty();
        its.forEach(client -> {
            found.removeAll(client.committed);
            found.removeAll(client.inDoubt);
        });
        assertThat(found).as("%s, rows of %s that no client inserted", claim, table).isEmpty();
    }

    /** Ends the clients, and waits until they have ended. */
    @Override
    public void close() {
        over = true;
        for (Thread client : clients) {
            try {
                client.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }
}
