package com.juragpt.auditor.migrations.api;

import java.time.Duration;
import java.util.List;

/**
 * What a rollback did.
 *
 * @param database its name and place, without anything secret
 * @param tag where the database is now
 * @param changesets the ids of the changesets that were rolled back or, if only marked as run, deleted from the history, newest
 *     first; empty if the database was at the tag already
 * @param archiveSchema the schema that holds the copies; null if nothing was archived
 * @param archivedTables the tables in it
 * @param alembicVersion what Alembic's own table still says, though that revision is rolled back; null if it says nothing wrong
 * @param took from the first statement to the commit
 */
public record RollbackResult(String database, String tag, List<String> changesets, String archiveSchema,
        List<String> archivedTables, String alembicVersion, Duration took) {}
