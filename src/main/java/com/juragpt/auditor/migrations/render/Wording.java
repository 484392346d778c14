package com.juragpt.auditor.migrations.render;

import java.time.Duration;
import java.util.List;

/** The words and numbers that several texts share. */
final class Wording {

    /** Columns of a line: what is left of 100 when a build tool has put its log level before it. */
    static final int WIDTH = 92;

    private Wording() {
    }

    static String changesets(int count) {
        return count == 1 ? "1 changeset" : count + " changesets";
    }

    /** {@code 4 ms}, {@code 2.1 s}, {@code 20 s}, {@code 3 min 5 s}. */
    static String time(Duration duration) {
        long millis = duration.toMillis();
        if (millis < 1000) {
            return millis + " ms";
        }
        long tenths = millis / 100 % 10;
        if (millis < 10_000 && tenths > 0) {
            return millis / 1000 + "." + tenths + " s";
        }
        return millis < 60_000 ? millis / 1000 + " s" : duration.toMinutes() + " min " + duration.toSecondsPart() + " s";
    }

    /** The items after a label, separated by commas, on as many lines as they need; what is too long stays whole. */
    static String list(String label, List<String> items) {
        String indent = " ".repeat(label.length());
        StringBuilder text = new StringBuilder();
        StringBuilder line = new StringBuilder(label);
        for (int i = 0; i < items.size(); i++) {
            String item = items.get(i) + (i < items.size() - 1 ? "," : "");
            if (line.length() + item.length() > WIDTH && line.length() > indent.length()) {
                text.append(line.toString().stripTrailing()).append('\n');
                line = new StringBuilder(indent);
            }
            line.append(item).append(' ');
        }
        return text.append(line.toString().stripTrailing()).toString();
    }
}
