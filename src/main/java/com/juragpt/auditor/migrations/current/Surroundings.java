package com.juragpt.auditor.migrations.current;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.changelog.SettingLookups;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.nio.charset.Charset;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import liquibase.Scope;
import liquibase.configuration.ConfigurationDefinition;
import liquibase.configuration.LiquibaseConfiguration;
import liquibase.parser.ChangeLogParserFactory;
import liquibase.util.LiquibaseUtil;

/**
 * What decides, besides its files and the database, what a changelog says: the choice of changesets, the version and configuration of
 * Liquibase, and every value that a file may name as a property, which includes the whole environment.
 */
final class Surroundings {

    private static final Logger LOG = Logger.getLogger(Surroundings.class.getName());

    /** Liquibase's key for providers that only a scope knows, from version 5 on. */
    private static final String SCOPED_PROVIDERS = "liquibase.scopedValueProviders";

    /** What the name of an environment variable or a property starts with if it gives a setting of Liquibase. */
    private static final Pattern SETTING = Pattern.compile("^(env|property)\\s+liquibase", Pattern.CASE_INSENSITIVE);

    /** Where Liquibase keeps all its scopes, from version 5 on from the moment when somebody first asks for one. */
    private static final String SCOPES = "scopeManager";

    private static final String LIQUIBASES_PARSERS = "liquibase.parser.core.";

    // By their names, as Liquibase calls one of them deprecated.
    private static final Set<String> EMPTY_OUTSIDE_OF_A_SCOPE = Set.of("liquibase.configuration.core.ScopeValueProvider",
            "liquibase.configuration.core.DeprecatedConfigurationValueProvider");

    /** Where to connect to is told by the session. */
    private static final Pattern CONNECTION = Pattern.compile("(?:url|username|password)$", Pattern.CASE_INSENSITIVE);

    private Surroundings() {
    }

    /** All of it as one text, to be compared. */
    static String of(MigrationOptions options) {
        Map<String, String> all = chosen(options);
        all.put("liquibase", LiquibaseUtil.getBuildVersionInfo());
        System.getenv().forEach((name, value) -> all.put("env " + name, value));
        ((Properties) System.getProperties().clone())
                .forEach((name, value) -> all.put("property " + name, String.valueOf(value)));
        LiquibaseConfiguration configuration = Scope.getCurrentScope().getSingleton(LiquibaseConfiguration.class);
        boolean anySet = all.keySet().stream().anyMatch(Surroundings::maySet)
                || Scope.getCurrentScope().get(SCOPED_PROVIDERS, Object.class) != null;
        for (ConfigurationDefinition<?> definition : configuration.getRegisteredDefinitions(true)) {
            if (anySet || isProvided(definition, configuration)) {
                all.put("setting " + definition.getKey(), value(definition));
            }
        }
        return all.toString();
    }

    private static Map<String, String> chosen(MigrationOptions options) {
        MigrationOptions.Selection selection = options.selection();
        Map<String, String> all = new TreeMap<>();
        all.put("file", selection.file());
        all.put("locations", String.valueOf(selection.resources().describeLocations()));
        all.put("contexts", selection.contexts());
        all.put("labels", selection.labels());
        all.put("time zone", ZoneId.systemDefault().getId());
        all.put("locale", Locale.getDefault().toLanguageTag());
        all.put("encoding", Charset.defaultCharset().name());
        return all;
    }

    /**
     * What another JVM may have as well, and it decides what a changelog says that uses no properties. It is told without any class of
     * Liquibase that takes time to load, so the version of Liquibase and of its extensions is the time and size of their files.
     *
     * @return empty where it is not known what classes there are
     */
    static Optional<String> lasting(MigrationOptions options) {
        Map<String, String> all = chosen(options);
        all.put("java", System.getProperty("java.runtime.version"));
        // A note stands for the check as well.
        all.put("check", options.check().beforehand() + " " + new TreeSet<>(options.check().conventions()));
        System.getenv().forEach((name, value) -> putSetting(all, "env " + name, value));
        ((Properties) System.getProperties().clone())
                .forEach((name, value) -> putSetting(all, "property " + name, String.valueOf(value)));
        return ClassFiles.of(MigrationOptions.class.getClassLoader()).map(classes -> {
            all.put("classes", classes);
            return all.toString();
        });
    }

    private static void putSetting(Map<String, String> all, String name, String value) {
        if (maySet(name) && !CONNECTION.matcher(name).find()) {
            all.put(name, value);
        }
    }

    /**
     * Whether a setting has no other place to come from than the environment and the system properties. Where Liquibase has not started,
     * nobody has given it another place, and those that come with its classes are as they were when {@link #areTheProcessAndItsFiles}
     * was asked.
     */
    static boolean areOnlyOfTheProcess() {
        return !hasLiquibaseStarted() || Scope.getCurrentScope().getParent() == null && knownPlaces();
    }

    /** Starting takes Liquibase longer than all that an update does in a database that has everything. */
    private static boolean hasLiquibaseStarted() {
        if (Thread.currentThread().getContextClassLoader() != MigrationOptions.class.getClassLoader()) {
            // It would start with classes of another loader as well.
            return true;
        }
        try {
            Field scopes = Scope.class.getDeclaredField(SCOPES);
            scopes.setAccessible(true);
            return scopes.get(null) != null;
        } catch (ReflectiveOperationException | InaccessibleObjectException e) {
            LOG.log(Level.FINE, "This version of Liquibase does not say whether it has started", e);
            return true;
        }
    }

    private static boolean knownPlaces() {
        return Scope.getCurrentScope().getSingleton(LiquibaseConfiguration.class).getProviders().stream()
                .allMatch(provider -> SettingLookups.looksOnlyAtTheProcess(provider)
                        || EMPTY_OUTSIDE_OF_A_SCOPE.contains(provider.getClass().getName()));
    }

    /** Whether no value and no file comes from elsewhere than the process, Liquibase itself and the changelog's resources. */
    static boolean areTheProcessAndItsFiles() {
        LiquibaseConfiguration configuration = Scope.getCurrentScope().getSingleton(LiquibaseConfiguration.class);
        return knownPlaces() && configuration.getRegisteredDefinitions(true).stream()
                .noneMatch(definition -> isProvided(definition, configuration))
                && ChangeLogParserFactory.getInstance().getParsers().stream()
                        .allMatch(parser -> parser.getClass().getName().startsWith(LIQUIBASES_PARSERS));
    }

    private static boolean maySet(String name) {
        return SETTING.matcher(name).find();
    }

    /** Whether anything but the environment and the properties has a value: these were looked at all at once, which is much cheaper. */
    private static boolean isProvided(ConfigurationDefinition<?> definition, LiquibaseConfiguration configuration) {
        List<String> keys = new ArrayList<>(definition.getAliasKeys());
        keys.add(0, definition.getKey());
        return configuration.getProviders().stream().filter(provider -> !SettingLookups.looksOnlyAtTheProcess(provider))
                .anyMatch(provider -> provider.getProvidedValue(keys.toArray(String[]::new)) != null);
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
