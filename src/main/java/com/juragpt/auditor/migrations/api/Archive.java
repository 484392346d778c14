package com.juragpt.auditor.migrations.api;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What a rollback or an update has archived before it deleted it: a schema of its own, which says itself what it is.
 *
 * @param name the schema's name
 * @param format the version of its form; 0 for an archive that does not say what it is, because a version before this form made it
 * @param tag where the rollback ended; null if an update made it, or if it does not say
 * @param time when the archive was made; null if it does not say
 * @param age how long ago that was, by the server's clock; null if it does not say
 * @param role who made it or, if it does not say, who owns it
 * @param deployments the deployments whose changesets were rolled back, or that deleted the data, as far as they were recorded
 * @param changesets the ids of the changesets that were rolled back, newest first, or that the update ran; empty if it does not say
 * @param tables how many tables and columns it has copies of
 * @param rows how many rows the copies have, all together; -1 if it does not say
 */
public record Archive(String name, int format, String tag, Instant time, Duration age, String role, List<String> deployments,
        List<String> changesets, int tables, long rows) {}
