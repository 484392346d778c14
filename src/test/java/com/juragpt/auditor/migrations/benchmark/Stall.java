package com.juragpt.auditor.migrations.benchmark;

/**
 * The longest time between two rows of a client that writes at full speed, while an index is added to its table.
 *
 * @param plainNanos by a plain {@code createIndex}
 * @param documentedNanos as the documentation says
 */
record Stall(long plainNanos, long documentedNanos) {
}
