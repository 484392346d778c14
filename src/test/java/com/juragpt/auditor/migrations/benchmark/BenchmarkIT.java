package com.juragpt.auditor.migrations.benchmark;

import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Compares this module with stock Liquibase, Flyway and Alembic in one run on one server: {@code mvn verify -Pbenchmark}.
 * Measures and reports; fails only where a tool does. {@link Setup} has what can be chosen.
 */
@Tag("benchmark")
@ExtendWith(PostgresExtension.class)
class BenchmarkIT {

    private static final Path TARGET = Path.of("target/benchmark").toAbsolutePath();
    private static final Logger LOG = Logger.getLogger(BenchmarkIT.class.getName());

    @Test
    @Timeout(value = 12, unit = TimeUnit.HOURS)
    void compares(TestDatabase empty, TestDatabase observer) throws Exception {
        Setup setup = Setup.ofTheCommandLine();
        Databases databases = new Databases(empty, observer);
        Results results = new Results();
        delete(TARGET);
        Files.createDirectories(TARGET);

        Optional<Alembic> alembic = Alembic.in(TARGET.resolveSibling("alembic"));
        Map<String, String> machine = Machine.describe(databases, setup, alembic.isPresent());
        ApiPart apis = new ApiPart(setup, alembic, databases, results);
        CommandPart commands = new CommandPart(setup, new Commands(alembic), databases, results);
        for (int size : setup.sizes()) {
            Path folder = Files.createDirectories(TARGET.resolve(String.valueOf(size)));
            Changesets.write(folder, size);
            Commands.writeProjects(folder);
            if (setup.parts().contains("api")) {
                LOG.info(() -> "Measuring the APIs with " + size + " changesets");
                apis.measure(size, folder);
            }
            if (setup.parts().contains("commands")) {
                LOG.info(() -> "Measuring whole commands with " + size + " changesets");
                if (size == setup.sizes().get(0)) {
                    commands.warmUp(folder);
                }
                commands.measure(size, folder);
            }
            // Hours may be in it, and the next size fail.
            report(setup, results, machine);
        }
        if (setup.parts().contains("stall")) {
            LOG.info("Measuring how long a writer waits while an index is added");
            new StallPart(setup, databases, results).measure(TARGET.resolve("stall"));
        }
        Report report = report(setup, results, machine);
        LOG.info(() -> report.targets() + "All figures are in " + TARGET.resolve("report.md") + ", the plot beside it");
        if (setup.writes()) {
            MeasuredPage.write(Files.readString(TARGET.resolve("report.md")), TARGET.resolve("plot.svg"));
        }
    }

    private static Report report(Setup setup, Results results, Map<String, String> machine) throws IOException {
        Report report = new Report(results);
        String text =
                String.join("\n", "### The targets", "", report.targets(), report.stalls(setup.rows()), "### All figures", "",
                        report.figures(), "### The machine", "", Report.facts(machine));
        Files.writeString(TARGET.resolve("report.md"), text);
        Files.writeString(TARGET.resolve("plot.svg"), Plot.of(results));
        return report;
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
