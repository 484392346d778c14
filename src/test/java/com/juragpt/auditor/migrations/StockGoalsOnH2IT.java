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
    void updateStopsAtATagAndAfterACount() throws SQLException {
        super.updateStopsAtATagAndAfterACount();
    }

    @Override
    @Test
    @Tag("exhaustive")
    void updateTestingRollbackTriesTheWayBackAndEndsUpToDate() throws SQLException {
        super.updateTestingRollbackTriesTheWayBackAndEndsUpToDate();
    }

    @Override
    @Test
    @Tag("exhaustive")
    void statusHistoryAndTagsTellWhereADatabaseStands() throws SQLException {
        super.statusHistoryAndTagsTellWhereADatabaseStands();
    }

    @Override
    @Test
    @Tag("exhaustive")
    void changelogSyncMarksAsRunWithoutRunning() throws SQLException {
        super.changelogSyncMarksAsRunWithoutRunning();
    }

    @Override
    @Test
    @Tag("exhaustive")
    void diffFindsWhatAnotherDatabaseHasAndWritesTheChangesetForIt() throws SQLException {
        super.diffFindsWhatAnotherDatabaseHasAndWritesTheChangesetForIt();
    }

    @Override
    @Test
    @Tag("exhaustive")
    void generateChangeLogWritesAChangelogThatMakesTheSameTables() throws SQLException {
        super.generateChangeLogWritesAChangelogThatMakesTheSameTables();
    }

    @Override
    @Test
    @Tag("exhaustive")
    void dbDocDocumentsEachTable() {
        super.dbDocDocumentsEachTable();
    }

    @Override
    @Test
    @Tag("exhaustive")
    void validateRefusesAChangesetThatWasChangedAfterItRan() throws SQLException {
        super.validateRefusesAChangesetThatWasChangedAfterItRan();
    }

    @Override
    @Test
    @Tag("exhaustive")
    void aLockThatWasLeftBehindIsListedAndReleased() throws SQLException {
        super.aLockThatWasLeftBehindIsListedAndReleased();
    }

    @Override
    @Test
    @Tag("exhaustive")
    void whatANewerCheckoutDeployedIsUnexpectedInThisOne() {
        super.whatANewerCheckoutDeployedIsUnexpectedInThisOne();
    }

    @Override
    @Test
    @Tag("exhaustive")
    void dropAllLeavesNothing() throws SQLException {
        super.dropAllLeavesNothing();
    }
}
