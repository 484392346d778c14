package com.juragpt.auditor.migrations.current;

import com.juragpt.auditor.migrations.connection.DatabaseName;
import com.juragpt.auditor.migrations.connection.ReadOnlyTransaction;
import com.juragpt.auditor.migrations.connection.Sql;
import com.juragpt.auditor.migrations.lock.AdvisoryLock;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A PostgreSQL database as far as a status depends on it.
 *
 * @param history a digest of every row of the history table
 * @param locked whether a deployment is under way, or may be
 */
record DatabaseState(String history, boolean locked) {

    private static final Logger LOG = Logger.getLogger(DatabaseState.class.getName());

    private static final String SESSION = """
            SELECT row(current_database(), current_user, current_schemas(false), version(), pg_is_in_recovery())::text""";

    // In the order in which the server has the rows: another order only means that the changelog is read again.
    private static final String STATE = """
            SAVEPOINT known; SELECT encode(sha256(convert_to(coalesce(string_agg(h::text, E'\\n'), ''), 'UTF8')), 'hex'),
                   %s OR EXISTS (SELECT FROM %s WHERE locked)
              FROM %s h""";

    /** Liquibase's tables, as SQL names them. */
    record Tables(String history, String lock) {}

    /**
     * Begins to look at a database.
     *
     * @return who looks at which database, and what decides which schema is meant; to be compared
     */
    static String session(ReadOnlyTransaction transaction, Duration lockTimeout) throws SQLException {
        return DatabaseName.of(transaction.own()) + " " + transaction.ofOneMoment(lockTimeout, SESSION);
    }

    /** The same of a deployment's session. */
    static String session(Connection connection) throws SQLException {
        return DatabaseName.of(connection) + " " + Sql.text(connection, SESSION);
    }

    /**
     * Reads the state.
     *
     * @param connection in a transaction, which goes on whatever comes
     * @return empty if the tables cannot be read
     */
    static Optional<DatabaseState> read(Connection connection, Tables tables) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(STATE.formatted(AdvisoryLock.IS_HELD, tables.lock(), tables.history()));
            statement.getMoreResults();
            try (ResultSet row = statement.getResultSet()) {
                row.next();
                return Optional.of(new DatabaseState(row.getString(1), row.getBoolean(2)));
            }
        } catch (SQLException e) {
            LOG.log(Level.FINE, "The history cannot be read as before", e);
            try (Statement statement = connection.createStatement()) {
                statement.execute("ROLLBACK TO SAVEPOINT known");
            }
            return Optional.empty();
        }
    }
}
