package com.juragpt.auditor.migrations;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.api.AdoptionResult;
import com.juragpt.auditor.migrations.api.DriftReport;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.NewRevision;
import com.juragpt.auditor.migrations.api.OnBlankRollback;
import com.juragpt.auditor.migrations.api.OnConflict;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.Progress;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.RehearsalReport.FailOn;
import com.juragpt.auditor.migrations.api.RestoreResult;
import com.juragpt.auditor.migrations.api.Review;
import com.juragpt.auditor.migrations.api.RevisionDraft;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.api.RollbackResult;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.api.TagResult;
import com.juragpt.auditor.migrations.api.UpdateResult;
import com.juragpt.auditor.migrations.api.WrittenRevision;
import com.juragpt.auditor.migrations.database.DatabaseUrl;
import com.juragpt.auditor.migrations.database.ReferenceUrl;
import com.juragpt.auditor.migrations.render.PlanText;
import com.juragpt.auditor.migrations.render.ProgressText;
import com.juragpt.auditor.migrations.render.RehearsalText;
import com.juragpt.auditor.migrations.render.ResultText;
import com.juragpt.auditor.migrations.render.ReviewFiles;
import com.juragpt.auditor.migrations.render.ReviewText;
import com.juragpt.auditor.migrations.render.StatusJson;
import com.juragpt.auditor.migrations.render.StatusTable;
import com.juragpt.auditor.migrations.testing.ChangelogCopy;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import liquibase.resource.DirectoryResourceAccessor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The examples of README.md and docs/api.md, run on a real PostgreSQL. {@link DocumentationTest} checks that what stands there
 * stands here: change both together.
 */
@ExtendWith(PostgresExtension.class)
class ApiExamplesTest {

    private static final String CACHE_A_TEXT = "INSERT INTO embedding_cache (text_hash, embedding, embedding_dim, model_name,"
            + " created_at, last_accessed) VALUES ('h', '[0.1]', 1, 'm', now(), now())";

    private final Log log = new Log();

    /** Stands for the logger of an application. */
    private static final class Log {
        private final List<String> lines = new ArrayList<>();

        void info(String line) {
            lines.add(line);
        }

        void error(String line) {
            lines.add("ERROR " + line);
        }
    }

    @Test
    void readme(TestDatabase database) {
        deployAsTheReadmeDoes(database.dataSource());
        deployAsTheReadmeDoes(database.dataSource());

        assertThat(log.lines.get(0)).isEqualTo("12 changesets, now at revision 001");
        assertThat(log.lines.get(1)).startsWith("ERROR [tag-exists] ");
    }

    private void deployAsTheReadmeDoes(DataSource dataSource) {
        Migrations migrations = Migrations.of(dataSource, MigrationOptions.defaults());
        try {
            migrations.tag("before-v1.5");
            UpdateResult update = migrations.update();
            log.info(update.changesets().size() + " changesets, now at revision " + update.revision());
        } catch (MigrationException refused) {
            log.error(refused.getMessage()); // what did not happen, why, and what helps: show it as it is
        }
    }

    @Test
    void open(TestDatabase database) {
        DataSource dataSource = database.dataSource();
        Map<String, String> environment = Map.of("DATABASE_URL", database.url());

        Migrations migrations = Migrations.of(dataSource, MigrationOptions.defaults());

        assertThat(migrations.status().pending()).hasSize(12);
        assertThat(openByUrl(environment).status().pending()).hasSize(12);
    }

    private static Migrations openByUrl(Map<String, String> environment) {
        DatabaseUrl url = DatabaseUrl.fromEnvironment("DATABASE_URL", environment::get);
        Migrations migrations = Migrations.of(url, MigrationOptions.defaults());
        return migrations;
    }

    @Test
    void branchOnTheProblem(TestDatabase database, @TempDir Path folder) {
        SampleChangelog sample = new SampleChangelog(folder).of(table("one"));
        Migrations migrations = Migrations.of(database.dataSource(), sample.options());
        Migrations.of(database.dataSource(), MigrationOptions.defaults()).update();
        AtomicBoolean retried = new AtomicBoolean();

        deployOrRetry(Migrations.of(database.dataSource(), MigrationOptions.defaults()), () -> retried.set(true));
        assertThat(retried).isFalse();

        sample.of(table("one"), SampleChangelog.sql("bad", "SELECT nonsense", null));
        assertThatThrownBy(() -> deployOrRetry(migrations, () -> retried.set(true)))
                .isInstanceOf(MigrationException.class).hasMessageStartingWith("[changeset-failed] ");
        assertThat(retried).isFalse();
    }

    private static void deployOrRetry(Migrations migrations, Runnable tryAgainLater) {
        try {
            migrations.update();
        } catch (MigrationException refused) {
            if (refused.problem() != Problem.LOCKED && refused.problem() != Problem.LOCK_TIMEOUT) {
                throw refused;
            }
            tryAgainLater.run();
        }
    }

    @Test
    void startUp(TestDatabase database) {
        assertThatThrownBy(() -> start(database.dataSource())).isInstanceOf(MigrationException.class)
                .hasMessageStartingWith("[not-current] 12 changesets are pending in ");

        deployAtStart(database.dataSource());
        start(database.dataSource());
    }

    private static void start(DataSource dataSource) {
        Migrations.of(dataSource, MigrationOptions.defaults()).requireCurrent();
    }

    private static void deployAtStart(DataSource dataSource) {
        Migrations.of(dataSource, MigrationOptions.defaults()).update();
    }

    @Test
    void status(TestDatabase database) {
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults());

        Status status = migrations.status();
        log.info(status.database() + " is at " + status.revision() + ", " + status.pending().size() + " pending");
        if (status.lock() != null) {
            log.info("being deployed by " + status.lock());
        }

        assertThat(log.lines).singleElement().asString().endsWith(" is at null, 12 pending");
    }

    @Test
    void update(TestDatabase database) {
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults());

        UpdateResult one = migrations.updateBy(1); // the next changeset
        UpdateResult some = migrations.updateTo("001"); // up to a revision
        UpdateResult rest = migrations.update(); // all that are pending

        assertThat(one.changesets()).containsExactly("000-tag-base");
        assertThat(some.changesets()).hasSize(11);
        assertThat(rest.changesets()).isEmpty();
        assertThatThrownBy(() -> migrations.updateTo("002")).hasMessageStartingWith("[unknown-revision] ");
        assertThatThrownBy(() -> migrations.updateBy(1)).hasMessageStartingWith("[count-out-of-range] ");
    }

    @Test
    void tag(TestDatabase database) {
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults());
        migrations.update();

        TagResult tagged = migrations.tag("v1.4");
        log.info("after " + tagged.changeset() + ", where it is also " + tagged.otherTags());

        assertThat(log.lines).containsExactly("after 001-tag-revision, where it is also [001]");
        assertThatThrownBy(() -> migrations.tag(" ")).hasMessageStartingWith("[invalid-tag] ");
    }

    @Test
    void rollBack(TestDatabase database) {
        Migrations.of(database.dataSource(), MigrationOptions.defaults()).update();
        database.execute(CACHE_A_TEXT);

        DataSource dataSource = database.dataSource();
        Migrations migrations = Migrations.of(dataSource, MigrationOptions.defaults().withOnDataLoss(OnDataLoss.ARCHIVE));
        RollbackPlan plan = migrations.planRollbackTo("base"); // changes nothing
        plan.realLosses().forEach(loss -> log.info(loss.toString()));
        RollbackResult result = migrations.rollback(plan); // refused if the database has moved on since
        log.info(result.changesets().size() + " rolled back, rows kept in " + result.archivedTables());

        assertThat(log.lines.get(0)).isEqualTo("001-create-embedding-cache  drops table embedding_cache (1 row)");
        assertThat(log.lines.get(1)).matches("11 rolled back, rows kept in \\[rollback_\\d+_\\d+\\.embedding_cache]");
        assertThatThrownBy(() -> migrations.planRollbackTo("v9")).hasMessageStartingWith("[unknown-tag] ");
    }

    @Test
    void restore(TestDatabase database) {
        Migrations migrations = Migrations.of(database.dataSource(),
                MigrationOptions.defaults().withOnDataLoss(OnDataLoss.ARCHIVE));
        migrations.update();
        database.execute(CACHE_A_TEXT);
        RollbackResult result = migrations.rollback(migrations.planRollbackTo("base"));

        migrations.update();
        RestoreResult restored = migrations.restore(result.archiveSchema());
        log.info(restored.restored() + " rows and values are back, " + restored.left() + " are left in the archive");

        assertThat(log.lines).containsExactly("1 rows and values are back, 0 are left in the archive");
        assertThatThrownBy(() -> migrations.restore(result.archiveSchema())).hasMessageStartingWith("[unknown-archive] ");
    }

    @Test
    @Tag("exhaustive")
    void rehearse(TestDatabase database) {
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults());

        RehearsalReport report = migrations.rehearse();
        for (RehearsalReport.Step step : report.steps()) {
            log.info(step.id() + " reversible: " + step.isReversible() + ", blocks writes: " + step.blocksWrites());
        }
        report.requireGate(Set.of(FailOn.IRREVERSIBLE, FailOn.BLOCKS_WRITES));

        assertThat(log.lines).hasSize(12).contains("001-create-embedding-cache reversible: true, blocks writes: false");
        assertThat(migrations.status().pending()).hasSize(12);
        assertThat(migrations.rehearseFromBase().steps()).hasSize(12);
    }

    @Test
    void review(TestDatabase database, @TempDir Path folder) throws IOException {
        DataSource dataSource = database.dataSource();
        Migrations migrations = Migrations.of(dataSource, MigrationOptions.defaults());

        Review review = migrations.review(Review.Request.ofPending().upTo("001")); // .rehearsed() measures locks as well
        for (Map.Entry<String, String> file : ReviewFiles.of(review).entrySet()) {
            Files.writeString(folder.resolve(file.getKey()), file.getValue());
        }
        log.info("to be approved: " + review.digest());

        String digest = review.digest();
        MigrationOptions approved = MigrationOptions.defaults().withReviewed(digest);
        UpdateResult update = Migrations.of(dataSource, approved).updateTo("001");

        assertThat(log.lines).containsExactly("to be approved: " + digest);
        assertThat(folder).isDirectoryContaining("glob:**/review.html").isDirectoryContaining("glob:**/rollback.sql");
        assertThat(update.revision()).isEqualTo("001");
    }

    @Test
    @Tag("exhaustive")
    void adopt(TestDatabase database) throws IOException {
        try (InputStream sql = getClass().getResourceAsStream("alembic-001.sql")) {
            database.execute(new String(sql.readAllBytes(), UTF_8));
        }
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults());

        AdoptionResult adopted = migrations.adopt(); // or adoptAs("001"), where the schema alone does not tell
        log.info(adopted.changesets().size() + " changesets marked as run, now at revision " + adopted.revision());

        assertThat(log.lines).containsExactly("12 changesets marked as run, now at revision 001");
        assertThatThrownBy(migrations::adopt).hasMessageStartingWith("[already-managed] ");
    }

    @Test
    void drift(TestDatabase database) {
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults());
        migrations.update();
        requireNoDrift(migrations);
        assertThat(log.lines).isEmpty();

        database.execute("DROP INDEX ix_verification_log_is_valid");

        assertThatThrownBy(() -> requireNoDrift(migrations)).hasMessageStartingWith("[schema-differs] ");
        assertThat(log.lines).containsExactly("index ix_verification_log_is_valid is missing");
    }

    private void requireNoDrift(Migrations migrations) {
        DriftReport drift = migrations.drift();
        drift.differences().forEach(difference -> log.info(difference.toString()));
        drift.requireNone();
    }

    @Test
    void newRevisions(TestDatabase database, @TempDir Path folder) {
        ChangelogCopy.in(folder);
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults());

        ChangelogFolder changelog = ChangelogFolder.of(folder, MigrationOptions.CHANGELOG);
        WrittenRevision written =
                changelog.newRevision(NewRevision.named("answer feedback").withTables(List.of("answer_feedback")));
        log.info(written.revision() + " is in " + written.folder());
        changelog.renumber("002-answer-feedback", migrations.status()); // if a merge brought another 002

        assertThat(log.lines).containsExactly("002 is in changelog/002-answer-feedback");
    }

    @Test
    @Tag("exhaustive")
    void drafts(TestDatabase database, @TempDir Path folder) {
        Migrations.of(database.dataSource(), ChangelogCopy.in(folder).options()).update();
        database.execute("ALTER TABLE verification_log ADD COLUMN language varchar(8)");
        ChangelogFolder changelog = ChangelogFolder.of(folder, MigrationOptions.CHANGELOG);
        String wanted = database.url();

        ReferenceUrl models = ReferenceUrl.of(DatabaseUrl.parse(wanted));
        RevisionDraft draft =
                changelog.draftRevision(NewRevision.named("follow the models"), models, MigrationOptions.defaults());
        log.info(draft.isProven() ? "equal" : "to be written by hand: " + draft.notCovered());
        changelog.compareWith(models, MigrationOptions.defaults()).requireNone();

        assertThat(log.lines).containsExactly("equal");
    }

    @Test
    void options(TestDatabase database, @TempDir Path folder) throws IOException {
        new SampleChangelog(folder).of(table("one"), revision("1"));

        MigrationOptions options = MigrationOptions.defaults()
                .withChangelog("changelog/sample.yaml", new DirectoryResourceAccessor(folder))
                .withFilter("production", null) // contexts, labels; null means all
                .withLockTimeout(Duration.ofSeconds(2), 20) // for each statement, and how often to retry
                .withLockWait(Duration.ofMinutes(1)) // for another deployment to end
                .withStatementTimeout(Duration.ofMinutes(10)) // in rehearse, adopt and drift
                .withOnDataLoss(OnDataLoss.REFUSE) // rows that a rollback would delete
                .withOnUpdateDataLoss(OnDataLoss.ACCEPT) // rows that an update deletes
                .withOnBlankRollback(OnBlankRollback.REFUSE) // NOTHING where "rollback:" is blank on purpose
                .withOnConflict(OnConflict.REFUSE); // rows that are there when archived ones are restored

        assertThat(Migrations.of(database.dataSource(), options).update().revision()).isEqualTo("1");
    }

    @Test
    void progress(TestDatabase database) {
        DataSource dataSource = database.dataSource();

        ProgressText text = new ProgressText();
        Migrations migrations = Migrations.of(dataSource, MigrationOptions.defaults()
                .withProgress(event -> text.line(event).ifPresent(log::info)));
        migrations.update();

        assertThat(log.lines).hasSize(12).first().asString().startsWith("[1/12] 000-tag-base … ");
    }

    @Test
    void progressAsNumbers(TestDatabase database) {
        DataSource dataSource = database.dataSource();

        Migrations migrations = Migrations.of(dataSource, MigrationOptions.defaults().withProgress(event -> {
            if (event instanceof Progress.Finished finished) {
                log.info(100 * finished.number() / finished.total() + " %");
            } else if (event instanceof Progress.Waiting waiting) {
                log.info("waiting for " + waiting.holder());
            }
        }));
        migrations.update();

        assertThat(log.lines).hasSize(12).endsWith("100 %");
    }

    @Test
    @Tag("exhaustive")
    void print(TestDatabase database) {
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults());

        log.info(StatusTable.of(migrations.status()));
        log.info(StatusJson.of(migrations.status()));
        log.info(RehearsalText.of(migrations.rehearse()));
        log.info(ResultText.of(migrations.update()));
        log.info(ResultText.of(migrations.tag("v1.4")));
        log.info(PlanText.of(migrations.planRollbackTo("base")));
        log.info(ReviewText.of(migrations.review(Review.Request.ofPending())));

        assertThat(log.lines).hasSize(7);
        assertThat(log.lines.get(0)).contains("pending   12 changesets");
        assertThat(log.lines.get(3)).startsWith("12 changesets deployed to ");
        assertThat(new TagResult("auditor on db:5432", "v1.4", "001-tag-revision", List.of("001"))).hasToString(
                "TagResult[database=auditor on db:5432, tag=v1.4, changeset=001-tag-revision, otherTags=[001]]");
    }
}
