package com.juragpt.auditor.migrations.review;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import liquibase.changelog.ChangeSet;
import liquibase.exception.LiquibaseException;

/**
 * What stands for a review: the number of its changesets, the state of the database, and what each changeset is, runs and undoes.
 * It depends neither on the time nor on the machine, nor on the database's name. It has three parts, so that a refusal can say
 * what is different.
 *
 * @param count how many changesets
 * @param state of the database, 16 digits of its SHA-256
 * @param whole 32 digits of the SHA-256 over the state and the changesets
 */
public record ReviewDigest(int count, String state, String whole) {

    private static final Pattern FORM = Pattern.compile("([0-9]{1,9})-([0-9a-f]{16})-([0-9a-f]{32})");

    /** @param sql of each changeset */
    static ReviewDigest of(ReviewedState state, List<ChangeSet> changesets, List<ReviewedSql> sql) {
        Fingerprint whole = new Fingerprint().add("review 1").add(state.fingerprint());
        for (int i = 0; i < changesets.size(); i++) {
            ChangeSet changeset = changesets.get(i);
            whole.add(List.of(changeset.getId(), changeset.getAuthor(), changeset.getFilePath(),
                    ReviewedState.checksum(changeset), String.valueOf(changeset.isRunInTransaction())));
            sql.get(i).addTo(whole);
        }
        return new ReviewDigest(changesets.size(), state.fingerprint().substring(0, 16), whole.toString().substring(0, 32));
    }

    /** @throws MigrationException {@link Problem#INVALID_PARAMETER} */
    static ReviewDigest parse(String text) {
        Matcher form = FORM.matcher(text.strip());
        if (!form.matches()) {
            throw Diagnosis.of(Problem.INVALID_PARAMETER, "'" + text + "' is not the digest of a review")
                    .line("one looks like 4-5feceb66ffc86f38-d952786f1dcd0c9f0ac9d6dc4f8ee2bf")
                    .help("mvn migrations:review ends with the digest and the command to type");
        }
        return new ReviewDigest(Integer.parseInt(form.group(1)), form.group(2), form.group(3));
    }

    /**
     * Requires that a deployment is about to do what was reviewed.
     *
     * @param reviewed the digest of the review
     * @param chosen the changesets that are about to run
     * @param context of the deployment, under its lock
     * @throws MigrationException {@link Problem#REVIEW_OUTDATED}, {@link Problem#INVALID_PARAMETER},
     *     {@link Problem#POSTGRESQL_ONLY}
     */
    public static void require(String reviewed, List<ChangeSet> chosen, MigrationContext context)
            throws LiquibaseException, SQLException {
        ReviewDigest wanted = parse(reviewed);
        PostgresOnly.require("approve a deployment by its review", context);
        ReviewedState state = ReviewedState.of(context.history().rows(), context.changelog());
        List<ReviewedSql> sql = chosen.stream().map(changeset -> ReviewedSql.of(changeset, context)).toList();
        ReviewDigest now = of(state, chosen, sql);
        if (wanted.equals(now)) {
            return;
        }
        List<String> differences = new ArrayList<>();
        String help = "mvn migrations:review, and let that be approved";
        if (!wanted.state.equals(now.state)) {
            differences.add("its history is another one: something was deployed, rolled back or adopted since, or it is another"
                    + " database");
        }
        if (chosen.isEmpty()) {
            differences.add("nothing is pending");
        } else if (wanted.count != now.count) {
            boolean more = wanted.count < now.count && wanted.equals(of(state, chosen.subList(0, wanted.count),
                    sql.subList(0, wanted.count)));
            differences.add("reviewed: " + wanted.count + " changesets, now: " + now.count
                    + (more ? "; those that were reviewed are unchanged, and after them are pending:" : "; pending:"));
            if (more) {
                help = "-Dmigrations.count=" + wanted.count + " beside it deploys just what was reviewed; or review again";
            }
            differences.addAll(ids(more ? chosen.subList(wanted.count, chosen.size()) : chosen));
        } else if (differences.isEmpty()) {
            differences.add("a changeset or its rollback was changed since; pending:");
            differences.addAll(ids(chosen));
        }
        throw Diagnosis.of(Problem.REVIEW_OUTDATED, "Cannot update " + context.databaseName()
                + ": what would be deployed is not what was reviewed")
                .lines(differences).line("digest reviewed: " + wanted).line("digest now: " + now)
                .help(help);
    }

    private static List<String> ids(List<ChangeSet> changesets) {
        return changesets.stream().map(changeset -> changeset.getId() + " (" + changeset.getFilePath() + ")").toList();
    }

    /** Ten digits, which is what the history has room for, for what a script deploys. */
    String deployment() {
        return String.format("%010d", Long.parseLong(whole.substring(0, 12), 16) % 10_000_000_000L);
    }

    @Override
    public String toString() {
        return count + "-" + state + "-" + whole;
    }
}
