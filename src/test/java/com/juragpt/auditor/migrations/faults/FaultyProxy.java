package com.juragpt.auditor.migrations.faults;

import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Stands between a deployer and the server, and does something to the first connection when so many bytes have gone one way. */
final class FaultyProxy implements AutoCloseable {

    /** What it does. */
    enum Fault {
        /** Both sides see a reset, whatever was still under way. */
        RESET,
        /** Both sides see an end. */
        CLOSE,
        /** The side that the bytes went to sees an end, and may go on sending. */
        HALF_CLOSE,
        /** The bytes come late. */
        DELAY,
        /** The bytes never come, and nothing says so. */
        SILENCE
    }

    private static final Pattern JDBC_URL = Pattern.compile("jdbc:postgresql://([^:/]+):(\\d+)/([^?]+).*");
    private static final long LATE_NANOS = 700_000_000;
    // Longer than any statement of these runs, and no time to wait for.
    private static final int SOCKET_TIMEOUT_SECONDS = 3;

    private final ServerSocket entrance;
    private final Matcher server;
    private final TestDatabase database;
    private final Fault fault;
    private final boolean toServer;
    private final long after;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong received = new AtomicLong();
    private int connections;

    /**
     * @param fault null for none
     * @param toServer which way the bytes are counted
     * @param after how many bytes of the first connection go through unharmed
     */
    FaultyProxy(TestDatabase database, Fault fault, boolean toServer, long after) {
        this.database = database;
        this.fault = fault;
        this.toServer = toServer;
        this.after = after;
        server = JDBC_URL.matcher(database.jdbcUrl());
        if (!server.matches()) {
            throw new IllegalStateException("no host and port in " + database.jdbcUrl());
        }
        try {
            entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start(this::accept);
    }

    /** Connections through it. */
    DataSource dataSource() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl("jdbc:postgresql://" + entrance.getInetAddress().getHostAddress() + ":" + entrance.getLocalPort() + "/"
                + database.name() + "?sslmode=disable&gssEncMode=disable&socketTimeout=" + SOCKET_TIMEOUT_SECONDS);
        source.setUser(database.user());
        source.setPassword(database.password());
        return source;
    }

    /** How many bytes the first connection has sent to the server. */
    long sent() {
        return sent.get();
    }

    /** How many bytes the first connection has got from the server. */
    long received() {
        return received.get();
    }

    private void accept() {
        while (!entrance.isClosed()) {
            try {
                Socket client = entrance.accept();
                sockets.add(client);
                Socket target = new Socket(server.group(1), Integer.parseInt(server.group(2)));
                sockets.add(target);
                boolean first = ++connections == 1;
                start(() -> carry(client, target, true, first));
                start(() -> carry(target, client, false, first));
            } catch (IOException e) {
                // Closed, or the server takes no connection: its client sees an end.
                close(sockets.isEmpty() ? null : sockets.get(sockets.size() - 1));
            }
        }
    }

    private void carry(Socket from, Socket to, boolean isToServer, boolean first) {
        boolean counts = first && fault != null && isToServer == toServer;
        AtomicLong carried = !first ? new AtomicLong() : isToServer ? sent : received;
        boolean struck = false;
        byte[] buffer = new byte[8192];
        try {
            InputStream in = from.getInputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                int unharmed = read;
                if (counts && !struck && carried.get() + read > after) {
                    unharmed = (int) (after - carried.get());
                    struck = true;
                }
                to.getOutputStream().write(buffer, 0, unharmed);
                carried.addAndGet(unharmed);
                if (unharmed < read) {
                    if (!strike(from, to)) {
                        return;
                    }
                    to.getOutputStream().write(buffer, unharmed, read - unharmed);
                    carried.addAndGet(read - unharmed);
                }
            }
        } catch (IOException e) {
            // One of the two is gone, and the other has to learn of it.
        }
        close(from);
        close(to);
    }

    /** Returns whether the bytes go on. */
    private boolean strike(Socket from, Socket to) throws IOException {
        switch (fault) {
            case RESET -> {
                from.setSoLinger(true, 0);
                to.setSoLinger(true, 0);
                close(from);
                close(to);
            }
            case CLOSE -> {
                close(from);
                close(to);
            }
            case HALF_CLOSE -> to.shutdownOutput();
            case DELAY -> {
                LockSupport.parkNanos(LATE_NANOS);
                return true;
            }
            default -> {
                // Until its sender gives up, and closes.
                InputStream in = from.getInputStream();
                while (in.read() >= 0) {
                    continue;
                }
                close(to);
            }
        }
        return false;
    }

    private static void close(Socket socket) {
        try {
            if (socket != null) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "faulty proxy");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        try {
            entrance.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        sockets.forEach(FaultyProxy::close);
    }
}
