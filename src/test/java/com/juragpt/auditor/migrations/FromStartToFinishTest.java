package com.juragpt.auditor.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.juragpt.auditor.migrations.api.Finding;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.NewRevision;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.Review;
import com.juragpt.auditor.migrations.api.RevisionDraft;
import com.juragpt.auditor.migrations.api.RollbackResult;
import com.juragpt.auditor.migrations.api.Rule;
import com.juragpt.auditor.migrations.database.DatabaseUrl;
import com.juragpt.auditor.migrations.database.ReferenceUrl;
import com.juragpt.auditor.migrations.testing.ChangelogCopy;
import com.juragpt.auditor.migrations.testing.ChangelogFindings;
import com.juragpt.auditor.migrations.testing.ChangelogRunner;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What docs/a-change-from-start-to-finish.md tells, through the API: from a changed model to a rollback and back. */
@ExtendWith(PostgresExtension.class)
class FromStartToFinishTest {

    private static final NewRevision LANGUAGE = NewRevision.named("answer language");
    private static final String ROW = "INSERT INTO embedding_cache (text_hash, embedding, embedding_dim, model_name, created_at,"
            + " last_accessed%s) VALUES ('%s', '[1]', 1, 'm', now(), now()%s)";

    private ChangelogCopy changelog;
    private ChangelogFolder folder;

    @BeforeEach
    void open(@TempDir Path root) {
        changelog = ChangelogCopy.in(root);
        folder = ChangelogFolder.of(root, ChangelogRunner.MASTER);
    }

    private Migrations migrations(TestDatabase database) {
        return Migrations.of(database.dataSource(), changelog.options().withOnDataLoss(OnDataLoss.ARCHIVE));
    }

    @Test
    void aColumnOfTheModelIsDraftedCheckedRehearsedReviewedDeployedRolledBackAndRestored(TestDatabase live, TestDatabase wanted)
            throws IOException {
        Migrations migrations = migrations(live);
        migrations.update();
        live.execute(ROW.formatted("", "old", ""));
        Migrations.of(wanted.dataSource(), MigrationOptions.defaults()).update();
        wanted.execute("ALTER TABLE embedding_cache ADD COLUMN language varchar(8)");

        RevisionDraft draft =
                folder.draftRevision(LANGUAGE, ReferenceUrl.of(DatabaseUrl.parse(wanted.url())), changelog.options());
        assertThat(draft.notCovered()).isEmpty();
        assertThat(draft.notReversible()).isEmpty();
        assertThat(ChangelogFindings.in(changelog.root())).isEmpty();
        assertThat(migrations.rehearse().steps()).isNotEmpty().allMatch(RehearsalReport.Step::isReversible);

        Review review = migrations.review(Review.Request.ofPending());
        migrations.tag("v1");
        Migrations approved = Migrations.of(live.dataSource(), changelog.options().withReviewed(review.digest()));
        assertThat(approved.update().revision()).isEqualTo("002");
        live.execute(ROW.formatted(", language", "new", ", 'de'"));

        RollbackResult back = migrations.rollback(migrations.planRollbackTo("v1"));
        assertThat(migrations.status().revision()).isEqualTo("001");
        migrations.update();
        migrations.restore(back.archiveSchema());

        assertThat(live.query("SELECT text_hash, language FROM embedding_cache ORDER BY 1"))
                .containsExactly(List.of("new", "de"), Arrays.asList("old", null));
        assertThat(migrations.status().archives()).isEmpty();
        assertThat(migrations.drift().differences()).isEmpty();
    }

    @Test
    void anotherChangeThanTheReviewedOneIsRefused(TestDatabase live) {
        Migrations migrations = migrations(live);
        String digest = migrations.review(Review.Request.ofPending()).digest();
        changelog.edit("changelog/001-initial-schema/embedding_cache.yaml", "varchar(100)", "varchar(200)");

        MigrationException refusal = catchThrowableOfType(MigrationException.class,
                () -> Migrations.of(live.dataSource(), changelog.options().withReviewed(digest)).update());

        assertThat(refusal.problem()).isEqualTo(Problem.REVIEW_OUTDATED);
        assertThat(migrations.status().revision()).isNull();
    }

    @Test
    void twoBranchesThatCollideAreFoundAndOneIsRenumbered(TestDatabase live, @TempDir Path branch) throws IOException {
        ChangelogCopy theirs = ChangelogCopy.in(branch);
        write(changelog, "ours", "our_notes");
        write(theirs, "theirs", "their_notes");
        String master = theirs.read(ChangelogRunner.MASTER);
        String ours = changelog.read(ChangelogRunner.MASTER);
        // As Git merges it when both sides are kept.
        theirs.contents().forEach((file, text) -> {
            if (file.contains("/002-theirs/")) {
                changelog.write(file, text);
            }
        });
        changelog.write(ChangelogRunner.MASTER, master + ours.substring(ours.indexOf("  - include: {file: changelog/002-")));

        assertThat(ChangelogFindings.in(changelog.root())).extracting(Finding::rule)
                .contains(Rule.DUPLICATE_TAG, Rule.DUPLICATE_REVISION);
        folder.renumber("002-ours");

        assertThat(ChangelogFindings.in(changelog.root())).isEmpty();
        assertThat(migrations(live).update().revision()).isEqualTo("003");
    }

    @Test
    @Tag("exhaustive")
    void onH2ItIsDraftedCheckedRehearsedDeployedAndRolledBack() throws Exception {
        String wanted = "jdbc:h2:mem:wanted;MODE=PostgreSQL;DB_CLOSE_DELAY=-1";
        DatabaseUrl live = DatabaseUrl.parse("jdbc:h2:mem:live;MODE=PostgreSQL;DB_CLOSE_DELAY=-1");
        Migrations.of(DatabaseUrl.parse(wanted), MigrationOptions.defaults()).update();
        try (Connection connection = DriverManager.getConnection(wanted); Statement statement = connection.createStatement()) {
            statement.execute("ALTER TABLE embedding_cache ADD COLUMN language varchar(8)");
        }

        RevisionDraft draft = folder.draftRevision(LANGUAGE, ReferenceUrl.of(DatabaseUrl.parse(wanted)), changelog.options());
        assertThat(draft.notCovered()).isEmpty();
        assertThat(ChangelogFindings.in(changelog.root())).isEmpty();
        Migrations migrations = Migrations.of(live, changelog.options());
        assertThat(migrations.rehearse().steps()).isNotEmpty().allMatch(RehearsalReport.Step::isReversible);
        assertThat(migrations.update().revision()).isEqualTo("002");
        migrations.rollback(migrations.planRollbackTo("001"));
        assertThat(migrations.status().revision()).isEqualTo("001");
    }

    private static void write(ChangelogCopy changelog, String name, String table) {
        ChangelogFolder.of(changelog.root(), ChangelogRunner.MASTER)
                .newRevision(NewRevision.named(name).withTables(List.of(table)));
        changelog.write("changelog/002-" + name + "/" + table + ".yaml", """
                databaseChangeLog:
                  - changeSet:
                      id: '002-create-%1$s'
                      author: juragpt
                      changes:
                        - createTable:
                            tableName: %2$s
                            columns:
                              - column: {name: note, type: text}
                      rollback:
                        - dropTable: {tableName: %2$s}
                """.formatted(table.replace('_', '-'), table));
    }
}
