package com.juragpt.auditor.migrations.changelog;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.connection.ReadAccess;
import com.juragpt.auditor.migrations.connection.Sql;
import com.juragpt.auditor.migrations.lock.GatheredRows;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import liquibase.Scope;
import liquibase.changelog.ChangeLogHistoryService;
import liquibase.changelog.ChangeLogHistoryServiceFactory;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;
import liquibase.database.Database;
import liquibase.database.core.PostgresDatabase;
import liquibase.exception.LiquibaseException;

/** The rows of a database's history table, and every statement that changes them. */
public final class History {

    /** The file name of rows that only carry a tag, as Liquibase itself writes them. */
    private static final String INTERNAL = "liquibase-internal";

    // Liquibase identifies a row by the first three; the last distinguishes a duplicate from its original.
    private static final String ROWS = " WHERE id = ? AND author = ? AND filename = ?";
    private static final String ONE_ROW = ROWS + " AND orderexecuted = ?";

    private static final String DAMAGE =
            """
            SELECT id, CASE WHEN id IS NULL THEN 'has nothing else to be known by'
                            WHEN author IS NULL THEN 'has no author' WHEN filename IS NULL THEN 'has no filename'
                            WHEN dateexecuted IS NULL THEN 'has no dateexecuted'
                            WHEN orderexecuted IS NULL THEN 'has no orderexecuted'
                            ELSE 'has the exectype ' || coalesce(exectype, 'NULL') END
              FROM %1$s
             WHERE id IS NULL OR author IS NULL OR filename IS NULL OR dateexecuted IS NULL OR orderexecuted IS NULL
                OR coalesce(exectype, '') NOT IN ('EXECUTED', 'RERAN', 'MARK_RAN', 'SKIPPED', 'FAILED')
                OR md5sum IS NULL AND 1 = 0
            UNION ALL
            SELECT id, 'is there ' || count(*) || ' times' FROM %1$s GROUP BY id, author, filename, orderexecuted HAVING count(*) > 1""";

    // PostgreSQL's and H2's. All columns that Liquibase does not add by itself are in the query, md5sum only so that it is there.
    private static final Set<String> NO_SUCH_COLUMN = Set.of("42703", "42S22");

    private final Database database;
    private final Connection connection;
    private final GatheredRows gathered;

    History(Database database, Connection connection) {
        this.database = database;
        gathered = new GatheredRows(database);
        this.connection = connection;
    }

    /** Whether the database has a history table; asked without a statement that may fail. */
    boolean exists() throws SQLException {
        if (database instanceof PostgresDatabase) {
            return Sql.test(connection, "SELECT to_regclass(?) IS NOT NULL", table()).orElseThrow();
        }
        String schema = database.getLiquibaseSchemaName();
        try (ResultSet tables =
                connection.getMetaData().getTables(null, schema, database.getDatabaseChangeLogTableName(), null)) {
            return tables.next();
        }
    }

    /**
     * Refuses a history with rows that no Liquibase writes, before Liquibase reads them.
     *
     * @throws MigrationException {@link Problem#DAMAGED_HISTORY}, {@link Problem#MISSING_PRIVILEGE} if the role may not read it
     */
    void requireSound(String databaseName) throws SQLException {
        if (database instanceof PostgresDatabase) {
            ReadAccess.require(connection, table());
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(DAMAGE.formatted(table()))) {
            if (row.next()) {
                String id = row.getString(1) == null ? "a row without an id" : "the row of " + row.getString(1);
                throw Diagnosis.of(Problem.DAMAGED_HISTORY, "The history of " + databaseName + " is damaged")
                        .line("in " + table().toLowerCase(Locale.ROOT) + ", " + id + " " + row.getString(2))
                        .help("repair that row by hand, or restore the table from a backup; the others say what it should look like");
            }
        } catch (SQLException e) {
            if (e.getSQLState() == null || !NO_SUCH_COLUMN.contains(e.getSQLState())) {
                throw e;
            }
            throw Diagnosis.of(Problem.DAMAGED_HISTORY, "The history of " + databaseName + " is damaged").line(e.getMessage())
                    .cause(e)
                    .help("restore the table " + table().toLowerCase(Locale.ROOT) + " from a backup");
        }
    }

    /**
     * The rows, oldest first; none for a database without a history.
     *
     * @throws MigrationException {@link Problem#MISSING_PRIVILEGE} if the role may not read it
     */
    public List<RanChangeSet> rows() throws LiquibaseException, SQLException {
        gathered.end();
        // The rows that Liquibase caches when it writes them have no order.
        reread();
        if (database instanceof PostgresDatabase) {
            ReadAccess.require(connection, table());
        }
        // ORDEREXECUTED counts up in the database; DATEEXECUTED, Liquibase's first criterion, is the clock of some deployer.
        List<RanChangeSet> rows = new ArrayList<>(service().getRanChangeSets());
        rows.sort(Comparator.comparing(RanChangeSet::getOrderExecuted));
        return rows;
    }

    /**
     * Lets the rows of changesets wait until {@link #writeNow}, or until something in here reads or changes the history. Until then
     * nothing that runs may look at its table.
     */
    public void writeLater() throws LiquibaseException {
        if (!gathered.isActive()) {
            gathered.begin();
        }
    }

    /**
     * Writes the rows that wait if the changeset may look at the table or end the transaction; called before it runs and after it.
     */
    public void writeFor(ChangeSet changeset) throws LiquibaseException {
        if (!CreatingChanges.areAllOf(changeset)) {
            gathered.write();
        }
    }

    /** Writes the rows that wait. */
    public void writeNow() throws LiquibaseException {
        gathered.write();
    }

    /** What the Liquibase scope of this history holds. */
    Map<String, Object> inScope() {
        return gathered.inScope();
    }

    /** Forgets what was read, so that it is read anew. */
    public void reread() {
        service().reset();
    }

    /** Creates Liquibase's own tables and columns as this version of Liquibase expects them. */
    public void prepare(Changelog changelog) throws LiquibaseException {
        ChangeLogHistoryService service = service();
        service.init();
        service.upgradeChecksums(changelog.parsed(), changelog.contexts(), changelog.labels());
    }

    /**
     * What tells whether a row is there, and which revision it reached.
     *
     * @param id of its changeset
     * @param tag null if it has none
     */
    public record Recorded(String id, String tag) {}

    /**
     * The same of all rows of a history that is there, oldest first, without what else Liquibase keeps of each.
     *
     * @throws MigrationException {@link Problem#MISSING_PRIVILEGE} if the role may not read it
     */
    public List<Recorded> recorded() throws LiquibaseException, SQLException {
        gathered.end();
        if (database instanceof PostgresDatabase) {
            ReadAccess.require(connection, table());
        }
        List<Recorded> recorded = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT id, tag FROM " + table() + " ORDER BY orderexecuted, dateexecuted")) {
            while (row.next()) {
                recorded.add(new Recorded(row.getString(1), row.getString(2)));
            }
        }
        return recorded;
    }

    /** The newest revision of the changelog in the history. */
    public Optional<String> revision(Changelog changelog) throws LiquibaseException, SQLException {
        return revision(changelog, rows());
    }

    /** The same in rows that were read before. */
    public static Optional<String> revision(Changelog changelog, List<RanChangeSet> rows) {
        return revision(changelog, rows.stream().map(RanChangeSet::getTag));
    }

    /** @param tags those of all rows, oldest first, null where a row has none */
    public static Optional<String> revision(Changelog changelog, Stream<String> tags) {
        List<String> revisions = changelog.revisions();
        return tags.filter(tag -> tag != null && revisions.contains(tag)).reduce((older, newer) -> newer);
    }

    /** Whether the row only carries a tag and belongs to no changeset. */
    public static boolean isInternal(RanChangeSet row) {
        return INTERNAL.equals(row.getChangeLog());
    }

    /** Records an outcome of a changeset that is one of Liquibase's own, without running it. */
    public void record(ChangeSet changeset, Outcome outcome) throws LiquibaseException {
        database.markChangeSetExecStatus(changeset, ChangeSet.ExecType.valueOf(outcome.name()));
    }

    /** Deletes a row. */
    public void delete(RanChangeSet row) throws SQLException {
        Sql.update(connection, "DELETE FROM " + table() + ONE_ROW, key(row));
    }

    /** Writes a tag into a row that has none. */
    void setTag(RanChangeSet row, String tag) throws SQLException {
        if (Sql.update(connection, "UPDATE " + table() + " SET tag = ?" + ONE_ROW,
                tag, row.getId(), row.getAuthor(), row.getStoredChangeLog(), row.getOrderExecuted()) != 1) {
            throw new IllegalStateException("not exactly one history row is " + row);
        }
    }

    /** Adds a row that belongs to no changeset, of the kind that Liquibase itself writes to tag an empty database. */
    RanChangeSet addInternal(String comment) throws LiquibaseException, SQLException {
        ChangeSet row = new ChangeSet(String.valueOf(System.currentTimeMillis()), "liquibase", false, false, INTERNAL,
                null, null, database.getObjectQuotingStrategy(), null);
        row.setComments(comment);
        service().setExecType(row, ChangeSet.ExecType.EXECUTED);
        List<RanChangeSet> rows = rows();
        return rows.get(rows.size() - 1);
    }

    /**
     * Remembers the rows, for a rollback to this moment.
     *
     * @return says, after the rollback, that they are as they were; without reading them again if they wait to be written
     */
    public Runnable remember() {
        Runnable resume = gathered.remember();
        return () -> {
            resume.run();
            reread();
        };
    }

    /** Deletes the rows of a changeset that is the only one of its id, author and file. */
    public void deleteRowsOf(ChangeSet changeset) throws LiquibaseException, SQLException {
        gathered.write();
        for (RanChangeSet row : List.copyOf(service().getRanChangeSets())) {
            if (row.getId().equals(changeset.getId()) && row.toString().equals(changeset.toNormalizedString())) {
                // What was not read from the table has no ORDEREXECUTED here.
                Sql.update(connection, "DELETE FROM " + table() + ROWS, row.getId(), row.getAuthor(), row.getStoredChangeLog());
                if (gathered.isActive()) {
                    gathered.leaveOut(row);
                }
            }
        }
        reread();
    }

    private static Object[] key(RanChangeSet row) {
        return new Object[] {row.getId(), row.getAuthor(), row.getStoredChangeLog(), row.getOrderExecuted()};
    }

    private ChangeLogHistoryService service() {
        return Scope.getCurrentScope().getSingleton(ChangeLogHistoryServiceFactory.class).getChangeLogService(database);
    }

    /** The table, quoted and with its schema. */
    public String table() {
        return GatheredRows.table(database);
    }
}
