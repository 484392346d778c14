package com.juragpt.auditor.migrations.render;

import com.juragpt.auditor.migrations.api.Review;

/** A {@link Review} as the last lines of a log: what has to be known, the digest and what to type. */
public final class ReviewText {

    private ReviewText() {
    }

    /** Lines of at most 92 columns (a name is never cut), separated by line feeds, without one at the end. */
    public static String of(Review review) {
        String place = review.database() == null ? "PostgreSQL without a database" : review.database();
        if (review.changesets().isEmpty()) {
            return "Nothing to review: no changeset is pending in " + place
                    + (review.state().revision() == null ? "" : ", which is at revision " + review.state().revision());
        }
        StringBuilder text = new StringBuilder("Review of " + place + ": " + Wording.changesets(review.changesets().size())
                + (review.revisionAfter() == null ? "" : ", to revision " + review.revisionAfter()));
        ReviewPoints.of(review).forEach(point -> text.append('\n')
                .append(Wording.paragraphs("  ", VisibleText.line(point.label() + " " + point.text()).strip())));
        return text.append("\nTo deploy this and nothing else:\n  ").append(command(review)).toString();
    }

    /** What deploys what was reviewed. */
    static String command(Review review) {
        return "mvn migrations:update" + (review.target() == null ? "" : " -Dmigrations.to=" + review.target())
                + " -Dmigrations.reviewed=" + review.digest();
    }
}
