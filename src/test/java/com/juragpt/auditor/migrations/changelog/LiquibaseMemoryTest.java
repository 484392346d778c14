package com.juragpt.auditor.migrations.changelog;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.testing.ChildJvm;
import com.juragpt.auditor.migrations.testing.ManyCalls;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import liquibase.Scope;
import liquibase.changelog.ChangeLogHistoryService;
import liquibase.changelog.ChangeLogHistoryServiceFactory;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.executor.Executor;
import liquibase.executor.ExecutorService;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

class LiquibaseMemoryTest {

    private static final String H2 = "jdbc:h2:mem:calls;MODE=PostgreSQL;DB_CLOSE_DELAY=-1";

    @TempDir
    Path folder;

    @Test
    void noVerbLeavesAnObjectAThreadOrASessionOnH2() {
        assertThat(leftBy("64m", "all", 2, H2, "", "")).isEmpty();
    }

    @Test
    @Tag("exhaustive")
    @ExtendWith(PostgresExtension.class)
    void noVerbLeavesAnObjectAThreadOrASessionOnPostgres(TestDatabase database) {
        assertThat(leftBy("64m", "all", 3, database.jdbcUrl(), database.user(), database.password())).isEmpty();
    }

    @Test
    @Tag("exhaustive")
    void anApplicationThatAsksEverySecondDoesNotGrow() {
        assertThat(leftBy("32m", "status", 500, H2, "", "")).isEmpty();
    }

    @Test
    void whatOthersInTheJvmUseStaysAsItIs() throws Exception {
        JdbcDataSource h2 = new JdbcDataSource();
        h2.setURL("jdbc:h2:mem:others;DB_CLOSE_DELAY=-1");
        try (Connection connection = h2.getConnection()) {
            Migrations migrations = Migrations.of(h2, MigrationOptions.defaults());
            // Liquibase's own lock, which a deployment takes on H2, forgets all history services in Liquibase 4.
            migrations.update();
            Database theirs = DatabaseFactory.getInstance().findCorrectDatabaseImplementation(new JdbcConnection(connection));
            ChangeLogHistoryService history = history(theirs);
            Executor executor = executor(theirs);

            migrations.status();

            assertThat(history(theirs)).isSameAs(history);
            assertThat(executor(theirs)).isSameAs(executor);
        }
    }

    @Test
    void aLiquibaseWithoutSuchAMapIsLeftAlone() {
        assertThat(LiquibaseMemory.accessible(ChangeLogHistoryServiceFactory.class, "services")).isPresent();
        assertThat(LiquibaseMemory.accessible(ChangeLogHistoryServiceFactory.class, "noSuchField")).isEmpty();
        assertThat(LiquibaseMemory.accessible(ChangeLogHistoryServiceFactory.class, "explicitRegistered")).isEmpty();
    }

    private List<String> leftBy(String heap, String verbs, int rounds, String url, String user, String password) {
        try (ChildJvm child = ChildJvm.run(List.of("-Xmx" + heap), ManyCalls.class,
                List.of(verbs, String.valueOf(rounds), folder.toString(), url, user, password))) {
            List<String> lines = child.awaitSuccess().lines().toList();
            assertThat(lines).endsWith(ManyCalls.DONE);
            return lines.subList(0, lines.size() - 1);
        }
    }

    private static ChangeLogHistoryService history(Database database) {
        return Scope.getCurrentScope().getSingleton(ChangeLogHistoryServiceFactory.class).getChangeLogService(database);
    }

    private static Executor executor(Database database) {
        return Scope.getCurrentScope().getSingleton(ExecutorService.class).getExecutor("jdbc", database);
    }
}
