package com.juragpt.auditor.migrations.database;

import com.juragpt.auditor.migrations.api.MigrationException;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Reads a database URL. No refusal repeats any part of the value that may be a secret. */
final class DatabaseUrlParser {

    private static final Pattern POSTGRES =
            Pattern.compile("(?i)(?:(jdbc:)postgres(?:ql)?|postgres(?:ql)?(?:\\+\\w+)?):(.*)", Pattern.DOTALL);
    private static final Pattern OTHER_DATABASE = Pattern.compile(
            "(?i)(?:jdbc:)?(sqlite|mysql|mariadb|oracle|mssql|sqlserver|mongodb|redis|cockroachdb)(?:\\+\\w+)?:.*",
            Pattern.DOTALL);
    private static final Pattern AFTER_USER = Pattern.compile("([^/?]*)(?:/([^?]*))?(?:\\?(.*))?", Pattern.DOTALL);

    private final UrlRefusal refusal;
    /** pgjdbc decodes a plus as a space, libpq keeps it. */
    private boolean jdbc;

    DatabaseUrlParser(UrlRefusal refusal) {
        this.refusal = refusal;
    }

    UrlParts parse(String url) {
        checkTyping(url);
        if (url.regionMatches(true, 0, "jdbc:h2:", 0, 8)) {
            return h2(url.substring(8));
        }
        Matcher postgres = POSTGRES.matcher(url);
        if (postgres.matches()) {
            jdbc = postgres.group(1) != null;
            return postgres(postgres.group(2));
        }
        Matcher other = OTHER_DATABASE.matcher(url);
        if (other.matches()) {
            String name = other.group(1).toLowerCase(Locale.ROOT);
            throw refusal.because("it names a database of another kind (" + name + "), and this schema is for PostgreSQL",
                    "to try things without a server, unset it: the embedded H2 database is then used");
        }
        throw refusal.because("it does not begin with postgresql://",
                "begin it with postgresql://, postgres:// or jdbc:postgresql://");
    }

    private void checkTyping(String url) {
        if (url == null || url.isBlank()) {
            throw refusal.because("it is empty", "set it, or unset it altogether");
        }
        if (!url.equals(url.strip())) {
            throw refusal.because("there is white space before or after it", "remove the spaces and line ends around it");
        }
        if (url.startsWith("\"") || url.startsWith("'")) {
            throw refusal.because("it begins with a quotation mark",
                    "remove the quotation marks; an .env file or a CI variable needs none");
        }
        if (url.chars().anyMatch(Character::isISOControl)) {
            throw refusal.because("there is a line end or another control character in it", "write it on one line");
        }
        if (url.indexOf('\uFFFD') >= 0) {
            throw refusal.because("it holds a letter that this locale cannot read",
                    "percent-encode it, or set LC_ALL=C.UTF-8");
        }
    }

    /** Settings are separated by semicolons; a backslash keeps one from separating (H2's {@code ConnectionInfo}). */
    private UrlParts h2(String nameAndSettings) {
        String user = null;
        String password = null;
        List<String> kept = new ArrayList<>();
        for (String setting : nameAndSettings.split("(?<!\\\\);")) {
            String value = setting.substring(setting.indexOf('=') + 1).replaceAll("\\\\(.)", "$1");
            if (setting.regionMatches(true, 0, "USER=", 0, 5)) {
                user = value;
            } else if (setting.regionMatches(true, 0, "PASSWORD=", 0, 9)) {
                password = value;
            } else if (!kept.isEmpty() && !setting.contains("=")) {
                throw refusal.because("one of its settings has no =", "in a value write ; as \\;");
            } else {
                kept.add(setting);
            }
        }
        return new UrlParts(null, String.join(";", kept), user, password, Map.of());
    }

    private UrlParts postgres(String afterScheme) {
        Reading reading;
        if (afterScheme.startsWith("//")) {
            reading = reading(afterScheme.substring(2));
        } else if (jdbc && !afterScheme.startsWith("/")) {
            reading = readingWithUserUpTo(-1, "/" + afterScheme);
        } else {
            throw refusal.because("the scheme is not followed by //", "begin it with postgresql:// or jdbc:postgresql://");
        }
        LibpqParameters parameters = new LibpqParameters(refusal);
        int colon = reading.user.indexOf(':');
        parameters.put("user", decode(colon < 0 ? reading.user : reading.user.substring(0, colon), "user name", false));
        parameters.put("password", decode(colon < 0 ? "" : reading.user.substring(colon + 1), "password", false));
        parameters.put("dbname", decode(reading.database, "database name", jdbc));
        parameters.put("host", reading.servers);
        parseQuery(reading.query, parameters);

        return new UrlParts(
                new ServerList(refusal).servers(parameters.get("host"), parameters.get("port")),
                parameters.get("dbname"), parameters.get("user"), parameters.get("password"), parameters.forPgjdbc(jdbc));
    }

    /** What stands where in a URL, still percent-encoded. */
    private record Reading(String user, String servers, String database, String query) {
    }

    /**
     * Finds where the user and password end. With one {@code @} before the first slash or question mark there is no doubt.
     * Otherwise somebody did not percent-encode a password, or has an {@code @} in a parameter: the first reading in which
     * servers, database and parameters all make sense is taken. SQLAlchemy and libpq do accept such passwords.
     */
    private Reading reading(String afterSlashes) {
        int[] ats = IntStream.range(0, afterSlashes.length()).filter(i -> afterSlashes.charAt(i) == '@').toArray();
        if (ats.length == 0 || ats.length == 1 && afterSlashes.substring(0, ats[0]).matches("[^/?]*")) {
            return readingWithUserUpTo(ats.length == 0 ? -1 : ats[0], afterSlashes);
        }
        return IntStream.concat(IntStream.of(-1), Arrays.stream(ats))
                .mapToObj(at -> readingWithUserUpTo(at, afterSlashes))
                .filter(DatabaseUrlParser::makesSense)
                .findFirst()
                .orElseThrow(() -> refusal.because("it is unclear which @ ends the user and password",
                        "in the user and password write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23 and % as %25"));
    }

    private static Reading readingWithUserUpTo(int at, String afterSlashes) {
        Matcher rest = AFTER_USER.matcher(afterSlashes.substring(at + 1));
        rest.matches();
        return new Reading(at < 0 ? "" : afterSlashes.substring(0, at), rest.group(1),
                rest.group(2) == null ? "" : rest.group(2), rest.group(3) == null ? "" : rest.group(3));
    }

    private static boolean makesSense(Reading reading) {
        return ServerList.canBe(reading.servers)
                && reading.database.matches("[^@/]*")
                && Arrays.stream(reading.query.split("&"))
                        .allMatch(item -> item.isEmpty() || LibpqParameters.knows(item.split("=", 2)[0]));
    }

    private void parseQuery(String query, LibpqParameters parameters) {
        Set<String> seen = new HashSet<>();
        for (String item : query.split("&")) {
            if (item.isEmpty()) {
                continue;
            }
            String name = item.split("=", 2)[0];
            boolean hasValue = name.length() < item.length();
            if (!LibpqParameters.knows(name) || !hasValue && !jdbc) {
                throw refuseParameter(name, seen.contains("password") || seen.contains("sslpassword"), hasValue);
            }
            String value = hasValue ? decode(item.substring(name.length() + 1), "parameter '" + name + "'", jdbc) : "";
            if (name.equals("host")) {
                value = ServerList.withBrackets(value);
            }
            if (name.equals("host") && seen.contains(name)) {
                value = parameters.get(name) + "," + value;
            } else if (!parameters.get(name).isEmpty()) {
                throw refusal.because("the " + name + " is given twice", "keep one of the two");
            }
            parameters.put(name, value);
            seen.add(name);
        }
    }

    private MigrationException refuseParameter(String name, boolean mayBePassword, boolean hasValue) {
        if (mayBePassword || !name.matches("[A-Za-z]\\w*")) {
            return refusal.because("a parameter after the ? is not known, or is not one at all",
                    "in a value write & as %26; correct the parameter's name, or leave it out");
        }
        return hasValue
                ? refusal.because("the parameter '" + name + "' is not one that pgjdbc, which connects here, has",
                        "correct its name, or leave it out")
                : refusal.because("the parameter '" + name + "' has no value", "write " + name + "=value, or leave it out");
    }

    private String decode(String text, String what, boolean plusIsSpace) {
        try {
            String decoded = PercentEncoding.decode(text, plusIsSpace);
            if (decoded.indexOf('\0') < 0) {
                return decoded;
            }
        } catch (CharacterCodingException malformed) {
            throw refusal.because("a % in the " + what + " is not followed by two hexadecimal digits, or they are no UTF-8",
                    "write % itself as %25, and other letters in UTF-8");
        }
        throw refusal.because("the " + what + " holds %00", "leave it out: PostgreSQL takes no zero byte");
    }
}
