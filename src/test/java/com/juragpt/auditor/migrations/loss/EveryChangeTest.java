package com.juragpt.auditor.migrations.loss;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.changelog.LiquibaseScope;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import com.juragpt.auditor.migrations.testing.MarkdownFile;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import liquibase.Scope;
import liquibase.change.ChangeFactory;
import liquibase.changelog.ChangeSet;
import org.junit.jupiter.api.Test;

/** The document says of every change that Liquibase knows what is found in it, and says it rightly. */
class EveryChangeTest extends DeploymentFixture {

    private static final List<List<String>> ROWS =
            MarkdownFile.read(Path.of("docs/data-loss.md")).rowsUnder("## Every kind of change");

    @Test
    void everyChangeOfLiquibaseIsInTheDocument() {
        assertThat(ROWS.stream().map(row -> plain(row.get(0))).distinct()).containsExactlyInAnyOrderElementsOf(
                Scope.getCurrentScope().getSingleton(ChangeFactory.class).getDefinedChanges());
    }

    @Test
    void whatTheDocumentSaysOfEachExampleIsWhatIsFound() throws Exception {
        database.execute("CREATE TABLE law (id int CONSTRAINT law_pkey PRIMARY KEY, title text, note text, ref int);"
                + "INSERT INTO law VALUES (1, 'Code civil', 'old', 1), (2, NULL, NULL, NULL);"
                + "CREATE VIEW v AS SELECT id FROM law; CREATE SEQUENCE s; ALTER TABLE law ADD CONSTRAINT f FOREIGN KEY (ref) REFERENCES law");
        changelog.of(ROWS.stream().map(row -> "id: '" + ROWS.indexOf(row) + "'\nchanges:\n  - " + plain(row.get(0)) + ": "
                + plain(row.get(1)) + "\n").toArray(String[]::new));
        Map<String, String> found = new LinkedHashMap<>();
        try (Connection connection = database.connect(); LiquibaseScope scope = LiquibaseScope.enter(options())) {
            connection.setAutoCommit(false);
            scope.call(() -> {
                try (MigrationContext context = MigrationContext.open(connection, options())) {
                    for (ChangeSet example : context.changelog().changesets()) {
                        List<String> row = ROWS.get(Integer.parseInt(example.getId()));
                        found.put(row.get(0) + " " + row.get(1),
                                verdict(LossWatch.before(example, context, StandingColumns.ALL).foreseen()));
                    }
                }
                return null;
            });
        }
        Map<String, String> said = new LinkedHashMap<>();
        ROWS.forEach(row -> said.put(row.get(0) + " " + row.get(1), row.get(2)));
        assertThat(found).isEqualTo(said);
    }

    private static String verdict(List<DataLoss> losses) {
        List<String> verdicts = new ArrayList<>();
        losses.forEach(loss -> verdicts.add(loss.kind() == DataLoss.Kind.UNKNOWN ? "not known" : "counted: " + loss.effect()));
        return verdicts.isEmpty() ? "keeps data" : verdicts.stream().distinct().reduce((a, b) -> a + "; " + b).orElseThrow();
    }

    private static String plain(String cell) {
        return cell.replaceAll("^`|`$", "");
    }
}
