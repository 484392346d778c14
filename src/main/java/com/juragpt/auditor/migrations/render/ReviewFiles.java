package com.juragpt.auditor.migrations.render;

import com.juragpt.auditor.migrations.api.Review;
import java.util.LinkedHashMap;
import java.util.Map;

/** The files of a {@link Review}. */
public final class ReviewFiles {

    private ReviewFiles() {
    }

    /** The name of each file and what is in it, in the order in which they are read; none if nothing is pending. */
    public static Map<String, String> of(Review review) {
        Map<String, String> files = new LinkedHashMap<>();
        if (!review.changesets().isEmpty()) {
            files.put("review.html", ReviewHtml.of(review));
            files.put("review.json", ReviewJson.of(review));
            files.put("update.sql", ReviewSql.update(review));
            files.put("rollback.sql", ReviewSql.rollback(review));
        }
        return files;
    }
}
