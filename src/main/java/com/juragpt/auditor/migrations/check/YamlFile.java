package com.juragpt.auditor.migrations.check;

import com.juragpt.auditor.migrations.changelog.YamlAliases;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import liquibase.parser.core.yaml.CustomConstructYamlTimestamp;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** A changelog file in YAML or JSON as its author wrote it: with line numbers and quotes, before anything is interpreted. */
final class YamlFile {

    /** A key with what stands behind it. */
    record Entry(ScalarNode key, Node value) {

        String name() {
            return key.getValue();
        }

        int line() {
            return key.getStartMark().getLine() + 1;
        }
    }

    private YamlFile() {
    }

    /**
     * The entries of a file; none if it is empty.
     *
     * @throws YAMLException it is not YAML, or no changelog could be meant
     */
    static List<Entry> read(Reader text) {
        Node file = new Yaml(new LoaderOptions()).compose(text);
        YamlAliases.requireEnd(file);
        return entries(file);
    }

    /**
     * The keys of a mapping, or of all mappings in a list: Liquibase makes no difference between the two. What is merged in stands
     * for itself.
     */
    static List<Entry> entries(Node node) {
        List<Entry> entries = new ArrayList<>();
        if (node instanceof MappingNode mapping) {
            for (NodeTuple tuple : mapping.getValue()) {
                if (tuple.getKeyNode().getTag().equals(Tag.MERGE)) {
                    entries.addAll(entries(tuple.getValueNode()));
                } else if (tuple.getKeyNode() instanceof ScalarNode key) {
                    entries.add(new Entry(key, tuple.getValueNode()));
                }
            }
        } else if (node instanceof SequenceNode sequence) {
            sequence.getValue().forEach(item -> entries.addAll(entries(item)));
        }
        return entries;
    }

    /** The values of one key, empty if it is not there. */
    static List<Entry> entries(Node node, String name) {
        return entries(node).stream().filter(entry -> entry.name().equals(name)).toList();
    }

    /** The text of a scalar that is one of the node's keys, or null. */
    static String text(Node node, String name) {
        return entries(node, name).stream().map(Entry::value).filter(ScalarNode.class::isInstance)
                .map(value -> ((ScalarNode) value).getValue()).findFirst().orElse(null);
    }

    /** Reads values as Liquibase's own parser does, which has another way with times. */
    private static final class AsLiquibase extends SafeConstructor {

        AsLiquibase() {
            super(new LoaderOptions());
            yamlConstructors.put(Tag.TIMESTAMP, new CustomConstructYamlTimestamp());
        }
    }

    /** The value that YAML reads in a scalar, as text: 8 for 010, false for no. */
    static String valueOf(ScalarNode scalar) {
        return scalar.isPlain() && !scalar.getTag().equals(Tag.STR)
                ? String.valueOf(new Yaml(new AsLiquibase()).<Object>load(scalar.getValue()))
                : scalar.getValue();
    }

    /** Whether there is nothing behind the key: nothing at all, an empty text, list or mapping. */
    static boolean isBlank(Node node) {
        return node.getTag().equals(Tag.NULL)
                || node instanceof ScalarNode scalar && scalar.getValue().isBlank()
                || !(node instanceof ScalarNode) && entries(node).isEmpty();
    }

    /** Keys that stand twice in one mapping, at any depth; the first of the two has no effect. */
    static Stream<Entry> repeated(Node node) {
        if (node instanceof SequenceNode sequence) {
            return sequence.getValue().stream().flatMap(YamlFile::repeated);
        }
        if (!(node instanceof MappingNode mapping)) {
            return Stream.empty();
        }
        List<Entry> own = mapping.getValue().stream().filter(tuple -> tuple.getKeyNode() instanceof ScalarNode)
                .map(tuple -> new Entry((ScalarNode) tuple.getKeyNode(), tuple.getValueNode())).toList();
        List<String> names = own.stream().map(Entry::name).toList();
        Stream<Entry> here = own.stream().filter(entry -> names.indexOf(entry.name()) != names.lastIndexOf(entry.name()))
                .skip(1).limit(1);
        return Stream.concat(here, own.stream().map(Entry::value).flatMap(YamlFile::repeated));
    }

    /** Every scalar, at any depth. */
    static Stream<String> scalars(Node node) {
        if (node instanceof ScalarNode scalar) {
            return Stream.of(scalar.getValue());
        }
        if (node instanceof SequenceNode sequence) {
            return sequence.getValue().stream().flatMap(YamlFile::scalars);
        }
        return entries(node).stream().map(Entry::value).flatMap(YamlFile::scalars);
    }
}
