package com.juragpt.auditor.migrations.testing;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** PostgreSQL's own dump of a database, schema and data, where the program is installed and not older than the server. */
public final class PgDump {

    private PgDump() {
    }

    /** A digest of the dump; nothing where the program cannot make one. */
    public static Optional<String> digest(TestDatabase database) {
        return canDump(database) ? Optional.of(run(List.of("--dbname=" + database.url()))) : Optional.empty();
    }

    /** The same without the rows of Liquibase's own tables, which tell when and by whom. */
    public static Optional<String> digestWithoutHistory(TestDatabase database) {
        return canDump(database)
                ? Optional.of(run(List.of("--exclude-table-data=*.databasechangelog*", "--dbname=" + database.url())))
                : Optional.empty();
    }

    private static boolean canDump(TestDatabase database) {
        return Installed.MAJOR >= major(database.query("SHOW server_version").get(0).get(0));
    }

    /** What is installed is asked for once. */
    private static final class Installed {

        private static final int MAJOR = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "pg_dump"))) ? major(run(List.of("--version")).strip())
                        : -1;
    }

    private static int major(String version) {
        return Integer.parseInt(version.replaceAll("^\\D*(\\d+).*$", "$1"));
    }

    private static String run(List<String> arguments) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            List<String> command = new ArrayList<>(List.of("pg_dump"));
            command.addAll(arguments);
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            String first = null;
            try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
                for (String line = output.readLine(); line != null; line = output.readLine()) {
                    first = first == null ? line : first;
                    // Newer versions begin and end with a key that is drawn for each dump.
                    if (!line.startsWith("\\restrict ") && !line.startsWith("\\unrestrict ")) {
                        digest.update(line.getBytes(StandardCharsets.UTF_8));
                    }
                }
            }
            if (process.waitFor() != 0) {
                throw new IllegalStateException("pg_dump failed: " + first);
            }
            return arguments.contains("--version") ? first : HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
