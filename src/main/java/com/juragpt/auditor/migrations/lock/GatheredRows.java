package com.juragpt.auditor.migrations.lock;

import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import liquibase.ChecksumVersion;
import liquibase.Scope;
import liquibase.changelog.ChangeLogHistoryServiceFactory;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;
import liquibase.database.Database;
import liquibase.database.ObjectQuotingStrategy;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.DatabaseException;
import liquibase.exception.LiquibaseException;
import liquibase.sqlgenerator.core.MarkChangeSetRanGenerator;
import liquibase.util.StringUtil;

/**
 * The rows of the history during a deployment or a rehearsal. Those of changesets that run for the first time wait until
 * {@link #write} sends them together: each by itself would be a round trip to the server. All are found by their id, without a look
 * at each of them, and none is read again after a rollback to a savepoint.
 *
 * <p>It belongs to the Liquibase scope of the work and not to a history service, because the end of any Liquibase command in
 * this JVM discards the history services of all.
 */
public final class GatheredRows {

    private static final String IN_SCOPE = GatheredRows.class.getName();
    private static final int MANY = 500;
    private static final Pattern NUMBER = Pattern.compile("\\d{1,6}");

    // Both as Liquibase's own MarkChangeSetRanGenerator has them, which renders a statement of its own for each row.
    private static final List<String> COLUMNS = List.of("ID", "AUTHOR", "FILENAME", "ORDEREXECUTED", "MD5SUM", "DESCRIPTION",
            "COMMENTS", "EXECTYPE", "CONTEXTS", "LABELS", "LIQUIBASE", "DEPLOYMENT_ID", "TAG");
    private static final int LONGEST_TEXT = 250;

    /** @param values one for each of the columns */
    private record Waiting(String changeset, List<Object> values) {}

    private final Database database;
    private final List<RanChangeSet> rows = new ArrayList<>();
    // Liquibase compares ids in this way.
    private final Map<String, List<RanChangeSet>> byId = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private final List<Waiting> waiting = new ArrayList<>();
    private boolean active;
    private int lastNumber;

    public GatheredRows(Database database) {
        this.database = database;
    }

    /** What a Liquibase scope has to hold for this to take part. */
    public Map<String, Object> inScope() {
        return Map.of(IN_SCOPE, this);
    }

    /** The rows that are gathered for the database at this moment. */
    static Optional<GatheredRows> of(Database database) {
        GatheredRows rows = Scope.getCurrentScope().get(IN_SCOPE, GatheredRows.class);
        return rows != null && rows.active && rows.database == database ? Optional.of(rows) : Optional.empty();
    }

    /** Writes what waits, if anything does, and lets the history be read and written as ever. */
    static void end(Database database) throws DatabaseException {
        Optional<GatheredRows> rows = of(database);
        if (rows.isPresent()) {
            rows.get().end();
        }
    }

    /** Begins to gather: nobody else writes to the history, and the deployment looks at its table only after {@link #write}. */
    public void begin() throws LiquibaseException {
        List<RanChangeSet> before = Scope.getCurrentScope().getSingleton(ChangeLogHistoryServiceFactory.class)
                .getChangeLogService(database).getRanChangeSets();
        rows.clear();
        byId.clear();
        lastNumber = 0;
        before.forEach(this::include);
        active = true;
    }

    /** Writes what waits; from now on each row is written when its changeset has run. */
    public void end() throws DatabaseException {
        if (active) {
            write();
            active = false;
            rows.clear();
            byId.clear();
            // It has numbered and read rows before these.
            Scope.getCurrentScope().getSingleton(ChangeLogHistoryServiceFactory.class).getChangeLogService(database).reset();
        }
    }

    /** Whether they are gathered at this moment. */
    public boolean isActive() {
        return active;
    }

    /**
     * Remembers all of it, for a rollback to this moment.
     *
     * @return takes it, after the rollback, that the table has the rows that it has now
     */
    public Runnable remember() {
        List<RanChangeSet> rowsThen = List.copyOf(rows);
        List<Waiting> waitingThen = List.copyOf(waiting);
        boolean activeThen = active;
        int numberThen = lastNumber;
        return () -> {
            resume(rowsThen);
            waiting.clear();
            waiting.addAll(waitingThen);
            active = activeThen;
            lastNumber = numberThen;
        };
    }

    // Most of the time only the last few are others.
    private void resume(List<RanChangeSet> rowsThen) {
        int same = 0;
        while (same < Math.min(rows.size(), rowsThen.size()) && rows.get(same) == rowsThen.get(same)) {
            same++;
        }
        List.copyOf(rows.subList(same, rows.size())).forEach(this::leaveOut);
        rowsThen.subList(same, rowsThen.size()).forEach(this::include);
    }

    /** Takes it that one of the rows was deleted, which does not wait to be written. */
    public void leaveOut(RanChangeSet row) {
        // From the end, where it is most of the time; and this very row, as Liquibase calls two equal that have the same id.
        for (int i = rows.size() - 1; i >= 0; i--) {
            if (rows.get(i) == row) {
                rows.remove(i);
                break;
            }
        }
        byId.get(row.getId()).removeIf(known -> known == row);
    }

    private void include(RanChangeSet row) {
        rows.add(row);
        byId.computeIfAbsent(row.getId(), id -> new ArrayList<>()).add(row);
        if (row.getOrderExecuted() != null) {
            lastNumber = Math.max(lastNumber, row.getOrderExecuted());
        }
    }

    List<RanChangeSet> all() {
        return Collections.unmodifiableList(rows);
    }

    Optional<RanChangeSet> find(ChangeSet changeset) {
        return byId.getOrDefault(changeset.getId(), List.of()).stream().filter(row -> row.isSameAs(changeset)).findFirst();
    }

    int nextNumber() {
        return ++lastNumber;
    }

    void add(ChangeSet changeset, ChangeSet.ExecType outcome) throws DatabaseException {
        if (outcome != ChangeSet.ExecType.FAILED && outcome != ChangeSet.ExecType.SKIPPED) {
            waiting.add(new Waiting(changeset.toString(false), values(changeset, outcome)));
        }
        include(new RanChangeSet(changeset, outcome, null, null));
        if (waiting.size() >= MANY) {
            write();
        }
    }

    private List<Object> values(ChangeSet changeset, ChangeSet.ExecType outcome) {
        return Arrays.asList(changeset.getId(), changeset.getAuthor(), changeset.getFilePath(), nextNumber(),
                changeset.generateCheckSum(ChecksumVersion.latest()).toString(),
                StringUtil.limitSize(changeset.getDescription(), LONGEST_TEXT),
                StringUtil.limitSize(Objects.requireNonNullElse(changeset.getComments(), "").trim(), LONGEST_TEXT), outcome.value,
                changeset.buildFullContext(), changeset.buildFullLabels(), MarkChangeSetRanGenerator.getLiquibaseBuildVersion(),
                Scope.getCurrentScope().getDeploymentId(), MarkChangeSetRanGenerator.getTagFromChangeset(changeset));
    }

    /**
     * Writes what waits.
     *
     * @throws DatabaseException names the row that the server refuses; then none of them is written, as the transaction is lost
     */
    public void write() throws DatabaseException {
        List<Waiting> all = List.copyOf(waiting);
        waiting.clear();
        if (all.isEmpty()) {
            return;
        }
        Connection connection = ((JdbcConnection) database.getConnection()).getUnderlyingConnection();
        try (PreparedStatement statement = connection.prepareStatement(insert())) {
            for (Waiting row : all) {
                for (int i = 0; i < COLUMNS.size(); i++) {
                    statement.setObject(i + 1, row.values().get(i));
                }
                statement.addBatch();
            }
            statement.executeBatch();
        } catch (BatchUpdateException e) {
            Waiting failed = all.get(indexOfFailure(e, all.size()));
            Exception cause = e.getNextException() == null ? e : e.getNextException();
            throw new DatabaseException("The history row of " + failed.changeset() + ": " + cause.getMessage() + " [Failed SQL: "
                    + insert() + " with " + failed.values() + "]", cause);
        } catch (SQLException e) {
            throw new DatabaseException(e);
        }
    }

    private String insert() {
        return "INSERT INTO " + table(database) + " (" + String.join(", ", COLUMNS) + ", DATEEXECUTED) VALUES ("
                + "?, ".repeat(COLUMNS.size()) + database.getCurrentDateTimeFunction() + ")";
    }

    /** The history's table, with its schema. */
    public static String table(Database database) {
        ObjectQuotingStrategy before = database.getObjectQuotingStrategy();
        // A changeset that quotes all its names does not quote this one.
        database.setObjectQuotingStrategy(ObjectQuotingStrategy.LEGACY);
        try {
            return database.escapeTableName(database.getLiquibaseCatalogName(), database.getLiquibaseSchemaName(),
                    database.getDatabaseChangeLogTableName());
        } finally {
            database.setObjectQuotingStrategy(before);
        }
    }

    // In a transaction the driver counts every statement of the batch as failed, and names the one that did as "Batch entry 3".
    private static int indexOfFailure(BatchUpdateException e, int size) {
        Matcher number = NUMBER.matcher(e.getMessage());
        return number.find() ? Math.min(Integer.parseInt(number.group()), size - 1) : 0;
    }
}
