package com.juragpt.auditor.migrations.loss;

import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.SQLException;

/**
 * For as long as it is open, PostgreSQL refuses to count a table of which a row security policy hides rows from this role:
 * they would be deleted too.
 */
final class CountingAllRows implements AutoCloseable {

    private static final String TURN_OFF = """
            SELECT before, set_config('row_security', 'off', true)
              FROM (SELECT current_setting('row_security') AS before OFFSET 0) AS setting""";

    private final MigrationContext context;
    private String before;

    CountingAllRows(MigrationContext context) {
        this.context = context;
    }

    /** Called before each count; the first one sets it up, as most changesets delete nothing. */
    void begin() throws SQLException {
        if (context.onPostgres() && before == null) {
            before = Sql.text(context.connection(), TURN_OFF);
        }
    }

    /** Nothing is set back after an error: the transaction is lost with its settings. */
    @Override
    public void close() throws SQLException {
        if (before != null) {
            Sql.execute(context.connection(), "SET LOCAL row_security = " + before);
        }
    }
}
