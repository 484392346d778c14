package com.juragpt.auditor.migrations.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.database.DatabaseUrl;
import com.juragpt.auditor.migrations.testing.CrashingServer;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.Rows;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that takes a connection and does not answer, as a machine that is paused. */
@ExtendWith(PostgresExtension.class)
class SilentServerTest {

    // Much more than a second, and much less than the minute that nobody has asked for.
    private static final Duration SOON = Duration.ofSeconds(25);

    private static CrashingServer frozen;
    private static String url;
    private static DatabaseUrl silent;

    @BeforeAll
    static void freeze() {
        frozen = CrashingServer.start();
        url = frozen.createDatabase().url();
        silent = with(url, "connect_timeout=1");
        frozen.freeze();
    }

    @AfterAll
    static void end() throws IOException {
        frozen.close();
    }

    @Test
    void itIsNotWaitedForLongerThanTheUrlSays() {
        MigrationException failure = assertTimeoutPreemptively(SOON,
                () -> catchThrowableOfType(MigrationException.class, silent::connect));
        assertThat(failure.problem()).isEqualTo(Problem.CANNOT_CONNECT);
        assertThat(failure).hasMessageContaining("The connection attempt failed. The server did not answer in time.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"connect_timeout=1&socketTimeout=60", "connect_timeout=0&socketTimeout=1"})
    void theSmallerOneOfItsLimitsCounts(String limits) {
        DatabaseUrl patient = with(url, limits);
        MigrationException failure =
                assertTimeoutPreemptively(SOON, () -> catchThrowableOfType(MigrationException.class, patient::connect));
        assertThat(failure).hasMessageContaining("The server did not answer in time.");
    }

    @Test
    void theNextOneOfTheUrlIsTakenThen(TestDatabase database) throws SQLException {
        String both =
                database.url().replaceFirst("@[^/]+", "@" + address(silent) + "," + address(DatabaseUrl.parse(database.url())));
        DatabaseUrl first = with(both, "connect_timeout=1&target_session_attrs=read-write");
        try (Connection connection = assertTimeoutPreemptively(SOON, first::connect)) {
            assertThat(Rows.of(connection, "SELECT current_database()").get(0)).containsExactly(database.name());
        }
    }

    private static DatabaseUrl with(String url, String parameters) {
        return DatabaseUrl.parse(url + (url.contains("?") ? "&" : "?") + parameters);
    }

    private static String address(DatabaseUrl url) {
        return url.jdbcUrl().replaceFirst("jdbc:postgresql://([^/]+)/.*", "$1");
    }

    @Test
    void anOpenConnectionWaitsAsLongAsAStatementTakes(TestDatabase database) throws SQLException {
        try (Connection connection = with(database.url(), "connect_timeout=1").connect()) {
            assertThat(connection.getNetworkTimeout()).isZero();
            assertThat(Rows.of(connection, "SELECT pg_sleep(1.5)")).hasSize(1);
        }
        try (Connection connection = with(database.url(), "connect_timeout=1&socketTimeout=7").connect()) {
            assertThat(connection.getNetworkTimeout()).isEqualTo(7_000);
        }
    }
}
