package com.juragpt.auditor.migrations.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(PostgresExtension.class)
class CountingProxyTest {

    @Test
    void countsEachWaitForTheServer(TestDatabase database) throws Exception {
        Address address = Address.of(database);
        try (CountingProxy proxy = new CountingProxy(address.server())) {
            try (Connection connection = connect(address.through(proxy)); Statement statement = connection.createStatement()) {
                long before = proxy.roundTrips();
                for (int i = 0; i < 3; i++) {
                    statement.execute("SELECT 1");
                }
                assertThat(proxy.roundTrips() - before).isEqualTo(3);

                statement.addBatch("CREATE TABLE a (id int)");
                statement.addBatch("CREATE TABLE b (id int)");
                statement.executeBatch();
                assertThat(proxy.roundTrips() - before).isEqualTo(4);

                // The driver sends what begins a transaction together with its first statement.
                connection.setAutoCommit(false);
                connection.setReadOnly(true);
                statement.execute("SELECT 1");
                assertThat(proxy.roundTrips() - before).isEqualTo(5);
            }
            connect(address.through(proxy)).close();

            assertThat(proxy.connections()).isEqualTo(2);
            assertThat(database.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").get(0)).containsExactly("2");
        }
    }

    private static Connection connect(Address address) throws SQLException {
        return DriverManager.getConnection(address.jdbcUrl(), address.user(), address.password());
    }
}
