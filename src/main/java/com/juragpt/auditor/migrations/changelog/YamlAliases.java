package com.juragpt.auditor.migrations.changelog;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** Refuses YAML whose aliases multiply or contain themselves: a few lines then stand for more than any memory holds. */
public final class YamlAliases {

    // More than the largest changelog has in one file, and far less than keeps anybody waiting.
    private static final int MOST_NODES = 5_000_000;

    private final Set<Node> around = Collections.newSetFromMap(new IdentityHashMap<>());
    private int nodes;

    private YamlAliases() {
    }

    /**
     * @param file the root of a file; null for an empty one
     * @throws YAMLException the file has no end
     */
    public static void requireEnd(Node file) {
        new YamlAliases().walk(file);
    }

    private void walk(Node node) {
        nodes++;
        if (nodes > MOST_NODES || node != null && !around.add(node)) {
            throw new YAMLException("its aliases repeat themselves without end");
        }
        if (node instanceof MappingNode mapping) {
            for (NodeTuple tuple : mapping.getValue()) {
                walk(tuple.getKeyNode());
                walk(tuple.getValueNode());
            }
        } else if (node instanceof SequenceNode sequence) {
            sequence.getValue().forEach(this::walk);
        }
        around.remove(node);
    }
}
