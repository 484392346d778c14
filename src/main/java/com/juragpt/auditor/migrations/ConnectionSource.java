package com.juragpt.auditor.migrations;

import java.sql.Connection;
import java.sql.SQLException;

/** Where connections to the one database come from; each call gives a new one, to be closed by the caller. */
@FunctionalInterface
interface ConnectionSource {

    Connection connect() throws SQLException;
}
