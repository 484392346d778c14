package com.juragpt.auditor.migrations.rehearse;

import com.juragpt.auditor.migrations.api.AdoptionResult;
import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.Difference;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Outcome;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.catalog.Catalog;
import com.juragpt.auditor.migrations.catalog.CatalogReader;
import com.juragpt.auditor.migrations.changelog.AlembicVersion;
import com.juragpt.auditor.migrations.changelog.Changelog;
import com.juragpt.auditor.migrations.changelog.History;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.SearchPath;
import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import liquibase.changelog.ChangeSet;
import liquibase.exception.LiquibaseException;

/**
 * Adopts a database that something else has built: finds the revision whose schema, built from the changelog, equals the live
 * one, and marks its changesets as run; or reports the differences.
 */
public final class Adoption {

    private final MigrationContext context;
    private final String databaseName;

    public Adoption(MigrationContext context) {
        this.context = context;
        databaseName = context.databaseName();
    }

    /**
     * The schemas that the changelog builds.
     *
     * @param catalogs the catalog at each revision, in order
     * @param whole the catalog of the whole changelog where that has no revisions, else null
     * @param outcomes the outcome of each changeset, by its identity
     */
    public record Built(Map<String, Catalog> catalogs, Catalog whole, Map<String, Outcome> outcomes) {}

    /** @param scratch an empty schema, in which the revisions are built one upon the other */
    public static Built build(Scratch scratch) throws LiquibaseException, SQLException {
        Map<String, Catalog> catalogs = new LinkedHashMap<>();
        Map<String, Outcome> outcomes = new HashMap<>();
        List<ChangeSet> next = new ArrayList<>();
        for (ChangeSet changeset : scratch.context().changelog().pending()) {
            next.add(changeset);
            Optional<String> tag = Changelog.tagOf(changeset);
            if (tag.isPresent()) {
                run(next, scratch, outcomes);
                next.clear();
                catalogs.put(tag.get(), CatalogReader.read(scratch.connection()));
            }
        }
        if (!catalogs.isEmpty()) {
            return new Built(catalogs, null, outcomes);
        }
        run(next, scratch, outcomes);
        return new Built(catalogs, CatalogReader.read(scratch.connection()), outcomes);
    }

    private static void run(List<ChangeSet> changesets, Scratch scratch, Map<String, Outcome> outcomes) {
        scratch.run(changesets).forEach((changeset, outcome) -> outcomes.put(changeset.toNormalizedString(), outcome));
    }

    /** @throws MigrationException {@link Problem#ALREADY_MANAGED}, {@link Problem#NOTHING_TO_ADOPT} */
    public void refuseUnfit() throws LiquibaseException, SQLException {
        if (context.history().rows().stream().anyMatch(row -> !History.isInternal(row))) {
            throw Diagnosis.of(Problem.ALREADY_MANAGED, "Nothing to adopt: " + databaseName + " has a history already")
                    .help("mvn migrations:status -Dmigrations.drift=true compares it with its schema");
        }
        if (CatalogReader.read(context.connection()).isEmpty()) {
            throw nothingToAdopt();
        }
    }

    private MigrationException nothingToAdopt() throws SQLException {
        String update = "mvn migrations:update builds the schema";
        if (!context.onPostgres()) {
            return Diagnosis.of(Problem.NOTHING_TO_ADOPT, "Nothing to adopt: " + databaseName + " is empty").help(update);
        }
        return Diagnosis.of(Problem.NOTHING_TO_ADOPT, "Nothing to adopt: schema "
                + Sql.text(context.connection(), "SELECT quote_ident(current_schema())") + " of " + databaseName + " is empty")
                .lines(SearchPath.otherPlaces(context.connection()))
                .help(SearchPath.howToGetElsewhere(context.connection())
                        .map(elsewhere -> elsewhere + ", then adopt again; or " + update).orElse(update));
    }

    /**
     * Finds the revision of the database.
     *
     * @param wanted the one that the user names, which is then only verified; or null
     * @throws MigrationException {@link Problem#SCHEMA_DIFFERS}, {@link Problem#ALEMBIC_DISAGREES},
     *     {@link Problem#AMBIGUOUS_REVISION}, {@link Problem#UNKNOWN_REVISION}
     */
    public AdoptionResult find(Built built, String wanted) throws LiquibaseException, SQLException {
        if (wanted != null && !built.catalogs().containsKey(wanted)) {
            throw Diagnosis.of(Problem.UNKNOWN_REVISION,
                    "Cannot adopt " + databaseName + ": the changelog has no revision '" + wanted + "'")
                    .line("revisions, in order: "
                            + (built.catalogs().isEmpty() ? "none" : String.join(", ", built.catalogs().keySet())))
                    .help(built.catalogs().isEmpty() ? "without -Dmigrations.revision the whole changelog is compared"
                            : "a changeset with tagDatabase ends a revision");
        }
        if (built.whole() != null) {
            return findWhole(built.whole());
        }
        Catalog live = CatalogReader.read(context.connection()).alone();
        Optional<List<String>> alembic = AlembicVersion.of(context);
        List<String> equal = built.catalogs().entrySet().stream()
                .filter(revision -> live.differencesFromBuilt(revision.getValue()).isEmpty()).map(Map.Entry::getKey).toList();
        if (equal.isEmpty() || wanted != null && !equal.contains(wanted)) {
            throw different(live, built, wanted, alembic);
        }
        if (alembic.isPresent()) {
            String version = alembic.get().size() == 1 ? alembic.get().get(0) : null;
            if (!equal.contains(version) || wanted != null && !wanted.equals(version)) {
                throw disagreeing(wanted == null ? equal : List.of(wanted), alembic.get());
            }
            return new AdoptionResult(databaseName, version, List.of(), version);
        }
        if (wanted == null && equal.size() > 1) {
            throw ambiguous(equal);
        }
        return new AdoptionResult(databaseName, wanted == null ? equal.get(0) : wanted, List.of(), null);
    }

    /** Alembic's version is only reported: there is no revision that it could name. */
    private AdoptionResult findWhole(Catalog whole) throws SQLException {
        List<Difference> differences = CatalogReader.read(context.connection()).alone().differencesFromBuilt(whole);
        if (!differences.isEmpty()) {
            throw Diagnosis.of(Problem.SCHEMA_DIFFERS,
                    "Cannot adopt " + databaseName + ": its schema is not what the whole changelog builds")
                    .line(count(differences) + " from the changelog, which has no revisions that it could be at:")
                    .lines(differences)
                    .help("bring the schema to the changelog by hand, then mvn migrations:adopt again;"
                            + " or end a revision where the schema is now, by a changeset with tagDatabase");
        }
        List<String> versions = AlembicVersion.of(context).orElse(List.of());
        return new AdoptionResult(databaseName, null, List.of(), versions.isEmpty() ? null : String.join(", ", versions));
    }

    private static String count(List<Difference> differences) {
        return differences.size() + (differences.size() == 1 ? " difference" : " differences");
    }

    /** Marks the changesets up to the revision that was found as run, or all where there are no revisions. */
    public AdoptionResult mark(Built built, AdoptionResult found) throws LiquibaseException, SQLException {
        List<String> marked = new ArrayList<>();
        for (ChangeSet changeset : context.changelog().pending()) {
            Outcome outcome = built.outcomes().get(changeset.toNormalizedString());
            if (outcome != null) {
                context.history().record(changeset, outcome);
                marked.add(changeset.getId());
            }
            if (Changelog.tagOf(changeset).filter(tag -> tag.equals(found.revision())).isPresent()) {
                break;
            }
        }
        context.history().reread();
        return new AdoptionResult(databaseName, found.revision(), List.copyOf(marked), found.alembicVersion());
    }

    private MigrationException different(Catalog live, Built built, String wanted, Optional<List<String>> alembic) {
        String nearest = wanted;
        String why = "";
        List<String> versions = alembic.orElse(List.of());
        if (nearest == null && versions.size() == 1 && built.catalogs().containsKey(versions.get(0))) {
            nearest = versions.get(0);
            why = ", which alembic_version names";
        }
        if (nearest == null) {
            int fewest = Integer.MAX_VALUE;
            for (Map.Entry<String, Catalog> revision : built.catalogs().entrySet()) {
                int count = live.differencesFromBuilt(revision.getValue()).size();
                if (count < fewest) {
                    fewest = count;
                    nearest = revision.getKey();
                }
            }
            why = ", the nearest";
        }
        List<Difference> differences = live.differencesFromBuilt(built.catalogs().get(nearest));
        return Diagnosis.of(Problem.SCHEMA_DIFFERS, "Cannot adopt " + databaseName + ": its schema is "
                + (wanted == null ? "that of no revision" : "not that of revision " + wanted))
                .line(count(differences) + " from revision " + nearest + why + ":")
                .lines(differences)
                .help("bring the schema to the revision by hand, then mvn migrations:adopt again");
    }

    private MigrationException disagreeing(List<String> equal, List<String> versions) {
        String says = versions.isEmpty() ? "is empty" : versions.size() == 1 ? "says '" + versions.get(0) + "'"
                : "has " + versions.size() + " rows: " + String.join(", ", versions);
        return Diagnosis.of(Problem.ALEMBIC_DISAGREES, "Cannot adopt " + databaseName + ": its schema is that of revision "
                + String.join(" or ", equal) + ", but its table alembic_version " + says)
                .help("find out which is right; if the schema is, alembic stamp --purge " + equal.get(0) + " settles it");
    }

    private MigrationException ambiguous(List<String> equal) throws SQLException {
        String oldest = equal.get(0);
        String newest = equal.get(equal.size() - 1);
        List<String> between = new ArrayList<>();
        boolean passed = false;
        for (ChangeSet changeset : context.changelog().changesets()) {
            Optional<String> tag = Changelog.tagOf(changeset);
            if (passed && tag.isEmpty()) {
                between.add(changeset.getId());
            }
            if (tag.filter(newest::equals).isPresent()) {
                break;
            }
            passed |= tag.filter(oldest::equals).isPresent();
        }
        return Diagnosis.of(Problem.AMBIGUOUS_REVISION, "Cannot adopt " + databaseName + ": its schema is that of the revisions "
                + String.join(" and ", equal) + ", which differ in data alone")
                .line("changesets that may or may not have run: " + String.join(", ", between))
                .help("check the data, then -Dmigrations.revision=" + newest + " if they have run, =" + oldest + " if not");
    }
}
