package com.juragpt.auditor.migrations.benchmark;

import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
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

        for (int size : setup.sizes()) {
            Path folder = Files.createDirectories(TARGET.resolve(String.valueOf(size)));
            Changesets.write(folder, size);
            if (setup.parts().contains("api")) {
                LOG.info(() -> "Measuring the APIs with " + size + " changesets");
                new ApiPart(setup, databases, results).measure(size, folder);
            }
        }

        Files.writeString(TARGET.resolve("report.md"), new Report(results).figures());
        LOG.info(() -> "The figures are in " + TARGET.resolve("report.md"));
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
