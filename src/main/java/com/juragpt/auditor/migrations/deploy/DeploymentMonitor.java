package com.juragpt.auditor.migrations.deploy;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.connection.ConnectionSource;
import com.juragpt.auditor.migrations.connection.Loan;
import com.juragpt.auditor.migrations.connection.Stopwatch;
import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.StringJoiner;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Watches a deployment's session from a second session: who blocks it, and how far a long statement has got. Neither can be
 * queried afterwards, nor by the waiting session itself. A short deployment never opens the second session.
 */
final class DeploymentMonitor implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(DeploymentMonitor.class.getName());
    private static final Duration SIGN_OF_LIFE = Duration.ofSeconds(10);

    // Of other users' sessions an ordinary role sees no more than pid, user and application. A prepared transaction has pid 0.
    private static final String BLOCKERS = """
            SELECT blocker.pid, a.usename, a.application_name, a.backend_type, a.state,
                   extract(epoch FROM now() - a.xact_start)::bigint,
                   left(regexp_replace(coalesce(a.query, ''), '\\s+', ' ', 'g'), 80)
              FROM unnest(pg_blocking_pids(?)) AS blocker (pid) LEFT JOIN pg_stat_activity a ON a.pid = blocker.pid
             GROUP BY 1, 2, 3, 4, 5, 6, 7, a.xact_start ORDER BY a.xact_start""";

    private static final String STATEMENT = """
            SELECT extract(epoch FROM now() - query_start)::bigint, coalesce(wait_event = 'SyncRep', false)
              FROM pg_stat_activity WHERE pid = ? AND state = 'active'""";

    // https://www.postgresql.org/docs/current/progress-reporting.html#CREATE-INDEX-PROGRESS-REPORTING
    // An index that is not built CONCURRENTLY has no name yet, and a table of the same transaction is not seen from here.
    private static final String INDEX_PROGRESS = """
            SELECT (SELECT relname FROM pg_class WHERE oid = index_relid), (SELECT relname FROM pg_class WHERE oid = relid),
                   phase, blocks_done, blocks_total, tuples_done, tuples_total
              FROM pg_stat_progress_create_index WHERE pid = ?""";

    private static final String WAITS_FOR_STANDBY = "the commit waits for a standby to confirm it (synchronous replication)";

    private static final String SILENT = "the server does not answer a second session either";
    private static final int SIGNS_MISSING = 3;

    private final ConnectionSource source;
    private volatile int watched;
    private final Duration interval;
    private final Duration signOfLife;
    private final Consumer<Progress> progress;
    private final Thread thread;
    private Stopwatch sinceAnswer;
    private volatile String blockers = "";
    private volatile boolean done;

    /**
     * @param watched the server process of the session to watch
     * @param interval between two queries, shorter than the lock time-out, or no blocker would be seen
     * @param signOfLife how often a statement that takes long is reported; a server that does not answer for three times as long
     *     is reported, too
     */
    DeploymentMonitor(ConnectionSource source, int watched, Duration interval, Duration signOfLife, Consumer<Progress> progress) {
        this.source = source;
        this.watched = watched;
        this.interval = interval;
        this.signOfLife = signOfLife;
        this.progress = progress;
        thread = new Thread(this::look, "migrations-watch");
        thread.setDaemon(true);
        thread.start();
    }

    /** Watches a deployment's session, often enough to see who it waits for before its lock time-out. */
    static DeploymentMonitor of(int watched, ConnectionSource source, MigrationOptions options) {
        long timeout = options.limits().lockTimeout().toMillis();
        Duration interval = Duration.ofMillis(timeout == 0 ? 1000 : Math.max(50, Math.min(1000, timeout / 4)));
        return new DeploymentMonitor(source, watched, interval, SIGN_OF_LIFE, options.progress());
    }

    /** Watches another session from now on; 0 for none, because a pooler may give the last one to somebody else. */
    void watch(int serverProcess) {
        watched = serverProcess;
    }

    /** The sessions that were last seen blocking the watched one, a line each; empty if none was seen. */
    String blockers() {
        return blockers;
    }

    @Override
    public void close() {
        done = true;
        thread.interrupt();
    }

    private void look() {
        try {
            Thread.sleep(interval.toMillis());
            sinceAnswer = Stopwatch.start();
            while (!done) {
                try {
                    lookFromAnotherSession();
                } catch (SQLException | RuntimeException e) {
                    if (!isSilence(e)) {
                        throw e;
                    }
                    // A pool may say so at once, again and again.
                    if (sinceAnswer.elapsed().compareTo(signOfLife) >= 0) {
                        progress.accept(new Progress.StillRunning(sinceAnswer.elapsed(), SILENT));
                    }
                    Thread.sleep(signOfLife.toMillis());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SQLException | RuntimeException e) {
            // Watching is a help, not a condition: a server without a free connection must not stop a deployment.
            LOG.log(Level.FINE, "The deployment is not watched any more", e);
        }
    }

    private void lookFromAnotherSession() throws SQLException, InterruptedException {
        try (Connection connection = source.connect()) {
            Loan loan = Loan.take(connection);
            try {
                loan.waitNoLongerThan(signOfLife.multipliedBy(SIGNS_MISSING));
                lookThrough(connection);
            } finally {
                // It is closed when it got no answer.
                if (!connection.isClosed()) {
                    loan.giveBack();
                }
            }
        }
    }

    private static boolean isSilence(Throwable failure) {
        return failure instanceof SocketTimeoutException || failure.getCause() != null && isSilence(failure.getCause());
    }

    private void lookThrough(Connection connection) throws SQLException, InterruptedException {
        Stopwatch sinceSign = Stopwatch.start();
        while (!done) {
            sinceAnswer = Stopwatch.start();
            String seen = watched == 0 ? "" : queryBlockers(connection);
            if (!seen.isEmpty()) {
                blockers = seen;
            }
            if (sinceSign.elapsed().compareTo(signOfLife) >= 0) {
                signOfLife(connection, seen);
                sinceSign = Stopwatch.start();
            }
            Thread.sleep(interval.toMillis());
        }
    }

    private String queryBlockers(Connection connection) throws SQLException {
        StringJoiner lines = new StringJoiner("\n");
        try (PreparedStatement statement = connection.prepareStatement(BLOCKERS)) {
            statement.setInt(1, watched);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    lines.add(describe(row));
                }
            }
        }
        return lines.toString();
    }

    private static String describe(ResultSet row) throws SQLException {
        if (row.getInt(1) == 0) {
            return "a prepared transaction (SELECT * FROM pg_prepared_xacts shows it)";
        }
        StringBuilder line = new StringBuilder("server process ").append(row.getInt(1));
        line.append(" (").append(row.getString(2) == null ? row.getString(4) : "user " + row.getString(2));
        if (row.getString(3) != null && !row.getString(3).isBlank()) {
            line.append(", ").append(row.getString(3));
        }
        line.append(')');
        if (row.getString(5) != null) {
            line.append(", ").append(row.getString(5));
        }
        if (row.getObject(6) != null) {
            line.append(", in a transaction for ").append(row.getLong(6)).append(" s");
        }
        return row.getString(7).isEmpty() ? line.toString() : line.append(": ").append(row.getString(7)).toString();
    }

    private void signOfLife(Connection connection, String seenBlockers) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(STATEMENT)) {
            statement.setInt(1, watched);
            try (ResultSet row = statement.executeQuery()) {
                // Between two statements there is nothing to report: each changeset reports its own end.
                if (row.next() && row.getLong(1) >= signOfLife.toSeconds() / 2) {
                    String detail = row.getBoolean(2) ? WAITS_FOR_STANDBY
                            : seenBlockers.isEmpty() ? indexProgress(connection) : "waits for " + seenBlockers;
                    progress.accept(new Progress.StillRunning(Duration.ofSeconds(row.getLong(1)), detail));
                }
            }
        }
    }

    private String indexProgress(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(INDEX_PROGRESS)) {
            statement.setInt(1, watched);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return "";
                }
                String index = row.getString(1) == null ? "an index" : row.getString(1);
                String table = row.getString(2) == null ? "" : " on " + row.getString(2);
                return index + table + ": " + row.getString(3) + share(row.getLong(4), row.getLong(5), "blocks")
                        + share(row.getLong(6), row.getLong(7), "rows");
            }
        }
    }

    private static String share(long done, long total, String what) {
        return total == 0 ? "" : ", " + 100 * done / total + " % of " + total + " " + what;
    }
}
