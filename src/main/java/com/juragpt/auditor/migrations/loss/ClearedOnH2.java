package com.juragpt.auditor.migrations.loss;

import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;

/** Whether an update on H2 changes the values that it names and nothing else. */
final class ClearedOnH2 {

    // Nothing else is changed with it: no trigger, and no foreign key that passes the change on to referring rows.
    private static final String IS_ALONE = """
            SELECT TABLE_TYPE = 'BASE TABLE'
                   AND NOT EXISTS (SELECT 1 FROM INFORMATION_SCHEMA.TRIGGERS
                                    WHERE EVENT_OBJECT_SCHEMA = T.TABLE_SCHEMA AND EVENT_OBJECT_TABLE = T.TABLE_NAME)
                   AND NOT EXISTS (SELECT 1 FROM INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS R
                                     JOIN INFORMATION_SCHEMA.TABLE_CONSTRAINTS C
                                          ON C.CONSTRAINT_SCHEMA = R.UNIQUE_CONSTRAINT_SCHEMA
                                         AND C.CONSTRAINT_NAME = R.UNIQUE_CONSTRAINT_NAME
                                    WHERE C.TABLE_SCHEMA = T.TABLE_SCHEMA AND C.TABLE_NAME = T.TABLE_NAME
                                      AND R.UPDATE_RULE NOT IN ('NO ACTION', 'RESTRICT'))
              FROM INFORMATION_SCHEMA.TABLES T WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?""";

    private ClearedOnH2() {
    }

    static boolean isAll(Connection connection, PlainUpdate update) throws SQLException {
        // H2 resolves the names, and ends no transaction where it cannot.
        try (Statement statement = connection.createStatement();
                ResultSet none = statement.executeQuery(
                        "SELECT " + String.join(", ", update.columns()) + " FROM " + update.table() + " WHERE FALSE")) {
            ResultSetMetaData names = none.getMetaData();
            return Sql.test(connection, IS_ALONE, names.getSchemaName(1), names.getTableName(1)).orElse(false);
        } catch (SQLException e) {
            if (e.getSQLState() != null && e.getSQLState().startsWith("42")) {
                return false;
            }
            throw e;
        }
    }
}
