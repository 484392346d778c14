package com.juragpt.auditor.migrations.maven;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads what was given for a goal's parameter. Maven itself would take any word but {@code true} for {@code false}, and a dry
 * run would then be none.
 *
 * @param name the property's name, as it is typed after -D
 * @param text what was given; null for nothing
 */
record ParameterValue(String name, String text) {

    /** @param example a value that would do, for the message when there is none */
    String given(String example) {
        if (text == null || text.isEmpty()) {
            throw refused("a name", example);
        }
        return text;
    }

    boolean flag() {
        if (text != null && (text.equals("true") || text.equals("false"))) {
            return text.equals("true");
        }
        throw refused("true or false", "true");
    }

    int count() {
        if (text != null && text.matches("[0-9]{1,9}")) {
            return Integer.parseInt(text);
        }
        throw refused("a whole number", "3");
    }

    Duration time() {
        if (text != null && text.matches("[0-9]{1,9}")) {
            return Duration.ofSeconds(Long.parseLong(text));
        }
        try {
            Duration time = Duration.parse(text == null ? "" : text);
            if (!time.isNegative()) {
                return time;
            }
        } catch (DateTimeParseException e) {
            throw refused("whole seconds, or a time as in ISO 8601", "PT0.5S");
        }
        throw refused("a time that is not negative", "5");
    }

    <E extends Enum<E>> E oneOf(Class<E> type) {
        for (E constant : type.getEnumConstants()) {
            if (word(constant).equals(text)) {
                return constant;
            }
        }
        E[] all = type.getEnumConstants();
        throw refused(Arrays.stream(all).map(ParameterValue::word).collect(Collectors.joining(", ")), word(all[0]));
    }

    /** Any of the constants, by their words, separated by commas; none if nothing was given. */
    <E extends Enum<E>> Set<E> allOf(Class<E> type) {
        Set<E> chosen = EnumSet.noneOf(type);
        if (text != null) {
            for (String one : text.split(",", -1)) {
                chosen.add(new ParameterValue(name, one.strip()).oneOf(type));
            }
        }
        return chosen;
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    MigrationException refused(String expected, String example) {
        String given = text == null ? ": it was not given" : text.isEmpty() ? ": it is empty"
                : "='" + text.replaceAll("\\p{Cntrl}", "?") + "'";
        return Diagnosis.of(Problem.INVALID_PARAMETER, "Cannot read -D" + name + given)
                .line("expected: " + expected).help("-D" + name + "=" + example);
    }
}
