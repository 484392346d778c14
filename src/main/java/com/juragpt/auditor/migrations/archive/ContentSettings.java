package com.juragpt.auditor.migrations.archive;

import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The settings on which the text form of a value depends. Values are archived and compared by that form, so it has to be the same
 * and without loss, whoever's session it is. The time zone may stay: such texts name their offset.
 */
final class ContentSettings {

    private static final Map<String, String> EXACT = Map.of("datestyle", "ISO, YMD", "intervalstyle", "postgres",
            "extra_float_digits", "3", "bytea_output", "hex", "xmloption", "content");
    private static final String SET = "SELECT set_config(?, ?, true)";

    private final Connection connection;
    private final Map<String, String> before = new LinkedHashMap<>();

    private ContentSettings(Connection connection) {
        this.connection = connection;
    }

    /** Sets them until the transaction ends, or until {@link #restore()}. */
    static ContentSettings exact(Connection connection) throws SQLException {
        ContentSettings settings = new ContentSettings(connection);
        for (Map.Entry<String, String> setting : EXACT.entrySet()) {
            settings.before.put(setting.getKey(), Sql.text(connection, "SELECT current_setting(?)", setting.getKey()));
            Sql.text(connection, SET, setting.getKey(), setting.getValue());
        }
        return settings;
    }

    /** Gives the transaction its former settings back: the changesets that follow may rely on them. */
    void restore() throws SQLException {
        for (Map.Entry<String, String> setting : before.entrySet()) {
            Sql.text(connection, SET, setting.getKey(), setting.getValue());
        }
    }
}
