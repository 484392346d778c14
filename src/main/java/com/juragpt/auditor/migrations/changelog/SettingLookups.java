package com.juragpt.auditor.migrations.changelog;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import liquibase.Scope;
import liquibase.configuration.ConfigurationValueProvider;
import liquibase.configuration.LiquibaseConfiguration;
import liquibase.configuration.core.EnvironmentValueProvider;
import liquibase.configuration.core.SystemPropertyValueProvider;

/**
 * Makes it cheap for Liquibase to look up its settings, which it does some dozens of times for each changeset: each time it copies
 * all system properties and hashes them and the whole environment. Its two providers give way to these, which find the same
 * values in the same places.
 */
public final class SettingLookups {

    // Version 4 keeps them in a set that it changes in place, though other threads may be going through it.
    private static final boolean MAY_BE_REPLACED = Arrays.stream(LiquibaseConfiguration.class.getMethods())
            .anyMatch(method -> method.getName().equals("getEffectiveProviders"));

    // Not their subclasses, which may look elsewhere.
    private static final Set<Class<?>> PROCESS = Set.of(EnvironmentValueProvider.class, SystemPropertyValueProvider.class,
            Environment.class, SystemProperties.class);

    private SettingLookups() {
    }

    /** Replaces Liquibase's own providers, for the whole JVM, unless that was done before or cannot be done safely. */
    static void quicken() {
        if (!MAY_BE_REPLACED) {
            return;
        }
        LiquibaseConfiguration configuration = Scope.getCurrentScope().getSingleton(LiquibaseConfiguration.class);
        for (ConfigurationValueProvider provider : configuration.getProviders()) {
            if (provider.getClass() == EnvironmentValueProvider.class) {
                replace(configuration, provider, new Environment());
            } else if (provider.getClass() == SystemPropertyValueProvider.class) {
                replace(configuration, provider, new SystemProperties());
            }
        }
    }

    /** Whether a provider finds all that it finds in the process's environment or system properties. */
    public static boolean looksOnlyAtTheProcess(ConfigurationValueProvider provider) {
        return PROCESS.contains(provider.getClass());
    }

    // Both are there for a moment, and agree; without either, another thread would miss a setting.
    private static void replace(LiquibaseConfiguration configuration, ConfigurationValueProvider old,
            ConfigurationValueProvider quick) {
        configuration.registerProvider(quick);
        configuration.unregisterProvider(old);
    }

    private static final class Environment extends EnvironmentValueProvider {

        /** By no means of Java does it change in a process. */
        @Override
        protected int getMapHash() {
            return 1;
        }
    }

    private static final class SystemProperties extends SystemPropertyValueProvider {

        /** Themselves: they may be read while somebody writes them. */
        @Override
        protected Map<?, ?> getMap() {
            return System.getProperties();
        }
    }
}
