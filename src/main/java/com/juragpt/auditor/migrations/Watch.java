package com.juragpt.auditor.migrations;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.StringJoiner;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Looks at a deployment's session from a second one: who blocks it, and how far a long statement is. That cannot be asked
 * afterwards, and not by the session that waits. A short deployment never opens the second session.
 */
final class Watch implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Watch.class.getName());
    private static final Duration SIGN_OF_LIFE = Duration.ofSeconds(10);

    private static final String BLOCKERS = """
            SELECT pid, usename, application_name, state, extract(epoch FROM now() - coalesce(xact_start, backend_start))::bigint,
                   left(regexp_replace(coalesce(query, ''), '\\s+', ' ', 'g'), 80)
              FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids(?)) ORDER BY xact_start""";

    private static final String STATEMENT = """
            SELECT extract(epoch FROM now() - query_start)::bigint FROM pg_stat_activity WHERE pid = ? AND state = 'active'""";

    // https://www.postgresql.org/docs/current/progress-reporting.html#CREATE-INDEX-PROGRESS-REPORTING
    private static final String INDEX_PROGRESS = """
            SELECT index_relid::regclass::text, phase, blocks_done, blocks_total
              FROM pg_stat_progress_create_index WHERE pid = ?""";

    private final ConnectionSource source;
    private final int watched;
    private final Duration interval;
    private final Consumer<Progress> progress;
    private final Thread thread;
    private volatile String blockers = "";
    private volatile boolean done;

    /**
     * @param watched the server process of the session to look at
     * @param interval between two looks, shorter than the lock time-out, or no blocker would be seen
     */
    Watch(ConnectionSource source, int watched, Duration interval, Consumer<Progress> progress) {
        this.source = source;
        this.watched = watched;
        this.interval = interval;
        this.progress = progress;
        thread = new Thread(this::look, "migrations-watch");
        thread.setDaemon(true);
        thread.start();
    }

    /** The sessions that were last seen to block the watched one, a line each; empty if none was seen. */
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
            try (Connection connection = source.connect()) {
                connection.setAutoCommit(true);
                Instant lastSign = Instant.now();
                while (!done) {
                    String seen = queryBlockers(connection);
                    if (!seen.isEmpty()) {
                        blockers = seen;
                    }
                    if (Duration.between(lastSign, Instant.now()).compareTo(SIGN_OF_LIFE) >= 0) {
                        signOfLife(connection, seen);
                        lastSign = Instant.now();
                    }
                    Thread.sleep(interval.toMillis());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SQLException e) {
            // Watching is a help, not a condition: a server without a free connection must not stop a deployment.
            LOG.log(Level.FINE, "The deployment is not watched any more", e);
        }
    }

    private String queryBlockers(Connection connection) throws SQLException {
        StringJoiner lines = new StringJoiner("\n");
        try (PreparedStatement statement = connection.prepareStatement(BLOCKERS)) {
            statement.setInt(1, watched);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    lines.add("server process " + row.getInt(1) + " (user " + row.getString(2)
                            + (row.getString(3) == null || row.getString(3).isBlank() ? "" : ", " + row.getString(3)) + "), "
                            + row.getString(4) + ", in a transaction for " + row.getLong(5) + " s: " + row.getString(6));
                }
            }
        }
        return lines.toString();
    }

    private void signOfLife(Connection connection, String seenBlockers) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(STATEMENT)) {
            statement.setInt(1, watched);
            try (ResultSet row = statement.executeQuery()) {
                // Between two statements there is nothing to report: each changeset reports its own end.
                if (row.next() && row.getLong(1) >= SIGN_OF_LIFE.toSeconds() / 2) {
                    String detail = seenBlockers.isEmpty() ? indexProgress(connection) : "waits for " + seenBlockers;
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
                long total = row.getLong(4);
                String share = total == 0 ? "" : ", " + 100 * row.getLong(3) / total + " % of the table's blocks";
                return (row.getString(1) == null ? "an index" : row.getString(1)) + ": " + row.getString(2) + share;
            }
        }
    }
}
