package com.juragpt.auditor.migrations.benchmark;

/**
 * What one run has cost.
 *
 * @param nanos wall time
 * @param cpuNanos processor time of the tool's process; negative where that cannot be measured
 * @param peakBytes the most memory: of an API what it kept on the heap, of a command what its process had; 0 where not measured
 */
record Sample(long nanos, long cpuNanos, long peakBytes) {
}
