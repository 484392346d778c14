package com.juragpt.auditor.migrations.api;

import java.util.List;

/**
 * What tagging did.
 *
 * @param database its name and place, without anything secret
 * @param tag the new tag
 * @param changeset the id of the newest changeset at the tag; null for a database without any
 * @param otherTags the tags that the same point already had, and keeps
 */
public record TagResult(String database, String tag, String changeset, List<String> otherTags) {}
