package com.juragpt.auditor.migrations.changelog;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What Liquibase's parser says of a file that it cannot read, in words where it passes on an exception of Java's. */
final class ParserFailure {

    private static final Pattern NOT_UTF_8 =
            Pattern.compile("java\\.nio\\.charset\\.(?:MalformedInput|UnmappableCharacter)Exception: Input length = \\d+");
    private static final Pattern OTHER_KIND =
            Pattern.compile(
                    "class ([\\w.$]+) cannot be cast to class ((?:java|org\\.yaml\\.snakeyaml)\\.[\\w.$]+)(?: \\([^)]*\\))?");
    private static final Map<String, String> KINDS = Map.of("java.util.ArrayList", "a list", "java.util.List", "a list",
            "java.util.LinkedHashMap", "a mapping (key: value)", "java.util.Map", "a mapping (key: value)",
            "java.lang.String", "a text", "org.yaml.snakeyaml.nodes.SequenceNode", "a list",
            "org.yaml.snakeyaml.nodes.MappingNode", "a mapping (key: value)", "org.yaml.snakeyaml.nodes.ScalarNode", "a text");

    private ParserFailure() {
    }

    /** What it says, with the file that Liquibase names. */
    static String reason(Exception failure) {
        String message = NOT_UTF_8.matcher(String.valueOf(failure.getMessage())).replaceAll("it is not text in UTF-8");
        Matcher kinds = OTHER_KIND.matcher(message);
        return kinds.replaceAll(found -> kind(found.group(1)) + " stands where " + kind(found.group(2)) + " belongs");
    }

    private static String kind(String type) {
        return KINDS.getOrDefault(type, "a value (" + type.substring(type.lastIndexOf('.') + 1) + ")");
    }
}
