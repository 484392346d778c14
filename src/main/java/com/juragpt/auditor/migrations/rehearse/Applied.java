package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.catalog.CatalogChange;
import java.time.Duration;
import liquibase.changelog.ChangeSet;

/**
 * A changeset that a rehearsal has applied.
 *
 * @param change what it has changed in the catalog
 */
record Applied(ChangeSet changeset, Outcome outcome, Duration took, CatalogChange change) {}
