package com.juragpt.auditor.migrations.api;

/**
 * One difference between a schema and what it should be.
 *
 * @param object its kind and name: {@code index ix_verification_log_trust_label}
 * @param what in words: {@code is missing}
 */
public record Difference(String object, String what) {

    @Override
    public String toString() {
        return object + " " + what;
    }
}
