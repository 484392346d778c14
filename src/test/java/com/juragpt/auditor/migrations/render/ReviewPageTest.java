package com.juragpt.auditor.migrations.render;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.Finding;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.RehearsalReport.Blocks;
import com.juragpt.auditor.migrations.api.Review;
import com.juragpt.auditor.migrations.api.Rule;
import com.juragpt.auditor.migrations.testing.Chromium;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of a review: whatever stands in a changelog stays text, and it fits on every screen. */
class ReviewPageTest {

    private static final String SCRIPT = "</pre></style><script>document.title = 'caught'</script>";
    private static final String ATTRIBUTE = "\" onmouseover=\"document.title='caught'\" x='";
    private static final String TURNED = "law\u202Egnp.exe\u2066\u200B\u0000";
    private static final String LONG = "x".repeat(10_000);

    private static final Pattern WIDTH = Pattern.compile("\\[(\\d+): (\\d+)]");
    private static final List<Integer> WIDTHS = List.of(320, 360, 768, 1280);

    @Test
    void everyNameIsEscaped() {
        for (String name : List.of(SCRIPT, ATTRIBUTE, "a & b &lt; &#60;")) {
            String page = ReviewHtml.of(review(name));

            String visible = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;")
                    .replace("'", "&#39;");
            assertThat(page).doesNotContain(name).contains(visible);
            assertThat(page.split(Pattern.quote(visible), -1)).as("how often it is there").hasSizeGreaterThan(20);
        }
    }

    @Test
    void charactersThatHideOrTurnTheTextAreShown() {
        String page = ReviewHtml.of(review(TURNED));

        assertThat(page).contains("law⟨U+202E⟩gnp.exe⟨U+2066⟩⟨U+200B⟩⟨U+0000⟩").doesNotContain("\u202E", "\u2066", "\u200B",
                "\u0000");
    }

    @Test
    void pageAsksForNothingElse() {
        assertThat(ReviewHtml.of(review("law"))).contains("default-src &#39;none&#39;").doesNotContain("http:", "https:", "src=",
                "href=", "url(", "@import", "<script");
    }

    @Test
    @Tag("exhaustive")
    void isAsWideAsTheScreenAndRunsNothingInChromium(@TempDir Path folder) {
        String hostile = SCRIPT + ATTRIBUTE + TURNED + LONG;

        String dom = Chromium.domOf(probing(ReviewHtml.of(review(hostile))), folder);

        assertThat(dom).contains("title of the page: Review of auditor on db:5432, 2 changesets<").contains("scripts: 0;")
                .contains("names as text: true;");
        Matcher width = WIDTH.matcher(dom);
        for (int screen : WIDTHS) {
            assertThat(width.find()).as("measured at %s", screen).isTrue();
            assertThat(Integer.parseInt(width.group(1))).isEqualTo(screen);
            assertThat(Integer.parseInt(width.group(2))).as("width of the page on a screen of %s", screen)
                    .isLessThanOrEqualTo(screen);
        }
    }

    /** A page that shows another one in frames of several widths and writes down what it sees there. */
    private static String probing(String page) {
        StringBuilder probe = new StringBuilder("<!DOCTYPE html><meta charset='utf-8'><body>");
        String attribute = page.replace("&", "&amp;").replace("\"", "&quot;");
        for (int width : WIDTHS) {
            probe.append("<iframe style='border:0;height:900px;width:").append(width).append("px' srcdoc=\"").append(attribute)
                    .append("\"></iframe>");
        }
        return probe.append("""
                <p id='seen'></p><script>
                onload = () => {
                  let seen = '';
                  for (const frame of document.querySelectorAll('iframe')) {
                    const root = frame.contentDocument.documentElement;
                    seen += '[' + frame.clientWidth + ': ' + root.scrollWidth + '] ';
                  }
                  const first = document.querySelector('iframe').contentDocument;
                  seen += 'scripts: ' + first.scripts.length + ';';
                  seen += ' names as text: ' + first.body.textContent.includes("</style><script>document.title") + ';';
                  seen += ' title of the page: ' + first.title;
                  document.querySelectorAll('iframe').forEach(frame => frame.remove());
                  document.getElementById('seen').textContent = seen;
                };
                </script>""".replace("</style><script>document", "</style><scr\" + \"ipt>document")).toString();
    }

    /** A review in which a name stands wherever somebody else may have written one. */
    static Review review(String name) {
        Review.Point point = new Review.Point(1, "0".repeat(64));
        Review.Record row = new Review.Record(name, name, name, name, name);
        DataLoss loss = new DataLoss(name, DataLoss.Kind.COLUMN, name, name, 18_204, false, null);
        DataLoss unknown = new DataLoss(name, DataLoss.Kind.UNKNOWN, null, null, 0, false, name);
        Review.Way up = new Review.Way(List.of(name, "(" + name + ")"), true, List.of(loss, unknown), List.of(name));
        Review.Way down = new Review.Way(List.of(name), false, List.of(loss, unknown), List.of(name));
        Review.Changeset changeset =
                new Review.Changeset(name, name, name, name, Outcome.EXECUTED, row, up, down, point);
        Review.Changeset marked = new Review.Changeset(name, name, name, name, Outcome.MARK_RAN, row, up,
                new Review.Way(List.of(), false, List.of(), List.of(name)), point);
        RehearsalReport.Step step = new RehearsalReport.Step(name, name, Outcome.EXECUTED, Duration.ofMillis(12),
                Duration.ofSeconds(3), List.of(new RehearsalReport.Lock(name, "AccessExclusiveLock", Blocks.READS_AND_WRITES)),
                List.of(name), List.of(loss), List.of(loss), List.of(name), false);
        return new Review("auditor on db:5432", "PostgreSQL 15.19", new Review.State(name, point), name,
                "2-0000000000000000-00000000000000000000000000000000",
                new Review.Script("public", Duration.ofSeconds(5), "databasechangelog", "databasechangeloglock", true, true,
                        List.of(), "0123456789", "5.0.4", 1),
                List.of(changeset, marked),
                List.of(new Review.Table(name, new Review.Size(18_204, 21_000_000), List.of(name),
                        List.of(new Review.Change(name, name, name), new Review.Change(name, null, name)))),
                new RehearsalReport("auditor on db:5432", RehearsalReport.Place.LIVE, List.of(step, step), List.of(name),
                        Duration.ofSeconds(9)),
                List.of(new Finding(Rule.INDEX_BLOCKS_WRITES, name, 1, name, name, name),
                        new Finding(Rule.DROP_OR_RENAME, name, 1, name, name, name, name)));
    }
}
