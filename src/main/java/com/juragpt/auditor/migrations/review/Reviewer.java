package com.juragpt.auditor.migrations.review;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.Review;
import com.juragpt.auditor.migrations.changelog.Changelog;
import com.juragpt.auditor.migrations.changelog.ChangesetSql;
import com.juragpt.auditor.migrations.changelog.History;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Sql;
import com.juragpt.auditor.migrations.lock.AdvisoryLock;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;
import liquibase.exception.LiquibaseException;
import liquibase.sqlgenerator.core.MarkChangeSetRanGenerator;
import liquibase.util.StringUtil;

/** Reads what a deployment would do, and changes nothing. */
public final class Reviewer {

    // Longer ones are cut when they are recorded.
    private static final int RECORDED = 250;

    // As the session resolves it for its role, because the script may be run by another one.
    private static final String PATH = "SELECT string_agg(quote_ident(name), ', ' ORDER BY position)"
            + " FROM unnest(current_schemas(false)) WITH ORDINALITY AS path (name, position)";

    private final MigrationContext context;
    private final Changelog changelog;
    private final Rehearsed rehearsed;

    /** @param context in a transaction that can only read and that survives a failing statement; or without a database */
    public Reviewer(MigrationContext context) throws SQLException {
        this(context, null);
    }

    /** @param rehearsed of the changesets that {@link #pending} is about to find; null for none */
    public Reviewer(MigrationContext context, Rehearsed rehearsed) throws SQLException {
        PostgresOnly.require("review", context);
        this.context = context;
        this.rehearsed = rehearsed;
        changelog = context.changelog();
    }

    /**
     * What is pending in the database.
     *
     * @param target the revision to end at; null for all that is pending
     * @throws MigrationException {@link Problem#UNKNOWN_REVISION}, {@link Problem#CHANGED_CHANGESET},
     *     {@link Problem#REVIEW_OUTDATED} if other changesets were rehearsed
     */
    public Review pending(String target) throws LiquibaseException, SQLException {
        List<RanChangeSet> history = context.history().rows();
        changelog.requireUnedited(history, context.databaseName());
        List<ChangeSet> pending = changelog.pending();
        List<ChangeSet> chosen = target == null ? pending
                : pending.subList(0, changelog.countUpTo(known(target, changelog.reachableRevisions()), pending));
        requireRehearsed(chosen);
        Set<String> ran = history.stream().map(RanChangeSet::toString).collect(Collectors.toSet());
        return review(ReviewedState.of(history, changelog), History.revision(changelog, history).orElse(null), target, chosen,
                ran);
    }

    /**
     * What leads from one revision to another, without a database.
     *
     * @param from the revision that a database is said to be at; null for an empty database
     * @param target the revision to end at; null for the end of the changelog
     * @throws MigrationException {@link Problem#UNKNOWN_REVISION}
     */
    public Review between(String from, String target) throws LiquibaseException, SQLException {
        List<ChangeSet> all = changelog.changesets().stream().filter(changelog::isIncluded).toList();
        List<String> revisions = changelog.reachableRevisions();
        int first = from == null ? 0 : changelog.countUpTo(known(from, revisions), all);
        int end = target == null ? all.size() : changelog.countUpTo(known(target, revisions), all);
        return review(ReviewedState.asOf(all.subList(0, first)), from, target, all.subList(first, Math.max(first, end)),
                Set.of());
    }

    private void requireRehearsed(List<ChangeSet> chosen) {
        if (rehearsed != null && !rehearsed.report().steps().stream().map(RehearsalReport.Step::id).toList()
                .equals(chosen.stream().map(ChangeSet::getId).toList())) {
            throw Diagnosis.of(Problem.REVIEW_OUTDATED, "Cannot review " + context.databaseName()
                    + ": it was deployed to or rolled back between the rehearsal and the review")
                    .help("mvn migrations:review again");
        }
    }

    private static String known(String revision, List<String> revisions) {
        if (!revisions.contains(revision)) {
            throw Diagnosis.of(Problem.UNKNOWN_REVISION, "Cannot review: no revision '" + revision + "' in the changelog")
                    .line("revisions, in order: " + (revisions.isEmpty() ? "none" : String.join(", ", revisions)))
                    .help("a changeset with tagDatabase ends a revision");
        }
        return revision;
    }

    private Review review(ReviewedState state, String revision, String target, List<ChangeSet> chosen, Set<String> ran)
            throws LiquibaseException, SQLException {
        List<ReviewedSql> sql = chosen.stream().map(changeset -> ReviewedSql.of(changeset, context)).toList();
        ReviewDigest digest = ReviewDigest.of(state, chosen, sql);
        List<Review.Changeset> changesets = new ArrayList<>();
        ReviewedState point = state;
        boolean first = true;
        for (int i = 0; i < chosen.size(); i++) {
            ChangeSet changeset = chosen.get(i);
            Prospect prospect = rehearsed != null ? new Prospect(rehearsed.outcome(i), null)
                    : Prospect.of(changeset, context, first, ran.contains(changeset.toNormalizedString()));
            point = point.after(changeset, prospect.outcome());
            changesets.add(changeset(changeset, sql.get(i), prospect, point));
            first &= prospect.outcome() == Outcome.SKIPPED;
        }
        changesets = rehearsed != null ? rehearsed.measured(changesets) : withLosses(changesets, chosen, sql);
        List<Review.Table> tables = ReviewedTables.of(changesets, context);
        String server = null;
        if (!context.isOffline()) {
            DatabaseMetaData about = context.connection().getMetaData();
            server = about.getDatabaseProductName() + " " + about.getDatabaseProductVersion();
        }
        return new Review(context.isOffline() ? null : context.databaseName(), server,
                new Review.State(revision, state.point()), target, digest.toString(), script(digest, state),
                List.copyOf(changesets),
                rehearsed != null ? rehearsed.changed(tables) : tables, rehearsed != null ? rehearsed.report() : null, List.of());
    }

    private Review.Script script(ReviewDigest digest, ReviewedState state) throws SQLException {
        BookkeepingSql bookkeeping = BookkeepingSql.of(context, state.point().rows() > 0);
        return new Review.Script(context.isOffline() ? null : Sql.text(context.connection(), PATH),
                context.options().limits().lockTimeout(), bookkeeping.history(), bookkeeping.lock(), bookkeeping.hasHistory(),
                bookkeeping.hasLock(), bookkeeping.missing(), digest.deployment(),
                MarkChangeSetRanGenerator.getLiquibaseBuildVersion(), AdvisoryLock.KEY);
    }

    private Review.Changeset changeset(ChangeSet changeset, ReviewedSql sql, Prospect prospect, ReviewedState after) {
        List<String> upObstacles = new ArrayList<>(sql.upObstacles(changeset, context.database()));
        Optional.ofNullable(prospect.doubt()).ifPresent(upObstacles::add);
        List<String> downObstacles = new ArrayList<>(sql.downObstacles());
        if (prospect.outcome() == Outcome.RERAN) {
            downObstacles.add("ran before, and what it was then is not recorded");
        } else if (!changelog.isAlone(changeset)) {
            downObstacles.add("another changeset has the same id, author and file");
        }
        boolean runs = prospect.outcome().ran();
        Review.Record row = new Review.Record(StringUtil.limitSize(changeset.getDescription(), RECORDED),
                StringUtil.limitSize(changeset.getComments() == null ? "" : changeset.getComments().trim(), RECORDED),
                changeset.buildFullContext(),
                changeset.buildFullLabels(), Changelog.tagOf(changeset).orElse(null));
        boolean down = runs && !changeset.isRunInTransaction() && ChangesetSql.cannotRunInTransaction(sql.downSql());
        return new Review.Changeset(changeset.getId(), changeset.getAuthor(), changeset.getFilePath(),
                ReviewedState.checksum(changeset), prospect.outcome(), row,
                new Review.Way(sql.upSql(), runs && !changeset.isRunInTransaction(), List.of(), List.copyOf(upObstacles)),
                new Review.Way(sql.downSql(), down, List.of(), runs ? List.copyOf(downObstacles) : List.of()), after.point());
    }

    private List<Review.Changeset> withLosses(List<Review.Changeset> changesets, List<ChangeSet> chosen, List<ReviewedSql> sql)
            throws LiquibaseException, SQLException {
        ReviewedLosses losses = new ReviewedLosses(context);
        List<List<DataLoss>> ups = new ArrayList<>();
        for (int i = 0; i < chosen.size(); i++) {
            boolean runs = changesets.get(i).outcome().ran();
            ups.add(runs ? losses.of(chosen.get(i), sql.get(i).up()) : List.of());
        }
        List<Review.Changeset> complete = new ArrayList<>();
        for (int i = chosen.size() - 1; i >= 0; i--) {
            Review.Changeset one = changesets.get(i);
            boolean undone = one.outcome().ran() && sql.get(i).down() != null;
            complete.add(0, one.with(one.up().withLosses(ups.get(i)),
                    one.down().withLosses(undone ? losses.of(chosen.get(i), sql.get(i).down()) : List.of())));
        }
        return complete;
    }
}
