package com.juragpt.auditor.migrations;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Properties;
import java.util.UUID;
import liquibase.changelog.ChangeSet;
import liquibase.exception.LiquibaseException;
import liquibase.sql.visitor.RegExpReplaceSqlVisitor;

/**
 * Lets Liquibase run changesets for the sake of what can be seen then, and takes everything back: within the caller's
 * transaction, up to a savepoint, or on H2 in a database in memory.
 */
final class Scratch {

    // A violated foreign key, to be checked at the commit: even a changeset that itself says COMMIT cannot keep anything.
    private static final String NEVER_COMMIT = """
            CREATE TEMPORARY TABLE migrations_never_commit (id int PRIMARY KEY,
                missing int REFERENCES migrations_never_commit DEFERRABLE INITIALLY DEFERRED);
            INSERT INTO migrations_never_commit VALUES (1, 2)""";

    private Scratch() {
    }

    /** What is done before everything is taken back. */
    @FunctionalInterface
    interface Work<T> {
        T run(Session session) throws LiquibaseException, SQLException;
    }

    /** In the live schema: what the work does to it is real until it is taken back, locks included. PostgreSQL only. */
    static <T> T inPlace(Connection connection, MigrationOptions options, Work<T> work)
            throws LiquibaseException, SQLException {
        return takenBack(connection, options, null, work);
    }

    /** In a new, empty schema that is alone on the search path; on H2 in a new database in memory. */
    static <T> T inEmptySchema(Connection connection, MigrationOptions options, Work<T> work)
            throws LiquibaseException, SQLException {
        if (connection.getMetaData().getDatabaseProductName().equals("PostgreSQL")) {
            return takenBack(connection, options, "migrations_scratch_" + UUID.randomUUID().toString().replace('-', '_'), work);
        }
        return inMemory(options, work);
    }

    private static <T> T takenBack(Connection connection, MigrationOptions options, String schema, Work<T> work)
            throws LiquibaseException, SQLException {
        Savepoint before = connection.setSavepoint();
        try {
            try (Statement statement = connection.createStatement()) {
                statement.execute(NEVER_COMMIT);
                if (schema != null) {
                    statement.execute("CREATE SCHEMA " + schema);
                    statement.execute("SET LOCAL search_path = " + schema);
                }
            }
            OneTransaction transaction = OneTransaction.withoutSplits(connection);
            Session session = Session.on(transaction.connection(), options);
            transaction.guard();
            session.prepare();
            transaction.unguard();
            session.rereadHistory();
            return work.run(session);
        } finally {
            connection.rollback(before);
        }
    }

    private static <T> T inMemory(MigrationOptions options, Work<T> work) throws LiquibaseException, SQLException {
        try {
            Driver h2 = (Driver) Class.forName("org.h2.Driver").getConstructor().newInstance();
            try (Connection connection = h2.connect("jdbc:h2:mem:;MODE=PostgreSQL", new Properties())) {
                connection.setAutoCommit(false);
                Session session = Session.on(connection, options);
                session.prepare();
                session.rereadHistory();
                return work.run(session);
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("The database in use is H2, but its driver cannot be loaded", e);
        }
    }

    /**
     * Makes a changeset that asks to run outside of transactions runnable inside of one: without the word CONCURRENTLY.
     *
     * @return whether that changed anything
     */
    static boolean makePlain(ChangeSet changeset) {
        if (changeset.isRunInTransaction()) {
            return false;
        }
        for (boolean rollback : new boolean[] {false, true}) {
            RegExpReplaceSqlVisitor plain = new RegExpReplaceSqlVisitor();
            plain.setReplace("(?i)\\bCONCURRENTLY\\b");
            plain.setWith("");
            plain.setApplyToRollback(rollback);
            changeset.addSqlVisitor(plain);
        }
        return true;
    }
}
