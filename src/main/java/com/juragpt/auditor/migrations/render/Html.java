package com.juragpt.auditor.migrations.render;

/**
 * Writes HTML of which every text and every value of an attribute is escaped: there is no other way to get one in. The names of
 * elements and attributes are this module's own.
 */
final class Html {

    private final StringBuilder html = new StringBuilder();

    /** @param attributes names and values, in turn */
    Html open(String element, String... attributes) {
        html.append('<').append(element);
        for (int i = 0; i < attributes.length; i += 2) {
            html.append(' ').append(attributes[i]).append("=\"").append(escaped(VisibleText.line(attributes[i + 1]))).append('"');
        }
        html.append('>');
        return this;
    }

    Html close(String element) {
        html.append("</").append(element).append(">\n");
        return this;
    }

    /** A text on one line. */
    Html text(String text) {
        html.append(escaped(VisibleText.line(text)));
        return this;
    }

    /** A text with its own line breaks. */
    Html lines(String text) {
        html.append(escaped(VisibleText.lines(text)));
        return this;
    }

    /** An element with nothing but a text. */
    Html element(String element, String text, String... attributes) {
        return open(element, attributes).text(text).close(element);
    }

    /** A style sheet of this module. */
    Html style(String css) {
        html.append("<style>\n").append(css).append("</style>\n");
        return this;
    }

    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.append(c);
            }
        }
        return escaped.toString();
    }

    @Override
    public String toString() {
        return html.toString();
    }
}
