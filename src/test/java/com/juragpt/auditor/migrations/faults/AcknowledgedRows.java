package com.juragpt.auditor.migrations.faults;

import com.juragpt.auditor.migrations.testing.Cluster;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/** Clients, one for each table, that insert rows whatever becomes of the server, and remember those that it said to be committed. */
final class AcknowledgedRows implements AutoCloseable {

    private final List<Client> clients = new ArrayList<>();
    private volatile boolean over;

    /** @param tables each with the columns id and note, and nobody else inserting */
    AcknowledgedRows(DataSource database, String... tables) {
        for (String table : tables) {
            clients.add(new Client(database, table));
        }
        clients.forEach(Thread::start);
    }

    private final class Client extends Thread {

        private final DataSource database;
        private final String table;
        private final Set<Integer> committed = new ConcurrentSkipListSet<>();
        private int next;

        Client(DataSource database, String table) {
            super("writes " + table);
            this.database = database;
            this.table = table;
        }

        @Override
        public void run() {
            while (!over) {
                try (Connection connection = database.getConnection();
                        PreparedStatement insert = connection.prepareStatement("INSERT INTO " + table + " VALUES (?, 'x')")) {
                    while (!over) {
                        next++;
                        insert.setInt(1, next);
                        insert.executeUpdate();
                        committed.add(next);
                        pause(5);
                    }
                } catch (SQLException e) {
                    // The table or the server is away for now.
                    pause(50);
                }
            }
        }

        private void pause(int milliseconds) {
            try {
                Thread.sleep(milliseconds);
            } catch (InterruptedException e) {
                over = true;
            }
        }
    }

    /** Waits until further rows are committed in one table at least. */
    void awaitMore() throws InterruptedException {
        int before = acknowledged();
        while (acknowledged() < before + 10) {
            Thread.sleep(10);
        }
    }

    /** How many rows the clients were told to be committed. */
    int acknowledged() {
        return clients.stream().mapToInt(client -> client.committed.size()).sum();
    }

    /** Ends the clients; returns those of their rows that are neither in their table nor in an archive. */
    List<Integer> missing(Cluster cluster) {
        close();
        List<Integer> missing = new ArrayList<>();
        for (Client client : clients) {
            String places = cluster.query("SELECT format('SELECT id FROM %I.%I', schemaname, tablename) FROM pg_tables"
                    + " WHERE tablename = ?", client.table).stream().map(row -> row.get(0))
                    .collect(Collectors.joining(" UNION ALL "));
            Set<Integer> lost = new TreeSet<>(client.committed);
            cluster.query(places).forEach(row -> lost.remove(Integer.valueOf(row.get(0))));
            missing.addAll(lost);
        }
        return missing;
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
