package com.juragpt.auditor.migrations.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLInvalidAuthorizationSpecException;
import java.util.List;
import java.util.stream.Stream;

/** The project's sources in a folder of their own, as a fresh clone has them. Runs of Maven in it leave the project alone. */
public final class Checkout {

    private static final Path PROJECT = Path.of("").toAbsolutePath();
    private static final List<String> SOURCES = List.of("pom.xml", "liquibase.properties", ".mvn", "changelog", "src/main");

    private final Path folder;
    private final List<Path> sources;

    private Checkout(Path folder) {
        this.folder = folder;
        this.sources = files();
    }

    /** A checkout in a folder that is empty, or not there yet. */
    public static Checkout in(Path folder) {
        SOURCES.forEach(source -> copy(PROJECT.resolve(source), folder.resolve(source)));
        return new Checkout(folder);
    }

    /** Adds what {@code mvn compile} makes, without the time it takes. */
    public Checkout compiled() {
        copy(PROJECT.resolve("target/classes"), folder.resolve("target/classes"));
        return this;
    }

    public Path folder() {
        return folder;
    }

    /** Runs Maven in the checkout. */
    public Run mvn(String... arguments) {
        return Maven.in(folder).mvn(arguments);
    }

    /** Maven in the checkout, with a variable of its environment. */
    public Maven with(String variable, String value) {
        return Maven.in(folder).with(variable, value);
    }

    /** Runs Liquibase's own command line in the checkout. */
    public Run liquibase(String... arguments) {
        return LiquibaseCommandLine.run(folder, arguments);
    }

    /** The text of a file in the checkout. */
    public String read(String path) {
        try {
            return Files.readString(folder.resolve(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Puts a text into a file of the checkout, new or not. */
    public void write(String path, String text) {
        try {
            Files.createDirectories(folder.resolve(path).getParent());
            Files.writeString(folder.resolve(path), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What was not checked out, and is not in {@code target}, where it belongs. */
    public List<String> strayFiles() {
        return files().stream().filter(file -> !file.startsWith("target") && !sources.contains(file))
                .map(Path::toString).toList();
    }

    /** The embedded database's file, which is there once something has opened it. */
    public Path h2File() {
        return h2File(folder);
    }

    /** The embedded database's file of a Maven that ran with this working directory. */
    public static Path h2File(Path workingDirectory) {
        return workingDirectory.resolve("target/h2/auditor.mv.db");
    }

    /** Connects to the embedded database, which must be there. */
    public Connection connectToH2() throws SQLException {
        return connectToH2(folder);
    }

    /** Connects to the embedded database, which must be there, of a Maven that ran with this working directory. */
    public static Connection connectToH2(Path workingDirectory) throws SQLException {
        String path = h2File(workingDirectory).toString().replaceFirst("\\.mv\\.db$", "");
        String url = "jdbc:h2:file:" + path + ";MODE=PostgreSQL;IFEXISTS=TRUE";
        try {
            return DriverManager.getConnection(url);
        } catch (SQLInvalidAuthorizationSpecException e) {
            // Whoever creates a database owns it, and the goals of Liquibase 4.33.0, given no login, log in with this word.
            return DriverManager.getConnection(url, "null", "null");
        }
    }

    private List<Path> files() {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).map(folder::relativize).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void copy(Path source, Path target) {
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = target.resolve(source.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot copy " + source, e);
        }
    }
}
