package com.juragpt.auditor.migrations.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The sample application with Spring Boot, which deploys when it starts and ends when it is current. */
public final class SpringSample {

    private static final Path SAMPLE = Path.of("src/it/spring-boot");

    private SpringSample() {
    }

    /** Maven in a folder, which gets a copy of the sample, with the database in the environment. */
    public static Maven in(Path folder, TestDatabase database) {
        return copiedTo(folder).with("SPRING_DATASOURCE_URL", database.jdbcUrl())
                .with("SPRING_DATASOURCE_USERNAME", database.user())
                .with("SPRING_DATASOURCE_PASSWORD", database.password());
    }

    /** The same without a database. */
    public static Maven copiedTo(Path folder) {
        try (Stream<Path> files = Files.walk(SAMPLE)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = folder.resolve(SAMPLE.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.writeString(copy, Files.readString(file)
                        .replace("@project.version@", Maven.projectVersion())
                        .replace("@spring-boot.version@", System.getProperty("it.spring-boot.version")));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Maven.in(folder);
    }
}
