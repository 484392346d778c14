package com.juragpt.auditor.migrations.changelog;

import com.juragpt.auditor.migrations.connection.ReadAccess;
import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** What Alembic's own table says, in a database that Alembic made. */
public final class AlembicVersion {

    private AlembicVersion() {
    }

    /** The versions, usually one; empty if there is no such table. */
    public static Optional<List<String>> of(MigrationContext context) throws SQLException {
        String exists = context.onPostgres() ? "SELECT to_regclass('alembic_version') IS NOT NULL"
                : "SELECT EXISTS (SELECT 1 FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = 'ALEMBIC_VERSION')";
        if (!Sql.test(context.connection(), exists).orElseThrow()) {
            return Optional.empty();
        }
        if (context.onPostgres()) {
            ReadAccess.require(context.connection(), "alembic_version");
        }
        return Optional.of(Sql.list(context.connection(), "SELECT version_num FROM alembic_version ORDER BY 1"));
    }
}
