package com.juragpt.auditor.migrations.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.Random;
import java.util.TreeMap;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseUrlTest {

    /** Around every generated password, so that any piece of it is recognised wherever it shows. */
    private static final String HEAD = "Zq7";
    private static final String TAIL = "Xw9";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            postgresql://auditor:s3cret@db:5432/audit            | jdbc:postgresql://db:5432/audit          | auditor  | s3cret
            postgres://auditor:s3cret@db/audit                   | jdbc:postgresql://db:5432/audit          | auditor  | s3cret
            postgresql+psycopg2://auditor:s3cret@db/audit        | jdbc:postgresql://db:5432/audit          | auditor  | s3cret
            postgresql+asyncpg://auditor:s3cret@db/audit         | jdbc:postgresql://db:5432/audit          | auditor  | s3cret
            PostgreSQL+pg8000://auditor:s3cret@db/audit          | jdbc:postgresql://db:5432/audit          | auditor  | s3cret
            jdbc:postgresql://auditor:s3cret@db/audit            | jdbc:postgresql://db:5432/audit          | auditor  | s3cret
            jdbc:postgresql://db/audit?user=auditor&password=s3cret | jdbc:postgresql://db:5432/audit          | auditor  | s3cret
            jdbc:postgresql://db/audit?user=a@b&password=p@s/s   | jdbc:postgresql://db:5432/audit          | a@b      | p@s/s
            jdbc:postgresql://db/audit?user=a&password=p+s       | jdbc:postgresql://db:5432/audit          | a        | p s
            jdbc:postgresql:audit?user=auditor                   | jdbc:postgresql://localhost:5432/audit   | auditor  |
            postgresql://u:p%40s%3A%2F%23%3F%25%20@db/audit  | jdbc:postgresql://db:5432/audit  | u  | `p@s:/#?% `
            postgresql://u+v:p+w@db/audit                        | jdbc:postgresql://db:5432/audit          | u+v      | p+w
            postgresql://db/audit?user=u&password=p+w            | jdbc:postgresql://db:5432/audit          | u        | p+w
            postgresql://%C3%BCser:p%E2%9C%85@db/audit           | jdbc:postgresql://db:5432/audit          | üser     | p✅
            postgresql://üser:paß@db/audit                       | jdbc:postgresql://db:5432/audit          | üser     | paß
            postgresql://u:p@db/pr%C3%BCf%2Fung%20%3F            | jdbc:postgresql://db:5432/pr%C3%BCf%2Fung%20%3F | u        | p
            postgresql://u:p@[::1]:5433/audit                    | jdbc:postgresql://[::1]:5433/audit       | u        | p
            postgresql://u:p@[fe80::1%25eth0]/audit              | jdbc:postgresql://[fe80::1%eth0]:5432/audit | u        | p
            postgresql://u:p@h1:5432,h2:5433/audit               | jdbc:postgresql://h1:5432,h2:5433/audit  | u        | p
            postgresql://u:p@h1,[::2]:5433,/audit  | jdbc:postgresql://h1:5432,[::2]:5433,localhost:5432/audit  | u  | p
            postgresql://u:p@/audit?host=h1:5432&host=h2:5433    | jdbc:postgresql://h1:5432,h2:5433/audit  | u        | p
            postgresql://u:p@/audit?host=h1,::2&port=5440        | jdbc:postgresql://h1:5440,[::2]:5440/audit | u        | p
            postgresql://?host=h&port=1&dbname=d&user=u&password=p | jdbc:postgresql://h:1/d                  | u        | p
            postgresql://u@db                                    | jdbc:postgresql://db:5432/u              | u        |
            postgresql://u:@db:/                                 | jdbc:postgresql://db:5432/u              | u        |
            postgresql://u@                                      | jdbc:postgresql://localhost:5432/u       | u        |
            postgresql:///audit?user=u                           | jdbc:postgresql://localhost:5432/audit   | u        |
            postgresql://user@corp:p@db.example.com/audit        | jdbc:postgresql://db.example.com:5432/audit | user@corp | p
            postgresql://u:p:q@db/audit                          | jdbc:postgresql://db:5432/audit          | u        | p:q
            postgresql://u:p@q@db/audit                          | jdbc:postgresql://db:5432/audit          | u        | p@q
            postgresql://u:p/q@db/audit                          | jdbc:postgresql://db:5432/audit          | u        | p/q
            postgresql://u:12/34@db/audit                        | jdbc:postgresql://db:5432/audit          | u        | 12/34
            postgresql://u:12?34@db/audit                        | jdbc:postgresql://db:5432/audit          | u        | 12?34
            postgresql://u:p#q@db/audit                          | jdbc:postgresql://db:5432/audit          | u        | p#q
            postgresql://u:p@q/r?s@db/audit?sslmode=require      | jdbc:postgresql://db:5432/audit          | u        | p@q/r?s
            postgresql://u:p@db/audit?application_name=a@b       | jdbc:postgresql://db:5432/audit          | u        | p
            postgresql://u:p@db?application_name=a@b             | jdbc:postgresql://db:5432/u              | u        | p
            jdbc:h2:file:./target/h2/auditor;MODE=PostgreSQL     | jdbc:h2:file:./target/h2/auditor;MODE=PostgreSQL |          |
            jdbc:h2:mem:x;user=sa;Password=a\\;b;MODE=PostgreSQL | jdbc:h2:mem:x;MODE=PostgreSQL            | sa       | a;b
            """)
    void readsWhatPeopleSet(String url, String jdbcUrl, String user, String password) {
        DatabaseUrl parsed = DatabaseUrl.parse(url);

        assertThat(parsed.jdbcUrl()).isEqualTo(jdbcUrl);
        assertThat(parsed.user()).isEqualTo(user);
        assertThat(parsed.password()).isEqualTo(password);
        assertThat(parsed.properties().getProperty("user")).isEqualTo(user);
        assertThat(parsed.properties().getProperty("password")).isEqualTo(password);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            postgresql://u@h/d                                                     | {}
            postgresql://u@h/d?sslmode=verify-ca&sslrootcert=/ca%20.pem            | {sslmode=verify-ca, sslrootcert=/ca .pem}
            postgresql://u@h/d?sslcert=c&sslkey=k&sslpassword=p%26w                | {sslcert=c, sslkey=k, sslpassword=p&w}
            postgresql://u@h/d?connect_timeout=7                                   | {connectTimeout=7}
            postgresql://u@h/d?connect_timeout=-1                                  | {connectTimeout=0}
            postgresql://u@h/d?application_name=the+auditor                        | {ApplicationName=the+auditor}
            jdbc:postgresql://h/d?user=u&ApplicationName=the+auditor               | {ApplicationName=the auditor}
            postgresql://u@h/d?fallback_application_name=f                         | {ApplicationName=f}
            postgresql://u@h/d?fallback_application_name=f&application_name=a      | {ApplicationName=a}
            postgresql://u@h/d?target_session_attrs=any                            | {targetServerType=any}
            postgresql://u@h/d?target_session_attrs=read-write                     | {targetServerType=primary}
            postgresql://u@h/d?target_session_attrs=primary                        | {targetServerType=primary}
            postgresql://u@h/d?target_session_attrs=read-only                      | {targetServerType=secondary}
            postgresql://u@h/d?target_session_attrs=standby                        | {targetServerType=secondary}
            postgresql://u@h/d?target_session_attrs=prefer-standby                 | {targetServerType=preferSecondary}
            postgresql://u@h/d?options=-c%20search_path%3Daudit                    | {options=-c search_path=audit}
            postgresql://u@h/d?options=-c search_path=audit                        | {options=-c search_path=audit}
            postgresql://u@h/d?keepalives=1&keepalives_idle=30                     | {tcpKeepAlive=true}
            postgresql://u@h/d?keepalives=0&tcp_user_timeout=9                     | {tcpKeepAlive=false}
            postgresql://u@h/d?channel_binding=require&gssencmode=disable          | {channelBinding=require, gssEncMode=disable}
            postgresql://u@h/d?require_auth=scram-sha-256,md5                      | {requireAuth=scram-sha-256,md5}
            postgresql://u@h/d?krbsrvname=pg&gsslib=gssapi                         | {gsslib=gssapi, kerberosServerName=pg}
            postgresql://u@h/d?load_balance_hosts=random                           | {loadBalanceHosts=true}
            postgresql://u@h/d?sslnegotiation=direct&sslmode=require               | {sslNegotiation=direct, sslmode=require}
            postgresql://u@h/d?client_encoding=UTF8                                | {}
            postgresql://u@h/d?ssl=true                                            | {sslmode=require}
            postgresql+asyncpg://u@h/d?ssl=verify-full                             | {sslmode=verify-full}
            jdbc:postgresql://h/d?user=u&ssl=true                                  | {ssl=true}
            jdbc:postgresql://h/d?user=u&ssl                                       | {ssl=}
            postgresql://u@h/d?sslrootcert=system   | {sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory, sslmode=verify-full}
            jdbc:postgresql://h/d?user=u&currentSchema=a,b&socketTimeout=9         | {currentSchema=a,b, socketTimeout=9}
            postgresql://u@h/d?currentSchema=audit                                 | {currentSchema=audit}
            """)
    void tellsPgjdbcWhatLibpqWouldDo(String url, String parameters) {
        Properties properties = DatabaseUrl.parse(url).properties();

        assertThat(properties.remove("user")).isEqualTo("u");
        assertThat(new TreeMap<>(properties)).hasToString(parameters);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            ` postgresql://u:Zq7@h/d`                     | white space before or after it
            `postgresql://u:Zq7@h/d\n`                    | white space before or after it
            "postgresql://u:Zq7@h/d"                      | begins with a quotation mark
            'postgresql://u:Zq7@h/d'                      | begins with a quotation mark
            `postgresql://u:Zq7\n@h/d`                    | line end or another control character
            `postgresql://u:Zq7\uFFFD@h/d`                | letter that this locale cannot read
            u:Zq7@h/d                                     | does not begin with postgresql://
            Zq7                                           | does not begin with postgresql://
            host=h user=u password=Zq7                    | does not begin with postgresql://
            https://u:Zq7@h/d                             | does not begin with postgresql://
            sqlite:///Zq7.db                              | another kind (sqlite)
            sqlite+aiosqlite:///Zq7.db                    | another kind (sqlite)
            mysql+pymysql://u:Zq7@h/d                     | another kind (mysql)
            jdbc:mysql://u:Zq7@h/d                        | another kind (mysql)
            postgresql:Zq7                                | not followed by //
            postgresql:/u:Zq7@h/d                         | not followed by //
            jdbc:postgresql:/Zq7                          | not followed by //
            postgresql://u:Zq7%4@h/d                      | a % in the password is not followed by two hexadecimal digits
            postgresql://u:Zq7%4Z@h/d                     | a % in the password is not followed by two hexadecimal digits
            postgresql://u:Zq7%@h/d                       | a % in the password is not followed by two hexadecimal digits
            postgresql://u:Zq7%FC@h/d                     | a % in the password is not followed by two hexadecimal digits
            postgresql://u:Zq7%C3@h/d                     | a % in the password is not followed by two hexadecimal digits
            postgresql://u:Zq7%C0%80@h/d                  | a % in the password is not followed by two hexadecimal digits
            postgresql://u:Zq7%00@h/d                     | the password holds %00
            postgresql://Zq7%ZZ:p@h/d                     | a % in the user name is not
            postgresql://u:p@h/Zq7%ZZ                     | a % in the database name is not
            postgresql://u:p@h/d?options=Zq7%ZZ           | a % in the parameter 'options' is not
            postgresql://u:Zq7                            | no host:port where one belongs
            postgresql://u:Zq7/d                          | no host:port where one belongs
            postgresql://u:p@Zq7:x/d                      | no host:port where one belongs
            postgresql://u:p@::1/d                        | no host:port where one belongs
            postgresql://u:p@[Zq7]/d                      | no host:port where one belongs
            postgresql://u:Zq7@h:99999/d                  | port is not a number from 1 to 65535
            postgresql://u:Zq7@h:0/d                      | port is not a number from 1 to 65535
            postgresql://u:Zq7@h h/d                      | no host name where one belongs
            postgresql://u:Zq7@h%ZZ/d                     | no host name where one belongs
            postgresql://u:Zq7@%2Fvar%2Frun/d             | Unix socket
            postgresql://u:Zq7@/d?host=/var/run           | Unix socket
            postgresql://u:Zq7@a/b@c:x/d                  | unclear which @ ends the user and password
            postgresql://u:Zq7@h/d?host=i                 | the host is given twice
            postgresql://u:Zq7@h:1/d?port=2               | the port is given twice
            postgresql://u:Zq7@h/d?user=v                 | the user is given twice
            postgresql://u:Zq7@h/d?options=a&options=b    | the options is given twice
            postgresql://u:Zq7@h1,h2/d?port=1,2,3         | 2 host(s) but 3 ports
            postgresql://u:Zq7@h/d?sslmod=require         | the parameter 'sslmod' is not one
            postgresql://u:Zq7@h/d?sslcrl=crl             | the parameter 'sslcrl' is not one
            postgresql://u:Zq7@h/d?service=s              | the parameter 'service' is not one
            postgresql://u:Zq7@h/d?PGHOST=h               | the parameter 'PGHOST' is not one
            postgresql://u:Zq7@h/d?a.Zq7=b                | a parameter after the ? is not known
            postgresql://u:Zq7@h/d?sslmode                | the parameter 'sslmode' has no value
            postgresql://h/d?user=u&password=p&Zq7=x      | a parameter after the ? is not known
            jdbc:postgresql://h/d?password=p&Zq7          | a parameter after the ? is not known
            postgresql://u:Zq7@h/d?sslmode=Zq7            | the parameter 'sslmode' has a value that it cannot have
            postgresql://u:Zq7@h/d?ssl=Zq7                | the parameter 'sslmode' has a value that it cannot have
            postgresql://u:Zq7@h/d?keepalives=yes         | the parameter 'keepalives' has a value that it cannot have
            postgresql://u:Zq7@h/d?target_session_attrs=x | the parameter 'target_session_attrs' has a value that it cannot have
            postgresql://u:Zq7@h/d?client_encoding=latin1 | the parameter 'client_encoding' has a value that it cannot have
            postgresql://u@h/d?sslrootcert=system&sslmode=require | the parameter 'sslmode' has a value that it cannot have
            postgresql://u:Zq7@h/d?connect_timeout=soon   | 'connect_timeout' is not a number of seconds
            jdbc:h2:mem:x;PASSWORD=p;Zq7                  | one of its settings has no =
            """)
    void refusesWithoutRepeatingTheValue(String url, String reason) {
        assertThatThrownBy(() -> DatabaseUrl.parse(url))
                .isInstanceOfSatisfying(MigrationException.class,
                        refused -> assertThat(refused.problem()).isEqualTo(Problem.INVALID_DATABASE_URL))
                .hasMessageStartingWith("[invalid-database-url] Cannot read the database URL: ")
                .hasMessageContaining(reason)
                .hasMessageContaining("Nothing was changed.\n  expected: postgresql://user:password@host:5432/database")
                .hasMessageContaining("\n  help: ")
                .satisfies(refused -> assertThat(stackTrace(refused)).doesNotContain(HEAD));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " ", "\n"})
    void refusesAnEmptyValueByTheNameOfItsVariable(String url) {
        assertThatThrownBy(() -> DatabaseUrl.parse(url, "DATABASE_URL"))
                .hasMessageStartingWith("[invalid-database-url] Cannot read DATABASE_URL: it is empty. Nothing was changed.")
                .hasMessageEndingWith("help: set it, or unset it altogether");
    }

    @Test
    void withoutAnyUserItIsTheOperatingSystems() {
        DatabaseUrl url = DatabaseUrl.parse("postgresql://db");

        assertThat(url.user()).isEqualTo(System.getProperty("user.name"));
        assertThat(url.jdbcUrl()).isEqualTo("jdbc:postgresql://db:5432/" + System.getProperty("user.name"));
    }

    @Test
    void givenCredentialsWinAndEmptyOnesAreNotGiven() {
        DatabaseUrl url = DatabaseUrl.parse("postgresql://u:p@db/audit?sslmode=require");

        DatabaseUrl other = url.withCredentials("v", "q");
        assertThat(other.user()).isEqualTo("v");
        assertThat(other.password()).isEqualTo("q");
        assertThat(other.properties()).containsEntry("sslmode", "require");
        assertThat(url.withCredentials("", "").properties()).isEqualTo(url.properties());
        assertThat(url.withCredentials(null, null).properties()).isEqualTo(url.properties());
        assertThat(url.withCredentials("v", "").password()).isEqualTo("p");
        assertThat(url.user()).isEqualTo("u");
    }

    @Test
    void theUserGivenLaterNamesTheDatabaseThatTheUrlLeavesOut() {
        assertThat(DatabaseUrl.parse("postgresql://u@db").withCredentials("v", null)).hasToString("v on db:5432");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            postgresql://u:Zq7@db/auditor?sslpassword=Zq7 | auditor on db:5432
            postgresql://u:Zq7@h1,[::1]:5433/auditor      | auditor on h1:5432,[::1]:5433
            jdbc:h2:mem:x;USER=u;PASSWORD=Zq7;A=B         | jdbc:h2:mem:x
            """)
    void showsServerAndDatabaseOnly(String url, String shown) {
        assertThat(DatabaseUrl.parse(url)).hasToString(shown);
    }

    /** One of each kind of character, and what looks like a part of the URL. */
    static Stream<String> passwordsOfEachKind() {
        return Stream.of("@", ":", "/", "?", "#", "%", "[", "&", "=", "+", ";", " ", "\\", "'", "\"", "\n", "\u007f", "ü", "✅",
                "e\u0301", "%41", "a@b/c?d#e:f").map(middle -> HEAD + middle + TAIL);
    }

    static Stream<String> passwords() {
        Stream<String> everySpecial = IntStream.rangeClosed(1, 0x7f)
                .filter(c -> !Character.isLetterOrDigit(c))
                .mapToObj(Character::toString);
        Random random = new Random(1);
        Stream<String> mixed = IntStream.range(0, 300).mapToObj(i -> random.ints(1 + random.nextInt(12), 1, 0x2_0000)
                .map(c -> c % 3 == 0 ? 0x20 + c % 0x5f : c)
                .filter(c -> Character.isDefined(c) && !(c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE))
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString());
        return Stream.of(everySpecial, Stream.of("ü", "ß", "✅", "e\u0301", "%41", "a@b/c?d#e:f"), mixed)
                .flatMap(s -> s)
                .map(middle -> HEAD + middle + TAIL);
    }

    @ParameterizedTest
    @MethodSource("passwordsOfEachKind")
    void aPasswordGoesInPercentEncodedAndNeverShows(String password) {
        assertGoesInPercentEncodedAndNeverShows(password);
    }

    @ParameterizedTest
    @MethodSource("passwords")
    @Tag("exhaustive")
    void anyPasswordGoesInPercentEncodedAndNeverShows(String password) {
        assertGoesInPercentEncodedAndNeverShows(password);
    }

    private static void assertGoesInPercentEncodedAndNeverShows(String password) {
        String encoded = percentEncoded(password);
        for (String url : new String[] {
            "postgresql://u:" + encoded + "@localhost:1/d",
            "jdbc:postgresql://u:" + encoded + "@localhost:1/d",
            "postgresql://localhost:1/d?user=u&password=" + encoded,
            "jdbc:postgresql://localhost:1/d?user=u&password=" + encoded,
        }) {
            DatabaseUrl parsed = DatabaseUrl.parse(url);

            assertThat(parsed.password()).isEqualTo(password);
            assertThat(parsed.user()).isEqualTo("u");
            assertThat(parsed.jdbcUrl() + parsed).isEqualTo("jdbc:postgresql://localhost:1/dd on localhost:1");
        }
        assertThat(DatabaseUrl.parse("postgresql://" + encoded + "@h/d").user()).isEqualTo(password);
        assertThatThrownBy(() -> DatabaseUrl.parse("postgresql://u:" + encoded + "%@h/d"))
                .satisfies(refused -> assertThat(stackTrace(refused)).doesNotContain(HEAD, TAIL));
    }

    /** What is not percent-encoded is read as it was meant or refused, and a refusal does not show it. */
    @ParameterizedTest
    @MethodSource("passwordsOfEachKind")
    void aPasswordAsItIsIsReadRightOrRefused(String password) {
        assertReadRightOrRefused(password);
    }

    @ParameterizedTest
    @MethodSource("passwords")
    @Tag("exhaustive")
    void anyPasswordAsItIsIsReadRightOrRefused(String password) {
        assertReadRightOrRefused(password);
    }

    private static void assertReadRightOrRefused(String password) {
        try {
            DatabaseUrl parsed = DatabaseUrl.parse("postgresql://u:" + password + "@localhost:1/d");
            if (password.indexOf('%') < 0) {
                assertThat(parsed.password()).isEqualTo(password);
            }
            assertThat(parsed).hasToString("d on localhost:1");
        } catch (MigrationException refused) {
            assertThat(password).as("only these need encoding").matches("(?s).*[%\\p{Cntrl}\uFFFD].*");
            assertThat(stackTrace(refused)).doesNotContain(HEAD, TAIL);
        }
    }

    @Test
    void aFailureToConnectShowsNoPasswordNeitherInItsCausesNorInTheDriversLog() {
        StringBuilder log = new StringBuilder();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                log.append(new java.util.logging.SimpleFormatter().format(entry));
            }

            @Override
            public void flush() {
            }

            @Override
            public void close() {
            }
        };
        handler.setLevel(Level.ALL);
        Logger pgjdbc = Logger.getLogger("org.postgresql");
        pgjdbc.addHandler(handler);
        pgjdbc.setLevel(Level.ALL);
        pgjdbc.setUseParentHandlers(false);
        try {
            DatabaseUrl url = DatabaseUrl.parse("postgresql://u:Zq7%40@localhost:1/d?sslmode=disable&sslpassword=Zq7");
            MigrationException refused = catchThrowableOfType(MigrationException.class, url::connect);

            assertThat(refused.problem()).isEqualTo(Problem.CANNOT_CONNECT);
            assertThat(refused).hasMessageStartingWith(
                    "[cannot-connect] Cannot connect to d on localhost:1 as u. Nothing was changed.\n")
                    .hasMessageEndingWith("help: pg_isready -h localhost -p 1")
                    .hasCauseInstanceOf(java.sql.SQLException.class);
            assertThat(stackTrace(refused)).doesNotContain(HEAD);
            assertThat(log.toString()).contains("jdbc:postgresql://localhost:1/d").doesNotContain(HEAD);
        } finally {
            pgjdbc.removeHandler(handler);
            pgjdbc.setLevel(null);
            pgjdbc.setUseParentHandlers(true);
        }
    }

    private static String percentEncoded(String text) {
        StringBuilder encoded = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            encoded.append(b < 0x80 && Character.isLetterOrDigit(b) ? Character.toString(b) : String.format("%%%02x", b & 0xff));
        }
        return encoded.toString();
    }

    static String stackTrace(Throwable thrown) {
        StringWriter trace = new StringWriter();
        thrown.printStackTrace(new PrintWriter(trace));
        return trace.toString();
    }
    @Test
    void ofSeveralServersNoneIsAskedAfterAlone() {
        DatabaseUrl url = DatabaseUrl.parse("postgresql://u@localhost:1,[::1]:2/d?target_session_attrs=read-write");
        assertThat(catchThrowableOfType(MigrationException.class, url::connect))
                .hasMessageStartingWith(
                        "[cannot-connect] Cannot connect to d on localhost:1,[::1]:2 as u. Nothing was changed.\n")
                .hasMessageEndingWith("help: run it again when the failover is over, if there is one; else"
                        + " pg_isready -h localhost -p 1 and pg_isready -h ::1 -p 2");
    }

}
