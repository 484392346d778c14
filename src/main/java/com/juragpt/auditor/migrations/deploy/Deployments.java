package com.juragpt.auditor.migrations.deploy;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.connection.ConnectionSource;
import java.sql.Connection;
import java.sql.SQLException;

/** Begins a deployment on the kind of database that the connection leads to. */
public final class Deployments {

    private Deployments() {
    }

    /**
     * Opens a connection and waits for the deployment lock.
     *
     * @param verb the name of this session in the server's list of sessions
     * @throws MigrationException {@link Problem#LOCKED}
     */
    public static Deployment begin(ConnectionSource source, MigrationOptions options, String verb) throws SQLException {
        Connection connection = source.connect();
        try {
            return connection.getMetaData().getDatabaseProductName().equals("PostgreSQL")
                    ? PostgresDeployment.begin(source, connection, options, verb)
                    : new H2Deployment(connection, options);
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /**
     * Begins a deployment whose transaction is rolled back in the end. PostgreSQL only.
     *
     * @throws MigrationException {@link Problem#LOCKED}
     */
    public static Deployment beginRehearsal(ConnectionSource source, MigrationOptions options) throws SQLException {
        Connection connection = source.connect();
        try {
            return PostgresDeployment.beginRehearsal(source, connection, options);
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }
}
