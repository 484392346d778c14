package com.juragpt.auditor.migrations.connection;

import com.juragpt.auditor.migrations.api.Problem;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** A server, or a session of it, that accepts no writes. */
final class ReadOnlyServer {

    private static final String IN_RECOVERY = "SELECT pg_is_in_recovery()";
    private static final String SETTING = "default_transaction_read_only";
    private static final String READ_ONLY_BY_DEFAULT = "SELECT current_setting('" + SETTING + "')::boolean";
    private static final String READ_ONLY_TRANSACTION = "SELECT current_setting('transaction_read_only')::boolean";
    private static final String ROLE = "SELECT quote_ident(current_user)";

    private ReadOnlyServer() {
    }

    /** Why the connection's open transaction cannot write; empty if it can. */
    static Optional<Obstacle> obstacleInTransaction(Connection connection) throws SQLException {
        if (!Sql.test(connection, READ_ONLY_TRANSACTION).orElseThrow()) {
            return Optional.empty();
        }
        return obstacle(connection).or(() -> Optional.of(new Obstacle(Problem.READ_ONLY_DATABASE,
                "the server accepted no writes when the transaction began, and accepts them now: a failover has just ended",
                "run it again")));
    }

    /** Why a new session cannot write; empty if it can. */
    static Optional<Obstacle> obstacle(Connection connection) throws SQLException {
        if (Sql.test(connection, IN_RECOVERY).orElseThrow()) {
            return Optional.of(new Obstacle(Problem.READ_ONLY_DATABASE,
                    List.of("the server is a standby: pg_is_in_recovery() is true",
                            "what was written to its primary can be read here"),
                    "name the primary, or all servers and let the driver choose:"
                            + " postgresql://host1,host2/database?target_session_attrs=read-write"));
        }
        if (Sql.test(connection, READ_ONLY_BY_DEFAULT).orElseThrow()) {
            if (Setting.isOfTheServer(connection, SETTING)) {
                // Whoever overrides it then writes to a server whose predecessor may still be alive.
                return Optional.of(new Obstacle(Problem.READ_ONLY_DATABASE,
                        List.of("the server is no standby, but " + SETTING + " is on in its configuration",
                                "what manages a cluster sets that during a failover, so that nobody writes to two servers"),
                        "wait until the failover is over, then run it again; where there is no cluster: ALTER SYSTEM RESET "
                                + SETTING + ", then SELECT pg_reload_conf()"));
            }
            return Optional.of(new Obstacle(Problem.READ_ONLY_DATABASE,
                    "the server is no standby, but " + SETTING + " is on for the role "
                            + Sql.text(connection, ROLE),
                    Setting.howToSet(connection, SETTING, "off")));
        }
        if (connection.isReadOnly()) {
            return Optional.of(new Obstacle(Problem.READ_ONLY_DATABASE,
                    "the server is no standby, but the connection was opened as read-only",
                    "take readOnly out of the database's URL or its data source"));
        }
        return Optional.empty();
    }
}
