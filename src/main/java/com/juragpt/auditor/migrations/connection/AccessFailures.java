package com.juragpt.auditor.migrations.connection;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Says of a failure which schema, privilege or server it was for want of, and what to type. The server is asked, in a new
 * session: the words of its messages may be translated, and do not name the schema.
 */
public final class AccessFailures {

    private static final Logger LOG = Logger.getLogger(AccessFailures.class.getName());

    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static final String NO_SCHEMA = "3F000";
    // A standby refuses SET TRANSACTION READ WRITE as a feature that it does not have.
    private static final Set<String> REFUSED_WRITE = Set.of(Failures.READ_ONLY_TRANSACTION, "0A000");

    private AccessFailures() {
    }

    /**
     * @param failure as far as it is explained
     * @param source of a new session of the same role, where the old one is closed
     * @return the same where it has another cause, or where that cannot be found out
     */
    public static MigrationException explain(MigrationException failure, ConnectionSource source) {
        String state = Failures.sqlState(failure).orElse("");
        boolean isAboutAccess = state.equals(Failures.INSUFFICIENT_PRIVILEGE) || state.equals(NO_SCHEMA)
                || REFUSED_WRITE.contains(state);
        if (!isAboutAccess || failure.problem() == Problem.MISSING_PRIVILEGE) {
            return failure;
        }
        try (Connection connection = source.connect()) {
            if (!connection.getMetaData().getDatabaseProductName().equals("PostgreSQL")) {
                return failure;
            }
            return obstacle(failure, state, connection).map(obstacle -> explained(failure, state, obstacle)).orElse(failure);
        } catch (SQLException e) {
            LOG.log(Level.FINE, "The server cannot be asked why it refused that", e);
            return failure;
        }
    }

    private static Optional<Obstacle> obstacle(MigrationException failure, String state, Connection connection)
            throws SQLException {
        if (REFUSED_WRITE.contains(state)) {
            return ReadOnlyServer.obstacle(connection);
        }
        if (state.equals(NO_SCHEMA)) {
            return SearchPath.obstacle(connection, "USAGE, CREATE");
        }
        return MissingPrivilege.obstacle(connection, Failures.serverMessage(failure), Failures.statement(failure).orElse(""));
    }

    private static MigrationException explained(MigrationException failure, String state, Obstacle obstacle) {
        // A changeset may use what this role has no privilege for; that is then a failure of the changeset.
        boolean keepsItsProblem = state.equals(Failures.INSUFFICIENT_PRIVILEGE) && failure.problem() == Problem.CHANGESET_FAILED
                && !MissingPrivilege.isOfBookkeeping(Failures.statement(failure).orElse(""));
        return failure.as(keepsItsProblem ? failure.problem() : obstacle.problem(), obstacle.evidence(), obstacle.help());
    }
}
