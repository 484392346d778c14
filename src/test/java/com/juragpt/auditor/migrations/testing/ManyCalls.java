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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Main class of a process that calls the API again and again, and prints what there is more of afterwards: a line for each class
 * outside of the JDK that has at least one object more for each round, and for threads and sessions. The last line is
 * {@value #DONE}.
 */
public final class ManyCalls {

    public static final String DONE = "done";
    private static final Pattern CLASS_COUNT = Pattern.compile("(?m)^ *\\d+: +(\\d+) +\\d+ +(\\S+).*$");
    // How many strings and values there are depends on the caches of the JDK and of H2, whose server is in this process.
    private static final Pattern OF_THE_JDK_OR_A_SERVER =
            Pattern.compile("\\[*[A-Z]|\\[*L?(java|javax|sun|jdk\\.internal|org\\.h2\\.value)\\..*");
    private static final int FIRST_ROUNDS = 10;

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

    /** @param arguments {@code status} or {@code all}, how often, an empty folder, the JDBC URL, the user and the password */
    public static void main(String[] arguments) throws SQLException, InterruptedException, JMException {
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

    private void run(boolean everyVerb, int rounds) throws SQLException, InterruptedException, JMException {
        migrations.update();
        // What is made once is there after some rounds.
        call(everyVerb, FIRST_ROUNDS);
        Map<String, Integer> before = count();
        call(everyVerb, rounds);
        count().forEach((what, count) -> {
            int more = count - before.getOrDefault(what, 0);
            if (more >= (what.startsWith("open ") ? 1 : rounds)) {
                System.out.println(more + " more " + what);
            }
        });
        System.out.println(DONE);
    }

    private void call(boolean everyVerb, int rounds) {
        for (int i = 0; i < rounds; i++) {
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

    private Map<String, Integer> count() throws SQLException, InterruptedException, JMException {
        Map<String, Integer> counts = new TreeMap<>();
        counts.put("open sessions", openSessions());
        counts.put("open threads", Thread.getAllStackTraces().size());
        // The histogram counts what a full collection leaves.
        String histogram = (String) ManagementFactory.getPlatformMBeanServer().invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"), "gcClassHistogram",
                new Object[] {new String[0]}, new String[] {String[].class.getName()});
        for (Matcher line = CLASS_COUNT.matcher(histogram); line.find();) {
            if (!OF_THE_JDK_OR_A_SERVER.matcher(line.group(2)).matches()) {
                counts.merge(line.group(2), Integer.parseInt(line.group(1)), Integer::sum);
            }
        }
        return counts;
    }

    /** How many sessions there are beside the one that asks; PostgreSQL counts one on for a moment after it was closed. */
    private int openSessions() throws SQLException, InterruptedException {
        try (Connection connection = source.getConnection()) {
            String sessions = connection.getMetaData().getDatabaseProductName().equals("H2")
                    ? "information_schema.sessions" : "pg_stat_activity WHERE datname = current_database()";
            Instant deadline = Instant.now().plus(Duration.ofSeconds(10));
            while (true) {
                int others = Integer.parseInt(Rows.of(connection, "SELECT count(*) - 1 FROM " + sessions).get(0).get(0));
                if (others == 0 || Instant.now().isAfter(deadline)) {
                    return others;
                }
                Thread.sleep(50);
            }
        }
    }
}
