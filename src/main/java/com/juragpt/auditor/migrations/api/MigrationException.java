package com.juragpt.auditor.migrations.api;

/**
 * The one exception of this module: something was refused or failed.
 *
 * <p>The message is the whole diagnosis and is meant to be shown as it is: the problem's code in brackets, what did not
 * happen and whether anything was changed, then the evidence, a line each, and last one thing to type next. It never holds
 * a password.
 */
public final class MigrationException extends RuntimeException {

    static final String HELP = "\n  help: ";

    private static final long serialVersionUID = 1L;

    private final Problem problem;

    MigrationException(Problem problem, String diagnosis, Throwable cause) {
        super("[" + problem.code() + "] " + diagnosis, cause);
        this.problem = problem;
    }

    private MigrationException(MigrationException less, String message) {
        super(message, less);
        problem = less.problem;
    }

    /** What kind of problem it is, for callers that branch on it. */
    public Problem problem() {
        return problem;
    }

    /** The same with one more line of evidence, and this one as its cause. */
    public MigrationException withEvidence(String line) {
        int help = getMessage().lastIndexOf(HELP);
        return new MigrationException(this, getMessage().substring(0, help) + "\n  " + line + getMessage().substring(help));
    }
}
