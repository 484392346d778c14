package com.juragpt.auditor.migrations;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** With the embedded database that {@code liquibase.properties} names: nothing needs to be said. */
class StockGoalsOnH2IT extends StockGoals {

    @Override
    List<String> login() {
        return List.of();
    }

    @Override
    List<String> referenceLogin() {
        // With a login: given none, 4.33.0 uses one for the database to compare with and another for the database itself.
        return List.of("-Dliquibase.url=jdbc:h2:file:./target/h2/reference;MODE=PostgreSQL", "-Dliquibase.username=sa",
                "-Dliquibase.password=reference");
    }

    @Override
    Connection connect() throws SQLException {
        return checkout.connectToH2();
    }
}
