package com.juragpt.auditor.migrations.render;

import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.RehearsalReport.Blocks;
import com.juragpt.auditor.migrations.api.Review;
import com.juragpt.auditor.migrations.api.Review.Changeset;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A {@link Review} as one page that needs nothing else: no network, no script, no font; on a phone, on paper, in the dark. */
public final class ReviewHtml {

    private static final String STYLE = "review.css";
    // Whatever got into the page, the browser loads and runs nothing.
    private static final String POLICY = "default-src 'none'; style-src 'unsafe-inline'";

    private final Review review;
    private final Html page = new Html();

    private ReviewHtml(Review review) {
        this.review = review;
    }

    /** A whole document. */
    public static String of(Review review) {
        return "<!DOCTYPE html>\n" + new ReviewHtml(review).write();
    }

    private String write() {
        String place = review.database() == null ? "a PostgreSQL without a database" : review.database();
        page.open("html", "lang", "en").open("head").open("meta", "charset", "utf-8")
                .open("meta", "http-equiv", "Content-Security-Policy", "content", POLICY)
                .open("meta", "name", "viewport", "content", "width=device-width, initial-scale=1")
                .open("meta", "name", "referrer", "content", "no-referrer")
                .element("title", "Review of " + place + ", " + Wording.changesets(review.changesets().size()))
                .style(css()).close("head").open("body");
        page.open("header").element("h1", "Review: " + Wording.changesets(review.changesets().size()) + " for " + place);
        page.element("p", "What the next deployment would do, in full. Nothing was changed.", "class", "lead");
        facts();
        page.close("header").open("main");
        section("What to look at first", () -> points(ReviewPoints.of(review)));
        section("Table by table", this::tables);
        section("Changeset by changeset", this::changesets);
        if (review.rehearsal() != null) {
            section("What the rehearsal measured", this::rehearsal);
        }
        section("To deploy this and nothing else", this::deploy);
        section("Decision", this::sign);
        return page.close("main").close("body").close("html").toString();
    }

    private void facts() {
        Review.State state = review.state();
        page.open("dl", "class", "facts");
        fact("Now", (state.revision() == null ? "before the first revision" : "revision " + state.revision()) + ", "
                + Wording.changesets(state.point().rows()) + " applied" + (review.database() == null ? " (as given)" : ""));
        fact("Afterwards", review.revisionAfter() == null ? "before the first revision" : "revision " + review.revisionAfter());
        if (review.server() != null) {
            fact("Server", review.server());
        }
        page.element("dt", "Digest").open("dd").element("code", review.digest(), "class", "digest").close("dd");
        page.close("dl");
    }

    private void fact(String name, String value) {
        page.element("dt", name).element("dd", value);
    }

    private void section(String title, Runnable content) {
        page.open("section").element("h2", title);
        content.run();
        page.close("section");
    }

    private void points(List<ReviewPoints.Point> points) {
        if (points.isEmpty()) {
            return;
        }
        page.open("ul", "class", "points");
        for (ReviewPoints.Point point : points) {
            page.open("li", "class", point.weight().name().toLowerCase(Locale.ROOT)).open("strong").text(point.label())
                    .close("strong").text(point.text()).close("li");
        }
        page.close("ul");
    }

    private void tables() {
        if (review.tables().isEmpty()) {
            page.element("p", "No table is named.");
        }
        for (Review.Table table : review.tables()) {
            page.open("article").element("h3", table.name());
            Review.Size size = table.size();
            page.element("p", (size == null ? review.database() == null ? "" : "not there yet"
                    : "about " + Wording.count(size.rows(), "row", "rows") + ", " + Wording.bytes(size.bytes()) + " with indexes")
                    + (table.changesets().isEmpty() ? "" : (size == null && review.database() == null ? "" : "; ") + "named by "
                            + String.join(", ", table.changesets())),
                    "class", "soft");
            if (!table.changes().isEmpty()) {
                changes(table.changes());
            }
            page.close("article");
        }
        if (review.rehearsal() == null && !review.tables().isEmpty()) {
            page.element("p", "Before and after, object by object, are here when the review was made with a rehearsal.", "class",
                    "soft");
        }
    }

    private void changes(List<Review.Change> changes) {
        head("object", "before", "after");
        for (Review.Change change : changes) {
            page.open("tr");
            cell("object", change.object(), "");
            cell("before", change.before() == null ? "–" : change.before().isEmpty() ? "there" : change.before(),
                    change.after() == null ? "gone" : "");
            cell("after", change.after() == null ? "gone" : change.after().isEmpty() ? "there" : change.after(),
                    change.after() == null ? "gone" : change.before() == null ? "new" : "");
            page.close("tr");
        }
        page.close("tbody").close("table");
    }

    private void head(String... columns) {
        page.open("table").open("thead").open("tr");
        for (String column : columns) {
            page.element("th", column, "scope", "col");
        }
        page.close("tr").close("thead").open("tbody");
    }

    private void cell(String label, String text, String kind) {
        page.element("td", text, "data-label", label, "class", kind);
    }

    private void changesets() {
        int number = 0;
        for (Changeset changeset : review.changesets()) {
            number++;
            page.open("article").element("h3", number + ". " + changeset.id());
            page.element("p", changeset.file() + ", by " + changeset.author() + ", checksum " + changeset.checksum(), "class",
                    "soft");
            if (!changeset.record().comments().isBlank()) {
                page.element("p", changeset.record().comments());
            }
            points(ReviewPoints.of(changeset, review));
            if (changeset.record().tag() != null) {
                page.element("p",
                        "Sets the tag " + changeset.record().tag() + " in the history, and is undone with its history row.");
            }
            if (changeset.record().tag() == null || !changeset.up().sql().isEmpty()) {
                page.open("div", "class", "ways");
                way("Runs", changeset.up());
                way("Is undone by", changeset.down());
                page.close("div");
            }
            page.close("article");
        }
    }

    private void way(String title, Review.Way way) {
        page.open("div").element("h4", title);
        if (way.sql().isEmpty()) {
            page.element("p", way.obstacles().isEmpty() ? "nothing" : "nothing: " + String.join("; ", way.obstacles()), "class",
                    "soft");
        } else {
            page.open("pre").lines(way.sql().stream().map(sql -> way.describes(sql) ? sql : FoldedSql.ended(sql))
                    .collect(Collectors.joining("\n\n"))).close("pre");
        }
        page.close("div");
    }

    private void rehearsal() {
        RehearsalReport report = review.rehearsal();
        page.element("p", "Every changeset was applied, rolled back and applied again in " + Wording.time(report.took())
                + "; then everything was rolled back.");
        if (!report.sequencesDrawn().isEmpty()) {
            page.element("p", "Numbers drawn from sequences stay drawn: " + String.join(", ", report.sequencesDrawn()));
        }
        head("changeset", "up", "down", "result", "locks on what existed before");
        for (RehearsalReport.Step step : report.steps()) {
            page.open("tr");
            cell("changeset", step.id(), "");
            cell("up", Wording.time(step.up()), "number");
            cell("down", step.down() == null ? "" : Wording.time(step.down()), "number");
            cell("result", RehearsalText.result(step), step.isReversible() ? "number" : "number gone");
            cell("locks", locks(step), "");
            page.close("tr");
        }
        page.close("tbody").close("table");
    }

    private static String locks(RehearsalReport.Step step) {
        String locks = step.locks().stream().filter(lock -> lock.blocks() != Blocks.NOTHING)
                .map(lock -> lock.relation() + ": others can " + (lock.blocks() == Blocks.WRITES ? "read, but not write"
                        : "neither read nor write") + " (" + lock.mode() + ")")
                .collect(Collectors.joining("; "));
        if (step.plain()) {
            return "rehearsed without CONCURRENTLY: a deployment takes weaker locks";
        }
        return locks.isEmpty() ? "none that blocks anybody" : locks;
    }

    private void deploy() {
        page.open("pre").text(ReviewText.command(review)).close("pre");
        page.element("p",
                "It is refused if a changeset, its rollback or the database's history has changed since. For psql there are"
                        + " update.sql and rollback.sql beside this page, which stop for the same reasons.",
                "class", "soft");
    }

    private void sign() {
        page.open("ul", "class", "decision").element("li", "approved").element("li", "approved on conditions")
                .element("li", "rejected").close("ul");
        page.open("div", "class", "sign").element("div", "Name").element("div", "Date").element("div", "Signature").close("div");
        page.open("p").text("For the review with the digest ").element("code", review.digest(), "class", "digest").close("p");
    }

    private static String css() {
        try (InputStream stream = ReviewHtml.class.getResourceAsStream(STYLE)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
