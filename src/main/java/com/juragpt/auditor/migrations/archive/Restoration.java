package com.juragpt.auditor.migrations.archive;

import com.juragpt.auditor.migrations.api.Archive;
import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.OnConflict;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RestoreResult;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Sql;
import com.juragpt.auditor.migrations.connection.Stopwatch;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Puts the rows and values of an archive back into their tables, as these are now: all that can be put back, or nothing. Whoever
 * calls it ends the transaction.
 */
public final class Restoration {

    private static final String IN_USE = "2BP01";
    // Data exceptions, violated constraints, what a trigger raises, and a table that refuses to be written.
    private static final Pattern REFUSED = Pattern.compile("(?:22|23|44|P0|0A|09|27|42809|42939|428C9).*");

    private final MigrationContext context;
    private final Connection connection;
    private final String name;
    private ArchiveManifest manifest;
    private final List<RestorePart> parts = new ArrayList<>();
    private final Set<String> notes = new LinkedHashSet<>();

    /** @param name the archive's */
    public Restoration(MigrationContext context, String name) {
        this.context = context;
        this.name = name;
        connection = context.connection();
    }

    /**
     * @throws MigrationException {@link Problem#UNKNOWN_ARCHIVE}, {@link Problem#UNREADABLE_ARCHIVE},
     *     {@link Problem#CANNOT_RESTORE}, {@link Problem#RESTORE_CONFLICT}
     */
    public RestoreResult run() throws SQLException {
        Stopwatch time = Stopwatch.start();
        if (!context.onPostgres()) {
            throw cannot("on H2 nothing is in one transaction, so rows could be lost on their way").help(RestoredTables.BY_HAND);
        }
        Archive archive = new Archives(context).require(name);
        manifest = new ArchiveManifest(connection, name);
        ContentSettings.exact(connection);
        // Rows that a policy hides from this role count too; so the server refuses to work without them.
        Sql.execute(connection, "SET LOCAL row_security = off");
        RestoredTables tables = new RestoredTables(context, name, manifest);
        parts.addAll(tables.open());
        notes.addAll(tables.notes());
        Map<RestorePart, Long> thereBefore = look();
        refuseConflicts();
        Sql.execute(connection, "SET CONSTRAINTS ALL DEFERRED");
        write(thereBefore);
        verify();
        raiseSequences();
        List<RestoreResult.Part> done = new ArrayList<>();
        boolean stays = finish(archive, thereBefore, done);
        return new RestoreResult(context.databaseName(), name, List.copyOf(done), stays, List.copyOf(notes),
                time.elapsed());
    }

    /** Looks what becomes of each row, and says how many are there already. */
    private Map<RestorePart, Long> look() throws SQLException {
        Map<RestorePart, Long> there = new LinkedHashMap<>();
        for (RestorePart part : parts) {
            part.look();
            there.put(part, part.count("there"));
        }
        return there;
    }

    private void refuseConflicts() throws SQLException {
        if (context.options().onConflict() == OnConflict.KEEP) {
            return;
        }
        List<String> conflicts = new ArrayList<>();
        long count = 0;
        for (RestorePart part : parts) {
            conflicts.addAll(part.conflicts());
            count += part.count("conflict");
        }
        if (count > 0) {
            throw Diagnosis.of(Problem.RESTORE_CONFLICT, "Cannot restore " + name + " in " + context.databaseName() + ": "
                    + (count == 1 ? "1 row is" : count + " rows are") + " there with another content, or with another's key")
                    .lines(conflicts)
                    .help("-Dmigrations.onConflict=keep keeps them as they are, and the archived ones in the archive");
        }
    }

    private void write(Map<RestorePart, Long> thereBefore) throws SQLException {
        RestoreOrder order = new RestoreOrder(connection, parts);
        List<RestorePart> rows = new ArrayList<>();
        List<RestorePart> values = new ArrayList<>();
        for (RestorePart part : parts) {
            (part.entry().kind().isOfRows() ? rows : values).add(part);
        }
        write(rows, order, thereBefore);
        write(values, order, thereBefore);
        refuseConflicts();
        try {
            Sql.execute(connection, "SET CONSTRAINTS ALL IMMEDIATE");
        } catch (SQLException e) {
            throw refused("a constraint", List.of(), e);
        }
    }

    private void write(List<RestorePart> some, RestoreOrder order, Map<RestorePart, Long> thereBefore) throws SQLException {
        List<RestorePart> writing = new ArrayList<>();
        List<RestorePart> nothing = new ArrayList<>();
        for (RestorePart part : some) {
            (part.count("insert", "update", "gone") > 0 ? writing : nothing).add(part);
        }
        List<RestorePart> ordered = order.of(writing);
        if (ordered.size() < writing.size()) {
            writing.removeAll(ordered);
            throw cannot("tables refer to each other in a circle, and their foreign keys are not deferrable")
                    .line(writing.stream().map(part -> part.entry().table()).distinct().sorted()
                            .collect(Collectors.joining(", ")))
                    .help("ALTER TABLE … ALTER CONSTRAINT … DEFERRABLE, then restore again");
        }
        nothing.addAll(ordered);
        for (RestorePart part : nothing) {
            // What was written before may have brought rows back that this part has, or has values of.
            part.look();
            thereBefore.put(part, part.count("there"));
            List<String> triggers = part.triggers();
            try {
                part.write();
            } catch (SQLException e) {
                throw refused(part.entry().shown(), triggers, e);
            }
        }
    }

    private MigrationException refused(String what, List<String> triggers, SQLException e) throws SQLException {
        if (e.getSQLState() == null || !REFUSED.matcher(e.getSQLState()).matches()) {
            throw e;
        }
        Diagnosis diagnosis = cannot(what + " refuses rows").line(String.valueOf(e.getMessage())).cause(e);
        return (triggers.isEmpty() ? diagnosis : diagnosis.line("its triggers: " + String.join(", ", triggers)))
                .help(RestoredTables.BY_HAND);
    }

    /** Looks again: a trigger or a rule may have changed what was written. */
    private void verify() throws SQLException {
        for (RestorePart part : parts) {
            boolean wrote = part.count("insert", "update") > 0;
            part.look();
            long missing = part.missing();
            List<String> triggers = part.triggers();
            if (missing > 0) {
                throw cannot("rows of " + part.entry().shown() + " do not have their archived content after they were written")
                        .line(missing + (missing == 1 ? " row" : " rows"))
                        .line("triggers that fire: " + (triggers.isEmpty() ? "none" : String.join(", ", triggers)))
                        .help("ALTER TABLE " + part.table().shown() + " DISABLE TRIGGER USER, restore, and ENABLE it again");
            }
            if (wrote && !triggers.isEmpty()) {
                notes.add("triggers of " + part.table().shown() + " fired: " + String.join(", ", triggers));
            }
        }
    }

    private void raiseSequences() throws SQLException {
        Sequences sequences = new Sequences(connection);
        List<ArchiveManifest.Position> positions = manifest.positions();
        Map<Long, Relation> tables = new TreeMap<>();
        parts.forEach(part -> tables.put(part.table().oid(), part.table()));
        for (Relation table : tables.values()) {
            sequences.raise(table, positions, parts.stream()
                    .anyMatch(part -> part.entry().kind().isOfRows() && part.table().oid() == table.oid()));
        }
    }

    /** Takes what is accounted for out of the archive; returns whether it stays. */
    private boolean finish(Archive archive, Map<RestorePart, Long> thereBefore, List<RestoreResult.Part> done)
            throws SQLException {
        for (RestorePart part : parts) {
            done.add(part.finish(thereBefore.get(part)));
            part.forget();
        }
        // What others have built on the archive is theirs, so nothing is dropped that something depends on.
        Sql.execute(connection, "SAVEPOINT dropping");
        try {
            List<ArchiveEntry> left = new ArrayList<>();
            for (RestorePart part : parts) {
                if (Sql.test(connection, "SELECT EXISTS (SELECT FROM " + part.copy() + ")").orElseThrow()) {
                    left.add(part.entry());
                } else {
                    Sql.execute(connection, "DROP TABLE " + part.copy());
                    manifest.remove(part.entry());
                }
            }
            if (left.isEmpty()) {
                manifest.drop();
            } else {
                manifest.describe(new ArchiveComment(archive.format(), archive.tag(), archive.time(), archive.role(),
                        archive.deployments(), archive.changesets(), left.size(), manifest.rows(left)));
            }
            Sql.execute(connection, "RELEASE SAVEPOINT dropping");
            return !left.isEmpty();
        } catch (SQLException e) {
            if (!IN_USE.equals(e.getSQLState())) {
                throw e;
            }
            Sql.execute(connection, "ROLLBACK TO SAVEPOINT dropping");
            notes.add("the archive is empty and stays, as something depends on it: " + e.getMessage());
            return true;
        }
    }

    private Diagnosis cannot(String why) {
        return RestoredTables.cannot(name, context, why);
    }
}
