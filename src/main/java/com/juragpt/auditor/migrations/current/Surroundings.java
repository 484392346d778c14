package com.juragpt.auditor.migrations.current;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import java.time.ZoneId;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import liquibase.Scope;
import liquibase.configuration.ConfigurationDefinition;
import liquibase.configuration.LiquibaseConfiguration;
import liquibase.util.LiquibaseUtil;

/**
 * What decides, besides its files and the database, what a changelog says: the choice of changesets, the version and configuration of
 * Liquibase, and every value that a file may name as a property, which includes the whole environment.
 */
final class Surroundings {

    private Surroundings() {
    }

    /** All of it as one text, to be compared. */
    static String of(MigrationOptions options) {
        MigrationOptions.Selection selection = options.selection();
        Map<String, String> all = new TreeMap<>();
        all.put("file", selection.file());
        all.put("locations", String.valueOf(selection.resources().describeLocations()));
        all.put("contexts", selection.contexts());
        all.put("labels", selection.labels());
        all.put("liquibase", LiquibaseUtil.getBuildVersionInfo());
        all.put("time zone", ZoneId.systemDefault().getId());
        all.put("locale", Locale.getDefault().toLanguageTag());
        System.getenv().forEach((name, value) -> all.put("env " + name, value));
        ((Properties) System.getProperties().clone())
                .forEach((name, value) -> all.put("property " + name, String.valueOf(value)));
        for (ConfigurationDefinition<?> definition : Scope.getCurrentScope().getSingleton(LiquibaseConfiguration.class)
                .getRegisteredDefinitions(true)) {
            all.put("setting " + definition.getKey(), value(definition));
        }
        return all.toString();
    }

    private static String value(ConfigurationDefinition<?> definition) {
        try {
            return String.valueOf(definition.getCurrentValue());
        } catch (RuntimeException e) {
            // One that nobody else asks for must not fail here.
            return "not valid: " + e.getMessage();
        }
    }
}
