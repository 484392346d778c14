package com.juragpt.auditor.migrations.changelog;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.connection.DatabaseName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import liquibase.Scope;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.database.core.PostgresDatabase;
import liquibase.exception.LiquibaseException;

/**
 * Liquibase on one connection: the database, the changelog as parsed for it, and the history recorded in it. Once
 * the changelog is asked for, the database is that of the thread's Liquibase scope until this is closed, because Liquibase
 * computes some checksums by it: the text of SQL that names a {@code dbms} counts as empty outside of one.
 */
public final class MigrationContext implements AutoCloseable {

    private final MigrationOptions options;
    private final Connection connection;
    private final Database database;
    private final String databaseName;
    private final History history;
    private final BlankRollback blankRollback;
    private LiquibaseScope scope;
    private Changelog changelog;

    private MigrationContext(MigrationOptions options, Connection connection) throws LiquibaseException, SQLException {
        this.options = options;
        this.connection = connection;
        databaseName = DatabaseName.of(connection);
        database = LiquibaseMemory.open(connection);
        history = new History(database, connection);
        blankRollback = new BlankRollback(options);
    }

    private MigrationContext(MigrationOptions options) throws LiquibaseException {
        this.options = options;
        connection = null;
        databaseName = "no database";
        // Its own history would be a file in the working directory, which is written as soon as somebody asks for it.
        database =
                DatabaseFactory.getInstance().openDatabase("offline:postgresql?outputLiquibaseSql=none", null, null, null, null);
        history = null;
        blankRollback = new BlankRollback(options);
    }

    /** PostgreSQL without a database: the changelog alone, with neither a connection nor a history. */
    public static MigrationContext offline(MigrationOptions options) throws LiquibaseException {
        return new MigrationContext(options);
    }

    /** Whether there is no database, and so neither a connection nor a history. */
    public boolean isOffline() {
        return connection == null;
    }

    /** @param connection with auto-commit off; stays the caller's to close */
    public static MigrationContext open(Connection connection, MigrationOptions options)
            throws LiquibaseException, SQLException {
        return new MigrationContext(options, connection);
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

    /**
     * The changelog, which is parsed when it is first asked for.
     *
     * @throws MigrationException {@link Problem#INVALID_CHANGELOG}
     */
    public Changelog changelog() throws SQLException {
        if (changelog == null) {
            // What ran under another logical file path keeps it, so Liquibase looks into the history of its scope's database while
            // it parses. Where there is none it would make one, which a reader must not.
            if (history != null && history.exists()) {
                history.requireSound(databaseName);
            } else {
                changelog = Changelog.parse(database, options);
            }
            Map<String, Object> values = new HashMap<>(history == null ? Map.of() : history.inScope());
            values.put(Scope.Attr.database.name(), database);
            scope = LiquibaseScope.enter(values);
            if (changelog == null) {
                changelog = Changelog.parse(database, options);
            }
        }
        return changelog;
    }

    public History history() {
        return history;
    }

    public BlankRollback blankRollback() {
        return blankRollback;
    }

    @Override
    public void close() {
        LiquibaseMemory.forget(database);
        if (scope != null) {
            scope.close();
            scope = null;
        }
    }
}
