package com.juragpt.auditor.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(PostgresExtension.class)
class StockGoalsOnPostgresIT extends StockGoals {

    private TestDatabase database;
    private TestDatabase reference;

    @BeforeEach
    void connectTo(TestDatabase database, TestDatabase reference) {
        this.database = database;
        this.reference = reference;
    }

    @AfterEach
    void theEmbeddedDatabaseWasNotTouched() {
        assertThat(checkout.h2File()).doesNotExist();
    }

    @Override
    List<String> login() {
        return login(database);
    }

    @Override
    List<String> referenceLogin() {
        return login(reference);
    }

    private static List<String> login(TestDatabase database) {
        return List.of("-Dliquibase.url=" + database.jdbcUrl(), "-Dliquibase.username=" + database.user(),
                "-Dliquibase.password=" + database.password());
    }

    @Override
    Connection connect() throws SQLException {
        return database.connect();
    }
}
