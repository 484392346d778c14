package com.juragpt.auditor.migrations.connection;

import java.sql.Connection;
import java.sql.SQLException;

/** Where connections to the one database come from; each call gives a new one, to be closed by the caller. */
@FunctionalInterface
public interface ConnectionSource {

    Connection connect() throws SQLException;
}
