package com.juragpt.auditor.migrations.faults;

import com.juragpt.auditor.migrations.testing.Deployed;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.util.List;
import java.util.Optional;

/**
 * What a run has left in a database: catalog, rows, history and archives, without the times and numbers in which two runs differ
 * that did the same.
 */
record Left(Deployed what) {

    private static final String LOCKS = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"
            + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

    static Left in(TestDatabase database) {
        Deployed deployed = Deployed.in(database, false);
        // Whoever was killed while it held the lock leaves its row marked, which is no lock to the next.
        List<String> contents = deployed.contents().stream().filter(line -> !line.startsWith("row of databasechangeloglock"))
                .map(Left::comparable).sorted().distinct().toList();
        return new Left(new Deployed(contents, Optional.empty(), deployed.history().stream().map(Left::comparable).toList()));
    }

    /** Whether a session of the database has the deployment lock. */
    static boolean isLocked(TestDatabase database) {
        return !database.query(LOCKS).isEmpty();
    }

    List<String> differencesFrom(Left other) {
        return what.differencesFrom(other.what);
    }

    // An archive is named by its time, a tag's own row by its milliseconds, and a rollback in two parts numbers each by itself.
    private static String comparable(String line) {
        return line.replaceAll("rollback_\\d{8}_\\d{6}\\w*", "rollback_TIME")
                .replaceAll("\\b\\d{4}-\\d\\d-\\d\\d[ T][\\d:.+Z]+", "TIME")
                .replaceAll("\\b1\\d{12}\\b", "MILLIS")
                .replaceAll("^row of manifest \\(\\d+,", "row of manifest (NUMBER,");
    }
}
