package com.juragpt.auditor.migrations.connection;

import java.sql.SQLException;
import liquibase.exception.LiquibaseException;

/** Work on a database, which may throw what Liquibase and JDBC throw. */
@FunctionalInterface
public interface SqlFunction<T, R> {

    R apply(T on) throws LiquibaseException, SQLException;
}
