package com.juragpt.auditor.migrations.current;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.UpdateResult;
import com.juragpt.auditor.migrations.changelog.AskedFiles;
import com.juragpt.auditor.migrations.changelog.ReadFiles;
import com.juragpt.auditor.migrations.connection.DatabaseName;
import com.juragpt.auditor.migrations.connection.ReadOnlyTransaction;
import com.juragpt.auditor.migrations.connection.Stopwatch;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

/**
 * What an update has found that left nothing to do, in a folder and for the next JVM: it need not load Liquibase and read the changelog
 * to find the same. A note holds as long as the same files are found with the same content, the history has the same rows, and nothing
 * else has changed that decides what a changelog says. None is written of a changelog that uses properties or code of somebody else's,
 * which may depend on everything.
 */
public final class Notes {

    private static final Logger LOG = Logger.getLogger(Notes.class.getName());

    private static final String SUFFIX = ".note";
    private static final String REVISION = "revision";

    private final Path folder;
    private final MigrationOptions options;
    private final String surroundings;

    private Notes(Path folder, MigrationOptions options, String surroundings) {
        this.folder = folder;
        this.options = options;
        this.surroundings = surroundings;
    }

    /** The notes of a changelog, if the options have a folder for them. */
    public static Optional<Notes> of(MigrationOptions options) {
        return options.notes() == null ? Optional.empty()
                : Surroundings.lasting(options).map(surroundings -> new Notes(options.notes(), options, surroundings));
    }

    /** Whether there is any, of whatever changelog and database, and no setting may come from where a note does not look. */
    public boolean areThere() {
        if (!Surroundings.areOnlyOfTheProcess()) {
            return false;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.anyMatch(file -> file.toString().endsWith(SUFFIX));
        } catch (IOException none) {
            return false;
        }
    }

    /** What an update says of a database in which it has nothing to do, if that was noted and is so still; without archives. */
    public Optional<UpdateResult> nothingToDeploy(Connection connection) throws SQLException {
        Stopwatch time = Stopwatch.start();
        try (ReadOnlyTransaction transaction = new ReadOnlyTransaction(connection)) {
            if (!connection.getMetaData().getDatabaseProductName().equals("PostgreSQL")) {
                return Optional.empty();
            }
            Properties note = read(file(DatabaseState.session(transaction, options.limits().lockTimeout())));
            Optional<SettledState> state = state(note);
            if (state.isEmpty() || !state.get().isStill(transaction.own(), options.selection().resources())) {
                return Optional.empty();
            }
            return Optional.of(UpdateResult.ofNothingPending(DatabaseName.of(connection), note.getProperty(REVISION),
                    time.elapsed()));
        }
    }

    /**
     * Writes a note.
     *
     * @param session as {@link DatabaseState} tells it
     * @param files that the changelog was read from
     * @param revision the newest one; null for none
     */
    void write(String session, SettledState state, ReadFiles files, String revision) {
        if (files.dependOnMore() || !Surroundings.areTheProcessAndItsFiles()) {
            return;
        }
        Properties note = new Properties();
        note.setProperty("history table", state.tables().history());
        note.setProperty("lock table", state.tables().lock());
        note.setProperty("history", state.history());
        note.setProperty("answers", state.files().answers());
        if (revision != null) {
            note.setProperty(REVISION, revision);
        }
        List<String> lines = state.files().lines();
        for (int i = 0; i < lines.size(); i++) {
            note.setProperty(String.valueOf(i), lines.get(i));
        }
        try {
            Files.createDirectories(folder);
            // Nobody ever reads half of one.
            Path written = Files.createTempFile(folder, "new", null);
            try {
                try (Writer out = Files.newBufferedWriter(written)) {
                    note.store(out, "What left nothing to do for an update. It may be deleted at any time.");
                }
                Files.move(written, file(session), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(written);
            }
        } catch (IOException e) {
            LOG.log(Level.FINE, "The next update will read the changelog", e);
        }
    }

    private Path file(String session) {
        return folder.resolve(AskedFiles.digest(surroundings + "\n" + session) + SUFFIX);
    }

    private static Properties read(Path file) {
        Properties note = new Properties();
        try (Reader in = Files.newBufferedReader(file)) {
            note.load(in);
        } catch (NoSuchFileException none) {
            note.clear();
        } catch (IOException | IllegalArgumentException e) {
            LOG.log(Level.FINE, "The note cannot be read", e);
            note.clear();
        }
        return note;
    }

    /** Empty if it is damaged, too. */
    private static Optional<SettledState> state(Properties note) {
        List<String> lines = new ArrayList<>();
        for (String line = note.getProperty("0"); line != null; line = note.getProperty(String.valueOf(lines.size()))) {
            lines.add(line);
        }
        DatabaseState.Tables tables = new DatabaseState.Tables(note.getProperty("history table"), note.getProperty("lock table"));
        String history = note.getProperty("history");
        String answers = note.getProperty("answers");
        if (lines.isEmpty() || tables.history() == null || tables.lock() == null || history == null || answers == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(new SettledState(tables, history, AskedFiles.ofLines(lines, answers)));
        } catch (IllegalArgumentException e) {
            LOG.log(Level.FINE, "The note is damaged", e);
            return Optional.empty();
        }
    }
}
