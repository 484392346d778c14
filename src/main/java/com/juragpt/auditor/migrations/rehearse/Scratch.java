package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RehearsalReport.Place;
import com.juragpt.auditor.migrations.changelog.Session;
import com.juragpt.auditor.migrations.connection.ConnectionSource;
import com.juragpt.auditor.migrations.connection.DatabaseName;
import com.juragpt.auditor.migrations.connection.DeploymentTransaction;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.connection.SessionSettings;
import com.juragpt.auditor.migrations.deploy.Update;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import liquibase.change.Change;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.RanChangeSet;
import liquibase.changelog.visitor.AbstractChangeExecListener;
import liquibase.database.Database;
import liquibase.exception.LiquibaseException;
import liquibase.sql.visitor.RegExpReplaceSqlVisitor;

/**
 * Lets Liquibase run changesets for the sake of what can be seen then, and takes everything back: in a transaction that cannot
 * be committed, or on H2 in a database in memory.
 */
public final class Scratch {

    // A violated foreign key, to be checked at the commit: even a changeset that itself says COMMIT cannot keep anything.
    private static final String GUARD = "migrations_never_commit";
    private static final String NEVER_COMMIT = """
            CREATE TEMPORARY TABLE %1$s (id int PRIMARY KEY, missing int REFERENCES %1$s DEFERRABLE INITIALLY DEFERRED);
            INSERT INTO %1$s VALUES (1, 2)""".formatted(GUARD);

    // Changesets that rely on a schema beside the live one, say for an extension, find it from the scratch schema as well.
    private static final String REST_OF_PATH = """
            SELECT coalesce(string_agg(', ' || quote_ident(name), '' ORDER BY position), '')
              FROM unnest(current_schemas(false)) WITH ORDINALITY AS path(name, position) WHERE name <> current_schema()""";

    // Checked at the commit, which never comes.
    private static final String DEFERRED_CONSTRAINTS = """
            SELECT string_agg(quote_ident(n.nspname) || '.' || quote_ident(c.conname), ', ')
              FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
             WHERE c.condeferred AND n.nspname NOT LIKE 'pg\\_%'""";

    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static final String QUERY_CANCELED = "57014";
    private static final String INSUFFICIENT_PRIVILEGE = "42501";
    private static final String READ_ONLY_TRANSACTION = "25006";
    private static final Set<String> NO_SUCH_SAVEPOINT = Set.of("3B001", "25P01");
    // Not the changeset's fault, or nothing that could be survived: lock time-out, deadlock, a session that is gone.
    private static final Set<String> FROM_OUTSIDE = Set.of("55P03", "40P01", QUERY_CANCELED, READ_ONLY_TRANSACTION);
    private static final String CONNECTION_CLASS = "08";
    private static final String SHUTDOWN_CLASS = "57P";

    private final Session session;
    private final DeploymentTransaction transaction;
    private final Place place;
    private final String databaseName;

    private Scratch(Session session, DeploymentTransaction transaction, Place place, String databaseName) {
        this.session = session;
        this.transaction = transaction;
        this.place = place;
        this.databaseName = databaseName;
    }

    /** What is done before everything is taken back. */
    @FunctionalInterface
    public interface Work<T> {
        T run(Scratch scratch) throws LiquibaseException, SQLException;
    }

    /**
     * In the live schema: what the work does to it is real until it is taken back, locks included. PostgreSQL only.
     *
     * @param connection with an open transaction, after {@link #onlyThisTransactionWrites}
     */
    public static <T> T inPlace(Connection connection, MigrationOptions options, Work<T> work)
            throws LiquibaseException, SQLException {
        Savepoint before = connection.setSavepoint();
        try {
            T result = takenBack(connection, options, null, work);
            connection.rollback(before);
            return result;
        } catch (LiquibaseException | SQLException | RuntimeException e) {
            try {
                connection.rollback(before);
            } catch (SQLException gone) {
                e.addSuppressed(gone);
            }
            throw e;
        }
    }

    /** In a new, empty schema, which takes the live one's place on the search path; on H2 in a new database in memory. */
    public static <T> T inEmptySchema(ConnectionSource source, MigrationOptions options, Work<T> work)
            throws LiquibaseException, SQLException {
        try (Connection connection = source.connect()) {
            if (!connection.getMetaData().getDatabaseProductName().equals("PostgreSQL")) {
                return inMemory(mode(connection), options, work);
            }
            SessionSettings settings = SessionSettings.change(connection, "auditor-migrations scratch");
            onlyThisTransactionWrites(connection);
            connection.setAutoCommit(false);
            try {
                thisTransactionWrites(connection);
                T result = takenBack(connection, options,
                        "migrations_scratch_" + UUID.randomUUID().toString().replace('-', '_'), work);
                giveBack(connection, settings);
                return result;
            } catch (LiquibaseException | SQLException | RuntimeException e) {
                try {
                    giveBack(connection, settings);
                } catch (SQLException gone) {
                    e.addSuppressed(gone);
                }
                throw e;
            }
        }
    }

    private static void giveBack(Connection connection, SessionSettings settings) throws SQLException {
        connection.rollback();
        connection.setAutoCommit(true);
        settings.restore();
    }

    /**
     * Makes each transaction of the session that does not say otherwise unable to write: a changeset that says ROLLBACK gets
     * out of the transaction that is never committed, and must not write in the one after it.
     *
     * @param connection in auto-commit mode, as the setting must not go with a rollback
     */
    public static void onlyThisTransactionWrites(Connection connection) throws SQLException {
        execute(connection, "SET default_transaction_read_only = on");
    }

    /** Says otherwise for the transaction that has just begun. */
    public static void thisTransactionWrites(Connection connection) throws SQLException {
        execute(connection, "SET TRANSACTION READ WRITE");
    }

    private static <T> T takenBack(Connection connection, MigrationOptions options, String schema, Work<T> work)
            throws LiquibaseException, SQLException {
        String name = DatabaseName.of(connection);
        String grantee = single(connection, "SELECT quote_ident(current_database()) || ' TO ' || quote_ident(current_user)");
        try {
            String path = single(connection, REST_OF_PATH);
            execute(connection, "SET LOCAL lock_timeout = " + options.lockTimeout().toMillis());
            execute(connection, "SET LOCAL statement_timeout = " + options.statementTimeout().toMillis());
            execute(connection, NEVER_COMMIT);
            if (schema != null) {
                execute(connection, "CREATE SCHEMA " + schema);
                execute(connection, "SET LOCAL search_path = " + schema + path);
            }
        } catch (SQLException e) {
            if (!INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
                throw e;
            }
            throw new MigrationException(Problem.MISSING_PRIVILEGE, "The role may not make "
                    + (schema == null ? "a temporary table" : "a schema to compare with") + " in " + name
                    + ", not even to take it back. Nothing was changed.\n  " + e.getMessage()
                    + "\n  help: GRANT CREATE, TEMPORARY ON DATABASE " + grantee, e);
        }
        DeploymentTransaction transaction = DeploymentTransaction.withoutSplits(connection);
        Session session = Session.on(transaction.connection(), options);
        // Liquibase learns that its tables are missing from a SELECT that fails.
        transaction.guard();
        session.prepare();
        transaction.unguard();
        session.rereadHistory();
        return work.run(new Scratch(session, transaction, schema == null ? Place.LIVE : Place.EMPTY_SCHEMA, name));
    }

    private static <T> T inMemory(String mode, MigrationOptions options, Work<T> work) throws LiquibaseException, SQLException {
        try {
            Driver h2 = (Driver) Class.forName("org.h2.Driver").getConstructor().newInstance();
            try (Connection connection = h2.connect("jdbc:h2:mem:;MODE=" + mode, new Properties())) {
                connection.setAutoCommit(false);
                Session session = Session.on(connection, options);
                session.prepare();
                session.rereadHistory();
                return work.run(new Scratch(session, null, Place.MEMORY, "a private H2 database in memory"));
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("The database in use is H2, but its driver cannot be loaded", e);
        }
    }

    private static String mode(Connection h2) throws SQLException {
        return single(h2, "SELECT SETTING_VALUE FROM INFORMATION_SCHEMA.SETTINGS WHERE SETTING_NAME = 'MODE'");
    }

    Session session() {
        return session;
    }

    Connection connection() {
        return session.connection();
    }

    public Place place() {
        return place;
    }

    /** What a point is called that {@link #backTo} can go back to. */
    interface Mark { }

    private record SavepointMark(Savepoint savepoint) implements Mark { }

    private record ScriptMark(List<String> script) implements Mark { }

    /** Remembers this point. */
    Mark mark() throws SQLException {
        if (transaction != null) {
            return new SavepointMark(connection().setSavepoint());
        }
        List<String> script = new ArrayList<>();
        try (Statement statement = connection().createStatement(); ResultSet row = statement.executeQuery("SCRIPT NOSETTINGS")) {
            while (row.next()) {
                script.add(row.getString(1));
            }
        }
        return new ScriptMark(script);
    }

    /** Takes back everything since; marks made since are gone. */
    void backTo(Mark mark) throws LiquibaseException, SQLException {
        if (mark instanceof SavepointMark point) {
            connection().rollback(point.savepoint());
        } else if (mark instanceof ScriptMark was) {
            execute(connection(), "DROP ALL OBJECTS");
            for (String line : was.script()) {
                execute(connection(), line);
            }
        }
        session.rereadHistory();
    }

    /**
     * Lets Liquibase check the changelog as an update would.
     *
     * @throws MigrationException {@link Problem#INVALID_CHANGELOG}
     */
    void validate() throws SQLException {
        try {
            // A precondition of the changelog may fail in the database and be passed over.
            if (transaction != null) {
                transaction.guard();
            }
            session.validate();
            if (transaction != null) {
                transaction.unguard();
            }
        } catch (LiquibaseException e) {
            throw new MigrationException(Problem.INVALID_CHANGELOG, "Cannot run the changelog in " + databaseName
                    + ": it is not valid. Nothing was changed.\n  " + e.getMessage().strip().replace("\n", "\n  ")
                    + "\n  help: mend the changelog, then run it again", e);
        }
    }

    /**
     * Runs changesets, in the order of the changelog, those outside of transactions without the word CONCURRENTLY.
     *
     * @return what became of those that have a row in the history now
     * @throws MigrationException {@link Problem#CHANGESET_FAILED}, {@link Problem#STATEMENT_TIMEOUT}
     */
    Map<ChangeSet, ChangeSet.ExecType> run(Collection<ChangeSet> changesets) throws SQLException {
        if (changesets.isEmpty()) {
            return Map.of();
        }
        Listener listener = new Listener();
        changesets.forEach(Scratch::makePlain);
        try {
            session.run(changesets, listener);
            if (transaction != null) {
                transaction.unguard();
            }
            return listener.outcomes;
        } catch (LiquibaseException | SQLException | RuntimeException e) {
            throw failure(listener.running, "", e);
        } finally {
            changesets.forEach(Scratch::makeConcurrentAgain);
        }
    }

    /** Undoes a changeset, plainly as well, and forgets that it ran. */
    void undo(ChangeSet changeset) throws LiquibaseException, SQLException {
        makePlain(changeset);
        try {
            changeset.rollback(session.database(), null);
        } finally {
            makeConcurrentAgain(changeset);
        }
        refuseEndedTransaction("The rollback of ", changeset);
        forget(changeset);
    }

    /** Deletes the changeset's row from the history. */
    void forget(ChangeSet changeset) throws LiquibaseException, SQLException {
        for (RanChangeSet row : session.history()) {
            if (session.find(row).filter(found -> found == changeset).isPresent()) {
                execute(connection(),
                        "DELETE FROM " + session.historyTable() + " WHERE orderexecuted = " + row.getOrderExecuted());
            }
        }
        session.rereadHistory();
    }

    /** What {@link #attempt} tries. */
    @FunctionalInterface
    interface Attempt {
        void run() throws LiquibaseException, SQLException;
    }

    /**
     * Tries something and survives its failing; what it did is then taken back.
     *
     * @return why it failed, or nothing if it did not
     * @throws MigrationException if it was not its own fault, say a lock time-out
     */
    Optional<String> attempt(ChangeSet changeset, String what, Attempt attempt) throws LiquibaseException, SQLException {
        Mark before = mark();
        try {
            attempt.run();
            return Optional.empty();
        } catch (LiquibaseException | SQLException | RuntimeException e) {
            String state = sqlState(e);
            if (FROM_OUTSIDE.contains(state) || NO_SUCH_SAVEPOINT.contains(state) || state.startsWith(CONNECTION_CLASS)
                    || state.startsWith(SHUTDOWN_CLASS) || hitTheGuard(e)) {
                throw failure(changeset, what, e);
            }
            backTo(before);
            return Optional.of(Failures.evidence(e));
        }
    }

    /** Checks now what would be checked at the commit. */
    void checkDeferred() throws SQLException {
        if (transaction == null) {
            return;
        }
        String constraints = single(connection(), DEFERRED_CONSTRAINTS);
        if (constraints != null) {
            execute(connection(), "SET CONSTRAINTS " + constraints + " IMMEDIATE");
            execute(connection(), "SET CONSTRAINTS " + constraints + " DEFERRED");
        }
    }

    /** Why {@code changeset} (null: none yet) ended the work; {@code what} says which part of it: "the rollback of ". */
    MigrationException failure(ChangeSet changeset, String what, Exception e) {
        if (e instanceof MigrationException explained) {
            return explained;
        }
        String id = changeset == null ? "The changelog" : what + changeset.getId();
        String file = changeset == null ? "" : "\n  file: " + changeset.getFilePath();
        String state = sqlState(e);
        if (state.equals(QUERY_CANCELED)) {
            return new MigrationException(Problem.STATEMENT_TIMEOUT, id + " was cancelled in " + databaseName + " after at most "
                    + session.options().statementTimeout().toSeconds() + " s. Nothing was changed.\n  " + Failures.evidence(e)
                    + file + "\n  help: -Dmigrations.statementTimeout=SECONDS gives each statement more time; others may have to"
                    + " wait for it", e);
        }
        if (hitTheGuard(e) || NO_SUCH_SAVEPOINT.contains(state) || state.equals(READ_ONLY_TRANSACTION)) {
            return endsTheTransaction(id, file, e);
        }
        String where = switch (place) {
            case LIVE -> " failed when it was rehearsed in " + databaseName + ".";
            case EMPTY_SCHEMA -> " failed in an empty schema of " + databaseName + " that was made for it.";
            case MEMORY -> " failed in " + databaseName + ".";
        };
        String help = place != Place.EMPTY_SCHEMA ? "mend the changeset, then rehearse again"
                : "what needs more than its own schema (an extension's type in it, another schema) cannot be run apart from it";
        return new MigrationException(Problem.CHANGESET_FAILED, id + where + " Nothing was changed.\n  "
                + Failures.evidence(e) + file + "\n  help: " + help, e);
    }

    private MigrationException endsTheTransaction(String id, String file, Exception e) {
        return new MigrationException(Problem.CHANGESET_FAILED, id + " ends the transaction by itself, so it cannot be taken back"
                + " and was stopped in " + databaseName + ". Nothing was changed."
                + (e == null ? "" : "\n  " + Failures.evidence(e)) + file
                + "\n  help: take COMMIT and ROLLBACK out of it: Liquibase commits after each changeset", e);
    }

    private void refuseEndedTransaction(String what, ChangeSet changeset) throws SQLException {
        if (transaction != null && single(connection(), "SELECT to_regclass('pg_temp." + GUARD + "')") == null) {
            throw endsTheTransaction(what + changeset.getId(), "\n  file: " + changeset.getFilePath(), null);
        }
    }

    private static boolean hitTheGuard(Throwable thrown) {
        for (Throwable t = thrown; t != null; t = t.getCause()) {
            if (t instanceof SQLException && t.getMessage() != null && t.getMessage().contains(GUARD)) {
                return true;
            }
        }
        return false;
    }

    private static String sqlState(Throwable thrown) {
        for (Throwable t = thrown; t != null; t = t.getCause()) {
            if (t instanceof SQLException sql && sql.getSQLState() != null) {
                return sql.getSQLState();
            }
        }
        return "";
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String single(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    // What asks to run outside of transactions can run inside of one without the word CONCURRENTLY.
    private static void makePlain(ChangeSet changeset) {
        if (!changeset.isRunInTransaction()) {
            changeset.addSqlVisitor(new WithoutConcurrently(false));
            changeset.addSqlVisitor(new WithoutConcurrently(true));
        }
    }

    private static void makeConcurrentAgain(ChangeSet changeset) {
        changeset.getSqlVisitors().removeIf(WithoutConcurrently.class::isInstance);
    }

    private static final class WithoutConcurrently extends RegExpReplaceSqlVisitor {

        WithoutConcurrently(boolean rollback) {
            setReplace("(?i)\\bCONCURRENTLY\\b");
            setWith("");
            setApplyToRollback(rollback);
        }
    }

    /** Keeps survivable failures survivable and remembers what became of each changeset. */
    private final class Listener extends AbstractChangeExecListener {

        private final Map<ChangeSet, ChangeSet.ExecType> outcomes = new HashMap<>();
        private ChangeSet running;

        @Override
        public void willRun(ChangeSet changeset, DatabaseChangeLog changelog, Database database, ChangeSet.RunStatus status) {
            running = changeset;
            if (transaction != null && Update.mayFailAndBeSurvived(changeset)) {
                guarding(transaction::guard);
            }
        }

        @Override
        public void ran(ChangeSet changeset, DatabaseChangeLog changelog, Database database, ChangeSet.ExecType outcome) {
            outcomes.put(changeset, outcome);
            if (transaction != null) {
                guarding(transaction::unguard);
            }
        }

        @Override
        public void ran(Change change, ChangeSet changeset, DatabaseChangeLog changelog, Database database) {
            guarding(() -> refuseEndedTransaction("", changeset));
        }

        private void guarding(Guarding step) {
            try {
                step.run();
            } catch (SQLException e) {
                throw failure(running, "", e);
            }
        }
    }

    @FunctionalInterface
    private interface Guarding {
        void run() throws SQLException;
    }
}
