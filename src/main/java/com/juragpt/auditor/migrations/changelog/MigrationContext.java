package com.juragpt.auditor.migrations.changelog;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.connection.DatabaseName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import liquibase.Scope;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.database.core.PostgresDatabase;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.LiquibaseException;

/**
 * Liquibase on one connection: the database, the changelog as parsed for it, and the history recorded in it. While it is open
 * it is the thread's Liquibase scope, because Liquibase computes some checksums by the database of its scope: the text of SQL
 * that names a {@code dbms} counts as empty outside of one.
 */
public final class MigrationContext implements AutoCloseable {

    private final LiquibaseScope scope;
    private final MigrationOptions options;
    private final Connection connection;
    private final Database database;
    private final String databaseName;
    private final Changelog changelog;
    private final History history;

    private MigrationContext(LiquibaseScope scope, MigrationOptions options, Connection connection, Database database,
            Changelog changelog) throws SQLException {
        this.scope = scope;
        this.options = options;
        this.connection = connection;
        this.database = database;
        this.changelog = changelog;
        databaseName = DatabaseName.of(connection);
        history = new History(database, connection);
    }

    /**
     * @param connection with auto-commit off; stays the caller's to close
     * @throws MigrationException {@link Problem#INVALID_CHANGELOG}
     */
    public static MigrationContext open(Connection connection, MigrationOptions options)
            throws LiquibaseException, SQLException {
        Database database = DatabaseFactory.getInstance().findCorrectDatabaseImplementation(new JdbcConnection(connection));
        // What ran under another logical file path keeps it, so Liquibase looks into the history of its scope's database while it
        // parses. Where there is none it would make one, which a reader must not.
        Changelog parsedAlone = new History(database, connection).exists() ? null : Changelog.parse(database, options);
        LiquibaseScope scope = LiquibaseScope.enter(Map.of(Scope.Attr.database.name(), database));
        try {
            Changelog changelog = parsedAlone == null ? Changelog.parse(database, options) : parsedAlone;
            return new MigrationContext(scope, options, connection, database, changelog);
        } catch (SQLException | RuntimeException e) {
            scope.close();
            throw e;
        }
    }

    public MigrationOptions options() {
        return options;
    }

    public Connection connection() {
        return connection;
    }

    public Database database() {
        return database;
    }

    /** What messages call the database: its name and place, and nothing secret. */
    public String databaseName() {
        return databaseName;
    }

    public boolean onPostgres() {
        return database instanceof PostgresDatabase;
    }

    public Changelog changelog() {
        return changelog;
    }

    public History history() {
        return history;
    }

    @Override
    public void close() {
        scope.close();
    }
}
