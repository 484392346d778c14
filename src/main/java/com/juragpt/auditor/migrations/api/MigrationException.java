package com.juragpt.auditor.migrations.api;

import java.util.List;
import java.util.stream.Collectors;

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

    private MigrationException(Problem problem, String message, MigrationException less) {
        super(message, less);
        this.problem = problem;
    }

    /** What kind of problem it is, for callers that branch on it. */
    public Problem problem() {
        return problem;
    }

    /** The same with one more line of evidence, and this one as its cause. */
    public MigrationException withEvidence(String line) {
        int help = getMessage().lastIndexOf(HELP);
        return new MigrationException(problem, getMessage().substring(0, help) + "\n  " + line + getMessage().substring(help),
                this);
    }

    /** The same failure where it is known better what is behind it, with this one as its cause. Internal. */
    public MigrationException as(Problem known, List<String> evidence, String help) {
        String less = getMessage().substring(getMessage().indexOf(']'), getMessage().lastIndexOf(HELP));
        String more = evidence.stream().map(line -> "\n  " + line).collect(Collectors.joining());
        return new MigrationException(known, "[" + known.code() + less + more + HELP + help, this);
    }
}
