package com.juragpt.auditor.migrations.connection;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.postgresql.Driver;

/** The name of a database in messages: {@code auditor on db:5432}, without anything secret. */
public final class DatabaseName {

    private DatabaseName() {
    }

    public static String of(Connection connection) throws SQLException {
        String url = connection.getMetaData().getURL();
        if (url.startsWith("jdbc:postgresql:")) {
            Properties parts = Driver.parseURL(url, null);
            if (parts != null) {
                return parts.getProperty("PGDBNAME") + " on " + hosts(parts.getProperty("PGHOST"), parts.getProperty("PGPORT"));
            }
        }
        int settings = url.indexOf(';');
        return settings < 0 ? url : url.substring(0, settings);
    }

    private static String hosts(String hosts, String ports) {
        String[] host = hosts.split(",");
        String[] port = ports.split(",");
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < host.length; i++) {
            all.append(i == 0 ? "" : ",").append(host[i]).append(':').append(port[Math.min(i, port.length - 1)]);
        }
        return all.toString();
    }
}
