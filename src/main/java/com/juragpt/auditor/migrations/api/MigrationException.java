package com.juragpt.auditor.migrations.api;

import java.util.Objects;

/**
 * The one exception of this module: something was refused, or did not work.
 *
 * <p>The message is the whole diagnosis and is meant to be shown as it is: the problem's code in brackets, what did not
 * happen and whether anything was changed, then the evidence, a line each, and last one thing to type next. It never holds
 * a password.
 */
public final class MigrationException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Problem problem;

    /**
     * @param problem what kind of problem it is
     * @param message what did not happen, the evidence and the help, without the problem's code
     */
    public MigrationException(Problem problem, String message) {
        this(problem, message, null);
    }

    /**
     * @param problem what kind of problem it is
     * @param message what did not happen, the evidence and the help, without the problem's code
     * @param cause what was thrown below, or null
     */
    public MigrationException(Problem problem, String message, Throwable cause) {
        super("[" + problem.code() + "] " + Objects.requireNonNull(message), cause);
        this.problem = problem;
    }

    /** What kind of problem it is, for callers that branch on it. */
    public Problem problem() {
        return problem;
    }
}
