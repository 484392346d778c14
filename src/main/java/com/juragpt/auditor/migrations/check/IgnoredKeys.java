package com.juragpt.auditor.migrations.check;

import com.juragpt.auditor.migrations.check.YamlFile.Entry;
import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import liquibase.Scope;
import liquibase.change.ChangeFactory;
import liquibase.change.custom.CustomChangeWrapper;
import liquibase.changelog.ChangeSet;
import liquibase.precondition.CustomPreconditionWrapper;
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

    /** What liquibase.changelog.ChangeSet.load reads. */
    private static final Set<String> CHANGESET_KEYS = Set.of("id", "author", "runAlways", "alwaysRun", "runOnChange", "runWith",
            "runWithSpoolFile", "contextFilter", "context", "labels", "dbms", "runInTransaction", "created", "runOrder", "ignore",
            "comment", "objectQuotingStrategy", "logicalFilePath", "failOnError", "onValidationFail", "validCheckSum",
            "validCheckSums", "preConditions", "preconditions", "changes", "modifySql", "rollback");

    /** What the same method reads beside the visitors themselves. */
    private static final Set<String> MODIFY_SQL_KEYS = Set.of("dbms", "contextFilter", "context", "labels", "applyToRollback");

    /** A rollback block that refers to another changeset: handleRollbackNode of the same class. */
    private static final Set<String> REFERENCE_KEYS = Set.of("changeSetId", "changeSetAuthor", "changeSetPath");

    /** What the customLoadLogic of a change reads beside its fields. */
    private static final Map<String, Set<String>> OWN_KEYS = Map.of("executeCommand", Set.of("args", "os"),
            "update", Set.of("whereParams"), "delete", Set.of("whereParams"));

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
                case "rollback" -> checkRollback(entry.value(), parsed);
                case "preConditions", "preconditions" -> checkPreconditions(entry.value(), parsed.getPreconditions());
                default -> {
                    // A change may stand there without its list.
                    if (!CHANGESET_KEYS.contains(entry.name())
                            && !Scope.getCurrentScope().getSingleton(ChangeFactory.class).getDefinedChanges()
                                    .contains(entry.name())) {
                        report.accept(entry, "changeSet");
                    }
                }
            }
        }
    }

    private void checkRollback(Node written, ChangeSet parsed) {
        if (YamlFile.entries(written).stream().map(Entry::name).noneMatch(REFERENCE_KEYS::contains)) {
            checkNamed(written, parsed.getRollback().getChanges(), Set.of(), "rollback");
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
        // What others have written may read what it likes.
        if (parsed instanceof CustomChangeWrapper || !parsed.getClass().getName().startsWith("liquibase.")) {
            return;
        }
        for (Entry entry : YamlFile.entries(written)) {
            if (OWN_KEYS.getOrDefault(parsed.getSerializedObjectName(), Set.of()).contains(entry.name())) {
                continue;
            }
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
                if (candidate instanceof CustomPreconditionWrapper) {
                    candidate = next.hasNext() ? next.next() : null;
                    continue;
                }
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
