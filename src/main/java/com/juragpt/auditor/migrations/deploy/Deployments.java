package com.juragpt.auditor.migrations.deploy;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.connection.ConnectionSource;
import com.juragpt.auditor.migrations.connection.WriteAccess;
import java.sql.Connection;
import java.sql.SQLException;

/** Begins a deployment on the kind of database that the connection leads to. */
public final class Deployments {

    private Deployments() {
    }

    /**
     * Opens a connection.
     *
     * @param verb the name of this session in the server's list of sessions
     * @throws MigrationException {@link Problem#READ_ONLY_DATABASE}, {@link Problem#MISSING_SCHEMA},
     *     {@link Problem#MISSING_PRIVILEGE}
     */
    public static Deployment begin(ConnectionSource source, MigrationOptions options, String verb) throws SQLException {
        Connection connection = source.connect();
        try {
            if (!connection.getMetaData().getDatabaseProductName().equals("PostgreSQL")) {
                return new H2Deployment(connection, options);
            }
            WriteAccess.require(connection);
            return new PostgresDeployment(source, connection, options, verb, false);
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /**
     * Begins a deployment whose transaction is rolled back in the end. PostgreSQL only.
     *
     * @throws MigrationException {@link Problem#MISSING_SCHEMA}, {@link Problem#MISSING_PRIVILEGE}
     */
    public static Deployment beginRehearsal(ConnectionSource source, MigrationOptions options) throws SQLException {
        Connection connection = source.connect();
        try {
            WriteAccess.requireLockTable(connection);
            return new PostgresDeployment(source, connection, options, "rehearse", true);
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }
}
