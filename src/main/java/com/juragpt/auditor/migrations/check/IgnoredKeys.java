package com.juragpt.auditor.migrations.check;

import com.juragpt.auditor.migrations.check.YamlFile.Entry;
import java.util.Collection;
import java.util.Iterator;
import java.util.Set;
import java.util.function.BiConsumer;
import liquibase.changelog.ChangeSet;
import liquibase.precondition.Precondition;
import liquibase.precondition.PreconditionLogic;
import liquibase.serializer.LiquibaseSerializable;
import liquibase.sql.visitor.SqlVisitorFactory;
import org.yaml.snakeyaml.nodes.Node;

/**
 * Finds the keys of a changeset that Liquibase does not know and silently ignores, by comparing the author's file with the fields
 * of what Liquibase parsed.
 */
final class IgnoredKeys {

    /** What liquibase.changelog.ChangeSet.load reads, but for logicalFilePath, which changes a changeset's identity. */
    private static final Set<String> CHANGESET_KEYS = Set.of("id", "author", "runAlways", "runOnChange", "runWith",
            "runWithSpoolFile", "contextFilter", "context", "labels", "dbms", "runInTransaction", "created", "runOrder", "ignore",
            "comment", "objectQuotingStrategy", "failOnError", "onValidationFail", "validCheckSum", "preConditions", "changes",
            "modifySql", "rollback");

    /** What the same method reads beside the visitors themselves. */
    private static final Set<String> MODIFY_SQL_KEYS = Set.of("dbms", "contextFilter", "context", "labels", "applyToRollback");

    private final BiConsumer<Entry, String> report;

    /** @param report takes each key that is ignored, and what it stands in */
    IgnoredKeys(BiConsumer<Entry, String> report) {
        this.report = report;
    }

    void check(Node written, ChangeSet parsed) {
        for (Entry entry : YamlFile.entries(written)) {
            switch (entry.name()) {
                case "changes" -> checkNamed(entry.value(), parsed.getChanges(), Set.of(), "changes");
                case "modifySql" -> checkNamed(entry.value(), parsed.getSqlVisitors(), MODIFY_SQL_KEYS, "modifySql");
                case "rollback" -> checkNamed(entry.value(), parsed.getRollback().getChanges(), Set.of(), "rollback");
                case "preConditions" -> checkPreconditions(entry.value(), parsed.getPreconditions());
                default -> {
                    if (!CHANGESET_KEYS.contains(entry.name())) {
                        report.accept(entry, "changeSet");
                    }
                }
            }
        }
    }

    /** A list whose every key is either an option or the name of the next thing that was parsed. */
    private void checkNamed(Node written, Collection<? extends LiquibaseSerializable> parsed, Set<String> options, String where) {
        Iterator<? extends LiquibaseSerializable> next = parsed.iterator();
        LiquibaseSerializable candidate = next.hasNext() ? next.next() : null;
        for (Entry entry : YamlFile.entries(written)) {
            if (candidate != null && candidate.getSerializedObjectName().equals(entry.name())) {
                checkFields(entry.value(), candidate);
                candidate = next.hasNext() ? next.next() : null;
            } else if (!options.contains(entry.name()) && !(where.equals("modifySql") && isForAnother(entry.name()))) {
                report.accept(entry, where);
            }
        }
    }

    // A changelog that is read for a deployment no longer has what modifies the SQL of another kind of database.
    private static boolean isForAnother(String visitor) {
        return SqlVisitorFactory.getInstance().create(visitor) != null;
    }

    private void checkFields(Node written, LiquibaseSerializable parsed) {
        for (Entry entry : YamlFile.entries(written)) {
            if (!parsed.getSerializableFields().contains(entry.name())) {
                report.accept(entry, parsed.getSerializedObjectName());
                continue;
            }
            if (YamlFile.entries(entry.value()).isEmpty()) {
                continue;
            }
            Object value = parsed.getSerializableFieldValue(entry.name());
            if (value instanceof LiquibaseSerializable nested) {
                checkFields(entry.value(), nested);
            } else if (value instanceof Collection<?> collection
                    && collection.stream().allMatch(LiquibaseSerializable.class::isInstance)) {
                checkNamed(entry.value(), collection.stream().map(LiquibaseSerializable.class::cast).toList(),
                        Set.of(), entry.name());
            } else if (value == null) {
                report.accept(entry, parsed.getSerializedObjectName());
            }
        }
    }

    private void checkPreconditions(Node written, PreconditionLogic parsed) {
        Iterator<Precondition> next = parsed.getNestedPreconditions().iterator();
        Precondition candidate = next.hasNext() ? next.next() : null;
        for (Entry entry : YamlFile.entries(written)) {
            if (candidate != null && candidate.getName().equals(entry.name())) {
                if (candidate instanceof PreconditionLogic logic) {
                    checkPreconditions(entry.value(), logic);
                } else {
                    checkFields(entry.value(), candidate);
                }
                candidate = next.hasNext() ? next.next() : null;
            } else if (!parsed.getSerializableFields().contains(entry.name())) {
                report.accept(entry, parsed.getName());
            }
        }
    }
}
