package com.juragpt.auditor.migrations.api;

import java.time.Duration;
import java.util.List;

/**
 * What an update did.
 *
 * @param database its name and place, without anything secret
 * @param changesets the ids of what was run, in order; empty when nothing was pending
 * @param deployment the deployment's id in the history; null when nothing was run
 * @param revision the newest revision that the history now holds; null for none
 * @param losses the data that the changesets have deleted, in their order
 * @param took from the first statement to the commit
 */
public record UpdateResult(String database, List<String> changesets, String deployment, String revision,
        List<DataLoss> losses, Duration took) {}
