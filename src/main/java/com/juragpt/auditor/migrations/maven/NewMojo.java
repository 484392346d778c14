package com.juragpt.auditor.migrations.maven;

import com.juragpt.auditor.migrations.ChangelogFolder;
import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.NewRevision;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.render.RevisionText;
import java.util.Arrays;
import java.util.List;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Writes a new revision behind all others: its folder, a file for each table, its tag, and their includes at the end of the master
 * changelog. Nothing that is there is overwritten, and no database is changed. Or gives a revision that is deployed nowhere the
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

    @Override
    void run() {
        if (renumber == null) {
            log(RevisionText.of(changelogFolder().newRevision(wanted())));
            return;
        }
        if (name != null || tables != null || revision != null) {
            throw Diagnosis.of(Problem.INVALID_PARAMETER, "Cannot both write a new revision and renumber one")
                    .line("given: -Dmigrations.renumber with -Dmigrations.name, =tables or =revision")
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
