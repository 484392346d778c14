package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.api.RehearsalReport.Place;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.SqlAction;
import java.sql.SQLException;

/** A place in which everything that happens is rolled back in the end, and up to any point before that. */
interface ScratchSpace {

    MigrationContext context();

    Place place();

    /** What messages call it. */
    String name();

    /** Remembers this point. @return what rolls everything back that happened since, later marks included */
    SqlAction mark() throws SQLException;

    /** Makes a statement that fails survivable for Liquibase, until {@link #unguard()}. */
    void guard() throws SQLException;

    void unguard() throws SQLException;

    /** Checks now what would be checked at the commit. */
    void checkDeferred() throws SQLException;

    /** Whether everything can still be rolled back. */
    boolean isIntact() throws SQLException;
}
