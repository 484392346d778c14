package com.juragpt.auditor.migrations.faults;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.testing.Deployed;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A role may have been given any setting. None of these makes a deployment do something else than it does without it. */
@ExtendWith(PostgresExtension.class)
class OddSettingsTest {

    private static final String VALUES =
            "id int PRIMARY KEY, at timestamptz, day date, took interval, amount numeric, ratio float8,"
                    + " raw bytea, words text[], doc jsonb, cost money, name text";
    private static final String ROWS = "INSERT INTO kept VALUES (1, '2026-03-04 05:06:07.123456+02', '2026-03-04', '1 mon 2 days"
            + " 03:04:05.6', 1.10, 0.1::float8 + 0.2::float8, '\\xdeadbeef00', ARRAY['a', NULL, 'b''c\"d\\e'], '{\"a\": [1, null]}',"
            + " '1.50', 'it''s \\ ok'), (2, 'infinity', '-infinity', '-1 day', 'NaN', '-Infinity', '', '{}', 'null', '-2', NULL)";

    private SampleChangelog changelog;

    @BeforeEach
    void write(@TempDir Path folder) {
        changelog = new SampleChangelog(folder).of(revision("start"), table("one"), table("kept", VALUES),
                outsideTransactions(sql("index", "DROP INDEX CONCURRENTLY IF EXISTS i; CREATE INDEX CONCURRENTLY i ON one (note)",
                        "DROP INDEX CONCURRENTLY IF EXISTS i")),
                table("two"));
    }

    @ParameterizedTest
    @ValueSource(strings = "quote_all_identifiers = on")
    void aSettingOfTheRoleChangesNothing(String setting, TestDatabase database, TestDatabase plain) {
        assertChangesNothing(setting, database, plain);
    }

    @ParameterizedTest
    @Tag("faults")
    @ValueSource(strings = {"default_transaction_isolation = 'serializable'", "default_transaction_deferrable = on",
        "DateStyle = 'German, DMY'", "IntervalStyle = 'sql_standard'", "TimeZone = 'Pacific/Kiritimati'",
        "bytea_output = 'escape'",
        "extra_float_digits = -15", "standard_conforming_strings = off", "transform_null_equals = on", "array_nulls = off",
        "client_min_messages = 'debug5'", "row_security = off", "check_function_bodies = off", "xmloption = 'document'",
        "search_path = public, pg_catalog", "idle_session_timeout = '2s'"})
    void neitherDoManyOthers(String setting, TestDatabase database, TestDatabase plain) {
        assertChangesNothing(setting, database, plain);
    }

    private void assertChangesNothing(String setting, TestDatabase database, TestDatabase plain) {
        TestDatabase role = owner(database);
        tellTheStory(owner(plain), "SELECT 1");
        database.execute("ALTER ROLE " + role.user() + " SET " + setting);
        // So what was archived with the setting is restored without it.
        tellTheStory(role, "ALTER ROLE " + role.user() + " RESET ALL");
        assertThat(withoutOwners(database)).isEqualTo(withoutOwners(plain));
    }

    private static List<String> withoutOwners(TestDatabase database) {
        Deployed deployed = Deployed.in(database, false);
        return Stream.concat(deployed.contents().stream(), deployed.history().stream())
                .filter(line -> !line.startsWith("row of databasechangeloglock"))
                .map(line -> line.replaceAll("owned by role=\\w+", "").replaceAll("\\b1\\d{12}\\b", "MILLIS")).toList();
    }

    private static TestDatabase owner(TestDatabase database) {
        TestDatabase role = database.createRole("owner");
        database.execute("ALTER DATABASE " + database.name() + " OWNER TO " + role.user() + "; ALTER SCHEMA public OWNER TO "
                + role.user());
        return role;
    }

    private void tellTheStory(TestDatabase database, String beforeTheEnd) {
        Migrations migrations = Migrations.of(database.dataSource(), changelog.options().withOnDataLoss(OnDataLoss.ARCHIVE));
        assertThat(migrations.rehearse().steps()).hasSize(5);
        assertThat(migrations.update().changesets()).hasSize(5);
        migrations.tag("it's v1");
        insert(database);
        assertThat(migrations.drift().differences()).isEmpty();
        assertThat(migrations.rollback(migrations.planRollbackTo("start")).archivedTables()).hasSize(1);
        migrations.update();
        database.execute(beforeTheEnd);
        assertThat(migrations.restore(migrations.status().archives().get(0).name()).archiveStays()).isFalse();
        assertThat(migrations.status().pending()).isEmpty();
        assertThat(migrations.status().archives()).isEmpty();
    }

    // As a session without that setting would.
    private static void insert(TestDatabase database) {
        database.execute(
                "SET standard_conforming_strings = on; SET DateStyle = 'ISO, MDY'; SET array_nulls = on; SET TimeZone = 'UTC';"
                        + " SET IntervalStyle = 'postgres'; " + ROWS);
    }
}
