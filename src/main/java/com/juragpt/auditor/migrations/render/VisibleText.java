package com.juragpt.auditor.migrations.render;

/**
 * Names and SQL of strangers where people read them: no character of them may hide, turn the direction of what follows, or end the
 * line or the comment that they stand in.
 */
final class VisibleText {

    private VisibleText() {
    }

    /** On one line: line breaks, tabs and every character without a shape of its own become {@code ⟨U+202E⟩}. */
    static String line(String text) {
        return visible(text, false);
    }

    /** The same with its line breaks and tabs. */
    static String lines(String text) {
        return visible(text, true);
    }

    /** Whether there is such a character, line breaks and tabs not counted. */
    static boolean hides(String text) {
        return text.codePoints().anyMatch(c -> isInvisible(c) && !isLayout(c));
    }

    private static String visible(String text, boolean keepLayout) {
        StringBuilder visible = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (isInvisible(c) && !(keepLayout && isLayout(c))) {
                visible.append(String.format("⟨U+%04X⟩", c));
            } else {
                visible.appendCodePoint(c);
            }
        });
        return visible.toString();
    }

    private static boolean isLayout(int c) {
        return c == '\n' || c == '\r' || c == '\t';
    }

    private static boolean isInvisible(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.UNASSIGNED, Character.PRIVATE_USE -> true;
            default -> false;
        };
    }
}
