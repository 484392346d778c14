package com.juragpt.auditor.migrations.changelog;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.testing.ChildJvm;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import liquibase.GlobalConfiguration;
import liquibase.Scope;
import liquibase.configuration.ConfigurationDefinition;
import liquibase.configuration.ConfigurationValueProvider;
import liquibase.configuration.LiquibaseConfiguration;
import liquibase.configuration.core.EnvironmentValueProvider;
import liquibase.configuration.core.SystemPropertyValueProvider;
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
    void whileTheyAreReplacedNoOtherThreadMissesASetting() {
        try (ChildJvm child = ChildJvm.run(Race.class, List.of())) {
            boolean replaced = !LiquibaseUtil.getBuildVersion().startsWith("4.");
            assertThat(child.awaitLine("missed ")).isEqualTo("missed 0, replaced " + replaced);
            child.awaitSuccess();
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

    /** Main class of a process in which some threads look a setting up while others begin. */
    static final class Race {

        private static final int THREADS = 4;
        private static final int TIMES = 2_000;

        private Race() {
        }

        public static void main(String[] arguments) throws InterruptedException {
            System.setProperty(TABLE, "other");
            if (!table().equals("other")) {
                throw new IllegalStateException(table());
            }
            AtomicInteger missed = new AtomicInteger();
            AtomicBoolean ended = new AtomicBoolean();
            List<Thread> readers = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                readers.add(new Thread(() -> {
                    while (!ended.get()) {
                        missed.addAndGet(table().equals("other") ? 0 : 1);
                    }
                }));
            }
            readers.forEach(Thread::start);
            IntStream.range(0, THREADS).parallel().forEach(i -> enter());
            boolean replaced = isReplaced();
            for (int i = 0; replaced && i < TIMES; i++) {
                putBack();
                SettingLookups.quicken();
                replaced = isReplaced();
            }
            ended.set(true);
            for (Thread reader : readers) {
                reader.join();
            }
            System.out.println("missed " + missed + ", replaced " + replaced);
        }

        private static LiquibaseConfiguration configuration() {
            return Scope.getCurrentScope().getSingleton(LiquibaseConfiguration.class);
        }

        private static boolean isReplaced() {
            return configuration().getProviders().stream()
                    .noneMatch(provider -> provider.getClass() == EnvironmentValueProvider.class
                            || provider.getClass() == SystemPropertyValueProvider.class);
        }

        private static void putBack() {
            Collection<ConfigurationValueProvider> quick = configuration().getProviders();
            configuration().registerProvider(new EnvironmentValueProvider());
            configuration().registerProvider(new SystemPropertyValueProvider());
            quick.stream().filter(SettingLookups::looksOnlyAtTheProcess).forEach(configuration()::unregisterProvider);
        }
    }
}
