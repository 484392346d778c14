package com.juragpt.auditor.migrations;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

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

    // What follows is told on PostgreSQL as well, and the database makes no difference to it but by its login.

    @Override
    @Test
    @Tag("exhaustive")
    void rollbackGoesBackToATagByCountAndToTheBaseAndUpAgain() throws SQLException {
        super.rollbackGoesBackToATagByCountAndToTheBaseAndUpAgain();
    }

    @Override
    @Test
    @Tag("exhaustive")
    void statusHistoryAndTagsTellWhereADatabaseStands() throws SQLException {
        super.statusHistoryAndTagsTellWhereADatabaseStands();
    }
}
