package com.juragpt.auditor.migrations.maven;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Rule;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.maven.plugins.annotations.Parameter;

/** A goal that looks at the changelog's files before it does anything else. */
abstract class AbstractCheckedMojo extends AbstractMigrationsMojo {

    private static final String NAME = "migrations.conventions";

    /**
     * Which conventions count, separated by commas: all, none, or the names that findings show in brackets; with a minus before
     * it, a name is taken away from all. What no convention is, always counts.
     */
    @Parameter(property = NAME, defaultValue = "none")
    private String conventions;

    /** @param beforehand whether the verb itself begins with the check */
    final MigrationOptions checking(MigrationOptions options, boolean beforehand) {
        return options.withCheck(beforehand, chosen());
    }

    private Set<Rule> chosen() {
        Set<Rule> chosen = EnumSet.noneOf(Rule.class);
        for (String word : String.valueOf(conventions).split(",", -1)) {
            String name = word.strip();
            if (name.equals("all")) {
                chosen.addAll(EnumSet.allOf(Rule.class));
            } else if (name.startsWith("-")) {
                chosen = chosen.isEmpty() ? EnumSet.allOf(Rule.class) : chosen;
                chosen.remove(rule(name.substring(1)));
            } else if (!name.equals("none")) {
                chosen.add(rule(name));
            }
        }
        return chosen;
    }

    private static Rule rule(String name) {
        return Arrays.stream(Rule.values()).filter(rule -> rule.isConvention() && rule.code().equals(name)).findFirst()
                .orElseThrow(() -> new ParameterValue(NAME, name).refused("all, none, or some of " + Arrays.stream(Rule.values())
                        .filter(Rule::isConvention).map(Rule::code).collect(Collectors.joining(", ")), "all"));
    }
}
