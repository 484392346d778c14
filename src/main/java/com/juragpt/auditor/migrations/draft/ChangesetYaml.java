package com.juragpt.auditor.migrations.draft;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Date;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import liquibase.change.Change;
import liquibase.change.ColumnConfig;
import liquibase.change.core.CreateIndexChange;
import liquibase.serializer.LiquibaseSerializable;
import liquibase.util.ISODateFormat;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;

/** Drafted changes as changesets in YAML, in the form of those that this module carries. */
final class ChangesetYaml {

    /** Attributes in the order in which a person writes them; all others come between the two. */
    private static final List<String> FIRST = List.of("indexName", "viewName", "sequenceName", "oldTableName", "newTableName",
            "baseTableName", "baseColumnNames", "tableName", "columnName", "oldColumnName", "newColumnName", "name", "type",
            "newDataType", "autoIncrement", "constraintName", "columnNames", "referencedTableName", "referencedColumnNames",
            "primaryKey",
            "primaryKeyName");
    private static final List<String> LAST = List.of("nullable", "columns", "constraints", "selectQuery");

    /** What Liquibase does without these, and what says nothing here. */
    private static final Map<String, Set<String>> DEFAULTS = Map.ofEntries(
            Map.entry("deferrable", Set.of("false")), Map.entry("initiallyDeferred", Set.of("false")),
            Map.entry("validate", Set.of("true")), Map.entry("onDelete", Set.of("NO ACTION")),
            Map.entry("onUpdate", Set.of("NO ACTION")), Map.entry("unique", Set.of("false")),
            Map.entry("validateNullable", Set.of("true")), Map.entry("validateUnique", Set.of("true")),
            Map.entry("validatePrimaryKey", Set.of("true")), Map.entry("validateForeignKey", Set.of("true")),
            Map.entry("fullDefinition", Set.of("false")), Map.entry("clustered", Set.of("false")),
            Map.entry("associatedWith", Set.of("")), Map.entry("using", Set.of("btree")),
            Map.entry("cascadeConstraints", Set.of("false")));
    // Other databases need the column's type for what PostgreSQL and H2 know; a NOT NULL has its name from the server.
    private static final Set<String> NEVER = Set.of("columnDataType", "notNullConstraintName", "catalogName", "schemaName");
    private static final Set<String> TYPES = Set.of("type", "newDataType");
    private static final Map<String, String> SHORT_TYPES = Map.of("integer", "int", "float8", "double precision");

    private static final int WIDTH = 100;
    private static final String SERIAL_REMARK =
            "# Liquibase makes an identity column of every auto-increment; the reference has a SERIAL.";
    private static final Map<String, String> SERIALS =
            Map.of("SMALLINT", "SMALLSERIAL", "INTEGER", "SERIAL", "BIGINT", "BIGSERIAL");

    private final String revision;
    private final String author;
    private final Set<String> serials;

    /**
     * @param revision the first part of every id
     * @param serials the columns that are to count up as SERIAL, as {@code table.column}
     */
    ChangesetYaml(String revision, String author, Set<String> serials) {
        this.revision = revision;
        this.author = author;
        this.serials = serials;
    }

    String id(DraftedChange change) {
        return revision + "-" + change.id();
    }

    /** A file with these changesets, a blank line between them. */
    String file(String heading, List<DraftedChange> changes) {
        StringBuilder text = new StringBuilder("# ").append(heading).append("\ndatabaseChangeLog:\n");
        for (int i = 0; i < changes.size(); i++) {
            text.append(i == 0 ? "" : "\n").append(changeset(changes.get(i)));
        }
        return text.toString();
    }

    private String changeset(DraftedChange change) {
        Map<String, Object> changeset = new LinkedHashMap<>();
        changeset.put("id", id(change));
        changeset.put("author", author);
        changeset.put("changes", List.of(tree(change.change())));
        boolean forward = countsUp(change.change());
        boolean backward = change.rollback().stream().anyMatch(this::countsUp);
        if (forward || backward) {
            changeset.put("modifySql", modifySql(change, backward));
        }
        changeset.put("rollback", change.rollback().isEmpty() ? List.of(Map.of("empty", Map.of()))
                : change.rollback().stream().map(ChangesetYaml::tree).toList());
        StringBuilder text = new StringBuilder();
        change.remark().forEach(line -> text.append("  #").append(line.isEmpty() ? "" : " ").append(line).append('\n'));
        text.append(dump(List.of(Map.of("changeSet", changeset))));
        return text.toString().replace("      modifySql:\n", "      modifySql:\n        " + SERIAL_REMARK + "\n");
    }

    private List<Object> modifySql(DraftedChange change, boolean backward) {
        List<Object> modify = new ArrayList<>(List.of(Map.of("dbms", "postgresql")));
        if (backward) {
            modify.add(Map.of("applyToRollback", true));
        }
        Stream.concat(Stream.of(change.change()), change.rollback().stream()).filter(this::countsUp)
                .flatMap(each -> columns(each).stream()).filter(column -> Boolean.TRUE.equals(column.isAutoIncrement()))
                .map(column -> column.getType().toUpperCase(Locale.ROOT)).map(type -> type.equals("INT") ? "INTEGER" : type)
                .filter(SERIALS::containsKey).distinct().forEach(type -> {
                    Map<String, Object> replace = new LinkedHashMap<>();
                    replace.put("replace", type + " GENERATED BY DEFAULT AS IDENTITY");
                    replace.put("with", SERIALS.get(type));
                    modify.add(Map.of("replace", replace));
                });
        return modify;
    }

    private boolean countsUp(Change change) {
        Object table =
                change.getSerializableFields().contains("tableName") ? change.getSerializableFieldValue("tableName") : null;
        return columns(change).stream().anyMatch(column -> Boolean.TRUE.equals(column.isAutoIncrement())
                && serials.contains(table + "." + column.getName()));
    }

    private static List<ColumnConfig> columns(Change change) {
        return change.getSerializableFields().contains("columns")
                && change.getSerializableFieldValue("columns") instanceof Collection<?> columns
                        ? columns.stream().filter(ColumnConfig.class::isInstance).map(ColumnConfig.class::cast).toList()
                        : List.of();
    }

    /** The names that a change gives constraints and indexes: there is each only once in a schema. */
    static Set<String> namesIn(Change change) {
        Set<String> names = new HashSet<>();
        addNames(tree(change), names);
        return names;
    }

    private static void addNames(Object tree, Set<String> names) {
        if (tree instanceof Map<?, ?> map) {
            map.forEach((key, value) -> {
                if (Set.of("primaryKeyName", "constraintName", "indexName").contains(key)) {
                    names.add(String.valueOf(value));
                }
                addNames(value, names);
            });
        } else if (tree instanceof Collection<?> all) {
            all.forEach(each -> addNames(each, names));
        }
    }

    /** Whether a change says something of an attribute, at any depth. */
    static boolean mentions(Change change, String attribute) {
        return tree(change).toString().contains(attribute + "=");
    }

    /** A change as YAML on one line: {@code renameColumn: {…}}. */
    static String onOneLine(Change change) {
        Node node = new Representer(options()).represent(tree(change));
        inFlow(node);
        String text = serialize(node).strip();
        return text.substring(1, text.length() - 1);
    }

    private static Map<String, Object> tree(Change change) {
        return Map.of(change.getSerializedObjectName(), attributes(change, change instanceof CreateIndexChange));
    }

    private static Map<String, Object> attributes(LiquibaseSerializable object, boolean ofIndex) {
        Set<String> fields = new HashSet<>(object.getSerializableFields());
        if (ofIndex && object instanceof ColumnConfig) {
            fields.retainAll(Set.of("name", "computed", "descending"));
        }
        Map<String, Object> attributes = new LinkedHashMap<>();
        fields.stream().sorted(Comparator.comparingInt(ChangesetYaml::place).thenComparing(Comparator.naturalOrder()))
                .forEach(field -> {
                    Object value = value(object.getSerializableFieldValue(field), ofIndex);
                    if (value != null && !NEVER.contains(field)
                            && !DEFAULTS.getOrDefault(field, Set.of()).contains(String.valueOf(value))) {
                        attributes.put(field, TYPES.contains(field) ? type(String.valueOf(value)) : value);
                    }
                });
        return attributes;
    }

    private static int place(String field) {
        return FIRST.contains(field) ? FIRST.indexOf(field) : FIRST.size() + 1 + LAST.indexOf(field);
    }

    private static Object value(Object value, boolean ofIndex) {
        if (value instanceof Collection<?> all) {
            List<Object> values = all.stream().map(each -> each instanceof ColumnConfig column
                    ? (Object) Map.of(column.getSerializedObjectName(), attributes(column, ofIndex))
                    : value(each, ofIndex)).toList();
            return values.isEmpty() ? null : values;
        }
        if (value instanceof LiquibaseSerializable object && !(value instanceof liquibase.statement.DatabaseFunction)) {
            Map<String, Object> attributes = attributes(object, ofIndex);
            return attributes.isEmpty() ? null : attributes;
        }
        if (value instanceof Date date) {
            return new ISODateFormat().format(date);
        }
        return value == null || value instanceof Boolean || value instanceof Number ? value : value.toString();
    }

    /** In lower case, as the changelog writes it, unless somebody has made it. */
    private static String type(String type) {
        if (!type.equals(type.toUpperCase(Locale.ROOT)) || type.contains("\"")) {
            return type;
        }
        String lower = type.toLowerCase(Locale.ROOT);
        return SHORT_TYPES.getOrDefault(lower, lower);
    }

    private static DumperOptions options() {
        DumperOptions options = new DumperOptions();
        options.setIndent(2);
        options.setIndicatorIndent(2);
        options.setIndentWithIndicator(true);
        options.setSplitLines(false);
        options.setWidth(10_000);
        options.setDefaultFlowStyle(FlowStyle.BLOCK);
        return options;
    }

    private static String dump(Object tree) {
        Node node = new Representer(options()).represent(tree);
        style(node, null);
        return serialize(node);
    }

    private static String serialize(Node node) {
        java.io.StringWriter text = new java.io.StringWriter();
        new Yaml(options()).serialize(node, text);
        return text.toString();
    }

    /** What holds scalars alone stands on one line, if there is room; a column's own line count is the changelog's habit. */
    private static void style(Node node, String key) {
        if (node instanceof MappingNode mapping) {
            List<NodeTuple> tuples = new ArrayList<>();
            for (NodeTuple tuple : mapping.getValue()) {
                String name = ((ScalarNode) tuple.getKeyNode()).getValue();
                style(tuple.getValueNode(), name);
                tuples.add(new NodeTuple(tuple.getKeyNode(), "id".equals(name) && "changeSet".equals(key)
                        ? quoted((ScalarNode) tuple.getValueNode())
                        : tuple.getValueNode() instanceof ScalarNode scalar ? literal(scalar) : tuple.getValueNode()));
            }
            mapping.setValue(tuples);
            boolean plain = tuples.stream().allMatch(tuple -> tuple.getValueNode() instanceof ScalarNode scalar
                    && scalar.getScalarStyle() != ScalarStyle.LITERAL);
            mapping.setFlowStyle(
                    plain && length(mapping) < WIDTH && (!"changeSet".equals(key)) ? FlowStyle.FLOW : FlowStyle.BLOCK);
        } else if (node instanceof SequenceNode sequence) {
            sequence.getValue().forEach(item -> style(item, null));
            boolean indexColumns = "columns".equals(key) && sequence.getValue().stream().allMatch(ChangesetYaml::isIndexColumn);
            if (indexColumns && length(sequence) < WIDTH) {
                inFlow(sequence);
            } else {
                sequence.setFlowStyle(FlowStyle.BLOCK);
                sequence.getValue().forEach(ChangesetYaml::inBlock);
            }
        }
    }

    private static boolean isIndexColumn(Node item) {
        Node column = YamlText.value(item, "column");
        return column instanceof MappingNode mapping && mapping.getValue().size() == 1;
    }

    private static void inBlock(Node item) {
        if (item instanceof MappingNode mapping && mapping.getValue().stream()
                .noneMatch(tuple -> tuple.getValueNode() instanceof ScalarNode)) {
            mapping.setFlowStyle(FlowStyle.BLOCK);
        } else if (item instanceof MappingNode mapping && mapping.getValue().size() == 1) {
            mapping.setFlowStyle(FlowStyle.BLOCK);
        }
    }

    private static void inFlow(Node node) {
        if (node instanceof MappingNode mapping) {
            mapping.setFlowStyle(FlowStyle.FLOW);
            mapping.getValue().forEach(tuple -> inFlow(tuple.getValueNode()));
        } else if (node instanceof SequenceNode sequence) {
            sequence.setFlowStyle(FlowStyle.FLOW);
            sequence.getValue().forEach(ChangesetYaml::inFlow);
        }
    }

    private static int length(Node node) {
        if (node instanceof ScalarNode scalar) {
            return scalar.getValue().length() + 2;
        }
        if (node instanceof MappingNode mapping) {
            return mapping.getValue().stream().mapToInt(tuple -> length(tuple.getKeyNode()) + length(tuple.getValueNode())).sum()
                    + 2;
        }
        return ((SequenceNode) node).getValue().stream().mapToInt(ChangesetYaml::length).sum() + 2;
    }

    private static ScalarNode quoted(ScalarNode node) {
        return new ScalarNode(Tag.STR, node.getValue(), null, null, ScalarStyle.SINGLE_QUOTED);
    }

    private static ScalarNode literal(ScalarNode node) {
        return node.getValue().contains("\n") ? new ScalarNode(Tag.STR, node.getValue(), null, null, ScalarStyle.LITERAL) : node;
    }
}
