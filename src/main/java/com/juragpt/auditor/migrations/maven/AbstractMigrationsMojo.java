package com.juragpt.auditor.migrations.maven;

import com.juragpt.auditor.migrations.ChangelogFolder;
import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.render.ProgressText;
import java.io.File;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.apache.maven.plugin.AbstractMojo;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugins.annotations.Parameter;

/** Turns Maven's parameters into {@link Migrations}, and its exception into Maven's. */
abstract class AbstractMigrationsMojo extends AbstractMojo {

    /**
     * The database: postgresql://user:password@host:5432/database, a jdbc: URL, or jdbc:env:NAME for the URL in a variable of
     * the environment. Without it, the variable DATABASE_URL decides, then liquibase.properties.
     */
    @Parameter(property = "liquibase.url")
    private String url;

    /** Wins over the user in the URL. */
    @Parameter(property = "liquibase.username")
    private String username;

    /** Wins over the password in the URL. It is never printed, but other users of the machine see the command line. */
    @Parameter(property = "liquibase.password")
    private String password;

    /**
     * A file with url (and username and password), changeLogFile, contexts and labelFilter, for what is not set otherwise.
     * Without it, liquibase.properties in the folder, if there is one.
     */
    @Parameter(property = "liquibase.propertyFile")
    private String propertyFile;

    /**
     * The master changelog, relative to the folder. Without it, changelog/db.changelog-master.yaml. Where the folder has no
     * such file, or with classpath: before it, the one inside of this plugin is used.
     */
    @Parameter(property = "liquibase.changeLogFile")
    private String changeLogFile;

    /** Only changesets of these contexts, as Liquibase writes them. Without it, all. */
    @Parameter(property = "liquibase.contexts")
    private String contexts;

    /** Only changesets whose labels match, as Liquibase writes it. Without it, all. */
    @Parameter(property = "liquibase.labelFilter")
    private String labelFilter;

    /**
     * How long a statement waits for a lock of another session (PostgreSQL): seconds, or ISO 8601 as in PT0.5S; 0 waits
     * without end.
     */
    @Parameter(property = "migrations.lockTimeout", defaultValue = "5")
    private String lockTimeout;

    /** How often a deployment is retried that the lock time-out has cancelled. */
    @Parameter(property = "migrations.lockRetries", defaultValue = "10")
    private String lockRetries;

    /** How long to wait for another deployment to end: seconds, or ISO 8601 as in PT5M. */
    @Parameter(property = "migrations.lockWait", defaultValue = "300")
    private String lockWait;

    @Parameter(defaultValue = "${basedir}", readonly = true)
    private File basedir;

    @Parameter(defaultValue = "${project.file}", readonly = true)
    private File projectFile;

    @Parameter(defaultValue = "${project.build.directory}", readonly = true)
    private File buildDirectory;

    @Parameter(defaultValue = "${plugin.version}", readonly = true)
    private String version;

    /** Runs the goal; a refusal is a {@link MigrationException}. */
    abstract void run();

    @Override
    public final void execute() throws MojoFailureException {
        try {
            run();
        } catch (MigrationException e) {
            getLog().debug(e);
            // On lines of its own, between what Maven writes before and after it; without the cause, which it would append.
            throw new MojoFailureException("\n" + e.getMessage() + "\n");
        }
    }

    final Migrations migrations() {
        return migrations(options());
    }

    final Migrations migrations(MigrationOptions options) {
        return Migrations.of(database().url(), options);
    }

    final DatabaseChoice database() {
        DatabaseChoice database = DatabaseChoice.of(url, username, password, properties(), System::getenv);
        log("database: " + database);
        return database;
    }

    final MigrationOptions options() {
        LiquibaseProperties properties = properties();
        ChangelogChoice changelog = ChangelogChoice.of(or(changeLogFile, properties.get("changeLogFile")), folder(), version);
        log("changelog: " + changelog);

        return optionsOfFolder().withChangelog(changelog.file(), changelog.resources()).withNotes(notes());
    }

    // Where there is no project, nobody expects to find something.
    private Path notes() {
        return projectFile == null ? null : buildDirectory.toPath().resolve("migrations");
    }

    /** The options without a changelog, for work on the files of {@link #changelogFolder()}. */
    final MigrationOptions optionsOfFolder() {
        LiquibaseProperties properties = properties();
        return MigrationOptions.defaults()
                .withFilter(or(contexts, properties.get("contexts")), or(labelFilter, properties.get("labelFilter")))
                .withLockTimeout(new ParameterValue("migrations.lockTimeout", lockTimeout).time(),
                        new ParameterValue("migrations.lockRetries", lockRetries).count())
                .withLockWait(new ParameterValue("migrations.lockWait", lockWait).time())
                .withProgress(logging(new ProgressText()));
    }

    /** The changelog's files in this folder, for a goal that writes some. */
    final ChangelogFolder changelogFolder() {
        String file = or(changeLogFile, properties().get("changeLogFile"));
        String master = ChangelogChoice.ofFolder(file, folder());
        log("changelog: " + master + " of this folder");
        return ChangelogFolder.of(folder(), master);
    }

    /** Whether a database was named for this run, or for all of this shell, and not only as the folder's default. */
    final boolean isDatabaseGiven() {
        return url != null || System.getenv(DatabaseChoice.VARIABLE) != null;
    }

    /** A listener that logs these lines. */
    final Consumer<Progress> logging(ProgressText lines) {
        return event -> lines.line(event).ifPresent(this::log);
    }

    /** Logs a text line by line. */
    final void log(String text) {
        text.lines().forEach(getLog()::info);
    }

    /** Logs a text that has to be seen, line by line: as a warning, or under {@code mvn -q}, which hides those, as an error. */
    final void warn(String text) {
        text.lines().forEach(getLog().isWarnEnabled() ? getLog()::warn : getLog()::error);
    }

    private LiquibaseProperties properties() {
        return LiquibaseProperties.in(folder(), propertyFile);
    }

    private Path folder() {
        return basedir.toPath();
    }

    private static String or(String first, String second) {
        return first == null ? second : first;
    }
}
