package com.juragpt.auditor.migrations.check;

import com.juragpt.auditor.migrations.api.Rule;
import com.juragpt.auditor.migrations.check.YamlFile.Entry;
import org.yaml.snakeyaml.nodes.ScalarNode;

/** What YAML or Liquibase reads otherwise than it is written, without a word. */
final class TextRules {

    private final Findings findings;

    TextRules(Findings findings) {
        this.findings = findings;
    }

    void check(WrittenFile file) {
        file.entries().stream().map(Entry::value).flatMap(YamlFile::repeated).forEach(entry -> findings.add(Rule.REPEATED_KEY,
                file.name(), entry.line(), "'" + entry.name() + "' stands here twice; only the last one counts",
                "delete one of the two"));
        for (Entry entry : file.entries()) {
            if (!entry.name().equals("databaseChangeLog")) {
                findings.add(Rule.IGNORED_KEY, file.name(), entry.line(), "Liquibase ignores '" + entry.name()
                        + "' beside databaseChangeLog", "put it under databaseChangeLog, or delete it");
            }
        }
        file.changesets().stream().filter(changeset -> changeset.entry() != null).forEach(changeset -> {
            checkId(changeset);
            if (changeset.isParsed()) {
                checkKeys(changeset);
            }
        });
    }

    private void checkKeys(WrittenChangeset changeset) {
        new IgnoredKeys((key, where) -> findings.add(Rule.IGNORED_KEY, changeset, key.line(),
                "Liquibase ignores '" + key.name() + "' in " + where + "; it is misspelt or in the wrong place",
                key.name().equals("rollback") ? "indent it as far as 'changes', which it belongs beside"
                        : "correct its spelling or its indentation, or delete it"))
                .check(changeset.entry().value(), changeset.parsed());
    }

    private void checkId(WrittenChangeset changeset) {
        for (Entry key : YamlFile.entries(changeset.entry().value(), "id")) {
            if (!(key.value() instanceof ScalarNode scalar) || !scalar.isPlain()) {
                continue;
            }
            String written = scalar.getValue();
            String read = YamlFile.valueOf(scalar);
            String quoted = "id: '" + written + "'";
            if (written.equals(read)) {
                findings.add(Rule.UNQUOTED_ID, changeset, key.line(),
                        "the id has no quotes; without them YAML makes numbers of some, and 010 becomes 8", quoted);
            } else {
                findings.add(Rule.MISREAD_ID, changeset, key.line(), "YAML reads the id " + written + " as " + read,
                        quoted + "; where it is deployed already, id: '" + read + "'");
            }
        }
    }
}
