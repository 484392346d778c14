package com.juragpt.auditor.migrations.changelog;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.connection.DatabaseName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.RuntimeEnvironment;
import liquibase.Scope;
import liquibase.change.core.TagDatabaseChange;
import liquibase.changelog.ChangeLogHistoryService;
import liquibase.changelog.ChangeLogHistoryServiceFactory;
import liquibase.changelog.ChangeLogIterator;
import liquibase.changelog.ChangeLogParameters;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.RanChangeSet;
import liquibase.changelog.filter.ChangeSetFilter;
import liquibase.changelog.filter.ChangeSetFilterResult;
import liquibase.changelog.filter.ContextChangeSetFilter;
import liquibase.changelog.filter.DbmsChangeSetFilter;
import liquibase.changelog.filter.IgnoreChangeSetFilter;
import liquibase.changelog.filter.LabelChangeSetFilter;
import liquibase.changelog.filter.ShouldRunChangeSetFilter;
import liquibase.changelog.visitor.ChangeExecListener;
import liquibase.changelog.visitor.UpdateVisitor;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.database.core.PostgresDatabase;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.DatabaseException;
import liquibase.exception.LiquibaseException;
import liquibase.parser.ChangeLogParserFactory;

/**
 * Liquibase on one connection: the changelog as parsed for that database, the history as recorded in it, and what follows
 * from the two. Used inside of {@link LiquibaseScope}; reading never writes.
 */
public final class Session {

    /** The file name of history rows that only carry a tag, as Liquibase itself writes them. */
    static final String INTERNAL = "liquibase-internal";

    private final MigrationOptions options;
    private final Connection connection;
    private final Database database;
    private final DatabaseChangeLog changelog;
    private final Contexts contexts;
    private final LabelExpression labels;
    private final Map<String, ChangeSet> byIdentity;

    private Session(MigrationOptions options, Connection connection, Database database, DatabaseChangeLog changelog) {
        this.options = options;
        this.connection = connection;
        this.database = database;
        this.changelog = changelog;
        contexts = new Contexts(options.contexts());
        labels = new LabelExpression(options.labels());
        // Liquibase's filters take a modifySql that is not for this database out of its changeset, which changes the checksum.
        changelog.getChangeSets().forEach(this::isIncluded);
        byIdentity = changelog.getChangeSets().stream()
                .collect(Collectors.toMap(ChangeSet::toNormalizedString, Function.identity(), (first, second) -> first));
    }

    /**
     * @param connection with auto-commit off; stays the caller's to close
     * @throws MigrationException {@link Problem#INVALID_CHANGELOG}
     */
    public static Session on(Connection connection, MigrationOptions options) throws LiquibaseException {
        Database database = DatabaseFactory.getInstance().findCorrectDatabaseImplementation(new JdbcConnection(connection));
        ChangeLogParameters parameters = new ChangeLogParameters(database);
        parameters.setContexts(new Contexts(options.contexts()));
        parameters.setLabels(new LabelExpression(options.labels()));
        try {
            DatabaseChangeLog changelog = ChangeLogParserFactory.getInstance()
                    .getParser(options.changelogFile(), options.resources())
                    .parse(options.changelogFile(), parameters, options.resources());
            return new Session(options, connection, database, changelog);
        } catch (LiquibaseException | RuntimeException e) {
            throw new MigrationException(Problem.INVALID_CHANGELOG, "The changelog " + options.changelogFile()
                    + " could not be read. Nothing was changed.\n  "
                    + String.valueOf(e.getMessage()).strip().replace("\n", "\n  ")
                    + "\n  help: mvn liquibase:validate checks it without a deployment", e);
        }
    }

    public Database database() {
        return database;
    }

    public Connection connection() {
        return connection;
    }

    public boolean onPostgres() {
        return database instanceof PostgresDatabase;
    }

    /** Every changeset of the changelog, in order. */
    public List<ChangeSet> changesets() {
        return changelog.getChangeSets();
    }

    /** What the database has recorded, oldest first; empty for a database without a history. */
    public List<RanChangeSet> history() throws LiquibaseException {
        // What Liquibase remembers of its own writing has no order.
        rereadHistory();
        refuseUnreadable(historyTable());
        // ORDEREXECUTED counts up in the database; DATEEXECUTED, Liquibase's first criterion, is the clock of some deployer.
        List<RanChangeSet> rows = new ArrayList<>(historyService().getRanChangeSets());
        rows.sort(Comparator.comparing(RanChangeSet::getOrderExecuted));
        return rows;
    }

    /**
     * Liquibase takes a table that it may not read for one that is not there, and a database without a history for an empty one.
     *
     * @throws MigrationException {@link Problem#DATABASE_ERROR}
     */
    void refuseUnreadable(String table) throws LiquibaseException {
        if (!onPostgres()) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement("SELECT current_user, current_setting('search_path'),"
                + " current_schema(), coalesce(has_table_privilege(to_regclass(?), 'SELECT'), true)")) {
            statement.setString(1, table);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                String cannot = "Cannot read " + table + " in " + DatabaseName.of(connection) + ". Nothing was changed.\n  ";
                if (row.getString(3) == null) {
                    throw new MigrationException(Problem.DATABASE_ERROR, cannot + "the role " + row.getString(1)
                            + " may use no schema of its search_path, which is " + row.getString(2)
                            + "\n  help: GRANT USAGE ON SCHEMA public TO " + row.getString(1));
                }
                if (!row.getBoolean(4)) {
                    throw new MigrationException(Problem.DATABASE_ERROR, cannot + "the role " + row.getString(1)
                            + " lacks SELECT on it\n  help: GRANT SELECT ON " + table + " TO " + row.getString(1));
                }
            }
        } catch (SQLException e) {
            throw new DatabaseException(e);
        }
    }

    /** The changeset of the changelog that a history row tells of, by the identity that Liquibase itself goes by. */
    public Optional<ChangeSet> find(RanChangeSet row) {
        return Optional.ofNullable(byIdentity.get(row.toString()));
    }

    /** Whether the contexts, labels, dbms and ignore attributes let the changeset take part here. */
    public boolean isIncluded(ChangeSet changeset) {
        return participation().stream().allMatch(filter -> filter.accepts(changeset).isAccepted());
    }

    /** What an update to head would run, in order. */
    public List<ChangeSet> pending() throws LiquibaseException {
        ShouldRunChangeSetFilter shouldRun = new ShouldRunChangeSetFilter(database);
        return changesets().stream()
                .filter(changeset -> isIncluded(changeset) && shouldRun.accepts(changeset).isAccepted())
                .toList();
    }

    /** Whether the changeset is no longer what was deployed. */
    public boolean isChanged(ChangeSet changeset, RanChangeSet row) {
        if (row.getLastCheckSum() == null || changeset.shouldAlwaysRun() || changeset.shouldRunOnChange()) {
            return false;
        }
        return !changeset.isCheckSumValid(row.getLastCheckSum());
    }

    /** How long a statement of this connection waits for a lock from now on; zero waits without end. PostgreSQL only. */
    public static void setLockTimeout(Connection connection, Duration timeout) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET lock_timeout = " + timeout.toMillis());
        }
    }

    /** The tag that the changeset sets, if it is one that does. */
    public static Optional<String> tagOf(ChangeSet changeset) {
        return changeset.getChanges().stream()
                .filter(TagDatabaseChange.class::isInstance)
                .map(change -> ((TagDatabaseChange) change).getTag())
                .findFirst();
    }

    public static boolean isInternal(RanChangeSet row) {
        return INTERNAL.equals(row.getChangeLog());
    }

    /** Makes Liquibase's own tables and columns what this version of Liquibase expects. */
    public void prepare() throws LiquibaseException {
        ChangeLogHistoryService history = historyService();
        history.init();
        history.upgradeChecksums(changelog, contexts, labels);
    }

    /** Lets Liquibase check the changelog and its preconditions against the database. */
    public void validate() throws LiquibaseException {
        changelog.validate(database, contexts, labels);
    }

    /** Lets Liquibase run just these changesets. */
    public void run(Collection<ChangeSet> changesets, ChangeExecListener listener) throws LiquibaseException {
        Set<ChangeSet> chosen = Set.copyOf(changesets);
        List<ChangeSetFilter> filters = participation();
        filters.add(new ChangeSetFilter() {
            @Override
            public ChangeSetFilterResult accepts(ChangeSet changeset) {
                return new ChangeSetFilterResult(chosen.contains(changeset), "asked for", getClass());
            }
        });
        new ChangeLogIterator(changelog, filters.toArray(ChangeSetFilter[]::new)).run(
                new UpdateVisitor(database, listener, new ShouldRunChangeSetFilter(database)),
                new RuntimeEnvironment(database, contexts, labels));
    }

    /** Forgets what was read of the history, so that it is read anew. */
    public void rereadHistory() throws LiquibaseException {
        historyService().reset();
    }

    ChangeLogHistoryService historyService() {
        return Scope.getCurrentScope().getSingleton(ChangeLogHistoryServiceFactory.class).getChangeLogService(database);
    }

    /** The history table, quoted and with its schema. */
    public String historyTable() {
        return database.escapeTableName(database.getLiquibaseCatalogName(), database.getLiquibaseSchemaName(),
                database.getDatabaseChangeLogTableName());
    }

    /** Liquibase's lock table, quoted and with its schema. */
    String lockTable() {
        return database.escapeTableName(database.getLiquibaseCatalogName(), database.getLiquibaseSchemaName(),
                database.getDatabaseChangeLogLockTableName());
    }

    /** The tags of this changelog's revisions, in order. */
    List<String> revisions() {
        return changesets().stream().map(Session::tagOf).flatMap(Optional::stream).collect(Collectors.toList());
    }

    /** Those of them that the contexts and labels let pass. */
    public List<String> reachableRevisions() {
        return changesets().stream().filter(this::isIncluded).map(Session::tagOf).flatMap(Optional::stream).toList();
    }

    public MigrationOptions options() {
        return options;
    }

    private List<ChangeSetFilter> participation() {
        return new ArrayList<>(List.of(new ContextChangeSetFilter(contexts), new LabelChangeSetFilter(labels),
                new DbmsChangeSetFilter(database), new IgnoreChangeSetFilter()));
    }
}
