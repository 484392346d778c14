package com.juragpt.auditor.migrations.benchmark;

import com.juragpt.auditor.migrations.testing.ChangelogRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The document that shows the figures, and its picture. */
final class MeasuredPage {

    private static final Path PAGE = ChangelogRunner.CHECKOUT.resolve("docs/performance.md");
    private static final String BEGIN = "<!-- figures of a run -->\n";
    private static final String END = "<!-- end of the figures -->\n";

    private MeasuredPage() {
    }

    /** Replaces the figures, which stand between two comments, and the picture. */
    static void write(String figures, Path picture) throws IOException {
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN);
        int end = page.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IllegalStateException(PAGE + " has no place for figures");
        }
        Files.writeString(PAGE, page.substring(0, begin + BEGIN.length()) + figures + page.substring(end));
        Files.copy(picture, PAGE.resolveSibling("performance.svg"), StandardCopyOption.REPLACE_EXISTING);
    }
}
