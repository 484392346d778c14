package com.juragpt.auditor.migrations.render;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.Review;
import com.juragpt.auditor.migrations.api.Review.Changeset;
import com.juragpt.auditor.migrations.api.Review.Point;
import com.juragpt.auditor.migrations.api.Review.Script;
import com.juragpt.auditor.migrations.api.Review.Way;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A {@link Review} as scripts for {@code psql}. Each is one transaction, which stops before anything unless the database is in the
 * reviewed state and nobody else deploys. What has to run outside of transactions splits it.
 */
public final class ReviewSql {

    private static final String INTERNAL = "liquibase-internal";
    private static final String RULE = "-- " + "-".repeat(97);

    private final Review review;
    private final Script script;
    private final boolean back;
    private final StringBuilder text = new StringBuilder();

    private ReviewSql(Review review, boolean back) {
        this.review = review;
        script = review.script();
        this.back = back;
    }

    /** The script that deploys; ends with a line feed. */
    public static String update(Review review) {
        return new ReviewSql(review, false).write();
    }

    /** The script that undoes what the other has deployed; ends with a line feed. */
    public static String rollback(Review review) {
        return new ReviewSql(review, true).write();
    }

    private String write() {
        List<Changeset> order = new ArrayList<>(review.changesets());
        if (back) {
            Collections.reverse(order);
        }
        boolean splits = order.stream().anyMatch(changeset -> way(changeset).outside());
        header(order, splits);
        if (splits) {
            line("\\set ON_ERROR_STOP on");
            comment("The lock for the whole script; it also ends with the session.");
            line("DO $review$ BEGIN");
            line("  IF NOT pg_try_advisory_lock(" + script.lock() + ") THEN");
            stop("another deployment is under way", "wait for it, then run the script again");
            line("  END IF;");
            line("END $review$;");
            if (script.searchPath() != null) {
                line("SET search_path = " + script.searchPath() + ";");
            }
            line("");
        }
        List<Changeset> done = new ArrayList<>();
        Point point = back ? end() : review.state().point();
        begin(point, true);
        List<Changeset> recorded = new ArrayList<>();
        for (Changeset changeset : order) {
            if (way(changeset).outside()) {
                history(recorded);
                commit();
                recorded.clear();
                point = pointBeside(done);
                changeset(changeset);
                begin(point, false);
            } else {
                changeset(changeset);
            }
            recorded.add(changeset);
            done.add(changeset);
        }
        history(recorded);
        commit();
        if (splits) {
            if (script.searchPath() != null) {
                line("RESET search_path;");
            }
            line("SELECT pg_advisory_unlock(" + script.lock() + ");");
        }
        return text.toString();
    }

    private Way way(Changeset changeset) {
        return back ? changeset.down() : changeset.up();
    }

    private Point end() {
        List<Changeset> all = review.changesets();
        return all.isEmpty() ? review.state().point() : all.get(all.size() - 1).after();
    }

    /** The history when these are done, the newest of which comes last. */
    private Point pointBeside(List<Changeset> done) {
        if (!back) {
            return done.isEmpty() ? review.state().point() : done.get(done.size() - 1).after();
        }
        int left = review.changesets().size() - done.size();
        return left == 0 ? review.state().point() : review.changesets().get(left - 1).after();
    }

    private void header(List<Changeset> order, boolean splits) {
        String place = review.database() == null ? "a PostgreSQL" : review.database();
        String from = review.state().revision() == null ? "before the first revision" : "revision " + review.state().revision();
        String to = review.revisionAfter() == null ? "" : " to revision " + review.revisionAfter();
        comment((back ? "Undoes the update of " : "Updates ") + place + " from " + from + to + ": "
                + Wording.changesets(order.size()) + (back ? ", newest first" : ""));
        comment("review " + review.digest());
        comment("run it by: psql -v ON_ERROR_STOP=1 -f " + (back ? "rollback.sql" : "update.sql"));
        if (splits) {
            comment("It is more than one transaction, because of: " + String.join(", ",
                    order.stream().filter(changeset -> way(changeset).outside()).map(Changeset::id).toList())
                    + ". If it stops in between, mvn migrations:status shows where, and mvn migrations:"
                    + (back ? "rollback-to-tag" : "update") + " goes on.");
        }
        for (DataLoss loss : order.stream().flatMap(changeset -> way(changeset).realLosses().stream()).toList()) {
            comment(loss.changeset() + ": " + inWords(loss, true));
        }
        if (back) {
            comment("Counts are those of the review: what is written afterwards goes as well.");
        }
        if (order.stream().flatMap(changeset -> way(changeset).sql().stream()).anyMatch(VisibleText::hides)) {
            comment("BEWARE: statements below hold characters that cannot be seen or that turn the direction of the text.");
        }
        line("");
    }

    private void begin(Point point, boolean first) {
        List<String> obstacles = back ? review.rollbackObstacles() : review.updateObstacles();
        line("BEGIN;");
        long timeout = script.lockTimeout().toMillis();
        line("SET LOCAL lock_timeout = '" + (timeout % 1000 == 0 ? timeout / 1000 + "s" : timeout + "ms") + "';");
        if (script.searchPath() != null) {
            line("SET LOCAL search_path = " + script.searchPath() + ";");
        }
        line("");
        if (!obstacles.isEmpty() && first) {
            obstacles(obstacles);
        }
        boolean hasHistory = script.hasHistory() || back || !first;
        comment("Stops here unless nobody else deploys and the database is in the reviewed state.");
        line("DO $review$");
        line("DECLARE");
        line("  found text;");
        line("BEGIN");
        line("  IF NOT pg_try_advisory_xact_lock(" + script.lock() + ") THEN");
        stop("another deployment is under way", "wait for it, then run the script again");
        line("  END IF;");
        if (!hasHistory) {
            line("  IF to_regclass(" + quoted(script.historyTable()) + ") IS NOT NULL THEN");
            stop("the database has a history by now, and had none when it was reviewed", "mvn migrations:review again");
            line("  END IF;");
        }
        if (script.hasLockTable() || back || !first) {
            line("  IF (SELECT locked AND coalesce(lockedby, '') NOT LIKE 'advisory lock, %'");
            line("        FROM " + script.lockTable() + " WHERE id = 1 FOR UPDATE) THEN");
            stop("a Liquibase without this module's lock is deploying",
                    "wait for it, or mvn liquibase:releaseLocks if it is dead");
            line("  END IF;");
        }
        if (hasHistory) {
            line("  SELECT count(*) || ' ' || encode(sha256(convert_to(coalesce(string_agg(concat_ws(chr(31), id, author,");
            line("           filename, coalesce(md5sum, ''), exectype), chr(30) ORDER BY orderexecuted, id COLLATE \"C\"), ''),");
            line("           'UTF8')), 'hex')");
            line("    INTO found FROM " + script.historyTable() + " WHERE filename <> '" + INTERNAL + "';");
            line("  IF found <> '" + point.rows() + " " + point.fingerprint() + "' THEN");
            stop("the database is no longer in the reviewed state", "mvn migrations:review again");
            line("  END IF;");
        }
        line("END");
        line("$review$;");
        line("");
        if (!back && first && !script.bookkeeping().isEmpty()) {
            comment("Liquibase's own tables");
            script.bookkeeping().forEach(sql -> line(FoldedSql.ended(sql)));
            line("");
        }
    }

    private void obstacles(List<String> obstacles) {
        comment("FOR READING ONLY: no script can do this" + (back ? ":" : ", but mvn migrations:update -Dmigrations.reviewed="
                + review.digest() + ":"));
        obstacles.forEach(obstacle -> comment("  " + obstacle));
        line("DO $review$ BEGIN");
        stop("this script is for reading only", "its first lines say why");
        line("END $review$;");
        line("");
    }

    private void stop(String why, String help) {
        line("    RAISE EXCEPTION 'Nothing was changed by this transaction: " + why.replace("'", "''") + "'");
        line("      USING HINT = '" + help.replace("'", "''") + "';");
    }

    private void changeset(Changeset changeset) {
        Way way = way(changeset);
        line(RULE);
        comment("changeset " + changeset.id() + " (" + changeset.file() + ")");
        if (!changeset.record().comments().isBlank()) {
            comment(changeset.record().comments());
        }
        way.losses().forEach(loss -> comment(inWords(loss, false)));
        way.obstacles().forEach(this::comment);
        if (!changeset.outcome().ran()) {
            comment(changeset.outcome() == Outcome.SKIPPED ? "skipped by its precondition" : back
                    ? "was only marked as run, so only its row is deleted" : "its precondition lets it only be marked as run");
            line("");
            return;
        }
        if (way.outside()) {
            comment("outside of transactions");
        }
        if (way.sql().isEmpty()) {
            comment("nothing to run");
        }
        way.sql().forEach(sql -> {
            if (way.describes(sql)) {
                comment(sql);
            } else {
                line(FoldedSql.ended(sql));
            }
        });
        line("");
    }

    private String inWords(DataLoss loss, boolean withStatement) {
        if (loss.kind() == DataLoss.Kind.UNKNOWN) {
            return (review.database() == null ? "may delete data, which is not counted without a database"
                    : "its effect on data cannot be foreseen")
                    + (withStatement ? ": " + Wording.beginning(loss.statement()) : "");
        }
        if (!loss.isReal()) {
            return loss.effect() + (back ? ", and whatever is in it by then" : "");
        }
        return Wording.verb(loss).toUpperCase(Locale.ROOT) + " DATA"
                + (back && review.isNew(loss) ? " that the update itself wrote: " : ": ") + loss.effect();
    }

    private void history(List<Changeset> recorded) {
        List<Changeset> rows = recorded.stream().filter(changeset -> changeset.outcome() != Outcome.SKIPPED).toList();
        if (rows.isEmpty()) {
            return;
        }
        line(RULE);
        comment("history");
        if (back) {
            line("WITH undone AS (");
            line("    DELETE FROM " + script.historyTable() + " WHERE (id, author, filename) IN (" + identities(rows) + ")");
            line("    RETURNING orderexecuted)");
            line("DELETE FROM " + script.historyTable() + " WHERE filename = '" + INTERNAL + "'");
            line("   AND orderexecuted > (SELECT min(orderexecuted) FROM undone);");
        } else {
            List<Changeset> added = new ArrayList<>();
            for (Changeset row : rows) {
                if (row.outcome() == Outcome.RERAN) {
                    add(added);
                    added.clear();
                    move(row);
                } else {
                    added.add(row);
                }
            }
            add(added);
        }
        line("");
    }

    private static String identities(List<Changeset> rows) {
        return String.join(",", rows.stream().map(row -> "\n        (" + quoted(row.id()) + ", " + quoted(row.author()) + ", "
                + quoted(row.file()) + ")").toList());
    }

    private void add(List<Changeset> rows) {
        if (rows.isEmpty()) {
            return;
        }
        line("INSERT INTO " + script.historyTable() + " (dateexecuted, orderexecuted, liquibase, deployment_id,");
        line("            exectype, id, author, filename, md5sum, description, comments, contexts, labels, tag)");
        line("SELECT now(), (SELECT coalesce(max(orderexecuted), 0) FROM " + script.historyTable() + ") + n, "
                + quoted(script.liquibase()) + ", " + quoted(script.deployment()) + ",");
        line("            exectype, id, author, filename, md5sum, description, comments, contexts, labels, tag");
        line("  FROM (VALUES");
        for (int i = 0; i < rows.size(); i++) {
            Changeset row = rows.get(i);
            Review.Record more = row.record();
            line("    (" + (i + 1) + ", " + String.join(", ", Stream.of(row.outcome().name(), row.id(), row.author(), row.file(),
                    row.checksum(), more.description(), more.comments(), more.contexts(), more.labels(), more.tag())
                    .map(ReviewSql::quoted).toList()) + ")" + (i + 1 < rows.size() ? "," : ""));
        }
        line("  ) AS row (n, exectype, id, author, filename, md5sum, description, comments, contexts, labels, tag);");
    }

    /** The row of a changeset that ran before moves to the end. */
    private void move(Changeset row) {
        Review.Record more = row.record();
        line("UPDATE " + script.historyTable() + " SET dateexecuted = now(), exectype = 'RERAN',");
        line("       orderexecuted = (SELECT max(orderexecuted) + 1 FROM " + script.historyTable() + "),");
        line("       liquibase = " + quoted(script.liquibase()) + ", deployment_id = " + quoted(script.deployment()) + ",");
        line("       md5sum = " + quoted(row.checksum()) + ", description = " + quoted(more.description()) + ",");
        line("       comments = " + quoted(more.comments()) + ", contexts = " + quoted(more.contexts()) + ", labels = "
                + quoted(more.labels()) + (more.tag() == null ? "" : ", tag = " + quoted(more.tag())));
        line(" WHERE id = " + quoted(row.id()) + " AND author = " + quoted(row.author()) + " AND filename = "
                + quoted(row.file()) + ";");
    }

    /** A literal, whatever {@code standard_conforming_strings} is. */
    private static String quoted(String value) {
        if (value == null) {
            return "NULL";
        }
        String doubled = value.replace("'", "''");
        return doubled.contains("\\") ? "E'" + doubled.replace("\\", "\\\\") + "'" : "'" + doubled + "'";
    }

    private void commit() {
        line("COMMIT;");
        line("");
    }

    private void comment(String what) {
        line("-- " + VisibleText.line(what));
    }

    private void line(String what) {
        text.append(what).append('\n');
    }
}
