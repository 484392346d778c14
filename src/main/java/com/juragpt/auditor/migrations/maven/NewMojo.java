package com.juragpt.auditor.migrations.maven;

import com.juragpt.auditor.migrations.ChangelogFolder;
import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.NewRevision;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RevisionDraft;
import com.juragpt.auditor.migrations.database.ReferenceUrl;
import com.juragpt.auditor.migrations.render.RevisionText;
import java.util.Arrays;
import java.util.List;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Writes a new revision behind all others: its folder, a file for each table, its tag, and their includes at the end of the master
 * changelog. Nothing that is there is overwritten, and no database is changed. Drafts what is in the files from a reference, and
 * proves the draft. Or gives a revision that is deployed nowhere the
 * next number.
 */
@Mojo(name = "new", requiresProject = false, threadSafe = true, configurator = SecretKeepingConfigurator.NAME)
public final class NewMojo extends AbstractMigrationsMojo {

    /** What the revision does, in a few words. Its folder is named after it. */
    @Parameter(property = "migrations.name")
    private String name;

    /** The tables to write a file for, separated by commas. Without it, there is one file to fill in. */
    @Parameter(property = "migrations.tables")
    private String tables;

    /** The revision's tag and the start of its folder's name. Without it, the next number. */
    @Parameter(property = "migrations.revision")
    private String revision;

    /** Instead of writing a new revision, move this one behind all others: its number, or the name of its folder. */
    @Parameter(property = "migrations.renumber")
    private String renumber;

    /**
     * Draft the revision from what this has and the changelog does not build: the URL of a database, jdbc:env:NAME for one in a
     * variable, offline:postgresql?snapshot=FILE for a snapshot of Liquibase, or hibernate:… where its extension is a dependency of
     * the plugin.
     */
    @Parameter(property = "migrations.reference")
    private String reference;

    /** true writes nothing, and fails the build when the reference has what the changelog does not build. */
    @Parameter(property = "migrations.failOnDifference", defaultValue = "false")
    private String failOnDifference;

    /** How long a statement may take that builds a schema to compare with: seconds, or ISO 8601 as in PT5M; 0 for any time. */
    @Parameter(property = "migrations.statementTimeout", defaultValue = "300")
    private String statementTimeout;

    @Override
    void run() {
        boolean onlyCompare = new ParameterValue("migrations.failOnDifference", failOnDifference).flag();
        if (renumber != null) {
            renumber();
        } else if (reference != null) {
            draft(onlyCompare);
        } else if (onlyCompare) {
            new ParameterValue("migrations.reference", null).given("postgresql://user:password@host:5432/database");
        } else {
            log(RevisionText.of(changelogFolder().newRevision(wanted())));
        }
    }

    private void draft(boolean onlyCompare) {
        if (tables != null) {
            throw Diagnosis.of(Problem.INVALID_PARAMETER, "Cannot choose the tables of a draft: it has those that differ")
                    .line("given: -Dmigrations.tables=" + tables + " with -Dmigrations.reference")
                    .help("leave -Dmigrations.tables out, then delete from the draft what is not meant");
        }
        ReferenceUrl url = ReferenceUrl.parse(reference, System::getenv);
        if (url.database().isEmpty()) {
            url = url.builtIn(database().url());
        }
        MigrationOptions options = optionsOfFolder()
                .withStatementTimeout(new ParameterValue("migrations.statementTimeout", statementTimeout).time());
        log("reference: " + url);
        if (onlyCompare) {
            RevisionDraft compared = changelogFolder().compareWith(url, options);
            compared.requireNone();
            log(RevisionText.of(compared));
            return;
        }
        RevisionDraft draft = changelogFolder().draftRevision(wanted(), url, options);
        log(RevisionText.of(draft));
        RevisionText.unproven(draft).ifPresent(this::warn);
    }

    private void renumber() {
        if (name != null || tables != null || revision != null || reference != null) {
            throw Diagnosis.of(Problem.INVALID_PARAMETER, "Cannot both write a new revision and renumber one")
                    .line("given: -Dmigrations.renumber with -Dmigrations.name, tables, revision or reference")
                    .help("mvn migrations:new -Dmigrations.renumber=" + renumber);
        }
        ChangelogFolder folder = changelogFolder();
        boolean ask = isDatabaseGiven();
        log(RevisionText.of(ask ? folder.renumber(renumber, migrations().status()) : folder.renumber(renumber), ask));
    }

    private NewRevision wanted() {
        List<String> files = tables == null ? List.of() : Arrays.stream(tables.split(",", -1)).map(String::strip).toList();
        return new NewRevision(new ParameterValue("migrations.name", name).given("\"add user authentication\""), revision, files);
    }
}
