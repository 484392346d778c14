package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RehearsalReport.Place;
import com.juragpt.auditor.migrations.catalog.FollowedCatalog;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.CommitGuard;
import com.juragpt.auditor.migrations.connection.DatabaseName;
import com.juragpt.auditor.migrations.connection.DeploymentTransaction;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.connection.Loan;
import com.juragpt.auditor.migrations.connection.SessionSettings;
import com.juragpt.auditor.migrations.connection.Sql;
import com.juragpt.auditor.migrations.connection.SqlFunction;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.UUID;
import liquibase.exception.LiquibaseException;

/** A scratch space on PostgreSQL: a transaction that cannot be committed, in the live schema or in an empty one of its own. */
final class PostgresScratch implements ScratchSpace {

    // Changesets that use another schema of the live search path, for instance for an extension, find it here as well.
    private static final String REST_OF_PATH = """
            SELECT coalesce(string_agg(', ' || quote_ident(name), '' ORDER BY position), '')
              FROM unnest(current_schemas(false)) WITH ORDINALITY AS path(name, position) WHERE name <> current_schema()""";

    // Checked at the commit, which never comes.
    private static final String DEFERRED_CONSTRAINTS = """
            SELECT string_agg(connamespace::regnamespace || '.' || quote_ident(conname), ', ')
              FROM pg_constraint WHERE condeferred AND connamespace::regnamespace::text NOT LIKE 'pg\\_%'""";

    private static final String TRIGGERS = """
            SELECT EXISTS (SELECT FROM pg_event_trigger)
                OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass(?) AND NOT tgisinternal)
                OR EXISTS (SELECT FROM pg_rewrite WHERE ev_class = to_regclass(?))""";

    private static final String GRANTEE = "SELECT quote_ident(current_database()) || ' TO ' || quote_ident(current_user)";

    private final MigrationContext context;
    private final DeploymentTransaction transaction;
    private final Place place;

    private PostgresScratch(MigrationContext context, DeploymentTransaction transaction, Place place) {
        this.context = context;
        this.transaction = transaction;
        this.place = place;
    }

    /**
     * Works in the live schema: the work and its locks are real until it is rolled back.
     *
     * @param connection with an open transaction, after which the next can only read
     */
    static <T> T inPlace(Connection connection, MigrationOptions options, SqlFunction<ScratchSpace, T> work)
            throws LiquibaseException, SQLException {
        Savepoint before = connection.setSavepoint();
        try {
            T result = rolledBack(connection, options, null, work);
            connection.rollback(before);
            FollowedCatalog.forget(connection);
            return result;
        } catch (LiquibaseException | SQLException | RuntimeException e) {
            try {
                connection.rollback(before);
                FollowedCatalog.forget(connection);
            } catch (SQLException gone) {
                e.addSuppressed(gone);
            }
            throw e;
        }
    }

    /**
     * Works in a new, empty schema, which takes the live one's place on the search path.
     *
     * @param connection stays the caller's to close, and has its former settings afterwards
     */
    static <T> T inEmptySchema(Connection connection, MigrationOptions options, SqlFunction<ScratchSpace, T> work)
            throws LiquibaseException, SQLException {
        Loan loan = Loan.take(connection);
        loan.readOnly();
        Savepoint start = null;
        try {
            SessionSettings.begin(connection, "auditor-migrations scratch", options.limits().lockTimeout(), true).watchClient();
            start = connection.setSavepoint();
            T result = rolledBack(connection, options,
                    "migrations_scratch_" + UUID.randomUUID().toString().replace('-', '_'), work);
            giveBack(connection, start, loan);
            return result;
        } catch (LiquibaseException | SQLException | RuntimeException e) {
            try {
                giveBack(connection, start, loan);
            } catch (SQLException gone) {
                e.addSuppressed(gone);
            }
            throw e;
        }
    }

    /** @param start what to go back to first, as a pooler may have another session for the next transaction; or null */
    private static void giveBack(Connection connection, Savepoint start, Loan loan) throws SQLException {
        if (start != null) {
            connection.rollback(start);
            FollowedCatalog.forget(connection);
        }
        connection.rollback();
        loan.giveBack();
    }

    /** @param schema the one to make and to work in; null for the live one */
    private static <T> T rolledBack(Connection connection, MigrationOptions options, String schema,
            SqlFunction<ScratchSpace, T> work) throws LiquibaseException, SQLException {
        prepare(connection, options, schema);
        DeploymentTransaction transaction = DeploymentTransaction.withoutSplits(connection);
        try (MigrationContext context = MigrationContext.open(transaction.connection(), options)) {
            // Liquibase learns that its tables are missing from a SELECT that fails.
            transaction.guard();
            context.history().prepare(context.changelog());
            transaction.unguard();
            context.history().reread();
            return work.apply(new PostgresScratch(context, transaction, schema == null ? Place.LIVE : Place.EMPTY_SCHEMA));
        }
    }

    private static void prepare(Connection connection, MigrationOptions options, String schema) throws SQLException {
        String grantee = Sql.text(connection, GRANTEE);
        try {
            String path = Sql.text(connection, REST_OF_PATH);
            Sql.execute(connection, "SET LOCAL lock_timeout = " + options.limits().lockTimeout().toMillis());
            Sql.execute(connection, "SET LOCAL statement_timeout = " + options.limits().statementTimeout().toMillis());
            CommitGuard.install(connection);
            if (schema != null) {
                Sql.execute(connection, "CREATE SCHEMA " + schema);
                Sql.execute(connection, "SET LOCAL search_path = " + schema + path);
            }
        } catch (SQLException e) {
            if (!Failures.INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
                throw e;
            }
            throw missingPrivilege(schema == null ? "a temporary table" : "a scratch schema",
                    DatabaseName.of(connection), grantee, e);
        }
    }

    private static MigrationException missingPrivilege(String what, String database, String grantee, SQLException e) {
        return Diagnosis.of(Problem.MISSING_PRIVILEGE,
                "The role may not create " + what + " in " + database + ", which would be rolled back")
                .line(e.getMessage()).cause(e).help("GRANT CREATE, TEMPORARY ON DATABASE " + grantee);
    }

    @Override
    public MigrationContext context() {
        return context;
    }

    @Override
    public Place place() {
        return place;
    }

    @Override
    public String name() {
        return context.databaseName();
    }

    @Override
    public Mark mark() throws SQLException {
        Savepoint point = context.connection().setSavepoint();
        return new Mark() {
            @Override
            public void rollBack() throws SQLException {
                context.connection().rollback(point);
            }

            @Override
            public void undo() throws SQLException {
                rollBack();
                release();
            }

            @Override
            public void release() throws SQLException {
                context.connection().releaseSavepoint(point);
            }
        };
    }

    @Override
    public void guard() throws SQLException {
        transaction.guard();
    }

    @Override
    public void unguard() throws SQLException {
        transaction.unguard();
    }

    @Override
    public void checkDeferred() throws SQLException {
        String constraints = Sql.text(context.connection(), DEFERRED_CONSTRAINTS);
        if (constraints != null) {
            Sql.execute(context.connection(), "SET CONSTRAINTS " + constraints + " IMMEDIATE");
            Sql.execute(context.connection(), "SET CONSTRAINTS " + constraints + " DEFERRED");
        }
    }

    @Override
    public boolean hasTriggers(String history) throws SQLException {
        return Sql.test(context.connection(), TRIGGERS, history, history).orElseThrow();
    }

    @Override
    public boolean isIntact() throws SQLException {
        return CommitGuard.isThere(context.connection());
    }
}
