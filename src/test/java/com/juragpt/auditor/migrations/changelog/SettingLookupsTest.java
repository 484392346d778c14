package com.juragpt.auditor.migrations.changelog;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.testing.ChildJvm;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import liquibase.GlobalConfiguration;
import liquibase.Scope;
import liquibase.configuration.ConfigurationDefinition;
import liquibase.configuration.LiquibaseConfiguration;
import liquibase.util.LiquibaseUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Liquibase finds the same settings as before, only faster. */
class SettingLookupsTest {

    private static final String TABLE = "liquibase.databaseChangelogTableName";

    @AfterEach
    void clear() {
        System.clearProperty(TABLE);
    }

    @Test
    void aPropertyIsFoundAsSoonAsItIsSetAndNoLonger() {
        enter();
        assertThat(table()).isEqualTo("DATABASECHANGELOG");
        for (String name : List.of("one", "two", "one")) {
            System.setProperty(TABLE, name);
            assertThat(table()).isEqualTo(name);
        }
        System.clearProperty(TABLE);
        assertThat(table()).isEqualTo("DATABASECHANGELOG");
    }

    @Test
    void eachProviderIsReplacedOnceHoweverManyThreadsBegin() {
        IntStream.range(0, 200).parallel().forEach(i -> enter());
        String kind = LiquibaseUtil.getBuildVersion().startsWith("4.") ? "liquibase.configuration.core." : "";
        List<String> classes = Scope.getCurrentScope().getSingleton(LiquibaseConfiguration.class).getProviders().stream()
                .map(provider -> provider.getClass().getName()).toList();
        assertThat(classes).doesNotHaveDuplicates()
                .contains(kind.isEmpty() ? SettingLookups.class.getName() + "$Environment" : kind + "EnvironmentValueProvider")
                .contains(kind.isEmpty() ? SettingLookups.class.getName() + "$SystemProperties"
                        : kind + "SystemPropertyValueProvider");
        if (kind.isEmpty()) {
            assertThat(classes).noneMatch(name -> name.matches(".*core\\.(Environment|SystemProperty)ValueProvider"));
        }
    }

    @Test
    void everySettingOfTheEnvironmentAndOfPropertiesIsTheSameBeforeAndAfter() {
        try (ChildJvm child = ChildJvm.runInEnvironment(
                Map.of("LIQUIBASE_DATABASE_CHANGELOG_LOCK_TABLE_NAME", "lock_of_environment",
                        "LIQUIBASE_OUTPUT_LINE_SEPARATOR", "x", "liquibase_sql_log_level", "WARNING"),
                Settings.class, List.of())) {
            assertThat(child.awaitLine("same ")).isEqualTo("same true lock_of_environment schema_of_property WARNING");
            child.awaitSuccess();
        }
    }

    private static void enter() {
        LiquibaseScope.enter(MigrationOptions.defaults()).close();
    }

    private static String table() {
        return GlobalConfiguration.DATABASECHANGELOG_TABLE_NAME.getCurrentValue();
    }

    /** Main class of a process with settings in its environment. */
    static final class Settings {

        private Settings() {
        }

        public static void main(String[] arguments) {
            System.setProperty("liquibase.liquibase-schema-name", "schema_of_property");
            Map<String, String> before = all();
            enter();
            System.out.println("same " + before.equals(all()) + " " + before.get("liquibase.databaseChangelogLockTableName") + " "
                    + before.get("liquibase.liquibaseSchemaName") + " " + before.get("liquibase.sql.logLevel"));
        }

        private static Map<String, String> all() {
            Map<String, String> all = new TreeMap<>();
            for (ConfigurationDefinition<?> definition : Scope.getCurrentScope().getSingleton(LiquibaseConfiguration.class)
                    .getRegisteredDefinitions(true)) {
                var value = definition.getCurrentConfiguredValue();
                all.put(definition.getKey(), String.valueOf(value.getValue()));
                all.put(definition.getKey() + " from", value.getProvidedValue().describe());
            }
            return all;
        }
    }
}
