package com.juragpt.auditor.migrations.maven;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** The settings that the stock goals take from a folder's {@code liquibase.properties}. */
final class LiquibaseProperties {

    private static final String DEFAULT = "liquibase.properties";

    private final Properties properties;

    private LiquibaseProperties(Properties properties) {
        this.properties = properties;
    }

    /**
     * @param folder that of the project, or the current one
     * @param file relative to the folder; null for the default, which need not be there
     * @throws MigrationException {@link Problem#INVALID_PARAMETER}: the file was named and is not there
     */
    static LiquibaseProperties in(Path folder, String file) {
        Properties properties = new Properties();
        Path path = folder.resolve(file == null ? DEFAULT : file);
        if (file != null || Files.exists(path)) {
            try (InputStream in = Files.newInputStream(path)) {
                properties.load(in);
            } catch (IOException | IllegalArgumentException e) {
                throw Diagnosis.of(Problem.INVALID_PARAMETER, "Cannot read the property file " + path)
                        .line(e.toString()).cause(e).help("-Dliquibase.propertyFile=" + DEFAULT);
            }
        }
        return new LiquibaseProperties(properties);
    }

    /** Null if it is not set. */
    String get(String name) {
        return properties.getProperty(name);
    }
}
