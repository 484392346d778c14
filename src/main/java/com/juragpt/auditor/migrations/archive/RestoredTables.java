package com.juragpt.auditor.migrations.archive;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The tables that an archive is to be restored into: finds them, locks them, and refuses what does not fit into them. */
final class RestoredTables {

    /** The way on where a goal has none. */
    static final String BY_HAND = "docs/restore-archived-rows.md shows what can be done by hand";

    private final MigrationContext context;
    private final Connection connection;
    private final String archive;
    private final ArchiveManifest manifest;
    private final Set<String> notes = new LinkedHashSet<>();

    /** @param archive its name */
    RestoredTables(MigrationContext context, String archive, ArchiveManifest manifest) {
        this.context = context;
        connection = context.connection();
        this.archive = archive;
        this.manifest = manifest;
    }

    /** What the reader should know of them, once they are open. */
    Set<String> notes() {
        return notes;
    }

    /**
     * Nobody writes to them from now on until the transaction ends.
     *
     * @return a part for each copy, in the order in which they were made
     * @throws MigrationException {@link Problem#CANNOT_RESTORE}
     */
    List<RestorePart> open() throws SQLException {
        List<ArchiveEntry> entries = manifest.entries();
        lock(entries);
        Set<String> written = deployments();
        List<RestorePart> parts = new ArrayList<>();
        List<String> unfit = new ArrayList<>();
        for (ArchiveEntry entry : entries) {
            // Found again: it could have been altered before it was locked.
            Relation table = Relation.find(connection, entry.schema(), entry.table()).orElseThrow();
            if (!ArchivedContent.fits(entry, table)) {
                unfit.add(entry.shown() + ": its rows were known by " + String.join(", ", entry.key())
                        + ", which is no key of the table any more");
                continue;
            }
            RestorePart part = new RestorePart(connection, entry, table, manifest.table(entry),
                    Quoting.name(archive, "~restoring_" + entry.number()), written);
            RestoredTypes types = new RestoredTypes(connection, part);
            unfit.addAll(withoutColumn(part));
            unfit.addAll(types.unfit());
            notes.addAll(types.changed());
            parts.add(part);
        }
        if (!unfit.isEmpty()) {
            throw cannot(archive, context, "what it holds does not fit into the schema as it is now")
                    .lines(unfit.stream().distinct().toList()).help(BY_HAND);
        }
        ArchiveWriter.largeObjects(entries).forEach(column -> notes.add(column
                + " holds numbers of large objects; those themselves are not part of an archive"));
        return parts;
    }

    private void lock(List<ArchiveEntry> entries) throws SQLException {
        List<String> missing = new ArrayList<>();
        // In one order, whatever the archive's is.
        Map<Long, Relation> tables = new TreeMap<>();
        for (ArchiveEntry entry : entries) {
            Optional<Relation> table = Relation.find(connection, entry.schema(), entry.table());
            if (table.isEmpty() || entry.column() != null && table.get().column(entry.column()).isEmpty()) {
                missing.add(entry.shown() + " is not there");
            } else {
                tables.put(table.get().oid(), table.get());
            }
        }
        if (!missing.isEmpty()) {
            throw cannot(archive, context, "the schema does not have what it holds").lines(missing.stream().distinct().toList())
                    .help("mvn migrations:update, then restore again");
        }
        for (Relation table : tables.values()) {
            Sql.execute(connection, "LOCK TABLE " + table.sql() + " IN SHARE ROW EXCLUSIVE MODE");
        }
        for (ArchiveEntry entry : entries) {
            Sql.execute(connection, "LOCK TABLE " + manifest.table(entry) + " IN ACCESS EXCLUSIVE MODE");
        }
    }

    private List<String> withoutColumn(RestorePart part) throws SQLException {
        List<String> without = new ArrayList<>();
        ArchiveEntry entry = part.entry();
        if (entry.column() != null) {
            return without;
        }
        for (String column : entry.content()) {
            if (part.table().column(column).isEmpty() && Sql.test(connection, "SELECT EXISTS (SELECT FROM " + part.copy()
                    + " a WHERE a." + Quoting.name(column) + " IS DISTINCT FROM NULL)").orElseThrow()) {
                without.add(entry.table() + "." + column + " is not there any more, and has archived values");
            }
        }
        return without;
    }

    /**
     * The transactions of the deployments in the history. A row that one of them wrote last is as the changelog makes it, and
     * nobody has touched it since. After a dump was loaded as a whole that cannot be told, as one transaction wrote it all.
     */
    private Set<String> deployments() throws SQLException {
        String history = context.database().escapeTableName(context.database().getLiquibaseCatalogName(),
                context.database().getLiquibaseSchemaName(), context.database().getDatabaseChangeLogTableName());
        Set<String> written = new HashSet<>(Sql.list(connection, "SELECT DISTINCT xmin::text FROM " + history));
        manifest.writtenBy().forEach(written::remove);
        return written;
    }

    /** @param why a clause */
    static Diagnosis cannot(String archive, MigrationContext context, String why) {
        return Diagnosis.of(Problem.CANNOT_RESTORE, "Cannot restore " + archive + " in " + context.databaseName() + ": " + why);
    }
}
