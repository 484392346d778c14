package com.juragpt.auditor.migrations.testing;

import com.juragpt.auditor.migrations.api.MigrationException;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Liquibase's own command line, with the drivers on its class path and without this project. */
final class LiquibaseCommandLine {

    private LiquibaseCommandLine() {
    }

    /** Runs {@code liquibase} with these arguments, and waits for its end. */
    static Run run(Path folder, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "-cp", classPath(),
                "liquibase.integration.commandline.LiquibaseCommandLine", "--analytics-enabled=false", "--show-banner=false"));
        command.addAll(List.of(arguments));
        return Run.of(folder, Map.of(), command);
    }

    private static String classPath() {
        Path project = home(MigrationException.class);
        Path tests = home(LiquibaseCommandLine.class);
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !Path.of(entry).equals(project) && !Path.of(entry).equals(tests))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static Path home(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
