package com.juragpt.auditor.migrations.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(PostgresExtension.class)
class PostgresExtensionTest {

    private static final List<String> GIVEN_TO_TESTS = new ArrayList<>();

    private TestDatabase givenBefore;

    @BeforeEach
    void keep(TestDatabase database) {
        givenBefore = database;
        GIVEN_TO_TESTS.add(database.name());
    }

    @AfterAll
    static void databasesAndRolesAreGoneAfterTheirTests() throws SQLException {
        PostgresServer server = PostgresServer.get();
        TestDatabase database = server.createDatabase();
        try (Connection connection = database.connect()) {
            assertThat(GIVEN_TO_TESTS).doesNotHaveDuplicates().isNotEmpty().allSatisfy(name -> {
                assertThat(Rows.of(connection, "SELECT 1 FROM pg_database WHERE datname = ?", name)).isEmpty();
                assertThat(Rows.of(connection, "SELECT 1 FROM pg_roles WHERE starts_with(rolname, ?)", name + "_")).isEmpty();
            });
        } finally {
            database.drop();
        }
    }

    @Test
    void databaseIsEmptyAndTheTestsOwn(TestDatabase database) {
        assertThat(database.query("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
                .containsExactly(List.of("0"));
        assertThat(database).isSameAs(givenBefore);
    }

    @Test
    void databasesOfOneTestAreDifferent(TestDatabase first, TestDatabase second) {
        first.execute("CREATE TABLE here (id int)");

        assertThat(second.query("SELECT to_regclass('here')").get(0).get(0)).isNull();
    }

    @Test
    void serverIsTheOneAskedFor(TestDatabase database) {
        String version = database.query("SHOW server_version").get(0).get(0);

        if (System.getenv("TEST_DATABASE_URL") == null) {
            assertThat(version).startsWith(PostgresServer.wantedVersion() + ".");
        } else {
            assertThat(Integer.parseInt(version.split("\\.")[0])).isGreaterThanOrEqualTo(14);
        }
    }

    @Test
    void roleCanOnlyDoWhatItWasGranted(TestDatabase database) throws SQLException {
        database.execute("CREATE TABLE readable (id int); INSERT INTO readable VALUES (7)");
        TestDatabase reader = database.createRole("reader");
        database.execute("GRANT SELECT ON readable TO " + reader.user());

        assertThat(reader.query("SELECT current_user, id FROM readable")).containsExactly(List.of(reader.user(), "7"));
        assertThatThrownBy(() -> reader.execute("DELETE FROM readable")).hasMessageContaining("permission denied");
    }

    @Test
    void connectionLeftOpenDoesNotKeepTheDatabase(TestDatabase database) throws SQLException {
        Connection leftOpen = database.dataSource().getConnection();

        assertThat(leftOpen.isValid(1)).isTrue();
    }

    @Test
    void databasesCanBeMadeByManyThreadsAtOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            Callable<String> useOne = () -> {
                TestDatabase database = PostgresServer.get().createDatabase();
                try {
                    return database.query("SELECT current_database()").get(0).get(0);
                } finally {
                    database.drop();
                }
            };
            HashSet<String> names = new HashSet<>();
            for (Future<String> name : threads.invokeAll(Collections.nCopies(16, useOne))) {
                names.add(name.get());
            }
            assertThat(names).hasSize(16);
        } finally {
            threads.shutdown();
        }
    }
}
