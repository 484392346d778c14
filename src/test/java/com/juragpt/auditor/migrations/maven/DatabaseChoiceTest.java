package com.juragpt.auditor.migrations.maven;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseChoiceTest {

    private static final Map<String, String> SET = Map.of("DATABASE_URL", "postgresql://env:pw@env:5432/auditor",
            "OTHER_URL", "postgresql://other:pw@other:5432/auditor");

    @TempDir
    Path folder;

    @BeforeEach
    void aPropertyFile() throws IOException {
        Files.writeString(folder.resolve("liquibase.properties"),
                "url=jdbc:postgresql://file:5432/auditor\nusername=filer\npassword=secret\n");
    }

    @Test
    void theGoalsUrlWinsThenTheEnvironmentThenTheFile() {
        assertThat(choose("postgresql://cli:5432/auditor", SET)).hasToString("auditor on cli:5432 (liquibase.url)");
        assertThat(choose(null, SET)).hasToString("auditor on env:5432 (DATABASE_URL)");
        assertThat(choose(null, Map.of())).hasToString("auditor on file:5432 (liquibase.properties)");
    }

    @Test
    void aUrlThatNamesAVariableLeadsToIt() {
        assertThat(choose("jdbc:env:OTHER_URL", SET)).hasToString("auditor on other:5432 (OTHER_URL)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "nonsense", "sqlite:///auditor.db"})
    void aDatabaseUrlThatIsUnusableNeverLeadsToTheDefault(String value) {
        assertThatThrownBy(() -> choose(null, Map.of("DATABASE_URL", value)))
                .isInstanceOfSatisfying(MigrationException.class,
                        refused -> assertThat(refused.problem()).isEqualTo(Problem.INVALID_DATABASE_URL))
                .hasMessageContaining("Cannot read DATABASE_URL");
        assertThatThrownBy(() -> choose(value, SET)).hasMessageContaining("[invalid-database-url] Cannot read liquibase.url");
    }

    @Test
    void aUserAndPasswordOfTheGoalWin() {
        DatabaseChoice choice = DatabaseChoice.of(null, "me", "mine", file(), SET::get);

        assertThat(choice.url().properties()).containsEntry("user", "me").containsEntry("password", "mine");
    }

    @Test
    void theFilesUserAndPasswordAreForTheFilesUrlOnly() {
        assertThat(choose(null, Map.of()).url().properties()).containsEntry("user", "filer").containsEntry("password", "secret");
        assertThat(choose(null, SET).url().properties()).containsEntry("user", "env").containsEntry("password", "pw");
    }

    @Test
    void withoutAnyTheMessageSaysWhatToType() throws IOException {
        Files.delete(folder.resolve("liquibase.properties"));

        assertThatThrownBy(() -> choose(null, Map.of())).hasMessage("""
                [no-database] No database was named. Nothing was changed.
                  looked for: -Dliquibase.url, then DATABASE_URL, then the url in liquibase.properties of this folder
                  help: export DATABASE_URL='postgresql://user:password@host:5432/database'""");
    }

    @Test
    void aPropertyFileThatWasNamedMustBeThere() {
        assertThatThrownBy(() -> LiquibaseProperties.in(folder, "other.properties"))
                .hasMessageContaining("[invalid-parameter] Cannot read the property file " + folder.resolve("other.properties"));
    }

    private DatabaseChoice choose(String url, Map<String, String> environment) {
        return DatabaseChoice.of(url, null, null, file(), environment::get);
    }

    private LiquibaseProperties file() {
        return LiquibaseProperties.in(folder, null);
    }
}
