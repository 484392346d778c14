package com.juragpt.auditor.migrations.maven;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import java.nio.file.Files;
import java.nio.file.Path;
import liquibase.resource.ResourceAccessor;

/**
 * Which changelog a goal works with: the folder's or the one in this plugin's jar, never both, which Liquibase would refuse.
 *
 * @param file the master changelog, as its path is recorded
 * @param resources where its files are found
 * @param place whose it is, in words for the log
 */
record ChangelogChoice(String file, ResourceAccessor resources, String place) {

    private static final String CLASS_PATH = "classpath:";

    /**
     * @param file {@code liquibase.changeLogFile}, or null for this module's; {@code classpath:} before it means the jar's
     * @param folder that of the project, or the current one; its changelog wins if it has one
     * @param version of this plugin
     * @throws MigrationException {@link Problem#INVALID_CHANGELOG}: neither has it
     */
    static ChangelogChoice of(String file, Path folder, String version) {
        String wanted = file == null ? MigrationOptions.CHANGELOG : file;
        boolean inJar = wanted.startsWith(CLASS_PATH);
        String path = inJar ? wanted.substring(CLASS_PATH.length()) : relative(wanted, folder);
        String jar = "auditor-migrations " + version;
        if (!inJar && Files.isRegularFile(folder.resolve(path))) {
            return new ChangelogChoice(path, new FolderFiles(folder), "of this folder");
        }
        if (MigrationOptions.class.getClassLoader().getResource(path) != null) {
            return new ChangelogChoice(path, MigrationOptions.defaults().selection().resources(), "of " + jar);
        }
        throw Diagnosis.of(Problem.INVALID_CHANGELOG, "There is no changelog " + path)
                .line("looked in: " + (inJar ? jar : folder + ", " + jar))
                .help("-Dliquibase.changeLogFile=" + MigrationOptions.CHANGELOG);
    }

    /**
     * The master changelog of the folder, for a goal that writes into it; it need not be there.
     *
     * @param file {@code liquibase.changeLogFile}, or null for this module's
     * @return its path, relative to the folder
     * @throws MigrationException {@link Problem#INVALID_PARAMETER}: the one in the jar is named, which nobody can write into
     */
    static String ofFolder(String file, Path folder) {
        String wanted = file == null ? MigrationOptions.CHANGELOG : file;
        if (wanted.startsWith(CLASS_PATH)) {
            throw Diagnosis.of(Problem.INVALID_PARAMETER, "Cannot write into " + wanted + ", which is part of the plugin")
                    .help("-Dliquibase.changeLogFile=" + wanted.substring(CLASS_PATH.length()) + " for the one in this folder");
        }
        return relative(wanted, folder);
    }

    // Liquibase records the paths of files relative to the folder, with slashes.
    private static String relative(String file, Path folder) {
        Path path = folder.resolve(file).normalize();
        return (path.startsWith(folder.normalize()) ? folder.normalize().relativize(path) : path).toString().replace('\\', '/');
    }

    @Override
    public String toString() {
        return file + " " + place;
    }
}
