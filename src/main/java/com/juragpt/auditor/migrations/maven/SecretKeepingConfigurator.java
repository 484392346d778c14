package com.juragpt.auditor.migrations.maven;

import java.util.Set;
import org.codehaus.plexus.classworlds.realm.ClassRealm;
import org.codehaus.plexus.component.configurator.BasicComponentConfigurator;
import org.codehaus.plexus.component.configurator.ComponentConfigurationException;
import org.codehaus.plexus.component.configurator.ConfigurationListener;
import org.codehaus.plexus.component.configurator.expression.ExpressionEvaluator;
import org.codehaus.plexus.configuration.PlexusConfiguration;

/**
 * Sets a goal's parameters as Maven does, but hides from {@code mvn -X} the values of those that may hold a password: Maven
 * itself prints every parameter.
 */
public final class SecretKeepingConfigurator extends BasicComponentConfigurator {

    static final String NAME = "auditor-migrations";

    private static final Set<String> SECRET = Set.of("url", "password", "reference");

    @Override
    public void configureComponent(Object component, PlexusConfiguration configuration, ExpressionEvaluator evaluator,
            ClassRealm realm, ConfigurationListener listener) throws ComponentConfigurationException {
        super.configureComponent(component, configuration, evaluator, realm, new Redacting(listener));
    }

    private record Redacting(ConfigurationListener listener) implements ConfigurationListener {

        @Override
        public void notifyFieldChangeUsingSetter(String field, Object value, Object target) {
            listener.notifyFieldChangeUsingSetter(field, redacted(field, value), target);
        }

        @Override
        public void notifyFieldChangeUsingReflection(String field, Object value, Object target) {
            listener.notifyFieldChangeUsingReflection(field, redacted(field, value), target);
        }

        private static Object redacted(String field, Object value) {
            return value != null && SECRET.contains(field) ? "(not shown)" : value;
        }
    }
}
