package com.juragpt.auditor.migrations;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.catalog.CatalogReader;
import com.juragpt.auditor.migrations.testing.ChangelogRunner;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The catalog that revision 001 leaves, against expectations that were written without looking at the changelog. */
@ExtendWith(PostgresExtension.class)
class SchemaCatalogTest {

    @Test
    void revision001OnPostgresqlIsTheDocumentedSchema(TestDatabase database) throws Exception {
        assertThat(catalogOfRevision001(database)).containsExactlyInAnyOrderElementsOf(lines("revision-001.postgresql.txt"));
    }

    @Test
    void revision001OnPostgresqlIsLineByLineWhatAlembicMade(TestDatabase database, TestDatabase alembics) throws Exception {
        alembics.execute(resource("alembic-001.sql"));
        try (Connection connection = alembics.connect()) {
            assertThat(catalogOfRevision001(database)).isEqualTo(CatalogReader.read(connection).lines());
        }
    }

    @Test
    void revision001OnH2IsTheNearestThatH2Has() throws Exception {
        try (Connection connection = ChangelogRunner.openH2()) {
            new ChangelogRunner(connection).updateTo("001");

            assertThat(CatalogReader.read(connection).lines()).containsExactlyInAnyOrderElementsOf(lines("revision-001.h2.txt"));
        }
    }

    private static List<String> catalogOfRevision001(TestDatabase database) throws SQLException {
        try (Connection connection = database.connect()) {
            new ChangelogRunner(connection).updateTo("001");
            return CatalogReader.read(connection).lines();
        }
    }

    private static List<String> lines(String name) throws IOException {
        return resource(name).lines().filter(line -> !line.isBlank() && !line.startsWith("#")).toList();
    }

    private static String resource(String name) throws IOException {
        try (InputStream stream = SchemaCatalogTest.class.getResourceAsStream(name)) {
            return new String(stream.readAllBytes(), UTF_8);
        }
    }
}
