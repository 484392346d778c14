package com.juragpt.auditor.migrations.review;

import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.Review.Point;
import com.juragpt.auditor.migrations.changelog.Changelog;
import com.juragpt.auditor.migrations.changelog.History;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import liquibase.ChecksumVersion;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;

/**
 * The rows of a history as a review knows them: what ran, in which order, with which checksum and outcome. Neither times nor
 * deployments are part of it, nor tags: the point before a deployment is tagged after the review.
 */
final class ReviewedState {

    // In SQL chr(31) and chr(30), as ReviewSql writes it.
    private static final char FIELD = '\u001F';
    private static final String ROW = "\u001E";

    /**
     * @param stored the checksum in the database; empty for none
     * @param current the checksum by this version of Liquibase, where the row has that of an older one
     */
    private record Row(String id, String author, String file, String stored, String current, String outcome) {

        private String text(String checksum) {
            return id + FIELD + author + FIELD + file + FIELD + checksum + FIELD + outcome;
        }
    }

    private final List<Row> rows;

    private ReviewedState(List<Row> rows) {
        this.rows = rows;
    }

    /** The state of a database. */
    static ReviewedState of(List<RanChangeSet> history, Changelog changelog) {
        return new ReviewedState(history.stream().filter(row -> !History.isInternal(row))
                .sorted(Comparator.comparing(RanChangeSet::getOrderExecuted).thenComparing(RanChangeSet::getId))
                .map(row -> new Row(row.getId(), row.getAuthor(), row.getStoredChangeLog(),
                        row.getLastCheckSum() == null ? "" : row.getLastCheckSum().toString(), currentChecksum(row, changelog),
                        row.getExecType().value))
                .toList());
    }

    // An update brings checksums up to date before it does anything else.
    private static String currentChecksum(RanChangeSet row, Changelog changelog) {
        if (row.getLastCheckSum() != null && row.getLastCheckSum().getVersion() == ChecksumVersion.latest().getVersion()) {
            return row.getLastCheckSum().toString();
        }
        return changelog.find(row).map(ReviewedState::checksum)
                .orElse(row.getLastCheckSum() == null ? "" : row.getLastCheckSum().toString());
    }

    /** The state of a database to which these changesets, and no others, were deployed. */
    static ReviewedState asOf(List<ChangeSet> deployed) {
        ReviewedState state = new ReviewedState(List.of());
        for (ChangeSet changeset : deployed) {
            state = state.after(changeset, Outcome.EXECUTED);
        }
        return state;
    }

    /** The state after a changeset with that outcome. */
    ReviewedState after(ChangeSet changeset, Outcome outcome) {
        if (outcome == Outcome.SKIPPED) {
            return this;
        }
        List<Row> more = new ArrayList<>(rows);
        if (outcome == Outcome.RERAN) {
            // Its row moves to the end.
            more.removeIf(row -> row.id().equals(changeset.getId()) && row.author().equals(changeset.getAuthor())
                    && row.file().equals(changeset.getFilePath()));
        }
        String checksum = checksum(changeset);
        more.add(new Row(changeset.getId(), changeset.getAuthor(), changeset.getFilePath(), checksum, checksum, outcome.name()));
        return new ReviewedState(more);
    }

    static String checksum(ChangeSet changeset) {
        return changeset.generateCheckSum(ChecksumVersion.latest()).toString();
    }

    /** Its rows as they are in the database, which is what a script can compute. */
    Point point() {
        return new Point(rows.size(), fingerprint(rows.stream().map(row -> row.text(row.stored())).toList()));
    }

    /** Its rows as every version of Liquibase's checksums gives them. */
    String fingerprint() {
        return fingerprint(rows.stream().map(row -> row.text(row.current())).toList());
    }

    private static String fingerprint(List<String> texts) {
        return Fingerprint.of(String.join(ROW, texts));
    }
}
