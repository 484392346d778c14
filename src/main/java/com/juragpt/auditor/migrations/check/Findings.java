package com.juragpt.auditor.migrations.check;

import com.juragpt.auditor.migrations.api.Finding;
import com.juragpt.auditor.migrations.api.MigrationOptions.Check;
import com.juragpt.auditor.migrations.api.Rule;
import java.util.ArrayList;
import java.util.List;

/** Collects what the rules find, as far as it counts. */
final class Findings {

    private final Check check;
    private final List<Finding> found = new ArrayList<>();

    Findings(Check check) {
        this.check = check;
    }

    void add(Finding finding) {
        if (check.counts(finding.rule())) {
            found.add(finding);
        }
    }

    /** About a file as a whole, or a line of it. */
    void add(Rule rule, String file, int line, String what, String repair) {
        add(new Finding(rule, file, line, null, what, repair));
    }

    /** About a changeset, at its own line. */
    void add(Rule rule, WrittenChangeset changeset, String what, String repair) {
        add(rule, changeset, changeset.line(), what, repair);
    }

    /** About a line of a changeset. */
    void add(Rule rule, WrittenChangeset changeset, int line, String what, String repair) {
        add(new Finding(rule, changeset.file(), line, changeset.id(), what, repair));
    }

    List<Finding> all() {
        return found;
    }

}
