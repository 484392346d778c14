package com.juragpt.auditor.migrations.api;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a deployment would do, in full, for somebody to read and to approve before anything is done. It holds no time of day: the
 * same changelog and the same database give the same review, but for what a rehearsal has measured.
 *
 * @param database its name and place, without anything secret; null for a review without a database
 * @param server its product and version; null for a review without a database
 * @param state the history that the review is for
 * @param target the revision that was asked for; null for all that is pending
 * @param digest what {@link MigrationOptions#withReviewed} takes: stands for the state and for everything that is to run
 * @param script what the scripts need besides the changesets
 * @param changesets those that are pending, in order
 * @param tables the tables that these change or mention, by name
 * @param rehearsal what a rehearsal has measured; null where there was none
 * @param findings what a check of the changelog finds in the changesets; may be empty
 */
public record Review(String database, String server, State state, String target, String digest, Script script,
        List<Changeset> changesets, List<Table> tables, RehearsalReport rehearsal, List<Finding> findings) {

    /**
     * What to review.
     *
     * @param to the revision to end at; null for all that is pending
     * @param rehearse whether to rehearse as well, which takes the real locks while it runs
     */
    public record Request(String to, boolean rehearse) {

        /** All that is pending, without a rehearsal. */
        public static Request ofPending() {
            return new Request(null, false);
        }

        /** The same up to a revision. */
        public Request upTo(String revision) {
            return new Request(revision, rehearse);
        }

        /** The same with a rehearsal. */
        public Request rehearsed() {
            return new Request(to, true);
        }
    }

    /**
     * The history that the changesets are to be added to.
     *
     * @param revision its newest revision; null before the first
     * @param point its rows
     */
    public record State(String revision, Point point) {}

    /**
     * The rows of a history: those of changesets, not those that only carry a tag.
     *
     * @param rows how many
     * @param fingerprint SHA-256 of their ids, authors, files, checksums and outcomes, in order; what the scripts compute as well
     */
    public record Point(int rows, String fingerprint) {}

    /**
     * What the scripts need besides the changesets.
     *
     * @param searchPath the schemas to work in, as SQL writes them; null for those of the session
     * @param lockTimeout how long a statement waits for another session's lock; zero for any time
     * @param historyTable Liquibase's history, as SQL names it
     * @param lockTable Liquibase's lock table, as SQL names it
     * @param hasHistory whether the history table is there
     * @param hasLockTable whether the lock table is there
     * @param bookkeeping the statements that make what is missing of the two
     * @param deployment the deployment id that the script records
     * @param liquibase the version of Liquibase that the script records
     * @param lock the key of the advisory lock that excludes other deployments
     */
    public record Script(String searchPath, Duration lockTimeout, String historyTable, String lockTable, boolean hasHistory,
            boolean hasLockTable, List<String> bookkeeping, String deployment, String liquibase, long lock) {}

    /**
     * A changeset that is pending.
     *
     * @param id its id
     * @param author its author
     * @param file the file it is recorded under
     * @param checksum as the history will record it
     * @param outcome what becomes of it: {@link Outcome#EXECUTED}, {@link Outcome#RERAN}, or because of its precondition
     *     {@link Outcome#MARK_RAN} or {@link Outcome#SKIPPED}
     * @param record the rest of its row in the history
     * @param up what it runs
     * @param down what undoes it
     * @param after the history after it
     */
    public record Changeset(String id, String author, String file, String checksum, Outcome outcome, Record record, Way up,
            Way down, Point after) {

        /** The same with another outcome, and the history after it. */
        public Changeset with(Outcome other, Point point) {
            return new Changeset(id, author, file, checksum, other, record, up, down, point);
        }

        /** The same with other ways. */
        public Changeset with(Way otherUp, Way otherDown) {
            return new Changeset(id, author, file, checksum, outcome, record, otherUp, otherDown, after);
        }
    }

    /**
     * The rest of a changeset's row in the history.
     *
     * @param description its changes in Liquibase's words
     * @param comments its comment; may be empty
     * @param contexts its contexts; null for none
     * @param labels its labels; null for none
     * @param tag the tag that it sets; null for none
     */
    public record Record(String description, String comments, String contexts, String labels, String tag) {}

    /**
     * One direction of a changeset.
     *
     * @param sql its statements, in order; what is not SQL is described in parentheses
     * @param outside whether it runs outside of the one transaction
     * @param losses the data that it deletes, with the counts at the time of the review
     * @param obstacles why no script can run it, but only this module or nobody; empty if a script can
     */
    public record Way(List<String> sql, boolean outside, List<DataLoss> losses, List<String> obstacles) {

        /** The losses that count: those of data that exists, or of unknown extent. */
        public List<DataLoss> realLosses() {
            return losses.stream().filter(DataLoss::isReal).toList();
        }

        /** Whether one of {@code sql} is not SQL, but a description in parentheses; only where there are obstacles. */
        public boolean describes(String one) {
            return !obstacles.isEmpty() && one.startsWith("(") && one.endsWith(")");
        }

        /** The same with other losses. */
        public Way withLosses(List<DataLoss> others) {
            return new Way(sql, outside, List.copyOf(others), obstacles);
        }

        /** The same with other obstacles. */
        public Way withObstacles(List<String> others) {
            return new Way(sql, outside, losses, List.copyOf(others));
        }
    }

    /**
     * A table.
     *
     * @param name as SQL names it
     * @param size null if it is not there yet, or where there is no database to ask
     * @param changesets the ids of the changesets that name it
     * @param changes what becomes of it and of its parts, as the catalog has them before and after the rehearsal; empty where there
     *     was none
     */
    public record Table(String name, Size size, List<String> changesets, List<Change> changes) {}

    /**
     * The size of a table.
     *
     * @param rows the server's estimate
     * @param bytes with its indexes
     */
    public record Size(long rows, long bytes) {}

    /**
     * An object of the catalog that changes.
     *
     * @param object its kind and name: {@code column law.title}
     * @param before its properties; null if it is new
     * @param after its properties; null if it goes
     */
    public record Change(String object, String before, String after) {}

    /** The revision that the database has after it: the last tag that a changeset sets, else the one that it has now. */
    public String revisionAfter() {
        String revision = state.revision();
        for (Changeset changeset : changesets) {
            revision = changeset.outcome() != Outcome.SKIPPED && changeset.record().tag() != null ? changeset.record().tag()
                    : revision;
        }
        return revision;
    }

    /** Why {@code update.sql} is for reading only, a line each; empty if it can be run. */
    public List<String> updateObstacles() {
        return changesets.stream().flatMap(one -> one.up().obstacles().stream().map(why -> one.id() + ": " + why)).toList();
    }

    /** Why {@code rollback.sql} is for reading only, a line each; empty if it can be run. */
    public List<String> rollbackObstacles() {
        return changesets.stream().flatMap(one -> one.down().obstacles().stream().map(why -> one.id() + ": " + why)).toList();
    }

    /**
     * Whether the data of a rollback is in a table or column that the changesets themselves make, so that it is what they wrote, or
     * what was written afterwards. Known after a rehearsal.
     */
    public boolean isNew(DataLoss loss) {
        return tables.stream().filter(table -> table.name().equals(loss.table())).flatMap(table -> table.changes().stream())
                .filter(change -> change.before() == null).map(Change::object)
                .anyMatch(object -> object.equals("table " + loss.table())
                        || loss.column() != null && object.equals("column " + loss.table() + "." + loss.column()));
    }

    /** The same with what a check has found in these changesets, also what their authors accept. */
    public Review withFindings(CheckReport report) {
        List<Finding> own = Stream.concat(report.findings().stream(), report.accepted().stream())
                .filter(found -> changesets.stream().anyMatch(one -> one.id().equals(found.changeset())
                        && one.file().equals(found.file())))
                .toList();
        return new Review(database, server, state, target, digest, script, changesets, tables, rehearsal, own);
    }
}
