package com.juragpt.auditor.migrations.benchmark;

import com.juragpt.auditor.migrations.testing.Maven;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What the figures were measured on. */
final class Machine {

    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

    private Machine() {
    }

    /** Each thing with its value. */
    static Map<String, String> describe(Databases databases, Setup setup, boolean alembic) throws IOException {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("measured on", LocalDate.now().toString());
        facts.put("processor", system.getAvailableProcessors() + " cores" + model().map(name -> ", " + name).orElse(""));
        facts.put("memory", Math.round(system.getTotalMemorySize() / (double) (1L << 30)) + " GB");
        facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                + System.getProperty("os.arch"));
        facts.put("load when it began", system.getSystemLoadAverage() < 0 ? "not known"
                : String.format(Locale.ROOT, "%.1f", system.getSystemLoadAverage()));
        facts.put("Java", System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
        facts.put("PostgreSQL", databases.version() + ", fsync " + databases.setting("fsync") + ", synchronous_commit "
                + databases.setting("synchronous_commit") + ", max_locks_per_transaction "
                + databases.setting("max_locks_per_transaction"));
        facts.put("this module", Maven.projectVersion());
        facts.put("Liquibase", Commands.version("liquibase"));
        facts.put("Flyway", Commands.version("flyway"));
        facts.put("Alembic", alembic ? Commands.version("alembic") : "not there");
        facts.put("drivers", "pgjdbc " + Commands.version("postgresql") + ", psycopg2 " + Commands.version("psycopg2"));
        facts.put("runs of each", setup.runs() + ", of 10 000 changesets " + setup.runs(10_000));
        return facts;
    }

    private static Optional<String> model() throws IOException {
        if (!Files.exists(PROCESSORS)) {
            return Optional.empty();
        }
        return Files.readAllLines(PROCESSORS).stream().filter(line -> line.startsWith("model name"))
                .map(line -> line.replaceFirst(".*?: *", "")).findFirst();
    }
}
