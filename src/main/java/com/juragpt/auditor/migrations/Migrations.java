package com.juragpt.auditor.migrations;

import com.juragpt.auditor.migrations.api.AdoptionResult;
import com.juragpt.auditor.migrations.api.CheckReport;
import com.juragpt.auditor.migrations.api.DriftReport;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.RestoreResult;
import com.juragpt.auditor.migrations.api.Review;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.api.RollbackResult;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.api.TagResult;
import com.juragpt.auditor.migrations.api.UpdateResult;
import com.juragpt.auditor.migrations.archive.Archives;
import com.juragpt.auditor.migrations.archive.Restoration;
import com.juragpt.auditor.migrations.changelog.LiquibaseScope;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.changelog.RelativeRevision;
import com.juragpt.auditor.migrations.changelog.StatusReader;
import com.juragpt.auditor.migrations.changelog.Tagging;
import com.juragpt.auditor.migrations.check.ChangelogCheck;
import com.juragpt.auditor.migrations.connection.AccessFailures;
import com.juragpt.auditor.migrations.connection.ConnectionSource;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.connection.OpenConnection;
import com.juragpt.auditor.migrations.connection.ReadOnlyTransaction;
import com.juragpt.auditor.migrations.connection.SessionSettings;
import com.juragpt.auditor.migrations.connection.SqlFunction;
import com.juragpt.auditor.migrations.connection.Stopwatch;
import com.juragpt.auditor.migrations.current.KnownState;
import com.juragpt.auditor.migrations.current.Notes;
import com.juragpt.auditor.migrations.database.DatabaseUrl;
import com.juragpt.auditor.migrations.deploy.Deployment;
import com.juragpt.auditor.migrations.deploy.Deployments;
import com.juragpt.auditor.migrations.deploy.Update;
import com.juragpt.auditor.migrations.rehearse.Adoption;
import com.juragpt.auditor.migrations.rehearse.DrawnSequences;
import com.juragpt.auditor.migrations.rehearse.Drift;
import com.juragpt.auditor.migrations.rehearse.Rehearsal;
import com.juragpt.auditor.migrations.rehearse.Scratch;
import com.juragpt.auditor.migrations.review.Rehearsed;
import com.juragpt.auditor.migrations.review.ReviewDigest;
import com.juragpt.auditor.migrations.review.Reviewer;
import com.juragpt.auditor.migrations.rollback.Rollback;
import com.juragpt.auditor.migrations.rollback.RollbackPlanner;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import liquibase.exception.LiquibaseException;

/**
 * The schema of one database: reads its state, updates it, tags it, rolls it back and restores
 * what a rollback has archived.
 *
 * <p>Every method opens what it needs and closes it again; an instance may be used by several threads. Every refusal and
 * every failure is a {@link MigrationException}, whose message says whether anything was changed. Where the role, its search path
 * or a server that only reads is the reason ({@link Problem#MISSING_PRIVILEGE}, {@link Problem#MISSING_SCHEMA},
 * {@link Problem#READ_ONLY_DATABASE}), it names the object and the statement that helps.
 */
public final class Migrations {

    private final ConnectionSource source;
    private final MigrationOptions options;

    private Migrations(ConnectionSource source, MigrationOptions options) {
        this.source = ConnectionSource.of(source);
        this.options = Objects.requireNonNull(options);
    }

    /**
     * @param dataSource gives a new connection at each call, two at a time; a pooler may be in between, but for changesets outside
     *     of transactions
     * @param options how to work
     */
    public static Migrations of(DataSource dataSource, MigrationOptions options) {
        return new Migrations(dataSource::getConnection, options);
    }

    /**
     * @param url the database
     * @param options how to work
     */
    public static Migrations of(DatabaseUrl url, MigrationOptions options) {
        return new Migrations(url::connect, options);
    }

    /**
     * Looks for mistakes in the changelog's files that Liquibase does not mention, and for broken conventions. Asks no database.
     *
     * @param options of which the changelog and {@link MigrationOptions#check()} matter
     * @return every finding with its file, its line and the repair
     */
    public static CheckReport check(MigrationOptions options) {
        return LiquibaseScope.calling(options, () -> ChangelogCheck.of(options));
    }

    /**
     * Reads which changesets of the changelog the database has. Writes nothing, not even Liquibase's tables, and needs only
     * SELECT.
     *
     * @throws MigrationException {@link Problem#CANNOT_CONNECT}, {@link Problem#INVALID_CHANGELOG},
     *     {@link Problem#MISSING_PRIVILEGE}, {@link Problem#MISSING_SCHEMA}, {@link Problem#DATABASE_ERROR}
     */
    public Status status() {
        return calling(() -> inReadOnlyTransaction(transaction -> {
            KnownState memory = KnownState.of(transaction, options);
            Optional<Status> known = memory.find();
            if (known.isPresent()) {
                return known.get().withArchives(Archives.on(transaction.own()));
            }
            return inContext(transaction, context -> {
                Status status = new StatusReader(context).read();
                memory.keep(context, status);
                return status.withArchives(new Archives(context).list());
            });
        }));
    }

    /**
     * Requires that the database has every changeset of this changelog, as it stands there; it may have more.
     *
     * @throws MigrationException {@link Problem#NOT_CURRENT}, {@link Problem#CHANGED_CHANGESET}, and as {@link #status()}
     */
    public void requireCurrent() {
        status().requireNothingPending();
    }

    /**
     * Runs every pending changeset, as one transaction on PostgreSQL.
     *
     * @throws MigrationException {@link Problem#UNSOUND_CHANGELOG}, {@link Problem#CHANGESET_FAILED},
     *     {@link Problem#CHANGED_CHANGESET}, {@link Problem#LOCKED}, {@link Problem#LOCK_TIMEOUT},
     *     {@link Problem#POOLED_CONNECTION}, {@link Problem#REVIEW_OUTDATED} and {@link Problem#POSTGRESQL_ONLY} with
     *     {@link MigrationOptions#withReviewed}, and as {@link #status()}
     */
    public UpdateResult update() {
        Optional<Notes> notes = options.reviewed() != null ? Optional.empty() : Notes.of(options).filter(Notes::areThere);
        return notes.isPresent() ? update(notes.get()) : calling(() -> {
            checkBeforeUpdate();
            if (options.reviewed() != null || !KnownState.isAnythingOf(options)) {
                return updating(source, Update::toHead, true);
            }
            try (OpenConnection connection = new OpenConnection(source)) {
                Optional<UpdateResult> nothing = nothingToDeploy(connection.first());
                return nothing.isPresent() ? nothing.get() : updating(connection, Update::toHead, true);
            }
        });
    }

    /** Before there is a Liquibase scope, as a JVM that has to load its classes spends most of its time with that. */
    private UpdateResult update(Notes notes) {
        try (OpenConnection connection = new OpenConnection(source)) {
            Optional<UpdateResult> nothing = notes.nothingToDeploy(connection.first());
            return nothing.isPresent() ? nothing.get().withArchives(Archives.namesOn(connection.first())) : calling(() -> {
                checkBeforeUpdate();
                return updating(connection, Update::toHead, true);
            });
        } catch (SQLException e) {
            throw AccessFailures.explain(Failures.explain(e), source);
        }
    }

    // Among the conventions are some about files that no changeset stands in, which an update would pass by.
    private void checkBeforeUpdate() {
        if (isCheckedWhole()) {
            ChangelogCheck.of(options).harmful().requireNone("Nothing was deployed, for the changelog does not pass its check");
        }
    }

    private boolean isCheckedWhole() {
        return options.check().beforehand() && !options.check().conventions().isEmpty();
    }

    /** What an update says of a database that is known to have everything, if it is. */
    private Optional<UpdateResult> nothingToDeploy(Connection connection) throws SQLException {
        Stopwatch time = Stopwatch.start();
        try (ReadOnlyTransaction transaction = new ReadOnlyTransaction(connection)) {
            Optional<Status> known = KnownState.of(transaction, options).findUpdated();
            if (known.isEmpty()) {
                return Optional.empty();
            }
            UpdateResult nothing = UpdateResult.ofNothingPending(known.get().database(), known.get().revision(), time.elapsed());
            return Optional.of(nothing.withArchives(Archives.namesOn(transaction.own())));
        }
    }

    /**
     * Runs the pending changesets up to and including the one that sets the revision's tag.
     *
     * @param revision a tag that the changelog sets; or {@code +1} for the revision after the present one, {@code +2} and so on
     * @throws MigrationException {@link Problem#UNKNOWN_REVISION}, {@link Problem#COUNT_OUT_OF_RANGE}, and as {@link #update()}
     */
    public UpdateResult updateTo(String revision) {
        Objects.requireNonNull(revision);
        // Once, before the first attempt: a later one may begin at another revision.
        String absolute = reading(context -> new RelativeRevision(context).after(revision));
        return updating(update -> update.to(absolute));
    }

    /**
     * Runs the next pending changesets.
     *
     * @param count how many changesets, at least one and no more than are pending
     * @throws MigrationException {@link Problem#COUNT_OUT_OF_RANGE}, and as {@link #update()}
     */
    public UpdateResult updateBy(int count) {
        return updating(update -> update.by(count));
    }

    private UpdateResult updating(SqlFunction<Update, UpdateResult> work) {
        return calling(() -> updating(source, work, !isCheckedWhole()));
    }

    /** @param sound whether the whole changelog has passed its check, or no check of the whole is asked for */
    private UpdateResult updating(ConnectionSource from, SqlFunction<Update, UpdateResult> work, boolean sound)
            throws LiquibaseException, SQLException {
        Update.Earlier earlier = new Update.Earlier();
        return write(from, "update", (deployment, context) -> {
            // A changeset may leave the session as somebody else's.
            KnownState memory = KnownState.of(context, options);
            Update update = new Update(deployment, context, earlier, chosen -> {
                if (options.reviewed() != null) {
                    ReviewDigest.require(options.reviewed(), chosen, context);
                }
            });
            UpdateResult result = work.apply(update).withArchives(new Archives(context).names());
            // After a split its transaction has an end of its own, which nothing may make fail.
            if (deployment.kept().isEmpty()) {
                memory.keepUpdated(context, sound);
            }
            return result;
        });
    }

    /**
     * Tags the present point of the history, so that a rollback can return to it.
     *
     * @param tag a new name; one point may have several
     * @throws MigrationException {@link Problem#INVALID_TAG}, {@link Problem#TAG_EXISTS}, {@link Problem#TAG_RESERVED}
     */
    public TagResult tag(String tag) {
        return writing("tag", (deployment, context) -> new Tagging(context).tag(tag));
    }

    /**
     * Plans a rollback to a tag; changes nothing.
     *
     * @param tag a tag in the history; or {@code -1} for the revision before the present one, {@code -2} and so on
     * @return the changesets that would be rolled back, and the data that would be deleted
     * @throws MigrationException {@link Problem#UNKNOWN_TAG}, {@link Problem#AMBIGUOUS_TAG}, {@link Problem#MISSING_CHANGESET},
     *     {@link Problem#EXCLUDED_CHANGESET}, {@link Problem#CHANGED_CHANGESET}, {@link Problem#NO_ROLLBACK},
     *     {@link Problem#COUNT_OUT_OF_RANGE}
     */
    public RollbackPlan planRollbackTo(String tag) {
        Objects.requireNonNull(tag);
        return reading(context -> new RollbackPlanner(context).plan(new RelativeRevision(context).before(tag))
                .withArchives(new Archives(context).names()));
    }

    /**
     * Carries out a plan, as one transaction on PostgreSQL.
     *
     * @param plan from {@link #planRollbackTo}; planned again under the lock, and refused if anything but row counts differs
     * @throws MigrationException {@link Problem#DESTROYS_DATA}, {@link Problem#PLAN_OUTDATED},
     *     {@link Problem#ROLLBACK_INCOMPLETE}, {@link Problem#CHANGESET_FAILED}, {@link Problem#LOCKED},
     *     {@link Problem#LOCK_TIMEOUT}, {@link Problem#POOLED_CONNECTION}
     */
    public RollbackResult rollback(RollbackPlan plan) {
        Objects.requireNonNull(plan);
        Rollback rollback = new Rollback(plan);
        return writing("rollback", rollback::run);
    }

    /**
     * Puts what a rollback has archived back into its tables, as they are now, in one transaction. The archive goes when every row
     * is accounted for. PostgreSQL only.
     *
     * @param archive its name, as {@link RollbackResult#archiveSchema()} and {@link Status#archives()} have it
     * @throws MigrationException {@link Problem#UNKNOWN_ARCHIVE}, {@link Problem#UNREADABLE_ARCHIVE},
     *     {@link Problem#CANNOT_RESTORE}, {@link Problem#RESTORE_CONFLICT}, {@link Problem#LOCKED}, {@link Problem#LOCK_TIMEOUT}
     */
    public RestoreResult restore(String archive) {
        Objects.requireNonNull(archive);
        return writing("restore", (deployment, context) -> new Restoration(context, archive).run());
    }

    /**
     * Adopts a database that Alembic or a person has built, if its schema equals that of a revision; writes only the history.
     * A changelog without revisions is compared as a whole.
     *
     * @throws MigrationException {@link Problem#SCHEMA_DIFFERS} with every difference, {@link Problem#ALEMBIC_DISAGREES},
     *     {@link Problem#AMBIGUOUS_REVISION}, {@link Problem#ALREADY_MANAGED}, {@link Problem#NOTHING_TO_ADOPT},
     *     {@link Problem#MISSING_PRIVILEGE}
     */
    public AdoptionResult adopt() {
        return adopting(null);
    }

    /**
     * Adopts a database at the given revision, which is verified as far as the schema shows it.
     *
     * @param revision a tag that the changelog sets
     * @throws MigrationException {@link Problem#UNKNOWN_REVISION}, and as {@link #adopt()}
     */
    public AdoptionResult adoptAs(String revision) {
        return adopting(Objects.requireNonNull(revision));
    }

    private AdoptionResult adopting(String revision) {
        reading(context -> {
            new Adoption(context).refuseUnfit();
            return null;
        });
        Adoption.Built built = inEmptySchema(Adoption::build);
        // Before anything is written, for the sake of H2, and again under the lock.
        reading(context -> new Adoption(context).find(built, revision));
        return writing("adopt", (deployment, context) -> {
            Adoption adoption = new Adoption(context);
            adoption.refuseUnfit();
            return adoption.mark(built, adoption.find(built, revision));
        });
    }

    /**
     * Compares the live schema with what the applied changesets build: in a schema of its own, in a transaction that is rolled
     * back. A database that nobody has changed by hand has no differences.
     *
     * @throws MigrationException {@link Problem#MISSING_CHANGESET}, {@link Problem#CHANGED_CHANGESET},
     *     {@link Problem#EXCLUDED_CHANGESET}, {@link Problem#CHANGESET_FAILED}, {@link Problem#STATEMENT_TIMEOUT},
     *     {@link Problem#MISSING_PRIVILEGE}, and as {@link #status()}
     */
    public DriftReport drift() {
        Drift live = reading(Drift::read);
        return inEmptySchema(live::findIn);
    }

    /**
     * Applies the pending changesets to the live schema, rolls each back and applies it again; then everything is rolled back. It
     * takes the real locks while it runs. On H2 the whole changelog is rehearsed, in a private database in memory.
     *
     * @throws MigrationException {@link Problem#UNSOUND_CHANGELOG}, {@link Problem#CHANGESET_FAILED},
     *     {@link Problem#CHANGED_CHANGESET}, {@link Problem#LOCKED}, {@link Problem#LOCK_TIMEOUT},
     *     {@link Problem#STATEMENT_TIMEOUT}
     */
    public RehearsalReport rehearse() {
        checkBeforeRehearsal();
        if (!reading(MigrationContext::onPostgres)) {
            return fromBase();
        }
        return rehearsing((context, drawn) -> rehearseInPlace(context, drawn,
                scratch -> new Rehearsal(scratch, context.databaseName()).run()));
    }

    /**
     * Reads in full what a deployment would do: the SQL of every pending changeset and of its rollback, the data that each deletes,
     * the digest that stands for all of it, and unless the options say otherwise what {@link #check} finds in these changesets.
     * Writes nothing, not even Liquibase's tables. PostgreSQL only.
     *
     * @param request what to review
     * @throws MigrationException {@link Problem#POSTGRESQL_ONLY}, {@link Problem#UNKNOWN_REVISION},
     *     {@link Problem#CHANGED_CHANGESET}, and as {@link #status()}; with a rehearsal as {@link #rehearse()}, and
     *     {@link Problem#REVIEW_OUTDATED} if somebody deployed after it
     */
    public Review review(Review.Request request) {
        Objects.requireNonNull(request);
        Review review = reading(context -> new Reviewer(context).pending(revisionAfter(request.to(), context)));
        if (!request.rehearse() || review.changesets().isEmpty()) {
            return calling(() -> withFindings(review, options));
        }
        Rehearsed rehearsed = rehearsing((context, drawn) -> rehearseForReview(context, drawn, review.target()));
        Review complete = reading(context -> new Reviewer(context, rehearsed).pending(review.target()));
        return calling(() -> withFindings(complete, options));
    }

    private static String revisionAfter(String revision, MigrationContext context) throws LiquibaseException, SQLException {
        return revision == null ? null : new RelativeRevision(context).after(revision);
    }

    private static Review withFindings(Review review, MigrationOptions options) {
        return options.check().beforehand() ? review.withFindings(ChangelogCheck.withStalls(options)) : review;
    }

    /**
     * Reads what leads from one revision to another on PostgreSQL, without a database. A database that has exactly the changesets up
     * to {@code from} gives the same digest.
     *
     * @param options which changelog
     * @param from the revision to begin at; null for an empty database
     * @param to the revision to end at; null for the end of the changelog
     * @throws MigrationException {@link Problem#UNKNOWN_REVISION}, {@link Problem#INVALID_CHANGELOG}
     */
    public static Review reviewWithoutDatabase(MigrationOptions options, String from, String to) {
        return LiquibaseScope.calling(options, () -> {
            Review review;
            try (MigrationContext context = MigrationContext.offline(options)) {
                review = new Reviewer(context).between(from, to);
            }
            // With the imagined database in its scope, Liquibase would parse the changelog into a history file.
            return withFindings(review, options);
        });
    }

    private <T> T rehearsing(SqlBiFunction<T> work) {
        return calling(() -> {
            Set<String> drawn = new TreeSet<>();
            try (Deployment deployment = Deployments.beginRehearsal(source, options)) {
                return deployment.run(context -> work.apply(context, drawn));
            }
        });
    }

    private Rehearsed rehearseForReview(MigrationContext live, Set<String> drawn, String target)
            throws LiquibaseException, SQLException {
        AtomicReference<Rehearsal> done = new AtomicReference<>();
        RehearsalReport report = rehearseInPlace(live, drawn, scratch -> {
            done.set(new Rehearsal(scratch, live.databaseName()).forReview(target));
            return done.get().run();
        });
        return new Rehearsed(report, done.get().changes());
    }

    @FunctionalInterface
    private interface SqlBiFunction<T> {
        T apply(MigrationContext live, Set<String> drawn) throws LiquibaseException, SQLException;
    }

    /** @param drawn what earlier attempts drew of sequences; gets what this one draws */
    private RehearsalReport rehearseInPlace(MigrationContext live, Set<String> drawn,
            SqlFunction<Scratch, List<RehearsalReport.Step>> work) throws LiquibaseException, SQLException {
        Stopwatch time = Stopwatch.start();
        DrawnSequences sequences = new DrawnSequences(live.connection());
        try {
            List<RehearsalReport.Step> steps = Scratch.inPlace(live.connection(), options, work);
            drawn.addAll(sequences.names());
            return new RehearsalReport(live.databaseName(), RehearsalReport.Place.LIVE, steps, List.copyOf(drawn),
                    time.elapsed());
        } catch (MigrationException e) {
            throw sequences.namedIn(e, drawn);
        }
    }

    /**
     * Applies the whole changelog, rolls each changeset back and applies it again, in an empty schema that is rolled back. The
     * live schema is not touched.
     *
     * @throws MigrationException {@link Problem#UNSOUND_CHANGELOG}, {@link Problem#CHANGESET_FAILED},
     *     {@link Problem#STATEMENT_TIMEOUT}, {@link Problem#MISSING_PRIVILEGE}
     */
    public RehearsalReport rehearseFromBase() {
        checkBeforeRehearsal();
        return fromBase();
    }

    private RehearsalReport fromBase() {
        String name = reading(MigrationContext::databaseName);
        return inEmptySchema(scratch -> {
            Stopwatch time = Stopwatch.start();
            List<RehearsalReport.Step> steps = new Rehearsal(scratch, name).run();
            return new RehearsalReport(name, scratch.place(), steps, List.of(), time.elapsed());
        });
    }

    private void checkBeforeRehearsal() {
        if (options.check().beforehand()) {
            check(options).requireNone("Nothing was rehearsed, for the changelog does not pass its check");
        }
    }

    private <T> T inEmptySchema(SqlFunction<Scratch, T> work) {
        return calling(() -> Scratch.inEmptySchema(source, options, work));
    }

    private <T> T reading(SqlFunction<MigrationContext, T> work) {
        return calling(() -> inReadOnlyTransaction(transaction -> inContext(transaction, work)));
    }

    private <T> T inReadOnlyTransaction(SqlFunction<ReadOnlyTransaction, T> work) throws LiquibaseException, SQLException {
        try (Connection connection = source.connect(); ReadOnlyTransaction transaction = new ReadOnlyTransaction(connection)) {
            return work.apply(transaction);
        }
    }

    private <T> T inContext(ReadOnlyTransaction transaction, SqlFunction<MigrationContext, T> work)
            throws LiquibaseException, SQLException {
        try (MigrationContext context = MigrationContext.open(transaction.connection(), options)) {
            if (context.onPostgres()) {
                SessionSettings.setForReading(context.connection(), options.limits().lockTimeout());
            }
            // Liquibase learns that its tables are missing from a SELECT that fails.
            transaction.guard();
            return work.apply(context);
        }
    }

    @FunctionalInterface
    private interface Writing<T> {
        T write(Deployment deployment, MigrationContext context) throws LiquibaseException, SQLException;
    }

    private <T> T writing(String verb, Writing<T> work) {
        return calling(() -> write(source, verb, work));
    }

    private <T> T write(ConnectionSource from, String verb, Writing<T> work) throws LiquibaseException, SQLException {
        try (Deployment deployment = Deployments.begin(from, options, verb)) {
            return deployment.run(context -> work.write(deployment, context));
        }
    }

    /** One call of the API: in a Liquibase scope of its own, and with this module's exception for whatever goes wrong. */
    private <T> T calling(Callable<T> work) {
        try {
            return LiquibaseScope.calling(options, work);
        } catch (MigrationException e) {
            throw AccessFailures.explain(e, source);
        }
    }
}
