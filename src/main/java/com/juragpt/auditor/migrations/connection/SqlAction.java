package com.juragpt.auditor.migrations.connection;

import java.sql.SQLException;
import liquibase.exception.LiquibaseException;

/** A step on a database, which may throw what Liquibase and JDBC throw. */
@FunctionalInterface
public interface SqlAction {

    void run() throws LiquibaseException, SQLException;
}
