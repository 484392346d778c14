package com.juragpt.auditor.migrations.benchmark;

/**
 * One cost in another.
 *
 * @param value of the medians
 * @param lowest of any round
 * @param highest of any round
 */
record Ratio(double value, double lowest, double highest) {

    /** A single figure. */
    static Ratio of(double value) {
        return new Ratio(value, value, value);
    }
}
