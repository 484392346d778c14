package com.juragpt.auditor.migrations.check;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How the files of revisions are named: {@code NNN-name.yaml} or {@code NNN-name/table.yaml} in the master's folder. */
final class RevisionFolders {

    private static final Pattern FILE = Pattern.compile("((\\d{3,})-[a-z0-9-]+)(?:\\.ya?ml|/[a-z0-9_-]+\\.ya?ml)");

    private final String top;

    /** @param top the master's folder, with a slash at its end */
    RevisionFolders(String top) {
        this.top = top;
    }

    /** {@code 001}, or null for a file that belongs to no revision. */
    String revision(String file) {
        Matcher name = match(file);
        return name == null ? null : name.group(2);
    }

    /** {@code 001-initial-schema}, or null for a file that belongs to no revision. */
    String folder(String file) {
        Matcher name = match(file);
        return name == null ? null : name.group(1);
    }

    private Matcher match(String file) {
        if (file == null || !file.startsWith(top)) {
            return null;
        }
        Matcher name = FILE.matcher(file.substring(top.length()));
        return name.matches() ? name : null;
    }
}
