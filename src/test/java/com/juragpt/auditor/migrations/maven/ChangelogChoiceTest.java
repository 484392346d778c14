package com.juragpt.auditor.migrations.maven;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChangelogChoiceTest {

    private static final String MASTER = "changelog/db.changelog-master.yaml";

    @TempDir
    Path folder;

    @Test
    void theFoldersChangelogWinsOverTheJars() throws IOException {
        write(MASTER);

        assertThat(choose(null)).hasToString(MASTER + " of this folder");
        assertThat(choose("./" + MASTER)).hasToString(MASTER + " of this folder");
        assertThat(choose(folder.resolve(MASTER).toString())).hasToString(MASTER + " of this folder");
    }

    @Test
    void aFolderWithoutItGetsTheJars() {
        assertThat(choose(null)).hasToString(MASTER + " of auditor-migrations 1.0.0");
    }

    @Test
    void theJarsCanBeAskedForInACheckoutToo() throws IOException {
        write(MASTER);

        assertThat(choose("classpath:" + MASTER)).hasToString(MASTER + " of auditor-migrations 1.0.0");
    }

    @Test
    void theFoldersOwnIsReadAndNoOther() throws IOException {
        write("changelog/mine.yaml");

        assertThat(choose("changelog/mine.yaml").resources().search("changelog", true)).hasSize(1);
    }

    @Test
    void oneThatIsNowhereIsRefused() {
        assertThatThrownBy(() -> choose("changelog/mine.yaml")).hasMessage("""
                [invalid-changelog] There is no changelog changelog/mine.yaml. Nothing was changed.
                  looked in: %s, auditor-migrations 1.0.0
                  help: -Dliquibase.changeLogFile=changelog/db.changelog-master.yaml""".formatted(folder));
    }

    private ChangelogChoice choose(String file) {
        return ChangelogChoice.of(file, folder, "1.0.0");
    }

    private void write(String file) throws IOException {
        Files.createDirectories(folder.resolve(file).getParent());
        Files.writeString(folder.resolve(file), "databaseChangeLog: []\n");
    }
}
