package com.juragpt.auditor.migrations.loss;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Tells by their names alone whether every value of one type fits into another. In doubt it does not. */
final class TypeRoom {

    private static final Map<String, String> ALIASES =
            Map.of("character varying", "varchar", "character", "char", "int2", "smallint",
                    "integer", "int", "int4", "int", "int8", "bigint", "decimal", "numeric", "float4", "real", "float8",
                    "double precision");

    /** Each fits into those behind it. */
    private static final List<List<String>> WIDENING =
            List.of(List.of("smallint", "int", "bigint", "numeric"), List.of("real", "double precision"));

    /** Without a length these have room for one. */
    private static final Set<String> OF_ONE = Set.of("char", "bit");

    private static final Pattern MODIFIERS = Pattern.compile("\\s*\\(\\s*(\\d{1,9})\\s*(?:,\\s*(\\d{1,9})\\s*)?\\)");

    private TypeRoom() {
    }

    /** Whether it takes every value of every type, as text. */
    static boolean isForAll(String type) {
        String name = name(type);
        return name.equals("text") || name.equals("varchar") && modifiers(type).isEmpty();
    }

    /** Whether {@code type} takes every value of {@code former}. */
    static boolean isFor(String former, String type) {
        String name = name(type);
        if (isForAll(type)) {
            return true;
        }
        List<Integer> now = modifiers(type);
        if (!name(former).equals(name)) {
            return now.isEmpty() && WIDENING.stream().anyMatch(chain -> chain.contains(name(former))
                    && chain.indexOf(name(former)) < chain.indexOf(name));
        }
        List<Integer> before = modifiers(former);
        return now.isEmpty() || before.size() == now.size()
                && IntStream.range(0, now.size()).allMatch(i -> now.get(i) >= before.get(i));
    }

    private static String name(String type) {
        String name = MODIFIERS.matcher(type).replaceAll("").strip().toLowerCase(Locale.ROOT);
        return ALIASES.getOrDefault(name, name);
    }

    /** Length, or precision and scale; empty if it has no limit. */
    private static List<Integer> modifiers(String type) {
        Matcher found = MODIFIERS.matcher(type);
        if (!found.find()) {
            return OF_ONE.contains(name(type)) ? List.of(1) : List.of();
        }
        return Stream.of(found.group(1), found.group(2)).filter(Objects::nonNull).map(Integer::valueOf).toList();
    }
}
