package com.juragpt.auditor.migrations;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.NewRevision;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RenumberedRevision;
import com.juragpt.auditor.migrations.api.RevisionDraft;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.api.WrittenRevision;
import com.juragpt.auditor.migrations.changelog.LiquibaseScope;
import com.juragpt.auditor.migrations.connection.SqlFunction;
import com.juragpt.auditor.migrations.database.ReferenceUrl;
import com.juragpt.auditor.migrations.draft.NewRevisionWriter;
import com.juragpt.auditor.migrations.draft.Renumbering;
import com.juragpt.auditor.migrations.draft.RevisionDrafter;
import java.nio.file.Path;
import java.util.Objects;

/** The changelog's files in a folder; needs no database, but for a draft from one. */
public final class ChangelogFolder {

    private final Path folder;
    private final String master;

    private ChangelogFolder(Path folder, String master) {
        this.folder = Objects.requireNonNull(folder);
        this.master = Objects.requireNonNull(master);
    }

    /**
     * @param folder the one that the changelog's paths are relative to, as a rule that of the project
     * @param master the path of the master changelog in it
     */
    public static ChangelogFolder of(Path folder, String master) {
        return new ChangelogFolder(folder, master);
    }

    /**
     * Writes a new revision to fill in behind all others: a file for each table, its tag, and their includes at the end of the
     * master. Nothing that is there is overwritten; all is written, or nothing.
     *
     * @throws MigrationException {@link Problem#INVALID_PARAMETER}, {@link Problem#REVISION_EXISTS},
     *     {@link Problem#INVALID_CHANGELOG}, {@link Problem#UNSUPPORTED_CHANGELOG}, {@link Problem#OUTPUT_FILE}
     */
    public WrittenRevision newRevision(NewRevision revision) {
        return new NewRevisionWriter(folder, master, revision).writeTemplates(revision.tables());
    }

    /**
     * Drafts a new revision from what a reference has and the changelog does not build, and proves the draft: it is applied after the
     * changelog, compared with the reference and rolled back, in a schema of its own that is rolled back as a whole. What could not
     * be drafted is in the result. If there is no difference, nothing is written.
     *
     * @param reference of the schema that is wanted, with the place where the changelog is built
     * @param options which contexts and labels take part, and how long to wait; its changelog is not used
     * @throws MigrationException as {@link #newRevision}, {@link Problem#INVALID_REFERENCE}, {@link Problem#NO_DATABASE},
     *     {@link Problem#CANNOT_CONNECT}, {@link Problem#CHANGESET_FAILED}, {@link Problem#MISSING_PRIVILEGE}
     */
    public RevisionDraft draftRevision(NewRevision revision, ReferenceUrl reference, MigrationOptions options) {
        return calling(new RevisionDrafter(folder, master, reference, options),
                drafter -> drafter.draft(folder, master, revision));
    }

    /**
     * Compares what the changelog builds with a reference; writes nothing.
     *
     * @param reference of the schema that is wanted, with the place where the changelog is built
     * @param options which contexts and labels take part, and how long to wait; its changelog is not used
     * @throws MigrationException as {@link #draftRevision}
     */
    public RevisionDraft compareWith(ReferenceUrl reference, MigrationOptions options) {
        return calling(new RevisionDrafter(folder, master, reference, options), RevisionDrafter::compare);
    }

    private static RevisionDraft calling(RevisionDrafter drafter, SqlFunction<RevisionDrafter, RevisionDraft> work) {
        return LiquibaseScope.calling(drafter.options(), () -> work.apply(drafter));
    }

    /**
     * Moves a revision behind all others: its folder, ids, tag and includes. That it is deployed nowhere is taken on trust.
     *
     * @param revision its number, or the name of its folder where several have that number
     * @throws MigrationException {@link Problem#UNKNOWN_REVISION}, {@link Problem#AMBIGUOUS_REVISION},
     *     {@link Problem#INVALID_CHANGELOG}, {@link Problem#UNSUPPORTED_CHANGELOG}, {@link Problem#OUTPUT_FILE}
     */
    public RenumberedRevision renumber(String revision) {
        return new Renumbering(folder, master, revision).move();
    }

    /**
     * The same, if a database has nothing of the revision.
     *
     * @param revision its number, or the name of its folder where several have that number
     * @param status of the database, by this changelog
     * @throws MigrationException {@link Problem#REVISION_DEPLOYED}, and as {@link #renumber(String)}
     */
    public RenumberedRevision renumber(String revision, Status status) {
        Renumbering renumbering = new Renumbering(folder, master, revision);
        renumbering.requireNotDeployed(status);
        return renumbering.move();
    }
}
