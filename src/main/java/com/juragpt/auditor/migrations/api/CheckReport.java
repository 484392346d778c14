package com.juragpt.auditor.migrations.api;

import java.util.List;

/**
 * What {@code Migrations.check} has found in the files of a changelog.
 *
 * @param changelog the master's name
 * @param files how many files were read
 * @param changesets how many changesets they have
 * @param findings in the order of the files; empty if all is well
 * @param accepted what a changeset's comment accepts, with its reason
 * @param notExamined where SQL stands whose effect on a running PostgreSQL its text does not tell
 */
public record CheckReport(String changelog, int files, int changesets, List<Finding> findings, List<Finding> accepted,
        List<String> notExamined) {

    public CheckReport {
        findings = List.copyOf(findings);
        accepted = List.copyOf(accepted);
        notExamined = List.copyOf(notExamined);
    }

    /** The same with what an update refuses, and nothing else. */
    public CheckReport harmful() {
        return new CheckReport(changelog, files, changesets, findings.stream().filter(found -> found.rule().isHarmful()).toList(),
                accepted, notExamined);
    }

    /**
     * Requires that nothing was found.
     *
     * @throws MigrationException {@link Problem#UNSOUND_CHANGELOG}
     */
    public void requireNone() {
        requireNone("The changelog " + changelog + " does not pass its check",
                "repair the files, then mvn migrations:check again");
    }

    /**
     * Requires that nothing was found before something else that may go on without.
     *
     * @param failure what does not happen because of it, a sentence without its full stop
     * @throws MigrationException {@link Problem#UNSOUND_CHANGELOG}
     */
    public void requireNone(String failure) {
        requireNone(failure, "repair the files, then mvn migrations:check; -Dmigrations.check=false goes on without");
    }

    private void requireNone(String failure, String help) {
        if (!findings.isEmpty()) {
            throw Diagnosis.of(Problem.UNSOUND_CHANGELOG, failure + ": "
                    + (findings.size() == 1 ? "1 finding" : findings.size() + " findings")).lines(findings)
                    .help(help);
        }
    }
}
