package com.juragpt.auditor.migrations.archive;

import java.util.List;
import java.util.stream.Collectors;

/** Names and texts from a catalog or a manifest as SQL may hold them, whatever is in them. */
final class Quoting {

    private Quoting() {
    }

    static String name(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    static String name(String schema, String name) {
        return name(schema) + "." + name(name);
    }

    /** The names before which {@code prefix} stands, separated by commas. */
    static String names(String prefix, List<String> names) {
        return names.stream().map(name -> prefix + name(name)).collect(Collectors.joining(", "));
    }

    static String text(String text) {
        // The escape form reads the same whatever standard_conforming_strings is.
        return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
    }
}
