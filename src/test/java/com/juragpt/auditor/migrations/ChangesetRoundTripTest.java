package com.juragpt.auditor.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.juragpt.auditor.migrations.testing.ChangelogRunner;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.RoundTrip;
import com.juragpt.auditor.migrations.testing.SampleRows;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.Yaml;

/**
 * Every changeset is applied, rolled back and applied again, and the catalog compared each time. With
 * {@code -Dchangeset=<id>} only that one is tried.
 */
@ExtendWith(PostgresExtension.class)
class ChangesetRoundTripTest {

    private static final Path MASTER = ChangelogRunner.CHECKOUT.resolve(ChangelogRunner.MASTER);
    private static final String ONLY = System.getProperty("changeset", "");

    private static RoundTrip onPostgresql;
    private static RoundTrip onH2;
    private static Connection h2;

    @BeforeAll
    static void connect(TestDatabase database) throws SQLException {
        onPostgresql = RoundTrip.of(database.connect(), ChangelogRunner.CHECKOUT, SampleRows.ofRevision001());
        h2 = ChangelogRunner.openH2();
        onH2 = RoundTrip.of(h2, ChangelogRunner.CHECKOUT, SampleRows.ofRevision001());
    }

    @AfterAll
    static void close() throws SQLException {
        h2.close();
    }

    static List<String> changesets() throws IOException {
        List<String> ids = ids(changeset -> true);
        assertThat(ids).as("-Dchangeset is one of these").contains(ONLY.isEmpty() ? ids.get(0) : ONLY);
        return ONLY.isEmpty() ? ids : List.of(ONLY);
    }

    static List<String> changesetsForH2() throws IOException {
        List<String> chosen = new ArrayList<>(changesets());
        chosen.removeAll(ids(ChangesetRoundTripTest::isForPostgresqlOnly));
        return chosen;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("changesets")
    void everyChangesetIsReversibleOnPostgresql(String changeset) {
        assertReversible(onPostgresql, changeset);
    }

    @ParameterizedTest(name = "{0}")
    @Tag("exhaustive")
    @MethodSource("changesetsForH2")
    void everyChangesetIsReversibleOnH2(String changeset) {
        assertReversible(onH2, changeset);
    }

    @Test
    @EnabledIfSystemProperty(named = "changeset", matches = ".+")
    void theChangesetThatIsTriedAloneIsReversibleOnH2() throws IOException {
        assumeThat(changesetsForH2()).contains(ONLY);
        assertReversible(onH2, ONLY);
    }

    private static void assertReversible(RoundTrip trip, String changeset) {
        trip.faultOf(changeset).ifPresent(fault -> fail(fault.toString()));
    }

    @Test
    @DisabledIfSystemProperty(named = "changeset", matches = ".+")
    void theWholeChangelogIsReversibleOnPostgresql(TestDatabase database) throws SQLException {
        try (Connection connection = database.connect()) {
            assertThat(RoundTrip.of(connection, ChangelogRunner.CHECKOUT, SampleRows.NONE).faultOfAll()).isEmpty();
        }
    }

    @Test
    @DisabledIfSystemProperty(named = "changeset", matches = ".+")
    void theWholeChangelogIsReversibleOnH2() throws SQLException {
        try (Connection connection = ChangelogRunner.openH2()) {
            assertThat(RoundTrip.of(connection, ChangelogRunner.CHECKOUT, SampleRows.NONE).faultOfAll()).isEmpty();
        }
    }

    /** The check itself: a rollback block that does nothing is reported. */
    @Test
    @DisabledIfSystemProperty(named = "changeset", matches = ".+")
    void brokenRollbackIsReported(@TempDir Path root, TestDatabase database) throws Exception {
        assertReported("001-create-verification-log", root, database);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("changesetsWithARollbackToBreak")
    @Tag("exhaustive")
    void anyBrokenRollbackIsReported(String changeset, @TempDir Path root, TestDatabase database) throws Exception {
        assertReported(changeset, root, database);
    }

    private static void assertReported(String changeset, Path root, TestDatabase database) throws Exception {
        copyChangelog(root, changeset);

        boolean onPostgresql = ids(ChangesetRoundTripTest::isForPostgresqlOnly).contains(changeset);
        try (Connection connection = onPostgresql ? database.connect() : ChangelogRunner.openH2()) {
            assertThat(RoundTrip.of(connection, root, SampleRows.ofRevision001()).firstFault()).hasValueSatisfying(fault -> {
                assertThat(fault.changeset()).isEqualTo(changeset);
                assertThat(fault.step()).isEqualTo("rolled back");
                assertThat(fault.evidence()).isNotEmpty();
            });
        }
    }

    @Test
    @Tag("exhaustive")
    @DisabledIfSystemProperty(named = "changeset", matches = ".+")
    void brokenRollbackIsReportedOnPostgresql(TestDatabase database, @TempDir Path root) throws Exception {
        copyChangelog(root, "001-create-embedding-cache");

        try (Connection connection = database.connect()) {
            assertThat(RoundTrip.of(connection, root, SampleRows.ofRevision001()).firstFault()).hasValueSatisfying(fault -> {
                assertThat(fault.changeset()).isEqualTo("001-create-embedding-cache");
                assertThat(fault.evidence()).isEqualTo("table embedding_cache is there, but not expected");
            });
        }
    }

    static List<String> changesetsWithARollbackToBreak() throws IOException {
        return ids(changeset -> !isEmpty(changeset.get("rollback")));
    }

    /** In the order in which they are deployed. */
    private static List<String> ids(Predicate<Map<String, Object>> which) throws IOException {
        List<String> ids = new ArrayList<>();
        for (Map<String, Map<String, Object>> entry : parse(MASTER).get("databaseChangeLog")) {
            Path included = ChangelogRunner.CHECKOUT.resolve((String) entry.get("include").get("file"));
            changesets(parse(included)).filter(which).forEach(changeset -> ids.add((String) changeset.get("id")));
        }
        return ids;
    }

    private static boolean isForPostgresqlOnly(Map<String, Object> changeset) {
        return "postgresql".equals(changeset.get("dbms"));
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
