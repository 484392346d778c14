package com.juragpt.auditor.migrations.database;

import com.juragpt.auditor.migrations.api.MigrationException;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The hosts and ports of a PostgreSQL URL, one server or several. */
final class ServerList {

    private static final Pattern SERVER = Pattern.compile("(\\[[0-9A-Fa-f:.]+(?:%25[\\w.-]+)?]|[^:\\[\\]@]*)(?::(\\d*))?");
    private static final Pattern HOST_NAME = Pattern.compile("[\\p{L}\\p{M}\\p{N}._-]*");

    private final UrlRefusal refusal;

    ServerList(UrlRefusal refusal) {
        this.refusal = refusal;
    }

    static boolean canBe(String hosts) {
        return Arrays.stream(hosts.split(",")).allMatch(server -> SERVER.matcher(server).matches());
    }

    /**
     * @param hosts as in the URL ({@code db:5432,[::1]}) or in the parameter {@code host}
     * @param ports of the parameter {@code port}: one for all hosts, or one for each; empty when not given
     */
    String servers(String hosts, String ports) {
        List<String> servers = List.of(hosts.split(",", -1));
        List<String> given = List.of(ports.split(",", -1));
        if (given.size() != 1 && given.size() != servers.size()) {
            throw refusal.because("it has " + servers.size() + " host(s) but " + given.size() + " ports",
                    "give one port, or one for each host");
        }
        return IntStream.range(0, servers.size())
                .mapToObj(i -> server(servers.get(i), given.get(given.size() == 1 ? 0 : i)))
                .collect(Collectors.joining(","));
    }

    private String server(String text, String givenPort) {
        Matcher server = SERVER.matcher(text);
        if (!server.matches()) {
            throw refusal.because("there is no host:port where one belongs",
                    "write host:5432, an IPv6 address as [::1]:5432; percent-encode what is special in the user and password");
        }
        String ownPort = server.group(2) == null ? "" : server.group(2);
        if (!ownPort.isEmpty() && !givenPort.isEmpty()) {
            throw refusal.because("the port is given twice", "keep one of the two");
        }
        return host(server.group(1)) + ":" + port(ownPort + givenPort);
    }

    private String host(String encoded) {
        if (encoded.startsWith("[")) {
            return encoded.replace("%25", "%");
        }
        String host = decode(encoded);
        // libpq takes a path and, on Linux, an abstract name
        if (host.startsWith("/") || host.startsWith("@")) {
            throw refusal.because("it names a Unix socket, and pgjdbc, which connects here, only knows TCP",
                    "give a host, for instance localhost");
        }
        if (!HOST_NAME.matcher(host).matches()) {
            throw noHost();
        }
        return host.isEmpty() ? "localhost" : host;
    }

    private String decode(String encoded) {
        try {
            return PercentEncoding.decode(encoded, false);
        } catch (CharacterCodingException malformed) {
            throw noHost();
        }
    }

    private MigrationException noHost() {
        return refusal.because("there is no host name where one belongs",
                "percent-encode what is special in the user and password");
    }

    private int port(String digits) {
        int port = digits.isEmpty() ? 5432 : digits.matches("\\d{1,5}") ? Integer.parseInt(digits) : 0;
        if (port < 1 || port > 65535) {
            throw refusal.because("the port is not a number from 1 to 65535", "write host:port, for instance localhost:5432");
        }
        return port;
    }

    /** As a parameter, unlike before the slash, an IPv6 address has no brackets in libpq. */
    static String withBrackets(String hosts) {
        return Arrays.stream(hosts.split(",", -1))
                .map(host -> host.matches("[^\\[]*:[^\\[]*:[^\\[]*") ? "[" + host.replace("%", "%25") + "]" : host)
                .collect(Collectors.joining(","));
    }
}
