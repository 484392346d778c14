package com.juragpt.auditor.migrations.archive;

import com.juragpt.auditor.migrations.api.Archive;
import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Finds the archives in a database. Of each it reads the comment alone, which needs no privilege. On H2 there are none. */
public final class Archives {

    // The second kind is that of archives that do not say what they are: a version before this form made them.
    private static final String LIST = """
            SELECT nspname, obj_description(oid, 'pg_namespace'), pg_get_userbyid(nspowner),
                   (SELECT count(*) FROM pg_class WHERE relnamespace = n.oid AND relkind = 'r'), extract(epoch FROM now())::bigint
              FROM pg_namespace n
             WHERE starts_with(obj_description(oid, 'pg_namespace'), ?)
                OR nspname ~ '^rollback_[0-9]{8}_[0-9]{6}(_[0-9]+)?$'
             ORDER BY nspname""";

    private static final String IS_MINE = "SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = ?";

    private static final String HOW_BY_HAND = "docs/restore-archived-rows.md shows how it is done by hand";

    private final MigrationContext context;

    public Archives(MigrationContext context) {
        this.context = context;
    }

    /** All of them, oldest first. */
    public List<Archive> list() throws SQLException {
        return context.onPostgres() ? on(context.connection()) : List.of();
    }

    /**
     * All of them, oldest first.
     *
     * @param connection to PostgreSQL
     */
    public static List<Archive> on(Connection connection) throws SQLException {
        List<Archive> archives = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(LIST)) {
            statement.setString(1, ArchiveComment.BEGIN);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    archives.add(archive(row));
                }
            }
        }
        return archives;
    }

    private static Archive archive(ResultSet row) throws SQLException {
        Optional<ArchiveComment> comment = ArchiveComment.read(row.getString(2));
        if (comment.isEmpty()) {
            return new Archive(row.getString(1), 0, null, null, null, row.getString(3), List.of(), List.of(), row.getInt(4), -1);
        }
        ArchiveComment says = comment.get();
        Duration age = Duration.ofSeconds(Math.max(0, row.getLong(5) - says.time().getEpochSecond()));
        return new Archive(row.getString(1), says.format(), says.tag(), says.time(), age, says.role(), says.deployments(),
                says.changesets(), says.tables(), says.rows());
    }

    /** The names of all of them, oldest first. */
    public List<String> names() throws SQLException {
        return list().stream().map(Archive::name).toList();
    }

    /**
     * The names of all of them, oldest first.
     *
     * @param connection to PostgreSQL
     */
    public static List<String> namesOn(Connection connection) throws SQLException {
        return on(connection).stream().map(Archive::name).toList();
    }

    /**
     * The archive of that name, if this version and this role can restore it.
     *
     * @throws MigrationException {@link Problem#UNKNOWN_ARCHIVE}, {@link Problem#UNREADABLE_ARCHIVE}
     */
    Archive require(String name) throws SQLException {
        List<Archive> all = list();
        Archive archive = all.stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow(() -> unknown(name, all));
        if (archive.format() == 0) {
            throw unreadable(name, "an earlier version made it, and it does not say of which tables and keys its copies are");
        }
        if (archive.format() != ArchiveComment.FORMAT) {
            throw unreadable(name, "a newer version made it: its form is " + archive.format() + ", this version knows "
                    + ArchiveComment.FORMAT);
        }
        // What it says is followed, so it has to be from somebody who may say it.
        if (!Sql.test(context.connection(), IS_MINE, name).orElse(false)) {
            throw unreadable(name, "it belongs to another role, which is to restore it: " + Sql.text(context.connection(),
                    "SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = ?", name));
        }
        return archive;
    }

    private MigrationException unknown(String name, List<Archive> all) {
        return Diagnosis.of(Problem.UNKNOWN_ARCHIVE, "Cannot restore: no archive '" + name + "' in " + context.databaseName())
                .line("archives, oldest first: "
                        + (all.isEmpty() ? "none" : all.stream().map(Archive::name).collect(Collectors.joining(", "))))
                .help("mvn migrations:status shows what each holds; one that was restored whole is gone");
    }

    private MigrationException unreadable(String name, String why) {
        return Diagnosis.of(Problem.UNREADABLE_ARCHIVE, "Cannot restore " + name + " in " + context.databaseName())
                .line(why).help(HOW_BY_HAND);
    }
}
