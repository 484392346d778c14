package com.juragpt.auditor.migrations.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RollbackResult;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What tests of deployments begin with: an empty database and a changelog, both the test's own. */
@ExtendWith(PostgresExtension.class)
public abstract class DeploymentFixture {

    /** The changeset that most changelogs begin with: it sets the tag {@code start}. */
    protected static final String START = SampleChangelog.revision("start");

    protected TestDatabase database;
    protected SampleChangelog changelog;

    @BeforeEach
    protected void open(TestDatabase empty, @TempDir Path folder) {
        database = empty;
        changelog = new SampleChangelog(folder);
    }

    /** What {@link #migrations()} are opened with; a class may want more. */
    protected MigrationOptions options() {
        return changelog.options();
    }

    protected Migrations migrations() {
        return Migrations.of(database.dataSource(), options());
    }

    /** The same, with another answer to what a rollback would delete. */
    protected Migrations migrations(OnDataLoss answer) {
        return Migrations.of(database.dataSource(), options().withOnDataLoss(answer));
    }

    /** Makes these changesets the whole changelog, and applies what is pending of it. */
    protected void deploy(String... changesets) {
        changelog.of(changesets);
        migrations().update();
    }

    protected RollbackResult rollbackTo(String tag) {
        return migrations().rollback(migrations().planRollbackTo(tag));
    }

    /** Returns the message of the refusal, and fails if there is none, another one, or anything is different afterwards. */
    protected String refused(Problem problem, ThrowingCallable attempt) {
        List<String> before = Contents.of(database);
        MigrationException refusal = catchThrowableOfType(MigrationException.class, attempt);
        assertThat(refusal).isNotNull();
        assertThat(refusal.problem()).as(refusal.getMessage()).isEqualTo(problem);
        assertThat(Contents.of(database)).isEqualTo(before);
        return refusal.getMessage();
    }

    /** The ids in the history, in order. */
    protected List<String> history() {
        return column("SELECT id FROM databasechangelog ORDER BY orderexecuted");
    }

    /** The tags in the history, in order. */
    protected List<String> tags() {
        return column("SELECT tag FROM databasechangelog WHERE tag IS NOT NULL ORDER BY orderexecuted");
    }

    /** The names of all tables but Liquibase's. */
    protected List<String> tables() {
        return column("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
                + " AND tablename NOT LIKE 'databasechangelog%' ORDER BY 1");
    }

    private List<String> column(String sql) {
        return database.query(sql).stream().map(row -> row.get(0)).toList();
    }
}
