package com.juragpt.auditor.migrations.changelog;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.MigrationOptions.Selection;
import com.juragpt.auditor.migrations.api.Problem;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.RuntimeEnvironment;
import liquibase.Scope;
import liquibase.change.core.TagDatabaseChange;
import liquibase.changelog.ChangeLogIterator;
import liquibase.changelog.ChangeLogParameters;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.RanChangeSet;
import liquibase.changelog.filter.ChangeSetFilter;
import liquibase.changelog.filter.ChangeSetFilterResult;
import liquibase.changelog.filter.ContextChangeSetFilter;
import liquibase.changelog.filter.DbmsChangeSetFilter;
import liquibase.changelog.filter.IgnoreChangeSetFilter;
import liquibase.changelog.filter.LabelChangeSetFilter;
import liquibase.changelog.filter.ShouldRunChangeSetFilter;
import liquibase.changelog.visitor.ChangeExecListener;
import liquibase.changelog.visitor.UpdateVisitor;
import liquibase.database.Database;
import liquibase.exception.LiquibaseException;
import liquibase.exception.UnexpectedLiquibaseException;
import liquibase.parser.ChangeLogParserFactory;
import liquibase.resource.ResourceAccessor;

/**
 * The changelog as Liquibase parses it for one database.
 *
 * <p>A changeset is an object here: its id, author and file need not be unique, because two variants may be told apart by
 * their contexts, and {@code ChangeSet.equals} looks at nothing else.
 */
public final class Changelog {

    // The room that Liquibase gives each in its history table.
    private static final int LONGEST = 255;

    private final Database database;
    private final DatabaseChangeLog parsed;
    private final Contexts contexts;
    private final LabelExpression labels;
    private final Map<String, List<ChangeSet>> byIdentity;

    private Changelog(Database database, DatabaseChangeLog parsed, Selection selection) {
        this.database = database;
        this.parsed = parsed;
        contexts = new Contexts(selection.contexts());
        labels = new LabelExpression(selection.labels());
        // Liquibase's filters take a modifySql that is not for this database out of its changeset, which changes the checksum.
        parsed.getChangeSets().forEach(this::isIncluded);
        byIdentity = parsed.getChangeSets().stream().collect(Collectors.groupingBy(ChangeSet::toNormalizedString));
    }

    /** @throws MigrationException {@link Problem#INVALID_CHANGELOG} */
    static Changelog parse(Database database, MigrationOptions options) {
        return new Changelog(database, read(database, options), options.selection());
    }

    /**
     * Every changeset for a kind of database as it stands in its file, in order.
     *
     * @param database need not be connected
     * @throws MigrationException {@link Problem#INVALID_CHANGELOG}
     */
    public static List<ChangeSet> written(Database database, MigrationOptions options) {
        return read(database, options).getChangeSets();
    }

    private static DatabaseChangeLog read(Database database, MigrationOptions options) {
        Selection selection = options.selection();
        ChangeLogParameters parameters = new AskedParameters(database, ReadFiles.current(selection.resources()));
        parameters.setContexts(new Contexts(selection.contexts()));
        parameters.setLabels(new LabelExpression(selection.labels()));
        try {
            ResourceAccessor files = new ChangelogFiles(ReadFiles.recorded(selection.resources()));
            DatabaseChangeLog parsed = ChangeLogParserFactory.getInstance().getParser(selection.file(), files)
                    .parse(selection.file(), parameters, files);
            requireRecordable(parsed.getChangeSets());
            return parsed;
        } catch (MigrationException e) {
            throw e;
        } catch (LiquibaseException | RuntimeException e) {
            throw Diagnosis.of(Problem.INVALID_CHANGELOG, "The changelog " + selection.file() + " could not be read")
                    .line(ParserFailure.reason(e)).cause(e)
                    .help("mvn liquibase:validate checks it without a deployment");
        }
    }

    /** Every changeset, in order. */
    public List<ChangeSet> changesets() {
        return parsed.getChangeSets();
    }

    /** The changeset of a history row, by the identity that Liquibase itself uses. */
    public Optional<ChangeSet> find(RanChangeSet row) {
        List<ChangeSet> variants = byIdentity.getOrDefault(row.toString(), List.of());
        return variants.stream().filter(this::isIncluded).findFirst().or(() -> variants.stream().findFirst());
    }

    /** Whether the contexts, labels, dbms and ignore attributes let the changeset take part here. */
    public boolean isIncluded(ChangeSet changeset) {
        return participation().stream().allMatch(filter -> filter.accepts(changeset).isAccepted());
    }

    /**
     * Whether the contexts and labels let through what was deployed, judged by those that it was deployed with: the changelog's may
     * have been changed since.
     */
    public boolean isIncluded(RanChangeSet row) {
        try {
            return (row.getContextExpression() == null || row.getContextExpression().matches(contexts))
                    && (row.getLabels() == null || labels.matches(row.getLabels()));
        } catch (UnexpectedLiquibaseException e) {
            throw Diagnosis.of(Problem.DAMAGED_HISTORY, "The history is damaged").cause(e)
                    .line("the row of " + row.getId() + ": " + e.getMessage() + "; " + participationOf(row))
                    .help("repair that row by hand: its changeset says what its contexts and labels are");
        }
    }

    /** The contexts and labels that a changeset was deployed with, for a message. */
    public static String participationOf(RanChangeSet row) {
        return "its contexts: " + orNone(row.getContextExpression()) + ", its labels: " + orNone(row.getLabels());
    }

    private static String orNone(Object filter) {
        return filter == null || filter.toString().isBlank() ? "none" : filter.toString();
    }

    /** What an update to head would run, in order. */
    public List<ChangeSet> pending() throws LiquibaseException {
        ShouldRunChangeSetFilter shouldRun = new ShouldRunChangeSetFilter(database);
        return changesets().stream()
                .filter(changeset -> isIncluded(changeset) && shouldRun.accepts(changeset).isAccepted())
                .toList();
    }

    /** Whether the changeset was edited after its deployment, and is not one that runs again when it is edited. */
    public boolean isEdited(ChangeSet changeset, RanChangeSet row) {
        return !changeset.shouldAlwaysRun() && !changeset.shouldRunOnChange() && hasOtherChecksum(changeset, row);
    }

    /** Whether the changeset was edited after its deployment. */
    public boolean hasOtherChecksum(ChangeSet changeset, RanChangeSet row) {
        return row.getLastCheckSum() != null && !changeset.isCheckSumValid(row.getLastCheckSum());
    }

    /**
     * Refuses changesets that the history could not record: without an id or an author, or with more than {@value #LONGEST}
     * characters in their author, id or file.
     *
     * @throws MigrationException {@link Problem#INVALID_CHANGELOG}
     */
    private static void requireRecordable(List<ChangeSet> changesets) {
        List<String> unusable = new ArrayList<>();
        for (ChangeSet changeset : changesets) {
            String place = changeset.getId() + " (" + changeset.getFilePath() + ")";
            if (changeset.getId() == null) {
                unusable.add("a changeset in " + changeset.getFilePath() + " has no id");
            } else if (changeset.getAuthor() == null || changeset.getAuthor().isBlank()) {
                unusable.add(place + " has no author");
            } else if (Stream.of(changeset.getId(), changeset.getAuthor(), changeset.getFilePath())
                    .anyMatch(name -> name != null && name.length() > LONGEST)) {
                unusable.add(place + ": its id, author or file has more than " + LONGEST + " characters");
            }
        }
        if (!unusable.isEmpty()) {
            throw Diagnosis.of(Problem.INVALID_CHANGELOG, "The changelog has changesets that cannot be recorded").lines(unusable)
                    .help("give each an id and an author, and shorter names; a changeset that is deployed somewhere stays as it is");
        }
    }

    /**
     * @param history what is deployed
     * @param databaseName where, for the message
     * @throws MigrationException {@link Problem#CHANGED_CHANGESET}
     */
    public void requireUnedited(List<RanChangeSet> history, String databaseName) {
        List<String> edited = new ArrayList<>();
        for (RanChangeSet row : history) {
            find(row).filter(changeset -> isEdited(changeset, row))
                    .ifPresent(changeset -> edited.add(row.getId() + " (" + changeset.getFilePath() + ")"));
        }
        if (!edited.isEmpty()) {
            throw Diagnosis.of(Problem.CHANGED_CHANGESET, "Cannot update " + databaseName + ": "
                    + (edited.size() == 1 ? "a changeset was" : edited.size() + " changesets were") + " edited after deployment")
                    .lines(edited)
                    .help("revert the edit (git log -p on the file) and put the change into a new changeset");
        }
    }

    /** The tag that the changeset sets, if it sets one. */
    public static Optional<String> tagOf(ChangeSet changeset) {
        return changeset.getChanges().stream()
                .filter(TagDatabaseChange.class::isInstance)
                .map(change -> ((TagDatabaseChange) change).getTag())
                .filter(Objects::nonNull)
                .findFirst();
    }

    /** The tags of the revisions, in order. */
    public List<String> revisions() {
        return changesets().stream().map(Changelog::tagOf).flatMap(Optional::stream).toList();
    }

    /** The tags of the revisions that the contexts and labels include, in order. */
    public List<String> reachableRevisions() {
        return changesets().stream().filter(this::isIncluded).map(Changelog::tagOf).flatMap(Optional::stream).toList();
    }

    /** The number of pending changesets up to and including the one that sets the revision's tag. */
    public int countUpTo(String revision, List<ChangeSet> pending) {
        Set<ChangeSet> runnable = setOf(pending);
        int count = 0;
        for (ChangeSet changeset : changesets()) {
            if (runnable.contains(changeset)) {
                count++;
            }
            if (isIncluded(changeset) && tagOf(changeset).filter(revision::equals).isPresent()) {
                return count;
            }
        }
        throw new IllegalArgumentException("not a revision: " + revision);
    }

    /** Lets Liquibase check the changelog and its preconditions against the database. */
    public void validate() throws LiquibaseException {
        parsed.validate(database, contexts, labels);
    }

    /** Lets Liquibase run just these changesets, in the changelog's order, whatever contexts they are for today. */
    public void run(Collection<ChangeSet> changesets, ChangeExecListener listener) throws LiquibaseException {
        Set<ChangeSet> chosen = setOf(changesets);
        ChangeSetFilter filter = new ChangeSetFilter() {
            @Override
            public ChangeSetFilterResult accepts(ChangeSet changeset) {
                return new ChangeSetFilterResult(chosen.contains(changeset), "asked for", getClass());
            }
        };
        new ChangeLogIterator(parsed, filter).run(
                new UpdateVisitor(database, listener, new ShouldRunChangeSetFilter(database)),
                new RuntimeEnvironment(database, contexts, labels));
    }

    /**
     * Runs one changeset as Liquibase's iterator does, which would open a scope for each changeset of the changelog only to pass it
     * by. For a rehearsal, which runs changesets one by one; a deployment leaves it to the iterator.
     */
    public void runAlone(ChangeSet changeset, ChangeExecListener listener) throws LiquibaseException {
        // Liquibase's filter normalises the path of every row, which takes longer than a changeset.
        boolean isNew = database.getRanChangeSetList().stream().noneMatch(row -> row.getId().equals(changeset.getId()));
        UpdateVisitor visitor = new UpdateVisitor(database, listener, isNew ? null : new ShouldRunChangeSetFilter(database));
        parsed.setRuntimeEnvironment(new RuntimeEnvironment(database, contexts, labels));
        Map<String, Object> scope = Map.of(Scope.Attr.databaseChangeLog.name(), parsed, Scope.Attr.changeSet.name(), changeset,
                Scope.Attr.database.name(), database);
        try {
            Scope.child(scope, () -> visitor.visit(changeset, parsed, database, Set.of()));
        } catch (Exception e) {
            throw new LiquibaseException(e);
        } finally {
            parsed.setRuntimeEnvironment(null);
        }
    }

    /** Whether no other changeset has the same id, author and file. */
    public boolean isAlone(ChangeSet changeset) {
        return byIdentity.get(changeset.toNormalizedString()).size() == 1;
    }

    /** A set of changesets that compares them by object identity. */
    public static Set<ChangeSet> setOf(Collection<ChangeSet> changesets) {
        Set<ChangeSet> set = Collections.newSetFromMap(new IdentityHashMap<>());
        set.addAll(changesets);
        return set;
    }

    DatabaseChangeLog parsed() {
        return parsed;
    }

    Contexts contexts() {
        return contexts;
    }

    LabelExpression labels() {
        return labels;
    }

    private List<ChangeSetFilter> participation() {
        return List.of(new ContextChangeSetFilter(contexts), new LabelChangeSetFilter(labels),
                new DbmsChangeSetFilter(database), new IgnoreChangeSetFilter());
    }
}
