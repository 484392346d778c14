package com.juragpt.auditor.migrations.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A Chromium without a window. Where the program is not installed, the test is skipped. */
public final class Chromium {

    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");
    private static final List<String> FLAGS = List.of("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--virtual-time-budget=10000");

    private Chromium() {
    }

    /**
     * What a page looks like after its scripts have run.
     *
     * @param folder an empty one, for the browser's own files
     */
    public static String domOf(String html, Path folder) {
        Optional<Path> program = program();
        Assumptions.assumeTrue(program.isPresent(), "chromium is not installed (Debian: apt-get install chromium)");
        try {
            Path page = Files.writeString(folder.resolve("page.html"), html);
            Path dom = folder.resolve("dom.html");
            List<String> command = new ArrayList<>(List.of(program.get().toString()));
            command.addAll(FLAGS);
            command.addAll(List.of("--user-data-dir=" + folder.resolve("profile"), "--dump-dom", page.toUri().toString()));
            Process process = new ProcessBuilder(command).redirectOutput(dom.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            if (!process.waitFor(2, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new IllegalStateException("chromium did not end within two minutes");
            }
            return Files.readString(dom, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static Optional<Path> program() {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name))).filter(Files::isExecutable).findFirst();
    }
}
