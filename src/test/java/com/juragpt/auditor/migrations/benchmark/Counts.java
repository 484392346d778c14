package com.juragpt.auditor.migrations.benchmark;

/**
 * What a run costs the server, counted in a run that is not timed.
 *
 * @param roundTrips how often the tool waited for the server's answer, connecting not counted
 * @param connections how often it connected
 * @param commits how many transactions the server committed in the database, those that only read included
 * @param peakBytes as in {@link Sample}
 */
record Counts(long roundTrips, long connections, long commits, long peakBytes) {
}
