package com.juragpt.auditor.migrations.draft;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.Difference;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.NewRevision;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.RevisionDraft;
import com.juragpt.auditor.migrations.catalog.Catalog;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.ReadOnlyTransaction;
import com.juragpt.auditor.migrations.connection.SqlFunction;
import com.juragpt.auditor.migrations.database.ReferenceUrl;
import com.juragpt.auditor.migrations.rehearse.Scratch;
import com.juragpt.auditor.migrations.rehearse.Trial;
import java.io.FileNotFoundException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.exception.LiquibaseException;
import liquibase.resource.DirectoryResourceAccessor;
import liquibase.resource.ResourceAccessor;
import liquibase.structure.core.Column;
import org.postgresql.PGConnection;
import org.postgresql.jdbc.AutoSave;

/**
 * Drafts a revision from the differences between a reference and what the changelog builds, and proves it: the changelog with the
 * draft is built in a schema that is rolled back, and compared with the reference.
 */
public final class RevisionDrafter {

    private static final List<String> DRAFTED_KINDS =
            List.of("table ", "column ", "constraint ", "index ", "view ", "sequence ");

    private final MasterChangelog master;
    private final ReferenceUrl reference;
    private final MigrationOptions options;
    private final ResourceAccessor files;

    /**
     * @param folder the one that the changelog's paths are relative to
     * @param masterPath the path of the master in it
     * @param reference with the place where the changelog is built
     * @param options the contexts and limits; the changelog in it is not used
     * @throws MigrationException {@link Problem#INVALID_CHANGELOG}, {@link Problem#UNSUPPORTED_CHANGELOG}
     */
    public RevisionDrafter(Path folder, String masterPath, ReferenceUrl reference, MigrationOptions options) {
        master = MasterChangelog.read(folder, masterPath);
        this.reference = reference;
        try {
            files = new DirectoryResourceAccessor(master.root());
        } catch (FileNotFoundException e) {
            throw new IllegalStateException(e);
        }
        this.options = options.withProgress(event -> {}).withChangelog(master.recorded(master.file()), files);
        if (reference.scratch() == null) {
            throw Diagnosis
                    .of(Problem.NO_DATABASE, "No database was named to build the changelog in, beside the reference " + reference)
                    .help("export DATABASE_URL='postgresql://user:password@host:5432/database'; nothing is left there");
        }
    }

    /** The options for which a Liquibase scope has to be open. */
    public MigrationOptions options() {
        return options;
    }

    /**
     * Compares, and writes nothing.
     *
     * @throws MigrationException {@link Problem#CHANGESET_FAILED}, {@link Problem#MISSING_PRIVILEGE} and so on from the place where
     *     the changelog is built
     */
    public RevisionDraft compare() throws LiquibaseException, SQLException {
        return withReference(wanted -> Scratch.inEmptySchema(reference.scratch()::connect, options, scratch -> {
            Trial.build(scratch);
            SchemaState built = SchemaState.read(scratch.context());
            return new RevisionDraft(reference.toString(), differences(built, wanted).stream()
                    .filter(difference -> !Catalog.isOrderOfColumns(difference)).map(difference -> defined(difference, wanted))
                    .toList());
        }));
    }

    /**
     * Writes the revision, if there is a difference that can be drafted.
     *
     * @throws MigrationException {@link Problem#REVISION_EXISTS}, {@link Problem#OUTPUT_FILE}, and as {@link #compare}
     */
    public RevisionDraft draft(Path folder, String masterPath, NewRevision wanted) throws LiquibaseException, SQLException {
        NewRevisionWriter writer = new NewRevisionWriter(folder, masterPath, wanted);
        return withReference(state -> draft(writer, state));
    }

    private record Plan(List<Difference> differences, Map<String, String> texts, List<String> ids, List<String> renames) {}

    private RevisionDraft draft(NewRevisionWriter writer, SchemaState wanted) throws LiquibaseException, SQLException {
        Plan plan = Scratch.inEmptySchema(reference.scratch()::connect, options, scratch -> {
            Trial.build(scratch);
            return plan(writer, wanted, SchemaState.read(scratch.context()));
        });
        if (plan.texts().isEmpty()) {
            return new RevisionDraft(reference.toString(),
                    plan.differences().stream().map(difference -> defined(difference, wanted)).toList());
        }
        Map<String, String> drafted = new LinkedHashMap<>();
        writer.paths(plan.texts()).forEach((path, text) -> drafted.put(master.recorded(path), text));
        Set<String> paths = Set.copyOf(drafted.keySet());
        drafted.put(master.recorded(master.file()), writer.masterText(plan.texts()));
        RevisionDraft unwritten =
                tried(new RevisionDraft(reference.toString(), plan.differences(), null, plan.ids(), plan.renames(),
                        List.of(), List.of(), List.of(), null), drafted, paths, wanted);
        return new RevisionDraft(unwritten.reference(), unwritten.differences(), writer.write(plan.texts()),
                unwritten.changesets(),
                unwritten.renames(), unwritten.notCovered(), unwritten.otherOrder(), unwritten.notReversible(),
                unwritten.failure());
    }

    private Plan plan(NewRevisionWriter writer, SchemaState wanted, SchemaState built) throws LiquibaseException {
        List<Difference> differences = differences(built, wanted).stream()
                .filter(difference -> !Catalog.isOrderOfColumns(difference)).toList();
        SchemaDiff forward = SchemaDiff.between(wanted, built);
        ChangePlanner planner = new ChangePlanner(forward, SchemaDiff.between(built, wanted));
        List<DraftedChange> changes = differences.isEmpty() ? List.of() : planner.plan();
        Set<String> serials = new HashSet<>(wanted.serials());
        serials.addAll(built.serials());
        if (wanted.catalog() == null && !built.serials().isEmpty()) {
            // What counts up, but not how, is known of it: as in this changelog, then.
            wanted.snapshot().get(Column.class).stream().filter(column -> Boolean.TRUE.equals(column.isAutoIncrement()))
                    .forEach(column -> serials.add(SchemaDiff.nameOf(column)));
        }
        ChangesetYaml yaml = new ChangesetYaml(writer.revision(), writer.author(), serials);
        List<ChangePlanner.Rename> renames = planner.renames(changes);
        List<DraftedChange> remarked = changes.stream().map(change -> change.remarked(remarks(change, renames, yaml))).toList();
        Map<String, String> texts = new LinkedHashMap<>();
        List<String> ids = new ArrayList<>();
        DraftFiles.divide(remarked).forEach((name, own) -> {
            texts.put(name, yaml.file("Drafted by migrations:new. Read it before it is deployed.", own));
            own.forEach(change -> ids.add(yaml.id(change)));
        });
        return new Plan(differences, texts, ids, renames.stream().map(ChangePlanner.Rename::sentence).toList());
    }

    private static List<String> remarks(DraftedChange change, List<ChangePlanner.Rename> renames, ChangesetYaml yaml) {
        return renames.stream().filter(rename -> rename.dropped().equals(change.id())).flatMap(rename -> Stream.of(
                "A rename? The " + rename.sentence() + ".",
                "If so, drop and addition lose what is in it; write one changeset in place of the two, with the change",
                "  " + ChangesetYaml.onOneLine(rename.rename()),
                "and the rollback",
                "  " + ChangesetYaml.onOneLine(rename.reverse()))).toList();
    }

    private RevisionDraft tried(RevisionDraft draft, Map<String, String> drafted, Set<String> paths, SchemaState wanted)
            throws LiquibaseException, SQLException {
        MigrationOptions withDraft = options.withChangelog(options.selection().file(), new DraftedResources(files, drafted));
        List<RehearsalReport.Step> steps = new ArrayList<>();
        List<Difference> left;
        try {
            left = Scratch.inEmptySchema(reference.scratch()::connect, withDraft, scratch -> {
                steps.addAll(Trial.rehearse(scratch, changeset -> paths.contains(changeset.getFilePath())));
                return differences(SchemaState.read(scratch.context()), wanted);
            });
        } catch (MigrationException e) {
            return new RevisionDraft(draft.reference(), draft.differences(), null, draft.changesets(), draft.renames(),
                    draft.differences().stream().filter(RevisionDrafter::isNeverDrafted)
                            .map(difference -> defined(difference, wanted))
                            .toList(),
                    List.of(), List.of(), e.getMessage());
        }
        List<String> faults = steps.stream().flatMap(step -> step.faults().stream()
                // A column that was dropped comes back as the last one.
                .filter(fault -> !fault.contains(Catalog.ANOTHER_ORDER)).map(fault -> step.id() + " " + fault)).toList();
        return new RevisionDraft(draft.reference(), draft.differences(), null, draft.changesets(), draft.renames(),
                left.stream().filter(difference -> !Catalog.isOrderOfColumns(difference))
                        .map(difference -> defined(difference, wanted))
                        .toList(),
                left.stream().filter(Catalog::isOrderOfColumns).toList(), faults, null);
    }

    private static boolean isNeverDrafted(Difference difference) {
        return DRAFTED_KINDS.stream().noneMatch(difference.object()::startsWith);
    }

    /** The same; of what is missing as a whole, with its definition. */
    private static Difference defined(Difference difference, SchemaState wanted) {
        return !difference.what().equals("is missing") || wanted.catalog() == null ? difference
                : wanted.catalog().definitionOf(difference.object())
                        .map(definition -> new Difference(difference.object(), "is missing: " + definition)).orElse(difference);
    }

    /** How the one differs from the other: by all that a server says, or where there is none by what Liquibase sees. */
    private static List<Difference> differences(SchemaState built, SchemaState wanted) throws LiquibaseException {
        if (wanted.catalog() != null) {
            return built.catalog().differencesAsBuiltFrom(wanted.catalog().alone());
        }
        SchemaDiff diff = SchemaDiff.between(wanted, built);
        List<Difference> differences = new ArrayList<>();
        for (DraftedChange change : new ChangePlanner(diff, SchemaDiff.between(built, wanted)).plan()) {
            differences.add(new Difference(kind(change) + change.table(), "needs " + ChangesetYaml.onOneLine(change.change())));
        }
        return differences;
    }

    private static String kind(DraftedChange change) {
        return switch (change.phase()) {
            case CREATE_VIEW, DROP_VIEW -> "view ";
            case CREATE_SEQUENCE, DROP_SEQUENCE -> "sequence ";
            default -> "table ";
        };
    }

    private <T> T withReference(SqlFunction<SchemaState, T> work) throws LiquibaseException, SQLException {
        if (reference.database().isEmpty()) {
            return work.apply(SchemaState.read(open(reference.other())));
        }
        try (Connection connection = surviving(reference.database().get().connect());
                ReadOnlyTransaction transaction = new ReadOnlyTransaction(connection);
                MigrationContext context = MigrationContext.open(transaction.connection(), options)) {
            return work.apply(SchemaState.read(context));
        }
    }

    /** Liquibase asks sequences for more than every role may know, and goes on when it is refused; the transaction has to as well. */
    private static Connection surviving(Connection connection) throws SQLException {
        if (connection.isWrapperFor(PGConnection.class)) {
            connection.unwrap(PGConnection.class).setAutosave(AutoSave.ALWAYS);
        }
        return connection;
    }

    private Database open(String url) {
        try {
            return DatabaseFactory.getInstance().openDatabase(url, null, null, null, files);
        } catch (LiquibaseException | RuntimeException e) {
            throw Diagnosis.of(Problem.INVALID_REFERENCE, "Cannot read the reference " + url).line(String.valueOf(e.getMessage()))
                    .cause(e)
                    .help("check the URL; the file of a snapshot is looked for in " + master.root());
        }
    }
}
