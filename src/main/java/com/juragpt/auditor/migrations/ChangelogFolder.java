package com.juragpt.auditor.migrations;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.NewRevision;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RenumberedRevision;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.api.WrittenRevision;
import com.juragpt.auditor.migrations.draft.NewRevisionWriter;
import com.juragpt.auditor.migrations.draft.Renumbering;
import java.nio.file.Path;
import java.util.Objects;

/** The changelog's files in a folder; needs no database. */
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
