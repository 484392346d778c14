package com.juragpt.auditor.migrations.api;

import java.util.List;

/**
 * What an adoption did.
 *
 * @param database its name and place, without anything secret
 * @param revision the revision whose schema the database has; null where the changelog has no revisions and it has the schema of the
 *     whole
 * @param changesets the ids that were marked as run, in order
 * @param alembicVersion what Alembic's own table says; null if there is none
 */
public record AdoptionResult(String database, String revision, List<String> changesets, String alembicVersion) {}
