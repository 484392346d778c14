package com.juragpt.auditor.migrations.testing;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Main class of a process that calls the API again and again, in three parts of so many rounds, and prints what there is more of
 * afterwards: each class outside of the JDK that had one more object for each round of the second part and of the third, and
 * threads and sessions if there is even one more. The last line is {@value #DONE}.
 */
public final class ManyCalls {

    public static final String DONE = "done";
    private static final Pattern CLASS_COUNT = Pattern.compile("(?m)^ *\\d+: +(\\d+) +\\d+ +(\\S+).*$");
    // How many strings and values there are depends on caches of the JDK and of H2, which do not grow without end.
    private static final Pattern CACHED = Pattern.compile(
            "\\[*[A-Z]|\\[*L?(java|javax|sun|jdk\\.internal|org\\.h2\\.value)\\..*");
    private static final Duration LONG_ENOUGH = Duration.ofSeconds(10);

    private final DataSource source;
    private final Migrations migrations;
    private final Migrations unreadable;
    private final Migrations failing;

    private ManyCalls(DataSource source, Path folder) {
        this.source = source;
        migrations = Migrations.of(source, MigrationOptions.defaults());
        SampleChangelog sample = new SampleChangelog(folder).of(sql("bad", "SELECT nonsense", null));
        failing = Migrations.of(source, sample.options());
        unreadable = Migrations.of(source, MigrationOptions.defaults()
                .withChangelog("no-such-file.yaml", sample.options().selection().resources()));
    }

    /**
     * @param arguments {@code status} or {@code all}, the rounds of a part, an empty folder, the JDBC URL, the user and the
     *     password
     */
    public static void main(String[] arguments) throws Exception {
        new ManyCalls(source(arguments[3], arguments[4], arguments[5]), Path.of(arguments[2]))
                .run(arguments[0].equals("all"), Integer.parseInt(arguments[1]));
    }

    private static DataSource source(String url, String user, String password) {
        if (url.startsWith("jdbc:h2:")) {
            JdbcDataSource h2 = new JdbcDataSource();
            h2.setURL(url);
            return h2;
        }
        PGSimpleDataSource postgres = new PGSimpleDataSource();
        postgres.setUrl(url);
        postgres.setUser(user);
        postgres.setPassword(password);
        return postgres;
    }

    private void run(boolean everyVerb, int rounds) throws Exception {
        migrations.update();
        call(everyVerb, rounds);
        int threads = Thread.getAllStackTraces().size();
        Map<String, Integer> first = objects();
        call(everyVerb, rounds);
        Map<String, Integer> second = objects();
        call(everyVerb, rounds);
        Map<String, Integer> third = objects();

        print(await(0, this::otherSessions), 0, "sessions");
        print(await(threads, () -> Thread.getAllStackTraces().size()), threads, "threads");
        third.forEach((type, count) -> {
            int before = second.getOrDefault(type, 0);
            // What is made once, however late, is no leak.
            if (count - before >= rounds && before - first.getOrDefault(type, 0) >= rounds) {
                print(count, before, type);
            }
        });
        System.out.println(DONE);
    }

    private static void print(int after, int before, String what) {
        if (after > before) {
            System.out.println((after - before) + " more " + what);
        }
    }

    private void call(boolean everyVerb, int rounds) {
        for (int i = 0; i < rounds; i++) {
            // Under another property than before, so that what the call finds out is not known yet.
            System.setProperty("migrations.test.round", String.valueOf(i));
            migrations.status();
            if (everyVerb) {
                migrations.requireCurrent();
                migrations.update();
                migrations.rollback(migrations.planRollbackTo("base"));
                migrations.update();
                migrations.drift();
                migrations.rehearse();
                assertThatThrownBy(() -> migrations.planRollbackTo("unknown")).isInstanceOf(MigrationException.class);
                assertThatThrownBy(unreadable::status).isInstanceOf(MigrationException.class);
                assertThatThrownBy(unreadable::update).isInstanceOf(MigrationException.class);
                assertThatThrownBy(failing::update).isInstanceOf(MigrationException.class);
                assertThatThrownBy(failing::rehearse).isInstanceOf(MigrationException.class);
            }
        }
    }

    /** How many objects there are of each class. */
    private static Map<String, Integer> objects() throws JMException {
        Map<String, Integer> counts = new TreeMap<>();
        // The histogram counts what a full collection leaves.
        String histogram = (String) ManagementFactory.getPlatformMBeanServer().invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"), "gcClassHistogram",
                new Object[] {new String[0]}, new String[] {String[].class.getName()});
        for (Matcher line = CLASS_COUNT.matcher(histogram); line.find();) {
            if (!CACHED.matcher(line.group(2)).matches()) {
                counts.merge(line.group(2), Integer.parseInt(line.group(1)), Integer::sum);
            }
        }
        return counts;
    }

    private int otherSessions() throws SQLException {
        try (Connection connection = source.getConnection()) {
            String sessions = connection.getMetaData().getDatabaseProductName().equals("H2")
                    ? "information_schema.sessions" : "pg_stat_activity WHERE datname = current_database()";
            return Integer.parseInt(Rows.of(connection, "SELECT count(*) - 1 FROM " + sessions).get(0).get(0));
        }
    }

    /** Waits for a number to sink: an interrupted thread, or the server process of a closed session, takes a moment to end. */
    private static int await(int expected, Callable<Integer> number) throws Exception {
        Instant deadline = Instant.now().plus(LONG_ENOUGH);
        while (number.call() > expected && Instant.now().isBefore(deadline)) {
            Thread.sleep(50);
        }
        return number.call();
    }
}
