package com.juragpt.auditor.migrations.draft;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** YAML as its author wrote it, with the places of everything in it. */
final class YamlText {

    private YamlText() {
    }

    /** @throws org.yaml.snakeyaml.error.YAMLException if it is no YAML; null if it is empty */
    static Node compose(String text) {
        return new Yaml(new LoaderOptions()).compose(new java.io.StringReader(text));
    }

    /** The value of a mapping's key; null if it is not there, or the node is no mapping. */
    static Node value(Node node, String key) {
        if (node instanceof MappingNode mapping) {
            for (NodeTuple tuple : mapping.getValue()) {
                if (tuple.getKeyNode() instanceof ScalarNode name && name.getValue().equals(key)) {
                    return tuple.getValueNode();
                }
            }
        }
        return null;
    }

    /** The text of a mapping's key, or null. */
    static String text(Node node, String key) {
        return value(node, key) instanceof ScalarNode scalar ? scalar.getValue() : null;
    }

    /** Every mapping, at any depth, that has this key, in order. */
    static List<MappingNode> having(Node node, String key) {
        List<MappingNode> found = new ArrayList<>();
        visit(node, each -> {
            if (each instanceof MappingNode mapping && value(mapping, key) != null) {
                found.add(mapping);
            }
        });
        return found;
    }

    /** Every scalar that is a value, at any depth, in order. */
    static List<ScalarNode> values(Node node) {
        List<ScalarNode> found = new ArrayList<>();
        visit(node, each -> {
            if (each instanceof ScalarNode scalar) {
                found.add(scalar);
            }
        });
        return found;
    }

    private static void visit(Node node, Consumer<Node> visitor) {
        if (node == null) {
            return;
        }
        visitor.accept(node);
        if (node instanceof SequenceNode sequence) {
            sequence.getValue().forEach(item -> visit(item, visitor));
        } else if (node instanceof MappingNode mapping) {
            mapping.getValue().forEach(tuple -> visit(tuple.getValueNode(), visitor));
        }
    }

    /** The number of the last line, from 0, that has a part of the node; the mark of a block stands where the next thing begins. */
    static int lastLine(Node node) {
        if (node instanceof MappingNode mapping && mapping.getFlowStyle() == DumperOptions.FlowStyle.BLOCK) {
            return mapping.getValue().stream().mapToInt(tuple -> lastLine(tuple.getValueNode())).max()
                    .orElse(node.getStartMark().getLine());
        }
        if (node instanceof SequenceNode sequence && sequence.getFlowStyle() == DumperOptions.FlowStyle.BLOCK) {
            return sequence.getValue().stream().mapToInt(YamlText::lastLine).max().orElse(node.getStartMark().getLine());
        }
        int line = node.getEndMark().getLine();
        return node.getEndMark().getColumn() == 0 && line > node.getStartMark().getLine() ? line - 1 : line;
    }

    /** One scalar as a document would have it, quoted if need be. */
    static String scalar(String text) {
        DumperOptions options = new DumperOptions();
        options.setSplitLines(false);
        return new Yaml(options).dump(text).strip();
    }
}
