package com.juragpt.auditor.migrations.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.yaml.snakeyaml.Yaml;

/** The module's changelog with a revision 002 as a team would write it, in a folder of its own. */
public final class NextRevision {

    private static final String RESOURCES = "/com/juragpt/auditor/migrations/next-revision/";
    private static final List<String> FILES = List.of("changelog/002-jurisdictions/jurisdiction.yaml",
            "changelog/002-jurisdictions/verification_log.yaml", "changelog/002-jurisdictions/revision.yaml");

    private NextRevision() {
    }

    /** Writes it into an empty folder, which {@link ChangelogRunner} and the rest take as a checkout. */
    public static void writeTo(Path root) {
        try (Stream<Path> files = Files.walk(ChangelogRunner.CHECKOUT.resolve("changelog"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = root.resolve(ChangelogRunner.CHECKOUT.relativize(file));
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
            StringBuilder master = new StringBuilder(Files.readString(root.resolve(ChangelogRunner.MASTER)));
            for (String file : FILES) {
                Path target = root.resolve(file);
                Files.createDirectories(target.getParent());
                Files.writeString(target, resource(file));
                master.append("  - include: {file: ").append(file).append("}\n");
            }
            Files.writeString(root.resolve(ChangelogRunner.MASTER), master);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The ids of revision 002's changesets whose rollback is to do something. */
    public static List<String> changesets() {
        List<String> ids = new ArrayList<>();
        for (String file : FILES) {
            each(parse(resource(file))).filter(changeset -> !changeset.get("rollback").equals(nothing()))
                    .forEach(changeset -> ids.add((String) changeset.get("id")));
        }
        return ids;
    }

    /** Whether the changeset is for PostgreSQL alone. */
    public static boolean needsPostgres(String changeset) {
        return FILES.stream().flatMap(file -> each(parse(resource(file))))
                .anyMatch(each -> each.get("id").equals(changeset) && "postgresql".equals(each.get("dbms")));
    }

    /** Makes a changeset's rollback do nothing. */
    public static void emptyRollback(Path root, String changeset) {
        for (String file : FILES) {
            Map<String, List<Map<String, Map<String, Object>>>> content = parse(resource(file));
            each(content).filter(each -> each.get("id").equals(changeset)).forEach(each -> each.put("rollback", nothing()));
            try {
                Files.writeString(root.resolve(file), new Yaml().dump(content));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static Object nothing() {
        return List.of(Map.of("empty", Map.of()));
    }

    private static Stream<Map<String, Object>> each(Map<String, List<Map<String, Map<String, Object>>>> file) {
        return file.get("databaseChangeLog").stream().map(entry -> entry.get("changeSet"));
    }

    private static Map<String, List<Map<String, Map<String, Object>>>> parse(String yaml) {
        return new Yaml().load(yaml);
    }

    private static String resource(String name) {
        try (InputStream stream = NextRevision.class.getResourceAsStream(RESOURCES + name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
