package com.juragpt.auditor.migrations.changelog;

import java.util.regex.Pattern;

/** Tells the options of a change that are no more than an option, as Liquibase takes many over into the statement as they stand. */
public final class PlainOption {

    private static final Pattern NAME = Pattern.compile("[\\w$.]+|\"[^\"]+\"");
    private static final Pattern WORDS = Pattern.compile("[a-zA-Z ]*");

    private PlainOption() {
    }

    /** @param option null if it is not given */
    public static boolean isName(String option) {
        return is(NAME, option);
    }

    /** @param option null if it is not given */
    public static boolean isWords(String option) {
        return is(WORDS, option);
    }

    private static boolean is(Pattern shape, String option) {
        return option == null || shape.matcher(option.strip()).matches();
    }
}
