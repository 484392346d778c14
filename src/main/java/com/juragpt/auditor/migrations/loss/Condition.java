package com.juragpt.auditor.migrations.loss;

import java.util.regex.Pattern;

/** A condition of a DELETE or UPDATE, as far as it can be trusted to do no more than to choose rows. */
final class Condition {

    // What a function does cannot be seen here; a word before a parenthesis may be one.
    private static final Pattern MAY_BE_A_CALL = Pattern
            .compile("(?i)(?:^|[^a-z0-9_$\"])(?!(?:IN|AND|OR|NOT|ANY|ALL|EXISTS|WHERE|VALUES)\\b)[a-z_\"][a-z0-9_$\"]*\\s*\\(");

    private Condition() {
    }

    /** Whether the condition certainly calls nothing and is not followed by another statement. */
    static boolean isPlain(String condition) {
        return !condition.contains(";") && !MAY_BE_A_CALL.matcher(condition).find();
    }
}
