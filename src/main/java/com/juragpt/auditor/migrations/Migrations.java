package com.juragpt.auditor.migrations;

import com.juragpt.auditor.migrations.api.AdoptionResult;
import com.juragpt.auditor.migrations.api.Difference;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.api.RollbackResult;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.api.TagResult;
import com.juragpt.auditor.migrations.api.UpdateResult;
import com.juragpt.auditor.migrations.changelog.LiquibaseScope;
import com.juragpt.auditor.migrations.changelog.Session;
import com.juragpt.auditor.migrations.changelog.StatusReader;
import com.juragpt.auditor.migrations.changelog.Tagging;
import com.juragpt.auditor.migrations.connection.ConnectionSource;
import com.juragpt.auditor.migrations.connection.DatabaseName;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.connection.ReadOnlyTransaction;
import com.juragpt.auditor.migrations.database.DatabaseUrl;
import com.juragpt.auditor.migrations.deploy.Deployment;
import com.juragpt.auditor.migrations.deploy.Update;
import com.juragpt.auditor.migrations.rehearse.Adoption;
import com.juragpt.auditor.migrations.rehearse.DrawnSequences;
import com.juragpt.auditor.migrations.rehearse.Drift;
import com.juragpt.auditor.migrations.rehearse.Rehearsal;
import com.juragpt.auditor.migrations.rehearse.Scratch;
import com.juragpt.auditor.migrations.rollback.Rollback;
import com.juragpt.auditor.migrations.rollback.RollbackPlanner;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import javax.sql.DataSource;
import liquibase.changelog.ChangeSet;
import liquibase.exception.LiquibaseException;

/**
 * The schema of one database: what it has, and how it is brought forward, tagged and taken back.
 *
 * <p>Every method opens what it needs and closes it again; an instance may be used by several threads. Every refusal and
 * every failure is a {@link MigrationException}, whose message says whether anything was changed.
 */
public final class Migrations {

    private final ConnectionSource source;
    private final MigrationOptions options;

    private Migrations(ConnectionSource source, MigrationOptions options) {
        this.source = Objects.requireNonNull(source);
        this.options = Objects.requireNonNull(options);
    }

    /**
     * @param dataSource gives a new connection at each call, two at a time; directly to the server, not through a pooler in
     *     transaction mode, as the deployment lock belongs to the server's session
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
     * What the database has of the changelog. Writes nothing, not even Liquibase's tables, and needs no more than SELECT.
     *
     * @throws MigrationException {@link Problem#CANNOT_CONNECT}, {@link Problem#INVALID_CHANGELOG},
     *     {@link Problem#DATABASE_ERROR}
     */
    public Status status() {
        return reading((session, name) -> new StatusReader(session, name).read());
    }

    /**
     * Refuses to go on with a database that lacks changesets of this changelog; one that has more is fine.
     *
     * @throws MigrationException {@link Problem#NOT_CURRENT}, and as {@link #status()}
     */
    public void requireCurrent() {
        status().requireNothingPending();
    }

    /**
     * Runs every pending changeset, as one transaction on PostgreSQL.
     *
     * @throws MigrationException {@link Problem#CHANGESET_FAILED}, {@link Problem#CHANGED_CHANGESET}, {@link Problem#LOCKED},
     *     {@link Problem#LOCK_TIMEOUT}, and as {@link #status()}
     */
    public UpdateResult update() {
        return update((pending, alreadyRun) -> pending.size());
    }

    /**
     * Runs the pending changesets up to and with the one that sets the revision's tag.
     *
     * @param revision a tag that the changelog sets
     * @throws MigrationException {@link Problem#UNKNOWN_REVISION}, and as {@link #update()}
     */
    public UpdateResult updateTo(String revision) {
        Objects.requireNonNull(revision);
        return writing("update", (deployment, session, name) -> {
            List<String> reachable = session.reachableRevisions();
            if (!reachable.contains(revision)) {
                throw new MigrationException(Problem.UNKNOWN_REVISION, "Cannot update: no revision '" + revision
                        + "' in the changelog. Nothing was changed.\n  revisions, in order: "
                        + String.join(", ", reachable) + "\n  help: mvn migrations:update goes to the last of them");
            }
            return new Update(deployment, session, name).run((pending, alreadyRun) -> upTo(revision, session, pending));
        });
    }

    /**
     * Runs the next pending changesets.
     *
     * @param count how many changesets, at least one and no more than are pending
     * @throws MigrationException {@link Problem#COUNT_OUT_OF_RANGE}, and as {@link #update()}
     */
    public UpdateResult updateBy(int count) {
        return writing("update", (deployment, session, name) -> new Update(deployment, session, name).run(
                (pending, alreadyRun) -> {
                    int left = count - alreadyRun;
                    if (count < 1 || left > pending.size()) {
                        throw new MigrationException(Problem.COUNT_OUT_OF_RANGE, "Cannot update by " + count + " changesets: "
                                + pending.size() + " are pending in " + name + ". Nothing was changed."
                                + "\n  help: mvn migrations:update runs all that are pending");
                    }
                    return left;
                }));
    }

    /**
     * Gives the present point of the history a name to come back to.
     *
     * @param tag a new name; one point may have several
     * @throws MigrationException {@link Problem#INVALID_TAG}, {@link Problem#TAG_EXISTS}, {@link Problem#TAG_RESERVED}
     */
    public TagResult tag(String tag) {
        return writing("tag", (deployment, session, name) -> new Tagging(session, name).tag(tag));
    }

    /**
     * Plans the way back to a tag; changes nothing.
     *
     * @param tag a tag in the history
     * @return what would be undone, and the data that would go
     * @throws MigrationException {@link Problem#UNKNOWN_TAG}, {@link Problem#AMBIGUOUS_TAG}, {@link Problem#MISSING_CHANGESET},
     *     {@link Problem#EXCLUDED_CHANGESET}, {@link Problem#CHANGED_CHANGESET}, {@link Problem#NO_ROLLBACK}
     */
    public RollbackPlan planRollbackTo(String tag) {
        Objects.requireNonNull(tag);
        return reading((session, name) -> new RollbackPlanner(session, name).plan(tag));
    }

    /**
     * Carries a plan out, as one transaction on PostgreSQL.
     *
     * @param plan from {@link #planRollbackTo}; planned again under the lock, and refused if anything but row counts differs
     * @throws MigrationException {@link Problem#DESTROYS_DATA}, {@link Problem#PLAN_OUTDATED},
     *     {@link Problem#ROLLBACK_INCOMPLETE}, {@link Problem#CHANGESET_FAILED}, {@link Problem#LOCKED},
     *     {@link Problem#LOCK_TIMEOUT}
     */
    public RollbackResult rollback(RollbackPlan plan) {
        Objects.requireNonNull(plan);
        Rollback rollback = new Rollback(plan);
        return writing("rollback", rollback::run);
    }

    /**
     * Takes over a database that Alembic or a hand made, if its schema is that of a revision; alters nothing but the history.
     *
     * @throws MigrationException {@link Problem#SCHEMA_DIFFERS} with every difference, {@link Problem#ALEMBIC_DISAGREES},
     *     {@link Problem#AMBIGUOUS_REVISION}, {@link Problem#ALREADY_MANAGED}, {@link Problem#NOTHING_TO_ADOPT},
     *     {@link Problem#MISSING_PRIVILEGE}
     */
    public AdoptionResult adopt() {
        return adopting(null);
    }

    /**
     * The same for a database that is said to be at a revision, which is proven as far as the schema shows it.
     *
     * @param revision a tag that the changelog sets
     * @throws MigrationException {@link Problem#UNKNOWN_REVISION}, and as {@link #adopt()}
     */
    public AdoptionResult adoptAs(String revision) {
        return adopting(Objects.requireNonNull(revision));
    }

    private AdoptionResult adopting(String revision) {
        reading((session, name) -> {
            new Adoption(session, name).refuseUnfit();
            return null;
        });
        Adoption.Built built = inEmptySchema(Adoption::build);
        // Before anything is written, for the sake of H2, and again under the lock.
        reading((session, name) -> new Adoption(session, name).find(built, revision));
        return writing("adopt", (deployment, session, name) -> {
            Adoption adoption = new Adoption(session, name);
            adoption.refuseUnfit();
            return adoption.mark(built, adoption.find(built, revision));
        });
    }

    /**
     * How the live schema differs from what the applied changesets build; empty for a database that nobody touched. Builds
     * that in a schema of its own, in a transaction that is rolled back.
     *
     * @throws MigrationException {@link Problem#MISSING_CHANGESET}, {@link Problem#CHANGED_CHANGESET},
     *     {@link Problem#EXCLUDED_CHANGESET}, {@link Problem#CHANGESET_FAILED}, {@link Problem#STATEMENT_TIMEOUT},
     *     {@link Problem#MISSING_PRIVILEGE}, and as {@link #status()}
     */
    public List<Difference> drift() {
        Drift live = reading(Drift::read);
        return inEmptySchema(live::findIn);
    }

    /**
     * Takes what is pending up, down and up again on the live schema, and everything back. It takes the real locks while it
     * runs. On H2 the whole changelog is rehearsed, in a private database in memory.
     *
     * @throws MigrationException {@link Problem#CHANGESET_FAILED}, {@link Problem#CHANGED_CHANGESET}, {@link Problem#LOCKED},
     *     {@link Problem#LOCK_TIMEOUT}, {@link Problem#STATEMENT_TIMEOUT}
     */
    public RehearsalReport rehearse() {
        boolean postgres = reading((session, name) -> session.onPostgres());
        if (!postgres) {
            return rehearseFromBase();
        }
        return failingClearly(() -> LiquibaseScope.call(options, () -> {
            Set<String> drawn = new TreeSet<>();
            try (Deployment deployment = Deployment.begin(source, options, "rehearse")) {
                return deployment.rehearse(session -> {
                    String name = DatabaseName.of(session.connection());
                    DrawnSequences sequences = new DrawnSequences(session.connection());
                    try {
                        List<RehearsalReport.Step> steps = Scratch.inPlace(session.connection(), options,
                                scratch -> new Rehearsal(scratch, name).run());
                        drawn.addAll(sequences.names());
                        return new RehearsalReport(name, RehearsalReport.Place.LIVE, steps, List.copyOf(drawn));
                    } catch (MigrationException e) {
                        throw sequences.namedIn(e, drawn);
                    }
                });
            }
        }));
    }

    /**
     * Takes the whole changelog up, down and up again in a schema that is taken back; the live one is not touched.
     *
     * @throws MigrationException {@link Problem#CHANGESET_FAILED}, {@link Problem#STATEMENT_TIMEOUT},
     *     {@link Problem#MISSING_PRIVILEGE}
     */
    public RehearsalReport rehearseFromBase() {
        String name = reading((session, database) -> database);
        return inEmptySchema(scratch ->
                new RehearsalReport(name, scratch.place(), new Rehearsal(scratch, name).run(), List.of()));
    }

    private <T> T inEmptySchema(Scratch.Work<T> work) {
        return failingClearly(() -> LiquibaseScope.call(options, () -> Scratch.inEmptySchema(source, options, work)));
    }

    private UpdateResult update(Update.HowMany howMany) {
        return writing("update", (deployment, session, name) -> new Update(deployment, session, name).run(howMany));
    }

    private static int upTo(String revision, Session session, List<ChangeSet> pending) {
        Set<ChangeSet> runnable = Set.copyOf(pending);
        int count = 0;
        for (ChangeSet changeset : session.changesets()) {
            if (runnable.contains(changeset)) {
                count++;
            }
            if (Session.tagOf(changeset).filter(revision::equals).isPresent()) {
                return count;
            }
        }
        throw new IllegalArgumentException("not a revision: " + revision);
    }

    @FunctionalInterface
    private interface Reading<T> {
        T read(Session session, String databaseName) throws LiquibaseException, SQLException;
    }

    @FunctionalInterface
    private interface Writing<T> {
        T write(Deployment deployment, Session session, String databaseName) throws LiquibaseException, SQLException;
    }

    private <T> T reading(Reading<T> work) {
        return failingClearly(() -> LiquibaseScope.call(options, () -> {
            try (Connection connection = source.connect();
                    ReadOnlyTransaction transaction = new ReadOnlyTransaction(connection)) {
                Session session = Session.on(transaction.connection(), options);
                if (session.onPostgres()) {
                    Session.setLockTimeout(connection, options.lockTimeout());
                }
                // Liquibase learns that its tables are missing from a SELECT that fails.
                transaction.guard();
                return work.read(session, DatabaseName.of(connection));
            }
        }));
    }

    private <T> T writing(String verb, Writing<T> work) {
        return failingClearly(() -> LiquibaseScope.call(options, () -> {
            try (Deployment deployment = Deployment.begin(source, options, verb)) {
                return deployment.run(session -> work.write(deployment, session, DatabaseName.of(session.connection())));
            }
        }));
    }

    private static <T> T failingClearly(LiquibaseScope.Work<T> work) {
        try {
            return work.run();
        } catch (MigrationException e) {
            throw e;
        } catch (Exception e) {
            throw Failures.explain(e);
        }
    }
}
