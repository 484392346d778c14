package com.juragpt.auditor.migrations.api;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Builds the message of a {@link MigrationException} in its one form: the problem's code, what did not happen, what the database
 * has kept, the evidence, and last one thing to type. Internal: an application reads messages and never writes them.
 */
public final class Diagnosis {

    private static final String NOTHING = "Nothing was changed.";
    private static final String INDENT = "\n  ";

    private final Problem problem;
    private final String failure;
    private final List<String> evidence = new ArrayList<>();
    private String whatStays = NOTHING;
    private Throwable cause;

    private Diagnosis(Problem problem, String failure) {
        this.problem = problem;
        this.failure = failure;
    }

    /** @param failure what did not happen, a sentence without its full stop */
    public static Diagnosis of(Problem problem, String failure) {
        return new Diagnosis(problem, failure);
    }

    /** @param sentence what the database has kept, where that is not simply nothing */
    public Diagnosis whatStays(String sentence) {
        whatStays = sentence;
        return this;
    }

    /** @param line of evidence; further lines in it are indented as well */
    public Diagnosis line(String line) {
        evidence.add(line.strip().replace("\n", INDENT));
        return this;
    }

    /** @param lines of evidence, in order */
    public Diagnosis lines(Collection<?> lines) {
        lines.forEach(line -> line(line.toString()));
        return this;
    }

    /** @param thrown what was thrown below */
    public Diagnosis cause(Throwable thrown) {
        cause = thrown;
        return this;
    }

    /** Ends the message. @param advice one thing to type or to do next */
    public MigrationException help(String advice) {
        StringBuilder message = new StringBuilder(failure).append(". ").append(whatStays);
        evidence.forEach(line -> message.append(INDENT).append(line));
        return new MigrationException(problem, message.append(MigrationException.HELP).append(advice).toString(), cause);
    }
}
