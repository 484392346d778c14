package com.juragpt.auditor.migrations.render;

import com.juragpt.auditor.migrations.api.DataLoss;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/** The words and numbers that several texts share. */
final class Wording {

    /** Columns of a line: what is left of 100 when a build tool has put its log level before it. */
    static final int WIDTH = 92;

    private Wording() {
    }

    static String changesets(int count) {
        return count == 1 ? "1 changeset" : count + " changesets";
    }

    /** {@code 18 204}. */
    static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number).replace(',', ' ');
    }

    static String count(long count, String one, String many) {
        return number(count) + " " + (count == 1 ? one : many);
    }

    static String howToRestore(String archive) {
        return "to restore: mvn migrations:restore -Dmigrations.archive=" + archive;
    }

    /** {@code 3 days}, {@code 5 h}, {@code 12 min}. */
    static String age(Duration age) {
        return age.toHours() >= 48 ? age.toDays() + " days" : age.toMinutes() >= 120 ? age.toHours() + " h"
                : age.toMinutes() + " min";
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

    /** A statement on one line, of which a long one shows only its beginning. */
    static String beginning(String sql) {
        String line = sql.strip().replaceAll("\\s+", " ");
        return line.length() <= WIDTH ? line
                : line.substring(0, line.offsetByCodePoints(0, Math.min(WIDTH - 30, line.codePointCount(0, line.length()))))
                        + " …";
    }

    /** {@code 12 MB}. */
    static String bytes(long bytes) {
        return bytes < 10_240 ? bytes + " bytes" : bytes < 10_485_760 ? bytes / 1024 + " kB"
                : bytes < 10_737_418_240L ? bytes / 1_048_576 + " MB" : bytes / 1_073_741_824 + " GB";
    }

    /** The items after a label, separated by commas, on as many lines as they need; what is too long stays whole. */
    static String list(String label, List<String> items) {
        return flow(label, " ".repeat(label.length()), String.join(",\n", items).split("\n"));
    }

    /** The lines of a text, indented, each on as many lines as it needs; a word that is too long stays whole. */
    static String paragraphs(String indent, String text) {
        return text.lines().map(line -> flow(indent, indent + "  ", line.split(" "))).collect(Collectors.joining("\n"));
    }

    private static String flow(String label, String indent, String... items) {
        StringBuilder text = new StringBuilder();
        StringBuilder line = new StringBuilder(label);
        boolean isEmpty = true;
        for (String item : items) {
            if (line.length() + item.length() > WIDTH && !isEmpty) {
                text.append(line.toString().stripTrailing()).append('\n');
                line = new StringBuilder(indent);
            }
            line.append(item).append(' ');
            isEmpty = false;
        }
        return text.append(line.toString().stripTrailing()).toString();
    }

    /** What a loss does to data, as the first word of a line. */
    static String verb(DataLoss loss) {
        return loss.kind() == DataLoss.Kind.OVERWRITTEN ? "Overwrites" : "Deletes";
    }

    /** Data that goes, a line each after the heading; what has an unknown effect has a heading of its own. */
    static String losses(String heading, List<DataLoss> losses) {
        StringJoiner deleted = new StringJoiner("\n  ", heading + "\n  ", "\n").setEmptyValue("");
        StringJoiner unknown = new StringJoiner("\n  ", "Effect not known:\n  ", "\n").setEmptyValue("");
        for (DataLoss loss : losses) {
            if (loss.kind() == DataLoss.Kind.UNKNOWN) {
                unknown.add(loss.changeset() + "  " + loss.statement().strip().replace("\n", "\n    "));
            } else {
                deleted.add(loss.toString());
            }
        }
        return (deleted.toString() + unknown).stripTrailing();
    }
}
