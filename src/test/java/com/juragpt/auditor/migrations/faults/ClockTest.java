package com.juragpt.auditor.migrations.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whoever sets the machine's clock during a deployment changes nothing but the times that are written down. */
class ClockTest {

    /** Those that write down when something was, or take the time for a number; none of them measures with it. */
    private static final Set<String> TELL_THE_TIME = Set.of("lock/LockRow", "changelog/History", "changelog/LiquibaseScope");

    @Test
    void onlyWhoWritesATimeDownAsksForIt() throws IOException, URISyntaxException {
        Path classes = Path.of(Migrations.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                .resolve("com/juragpt/auditor/migrations");
        Set<String> asking = new TreeSet<>();
        try (Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
                // Names of methods are in a class file as they are.
                String names = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
                if (names.contains("currentTimeMillis") || names.contains("java/time/Clock")
                        || names.contains("java/time/Instant") && names.contains("\3now")) {
                    asking.add(classes.relativize(file).toString().replaceAll("(\\$.*)?\\.class$", ""));
                }
            }
        }
        assertThat(asking).isEqualTo(new TreeSet<>(TELL_THE_TIME));
    }
}
