package com.juragpt.auditor.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.testing.ChangelogRunner;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.RoundTrip;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.Yaml;

/** Every changeset is applied, rolled back and applied again, and the catalog compared each time. */
@ExtendWith(PostgresExtension.class)
class ChangesetRoundTripTest {

    @Test
    void everyChangesetIsReversibleOnPostgresql(TestDatabase database) throws Exception {
        try (Connection connection = database.connect()) {
            assertThat(RoundTrip.firstFault(connection, ChangelogRunner.CHECKOUT)).isEmpty();
        }
    }

    @Test
    void everyChangesetIsReversibleOnH2() throws Exception {
        try (Connection connection = ChangelogRunner.openH2()) {
            assertThat(RoundTrip.firstFault(connection, ChangelogRunner.CHECKOUT)).isEmpty();
        }
    }

    /** The check itself: if any one rollback block does nothing, its changeset is reported. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("changesetsWithARollbackToBreak")
    void brokenRollbackIsReported(String changeset, @TempDir Path root) throws Exception {
        copyChangelog(root, changeset);

        try (Connection connection = ChangelogRunner.openH2()) {
            assertThat(RoundTrip.firstFault(connection, root)).hasValueSatisfying(fault -> {
                assertThat(fault.changeset()).isEqualTo(changeset);
                assertThat(fault.step()).isEqualTo("rolled back");
                assertThat(fault.evidence()).endsWith("is there, but not expected");
            });
        }
    }

    @Test
    void brokenRollbackIsReportedOnPostgresql(TestDatabase database, @TempDir Path root) throws Exception {
        copyChangelog(root, "001-create-embedding-cache");

        try (Connection connection = database.connect()) {
            assertThat(RoundTrip.firstFault(connection, root)).hasValueSatisfying(fault -> {
                assertThat(fault.changeset()).isEqualTo("001-create-embedding-cache");
                assertThat(fault.evidence()).isEqualTo("table embedding_cache is there, but not expected");
            });
        }
    }

    static List<String> changesetsWithARollbackToBreak() throws IOException {
        List<String> ids = new ArrayList<>();
        for (Path file : changelogFiles()) {
            changesets(parse(file)).filter(changeset -> !isEmpty(changeset.get("rollback")))
                    .forEach(changeset -> ids.add((String) changeset.get("id")));
        }
        return ids;
    }

    private static void copyChangelog(Path root, String breaking) throws IOException {
        for (Path file : changelogFiles()) {
            Map<String, List<Map<String, Map<String, Object>>>> content = parse(file);
            changesets(content).filter(changeset -> changeset.get("id").equals(breaking))
                    .forEach(changeset -> changeset.put("rollback", List.of(Map.of("empty", Map.of()))));
            Path copy = root.resolve(ChangelogRunner.CHECKOUT.relativize(file));
            Files.createDirectories(copy.getParent());
            Files.writeString(copy, new Yaml().dump(content));
        }
    }

    private static List<Path> changelogFiles() throws IOException {
        try (Stream<Path> files = Files.walk(ChangelogRunner.CHECKOUT.resolve("changelog"))) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static Map<String, List<Map<String, Map<String, Object>>>> parse(Path file) throws IOException {
        return new Yaml().load(Files.readString(file));
    }

    private static Stream<Map<String, Object>> changesets(Map<String, List<Map<String, Map<String, Object>>>> file) {
        return file.get("databaseChangeLog").stream().filter(entry -> entry.containsKey("changeSet"))
                .map(entry -> entry.get("changeSet"));
    }

    private static boolean isEmpty(Object rollback) {
        return rollback.equals(List.of(Map.of("empty", Map.of())));
    }
}
