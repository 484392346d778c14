package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.api.RehearsalReport.Place;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import java.sql.SQLException;
import liquibase.exception.LiquibaseException;

/** A place in which everything that happens is rolled back in the end, and up to any point before that. */
interface ScratchSpace {

    MigrationContext context();

    Place place();

    /** Its name in messages. */
    String name();

    /** Marks this point. */
    Mark mark() throws SQLException;

    /** A point to go back to. */
    interface Mark {

        /** Rolls back everything since, later marks included; this one stays. */
        void rollBack() throws LiquibaseException, SQLException;

        /** Rolls back everything since, and forgets this point. */
        void undo() throws LiquibaseException, SQLException;

        /** Forgets this point and all later ones, and keeps what was done. */
        void release() throws SQLException;
    }

    /** Lets the transaction survive a failing statement, until {@link #unguard()}. */
    void guard() throws SQLException;

    void unguard() throws SQLException;

    /** Checks the constraints now that would be checked at the commit. */
    void checkDeferred() throws SQLException;

    /**
     * Whether the server runs functions or rules of the user at statements that create or drop something, or where the history is
     * written.
     *
     * @param history the history's table, as SQL names it
     */
    boolean hasTriggers(String history) throws SQLException;

    /** Whether everything can still be rolled back. */
    boolean isIntact() throws SQLException;
}
