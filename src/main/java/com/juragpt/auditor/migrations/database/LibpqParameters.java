package com.juragpt.auditor.migrations.database;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.postgresql.PGProperty;

/**
 * The parameters of a PostgreSQL URL, by libpq's names or pgjdbc's, and what pgjdbc is to be told.
 *
 * @see <a href="https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS">libpq's parameters</a>
 * @see <a href="https://jdbc.postgresql.org/documentation/use/#connection-parameters">pgjdbc's parameters</a>
 */
final class LibpqParameters {

    /** Which server, database and user: for pgjdbc these are no parameters like the others. */
    private static final Set<String> TARGET = Set.of("host", "port", "dbname", "user", "password");

    /** The same thing under another name. */
    private static final Map<String, String> RENAMED = Map.of(
            "application_name", "ApplicationName",
            "channel_binding", "channelBinding",
            "connect_timeout", "connectTimeout",
            "gssencmode", "gssEncMode",
            "keepalives", "tcpKeepAlive",
            "krbsrvname", "kerberosServerName",
            "load_balance_hosts", "loadBalanceHosts",
            "require_auth", "requireAuth",
            "sslnegotiation", "sslNegotiation",
            "target_session_attrs", "targetServerType");

    /** Values that differ, by libpq's name. */
    private static final Map<String, Map<String, String>> VALUES = Map.of(
            "keepalives", Map.of("1", "true", "0", "false"),
            "load_balance_hosts", Map.of("disable", "false", "random", "true"),
            "target_session_attrs", Map.of("any", "any", "read-write", "primary", "primary", "primary",
                    "read-only", "secondary", "standby", "secondary", "prefer-standby", "preferSecondary"));

    /** libpq's manual: no effect where the system lacks the socket option. pgjdbc sets none of them. */
    private static final Set<String> WITHOUT_EFFECT =
            Set.of("keepalives_count", "keepalives_idle", "keepalives_interval", "tcp_user_timeout");

    /** The URL itself says where to connect, and a service file could only contradict it. */
    private static final Set<String> NOT_FROM_PGJDBC = Set.of("PGHOST", "PGPORT", "PGDBNAME", "service");

    private final Map<String, String> given = new LinkedHashMap<>();
    private final UrlRefusal refusal;

    LibpqParameters(UrlRefusal refusal) {
        this.refusal = refusal;
    }

    static boolean knows(String name) {
        return TARGET.contains(name) || RENAMED.containsKey(name) || WITHOUT_EFFECT.contains(name)
                || name.equals("client_encoding") || name.equals("fallback_application_name")
                || PGProperty.forName(name) != null && !NOT_FROM_PGJDBC.contains(name);
    }

    void put(String name, String value) {
        given.put(name, value);
    }

    /** Empty when not given. */
    String get(String name) {
        return given.getOrDefault(name, "");
    }

    /**
     * All but host, port, database, user and password.
     *
     * @param jdbc whether the URL is pgjdbc's; only {@code ssl} then means something else
     */
    Map<String, String> forPgjdbc(boolean jdbc) {
        Map<String, String> result = new LinkedHashMap<>();
        given.forEach((name, value) -> {
            if (name.equals("client_encoding")) {
                require(name, Set.of("utf8", "utf-8", "unicode", "auto"), value.toLowerCase(Locale.ROOT));
            } else if (name.equals("ssl") && !jdbc) {
                result.put("sslmode", sslMode(value));
            } else if (name.equals("connect_timeout")) {
                result.put("connectTimeout", seconds(value));
            } else if (VALUES.containsKey(name)) {
                require(name, VALUES.get(name).keySet(), value);
                result.put(RENAMED.get(name), VALUES.get(name).get(value));
            } else if (!TARGET.contains(name) && !WITHOUT_EFFECT.contains(name) && !name.equals("fallback_application_name")) {
                requireChoice(name, value);
                result.put(RENAMED.getOrDefault(name, name), value);
            }
        });
        if (given.containsKey("fallback_application_name")) {
            result.putIfAbsent("ApplicationName", get("fallback_application_name"));
        }
        if (get("sslrootcert").equals("system")) {
            useJavasTrustStore(result);
        }
        return result;
    }

    /** libpq takes {@code ssl=true} for {@code sslmode=require}; SQLAlchemy's asyncpg has the modes themselves there. */
    private String sslMode(String value) {
        if (value.equals("true")) {
            return "require";
        }
        requireChoice("sslmode", value);
        return value;
    }

    /** In libpq a negative time-out waits for ever, which is 0 in pgjdbc. */
    private String seconds(String value) {
        if (!value.matches("-?\\d{1,9}")) {
            throw refusal.because("the parameter 'connect_timeout' is not a number of seconds",
                    "write for instance connect_timeout=10");
        }
        return value.startsWith("-") ? "0" : value;
    }

    /** pgjdbc knows no {@code sslrootcert=system}; libpq insists on {@code verify-full} with it. */
    private void useJavasTrustStore(Map<String, String> result) {
        require("sslmode", Set.of("verify-full"), result.getOrDefault("sslmode", "verify-full"));
        result.remove("sslrootcert");
        result.put("sslmode", "verify-full");
        result.put("sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory");
    }

    private void requireChoice(String name, String value) {
        PGProperty property = PGProperty.forName(RENAMED.getOrDefault(name, name));
        // requireAuth is a list of its choices
        if (property.getChoices() != null && property != PGProperty.REQUIRE_AUTH) {
            require(name, List.of(property.getChoices()), value);
        }
    }

    private void require(String name, Collection<String> allowed, String value) {
        if (!allowed.contains(value)) {
            throw refusal.because("the parameter '" + name + "' has a value that it cannot have here",
                    "give '" + name + "' one of " + String.join(", ", new TreeSet<>(allowed)) + ", or leave it out");
        }
    }
}
