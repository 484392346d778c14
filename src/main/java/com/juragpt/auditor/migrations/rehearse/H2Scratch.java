package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.RehearsalReport.Place;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Sql;
import com.juragpt.auditor.migrations.connection.SqlFunction;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import liquibase.exception.LiquibaseException;

/** A scratch space on H2, which cannot roll DDL back: a database of its own in memory, which is dumped and rebuilt. */
final class H2Scratch implements ScratchSpace {

    private static final String MODE =
            "SELECT SETTING_VALUE FROM INFORMATION_SCHEMA.SETTINGS WHERE SETTING_NAME = 'MODE'";

    private final MigrationContext context;

    private H2Scratch(MigrationContext context) {
        this.context = context;
    }

    /** @param live the database whose compatibility mode the new one gets */
    static <T> T inMemory(Connection live, MigrationOptions options, SqlFunction<ScratchSpace, T> work)
            throws LiquibaseException, SQLException {
        try (Connection connection = driver().connect("jdbc:h2:mem:;MODE=" + Sql.text(live, MODE), new Properties())) {
            connection.setAutoCommit(false);
            try (MigrationContext context = MigrationContext.open(connection, options)) {
                context.history().prepare(context.changelog());
                context.history().reread();
                return work.apply(new H2Scratch(context));
            }
        }
    }

    private static Driver driver() {
        try {
            return (Driver) Class.forName("org.h2.Driver").getConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("The database in use is H2, but its driver cannot be loaded", e);
        }
    }

    @Override
    public MigrationContext context() {
        return context;
    }

    @Override
    public Place place() {
        return Place.MEMORY;
    }

    @Override
    public String name() {
        return "a private H2 database in memory";
    }

    @Override
    public Mark mark() throws SQLException {
        Connection connection = context.connection();
        List<String> script = Sql.list(connection, "SCRIPT NOSETTINGS");
        return new Mark() {
            @Override
            public void rollBack() throws SQLException {
                Sql.execute(connection, "DROP ALL OBJECTS");
                for (String line : script) {
                    Sql.execute(connection, line);
                }
            }

            @Override
            public void undo() throws SQLException {
                rollBack();
            }

            @Override
            public void release() {
                // The server knows nothing of it.
            }
        };
    }

    @Override
    public void guard() {
        // A failing statement ends no transaction on H2.
    }

    @Override
    public void unguard() {
        // see guard()
    }

    @Override
    public void checkDeferred() {
        // H2 has no deferred constraints.
    }

    @Override
    public boolean hasTriggers(String history) {
        return false;
    }

    @Override
    public boolean isIntact() {
        return true;
    }
}
