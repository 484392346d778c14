package com.juragpt.auditor.migrations.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.testing.NothingKnown;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.StoppingDataSource;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.util.concurrent.atomic.AtomicBoolean;
import liquibase.Scope;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A session that the server ends before each thing that a deployment would send to it, in turn. */
@ExtendWith(PostgresExtension.class)
class LostSessionTest {

    private static final String END_THE_OTHERS = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            + " WHERE datname = current_database() AND pid <> pg_backend_pid()";

    @Test
    void theThreadHasTheLiquibaseScopeAgainThatItHadBefore(TestDatabase database) {
        assertScopeIsAsBefore(7, database);
    }

    @Test
    @Tag("exhaustive")
    void theThreadHasItAgainWhereverTheSessionEnds(TestDatabase database) {
        assertScopeIsAsBefore(1, database);
    }

    private static void assertScopeIsAsBefore(int step, TestDatabase database) {
        Migrations.of(database.dataSource(), MigrationOptions.defaults()).update();
        Scope scope = Scope.getCurrentScope();
        int failures = 0;
        AtomicBoolean ended = new AtomicBoolean(true);
        for (int i = 1; ended.getAndSet(false); i += step) {
            StoppingDataSource source = new StoppingDataSource(database.dataSource(), i, () -> {
                ended.set(true);
                database.execute(END_THE_OTHERS);
            });
            try {
                NothingKnown.in(() -> Migrations.of(source, MigrationOptions.defaults()).update());
            } catch (MigrationException e) {
                failures++;
                assertThat(e.getSuppressed()).as("ended before %s", i).noneMatch(IllegalStateException.class::isInstance);
            }
            assertThat(Scope.getCurrentScope()).as("ended before %s", i).isSameAs(scope);
        }
        assertThat(failures).isGreaterThan(30 / step);
    }
}
