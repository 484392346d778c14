package com.juragpt.auditor.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.testing.ChangelogRunner;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.Rows;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;

/** The statements that the auditor service runs, against the schema that this changelog makes. */
@ExtendWith(PostgresExtension.class)
class ServiceStatementsTest {

    private static final String VERIFIED = "✅ Verified";
    private static final String REVIEW = "⚠️ Review";
    private static final LocalDateTime NOON = LocalDateTime.of(2026, 3, 1, 12, 0, 0, 123_456_000);

    private static Connection connection;

    @BeforeAll
    static void deploy(TestDatabase database) throws SQLException {
        connection = database.connect();
        new ChangelogRunner(connection).update();
        connection.setAutoCommit(true);
    }

    @AfterAll
    static void disconnect() throws SQLException {
        connection.close();
    }

    @BeforeEach
    void beginWithEmptyTables() throws SQLException {
        execute("TRUNCATE verification_log, embedding_cache, source_fingerprints RESTART IDENTITY");
    }

    @Test
    void fullVerificationComesBackAsItWasWritten() throws SQLException {
        execute("""
                INSERT INTO verification_log (verification_id, created_at, answer_text, answer_hash, answer_sentences,
                    has_citations, citations, source_count, source_fingerprints, verified_sentences, verification_rate,
                    confidence_score, trust_label, semantic_similarity, retrieval_quality, citation_presence, coverage,
                    retry_attempts, extra_metadata, is_valid, invalidated_at, duration_ms)
                VALUES (?, ?, ?, ?, ?, ?, ?::json, ?, ?::json, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::json, ?, ?, ?)
                """,
                "3f8e7c1a-0000-4000-8000-00000000000a", NOON, "Gemäß § 823 Abs. 1 BGB haftet, wer vorsätzlich oder fahrlässig …",
                "ab".repeat(32), 3, true, "[{\"paragraph\": \"§ 823\", \"gesetz\": \"BGB\"}]", 2,
                "{\"größe\": \"ß\", \"a\": 1, \"a\": 2}", 2, 0.6666666666666666, 0.1 + 0.2, VERIFIED, 1.0, 0.0, 1e-300, 1.7e308,
                0, "null", true, null, 41.5);

        assertThat(rows("""
                SELECT id, created_at, answer_text, answer_hash, answer_sentences, has_citations, citations,
                    source_count, source_fingerprints, verified_sentences, verification_rate, confidence_score, trust_label,
                    semantic_similarity, retrieval_quality, citation_presence, coverage, retry_attempts, extra_metadata,
                    is_valid, invalidated_at, duration_ms
                FROM verification_log WHERE verification_id = ?
                """, "3f8e7c1a-0000-4000-8000-00000000000a")).containsExactly(Arrays.asList(
                "1", "2026-03-01 12:00:00.123456", "Gemäß § 823 Abs. 1 BGB haftet, wer vorsätzlich oder fahrlässig …",
                "ab".repeat(32), "3", "t", "[{\"paragraph\": \"§ 823\", \"gesetz\": \"BGB\"}]", "2",
                // json, unlike jsonb, keeps the text: a key given twice and the order
                "{\"größe\": \"ß\", \"a\": 1, \"a\": 2}", "2", "0.6666666666666666", "0.30000000000000004", VERIFIED, "1", "0",
                "1e-300", "1.7e+308", "0", "null", "t", null, "41.5"));
    }

    @Test
    void verificationNeedsOnlyWhatIsNotNull() throws SQLException {
        insertVerification("v-1", NOON, 0.5, VERIFIED, null);

        assertThat(rows("SELECT citations, extra_metadata, is_valid, duration_ms FROM verification_log"))
                .containsExactly(Arrays.asList(null, null, null, null));
        assertThatThrownBy(() -> execute("INSERT INTO verification_log (verification_id) VALUES ('v-2')"))
                .isInstanceOf(PSQLException.class).hasMessageContaining("created_at");
    }

    @Test
    void jsonNullIsNotNull() throws SQLException {
        insertFingerprint("source-1", "hash-1", "Text", "null");
        insertFingerprint("source-2", "hash-2", "Text", null);
        insertFingerprint("source-3", "hash-3", "Text", "{}");

        assertThat(rows("SELECT source_id FROM source_fingerprints WHERE extra_metadata IS NULL"))
                .containsExactly(List.of("source-2"));
        assertThatThrownBy(() -> insertFingerprint("source-4", "hash-4", "Text", "{'a': 1}")).hasMessageContaining("json");
    }

    @Test
    void labelOfTwentyCharactersFitsWhateverItsBytes() throws SQLException {
        String twenty = "⚖".repeat(20);
        insertVerification("v-1", NOON, 0.5, twenty, true);

        assertThat(rows("SELECT trust_label, length(trust_label) FROM verification_log")).containsExactly(List.of(twenty, "20"));
        assertThatThrownBy(() -> insertVerification("v-2", NOON, 0.5, twenty + "!", true))
                .hasMessageContaining("value too long for type character varying(20)");
    }

    @Test
    void megabyteOfGermanProseComesBackUnchanged() throws SQLException {
        String sentence = "Die Verjährung beginnt mit dem Schluß des Jahres, in dem der Anspruch entstanden ist (§ 199 BGB). ";
        String text = sentence.repeat(1_048_576 / sentence.length() + 1);
        insertFingerprint("bgb", "hash-bgb", text, null);

        assertThat(rows("SELECT text, length(text) FROM source_fingerprints WHERE source_hash = ?", "hash-bgb"))
                .containsExactly(List.of(text, String.valueOf(text.length())));
    }

    @Test
    void listIsFilteredAndPagedNewestFirst() throws SQLException {
        for (int i = 1; i <= 9; i++) {
            insertVerification("v-" + i, NOON.plusMinutes(i), i / 10.0, i % 3 == 0 ? REVIEW : VERIFIED,
                    i % 2 == 0 ? null : i < 9);
        }

        assertThat(list("TRUE", 3, 0)).containsExactly("v-9", "v-8", "v-7");
        assertThat(list("TRUE", 3, 6)).containsExactly("v-3", "v-2", "v-1");
        assertThat(list("TRUE", 3, 9)).isEmpty();
        assertThat(list("confidence_score >= 0.7", 10, 0)).containsExactly("v-9", "v-8", "v-7");
        assertThat(list("trust_label = '" + REVIEW + "'", 10, 0)).containsExactly("v-9", "v-6", "v-3");
        assertThat(list("is_valid = true", 10, 0)).containsExactly("v-7", "v-5", "v-3", "v-1");
        assertThat(list("confidence_score >= 0.4 AND trust_label = '" + VERIFIED + "' AND is_valid = true", 1, 1))
                .containsExactly("v-5");
    }

    @Test
    void verificationIsInvalidatedByItsId() throws SQLException {
        insertVerification("v-1", NOON, 0.9, VERIFIED, true);
        insertVerification("v-2", NOON, 0.9, VERIFIED, true);

        assertThat(execute("UPDATE verification_log SET is_valid = ?, invalidated_at = ? WHERE verification_id = ?",
                false, NOON.plusDays(1), "v-1")).isEqualTo(1);
        assertThat(rows("SELECT verification_id, is_valid, invalidated_at FROM verification_log ORDER BY 1")).containsExactly(
                List.of("v-1", "f", "2026-03-02 12:00:00.123456"), Arrays.asList("v-2", "t", null));
    }

    @Test
    void secondVerificationOfOneIdIsRefusedByTheIndex() throws SQLException {
        insertVerification("v-1", NOON, 0.9, VERIFIED, true);

        assertUniqueViolation("ix_verification_log_verification_id", () -> insertVerification("v-1", NOON, 0.1, REVIEW, true));
    }

    @Test
    void sourceTextIsKeptOncePerHashAndManyTimesPerSource() throws SQLException {
        insertFingerprint("bgb", "hash-1", "alt", null);
        insertFingerprint("bgb", "hash-2", "neu", null);

        assertUniqueViolation("ix_source_fingerprints_source_hash", () -> insertFingerprint("stgb", "hash-2", "neu", null));
        assertThat(rows("SELECT text FROM source_fingerprints WHERE source_id = 'bgb' ORDER BY id"))
                .containsExactly(List.of("alt"), List.of("neu"));
    }

    @Test
    void embeddingIsKeptOncePerText() throws SQLException {
        String insert = """
                INSERT INTO embedding_cache (text_hash, embedding, embedding_dim, model_name, created_at, last_accessed)
                VALUES (?, ?::json, 3, 'deutsch-bert', ?, ?)
                """;
        execute(insert, "hash", "[0.1, -2e-05, 3]", NOON, NOON);

        assertThat(rows("SELECT embedding, access_count FROM embedding_cache WHERE text_hash = ?", "hash"))
                .containsExactly(Arrays.asList("[0.1, -2e-05, 3]", null));
        assertUniqueViolation("ix_embedding_cache_text_hash", () -> execute(insert, "hash", "[]", NOON, NOON));
        assertThatThrownBy(() -> execute(insert, "other", null, NOON, NOON)).hasMessageContaining("\"embedding\"");
    }

    @Test
    void idsComeFromTheSequencesAndCountsCoverAllTables() throws SQLException {
        insertVerification("v-1", NOON, 0.9, VERIFIED, true);
        insertVerification("v-2", NOON, 0.9, VERIFIED, true);
        insertFingerprint("bgb", "hash-1", "Text", null);

        assertThat(rows("SELECT id FROM verification_log ORDER BY id")).containsExactly(List.of("1"), List.of("2"));
        assertThat(rows("SELECT currval('verification_log_id_seq'), currval('source_fingerprints_id_seq')"))
                .containsExactly(List.of("2", "1"));
        assertThat(rows("""
                SELECT (SELECT count(*) FROM verification_log), (SELECT count(*) FROM source_fingerprints),
                       (SELECT count(*) FROM embedding_cache)
                """)).containsExactly(List.of("2", "1", "0"));
    }

    /** SQLAlchemy gives the id back from the insert itself. */
    @Test
    void insertReturnsTheIdItDrew() throws SQLException {
        insertVerification("v-1", NOON, 0.9, VERIFIED, true);

        assertThat(rows("""
                INSERT INTO verification_log
                    (verification_id, created_at, answer_text, answer_hash, confidence_score, trust_label)
                VALUES ('v-2', ?, 'Antwort', 'hash', 0.5, ?) RETURNING verification_log.id
                """, NOON, VERIFIED)).containsExactly(List.of("2"));
    }

    private void insertVerification(String id, LocalDateTime at, double confidence, String label, Boolean valid)
            throws SQLException {
        execute("""
                INSERT INTO verification_log
                    (verification_id, created_at, answer_text, answer_hash, confidence_score, trust_label, is_valid)
                VALUES (?, ?, 'Antwort', 'hash', ?, ?, ?)
                """, id, at, confidence, label, valid);
    }

    private void insertFingerprint(String source, String hash, String text, String metadata) throws SQLException {
        execute("""
                INSERT INTO source_fingerprints (source_id, source_hash, text, text_length, version, created_at, extra_metadata)
                VALUES (?, ?, ?, ?, 1, ?, ?::json)
                """, source, hash, text, text.length(), NOON, metadata);
    }

    private List<String> list(String filter, int limit, int offset) throws SQLException {
        return rows("SELECT verification_id FROM verification_log WHERE " + filter + " ORDER BY created_at DESC LIMIT ? OFFSET ?",
                limit, offset).stream().map(row -> row.get(0)).toList();
    }

    private List<List<String>> rows(String sql, Object... parameters) throws SQLException {
        return Rows.of(connection, sql, parameters);
    }

    private int execute(String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            return statement.executeUpdate();
        }
    }

    private static void assertUniqueViolation(String index, ThrowingCallable insert) {
        assertThatThrownBy(insert).isInstanceOfSatisfying(PSQLException.class, e -> {
            assertThat(e.getSQLState()).isEqualTo(PSQLState.UNIQUE_VIOLATION.getState());
            assertThat(e.getServerErrorMessage().getConstraint()).isEqualTo(index);
        });
    }
}
