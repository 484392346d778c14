package com.juragpt.auditor.migrations.testing;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * What deployments have left in a database: everything in it, and the whole history but for what depends on the moment, the
 * times and the deployment ids.
 *
 * @param contents a line for each object and row
 * @param dump a digest of PostgreSQL's own dump, where there can be one
 * @param history a line for each row of the history, in the order in which the changesets ran
 */
public record Deployed(List<String> contents, Optional<String> dump, List<String> history) {

    private static final String HISTORY = """
            SELECT concat_ws(' | ', row_number() OVER (ORDER BY orderexecuted), id, author, filename, exectype,
                   coalesce(md5sum, 'no checksum'), description, comments, 'tag ' || tag, 'contexts ' || contexts,
                   'labels ' || labels, 'by ' || liquibase)
              FROM databasechangelog ORDER BY orderexecuted, id, author, filename""";

    /** What this has and the other lacks, and the other way round; empty if both are the same. */
    public List<String> differencesFrom(Deployed expected) {
        List<String> differences = new ArrayList<>();
        addDifferences(history, expected.history, differences);
        addDifferences(contents, expected.contents, differences);
        if (differences.isEmpty() && !dump.equals(expected.dump)) {
            differences.add("pg_dump sees a difference that the catalog and the rows do not show");
        }
        return differences;
    }

    private static void addDifferences(List<String> found, List<String> expected, List<String> differences) {
        found.stream().filter(line -> !expected.contains(line)).forEach(line -> differences.add("not expected: " + line));
        expected.stream().filter(line -> !found.contains(line)).forEach(line -> differences.add("missing: " + line));
    }

    /** The same on H2, in its own dump's words. */
    public static Deployed inH2(DataSource database) {
        try (Connection connection = database.getConnection()) {
            List<String> contents = new ArrayList<>();
            for (List<String> row : Rows.of(connection, "SCRIPT NOSETTINGS")) {
                String line = row.get(0);
                if (!line.contains("DATABASECHANGELOG") || line.startsWith("CREATE")) {
                    contents.add(line.replaceAll("\\R", " "));
                }
            }
            return new Deployed(contents, Optional.empty(),
                    Rows.of(connection, "SELECT 1 FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = 'DATABASECHANGELOG'")
                            .isEmpty()
                                    ? List.of() : Rows.of(connection, HISTORY).stream().map(row -> row.get(0)).toList());
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    public static Deployed in(TestDatabase database) {
        return in(database, true);
    }

    /** @param dumps whether PostgreSQL's own dump is made as well, which takes a process of its own */
    public static Deployed in(TestDatabase database, boolean dumps) {
        List<String> contents = new ArrayList<>(Contents.of(database));
        contents.removeIf(line -> line.startsWith("row of databasechangelog"));
        boolean hasHistory = !database.query("SELECT to_regclass('databasechangelog')").contains(Collections.singletonList(null));
        return new Deployed(contents, dumps ? PgDump.digestWithoutHistory(database) : Optional.empty(), !hasHistory ? List.of()
                : database.query(HISTORY).stream().map(row -> row.get(0)).toList());
    }
}
