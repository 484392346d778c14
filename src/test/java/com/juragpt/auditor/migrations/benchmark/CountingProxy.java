package com.juragpt.auditor.migrations.benchmark;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Stands between clients and a PostgreSQL server, and counts how often a client has waited for it: PostgreSQL ends each answer
 * that a client waits for by saying that it is ready for the next query, and what was sent together is one. Encryption, which would
 * hide that, it declines.
 */
final class CountingProxy implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(CountingProxy.class.getName());

    // Codes in the place of a protocol version, by which a client asks for encryption.
    private static final int SSL = 80_877_103;
    private static final int GSS = 80_877_104;

    private static final int READY_FOR_QUERY = 'Z';

    private final String host;
    private final int port;
    private final ServerSocket door;
    private final AtomicLong ready = new AtomicLong();
    private final AtomicInteger connections = new AtomicInteger();

    /** @param server {@code host:port} */
    CountingProxy(String server) throws IOException {
        int colon = server.lastIndexOf(':');
        host = server.substring(0, colon);
        port = Integer.parseInt(server.substring(colon + 1));
        door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start("benchmark-proxy", this::accept);
    }

    int port() {
        return door.getLocalPort();
    }

    int connections() {
        return connections.get();
    }

    /** How often clients have waited for the server, but for connecting. */
    long roundTrips() {
        // It says so for the first time when the client may begin.
        return ready.get() - connections.get();
    }

    @Override
    public void close() throws IOException {
        door.close();
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = door.accept();
            start("benchmark-proxy-client", () -> serve(client));
        }
    }

    private void serve(Socket client) throws IOException {
        try (client; Socket server = new Socket(host, port)) {
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            DataInputStream questions = new DataInputStream(client.getInputStream());
            OutputStream toServer = server.getOutputStream();
            greet(questions, client.getOutputStream(), toServer);
            AtomicBoolean asked = new AtomicBoolean(true);
            start("benchmark-proxy-server", () -> answer(server.getInputStream(), client, asked));
            byte[] part = new byte[1 << 16];
            for (int length = questions.read(part); length >= 0; length = questions.read(part)) {
                asked.set(true);
                toServer.write(part, 0, length);
            }
        }
    }

    /** Declines encryption, so often as it is asked for, and passes on what comes then. */
    private static void greet(DataInputStream questions, OutputStream toClient, OutputStream toServer) throws IOException {
        while (true) {
            int length = questions.readInt();
            int code = questions.readInt();
            if (code != SSL && code != GSS) {
                DataOutputStream start = new DataOutputStream(toServer);
                start.writeInt(length);
                start.writeInt(code);
                start.write(questions.readNBytes(length - 2 * Integer.BYTES));
                start.flush();
                return;
            }
            toClient.write('N');
            toClient.flush();
        }
    }

    /** @param asked whether the client has sent anything since its last answer */
    private void answer(InputStream fromServer, Socket client, AtomicBoolean asked) throws IOException {
        try (client) {
            DataInputStream answers = new DataInputStream(new BufferedInputStream(fromServer, 1 << 16));
            DataOutputStream out = new DataOutputStream(new BufferedOutputStream(client.getOutputStream(), 1 << 16));
            boolean begun = false;
            while (true) {
                int type = answers.readUnsignedByte();
                int length = answers.readInt();
                out.writeByte(type);
                out.writeInt(length);
                out.write(answers.readNBytes(length - Integer.BYTES));
                if (type == READY_FOR_QUERY) {
                    if (!begun) {
                        connections.incrementAndGet();
                        begun = true;
                    }
                    if (asked.getAndSet(false)) {
                        ready.incrementAndGet();
                    }
                }
                if (answers.available() == 0) {
                    out.flush();
                }
            }
        }
    }

    private static void start(String name, Action action) {
        Thread thread = new Thread(() -> {
            try {
                action.run();
            } catch (EOFException | SocketException over) {
                LOG.log(Level.FINE, name + " has ended", over);
            } catch (IOException e) {
                LOG.log(Level.WARNING, name + " failed", e);
            }
        }, name);
        thread.setDaemon(true);
        thread.start();
    }

    private interface Action {
        void run() throws IOException;
    }
}
