package com.juragpt.auditor.migrations.deploy;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.connection.ConnectionSource;
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
     */
    public static Deployment begin(ConnectionSource source, MigrationOptions options, String verb) throws SQLException {
        Connection connection = source.connect();
        try {
            return connection.getMetaData().getDatabaseProductName().equals("PostgreSQL")
                    ? new PostgresDeployment(source, connection, options, verb, false)
                    : new H2Deployment(connection, options);
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /**
     * Begins a deployment whose transaction is rolled back in the end. PostgreSQL only.
     */
    public static Deployment beginRehearsal(ConnectionSource source, MigrationOptions options) throws SQLException {
        Connection connection = source.connect();
        try {
            return new PostgresDeployment(source, connection, options, "rehearse", true);
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }
}
