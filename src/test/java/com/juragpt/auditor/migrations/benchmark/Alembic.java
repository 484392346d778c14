package com.juragpt.auditor.migrations.benchmark;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Logger;

/** Alembic in a Python environment of its own, which the first benchmark makes. */
final class Alembic {

    private static final Logger LOG = Logger.getLogger(Alembic.class.getName());

    private final Path programs;

    private Alembic(Path programs) {
        this.programs = programs;
    }

    /**
     * Installs it, unless it is there.
     *
     * @param folder for it
     * @return none where there is no Python or no package index
     */
    static Optional<Alembic> in(Path folder) throws IOException, InterruptedException {
        Path programs = folder.resolve("bin");
        Path log = Files.createTempFile("alembic", ".log");
        try {
            if (!Files.exists(programs.resolve("alembic"))) {
                Files.createDirectories(folder);
                run(folder, log, "python3", "-m", "venv", folder.toString());
                run(folder, log, programs.resolve("python").toString(), "-m", "pip", "install", "--quiet",
                        "alembic==" + System.getProperty("it.alembic.version"),
                        "psycopg2-binary==" + System.getProperty("it.psycopg2.version"));
            }
            return Optional.of(new Alembic(programs));
        } catch (IOException | AssertionError e) {
            LOG.warning("Without Alembic, which could not be installed: " + e.getMessage());
            return Optional.empty();
        } finally {
            Files.delete(log);
        }
    }

    private static void run(Path folder, Path log, String... words) throws IOException, InterruptedException {
        new Command(folder, Map.of(), List.of(words)).run(log);
    }

    /** The command that upgrades to the last revision. */
    Command upgrade(Path folder, Address database) {
        return new Command(folder, Map.of("DATABASE_URL", database.url()),
                List.of(programs.resolve("alembic").toString(), "upgrade", "head"));
    }

    /** The process of its API. */
    WorkerProcess worker(Path folder) throws IOException {
        Path script = folder.resolve("alembic-worker.py");
        try (InputStream in = Alembic.class.getResourceAsStream("alembic-worker.py")) {
            Files.copy(in, script, StandardCopyOption.REPLACE_EXISTING);
        }
        return WorkerProcess.start(List.of(programs.resolve("python").toString(), script.toString(), folder.toString()),
                folder.resolveSibling("alembic-worker.log"));
    }
}
