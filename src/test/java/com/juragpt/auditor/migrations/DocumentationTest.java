package com.juragpt.auditor.migrations;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.RollbackPlan;
import com.juragpt.auditor.migrations.api.Rule;
import com.juragpt.auditor.migrations.render.PlanText;
import com.juragpt.auditor.migrations.testing.ChangelogFindings;
import com.juragpt.auditor.migrations.testing.ChangelogRunner;
import com.juragpt.auditor.migrations.testing.MarkdownFile;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import liquibase.resource.DirectoryResourceAccessor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** The documents say what the code does: no more, no less, and nothing twice. */
@ExtendWith(PostgresExtension.class)
class DocumentationTest {

    private static final Path ROOT = ChangelogRunner.CHECKOUT;
    private static final MarkdownFile README = MarkdownFile.read(ROOT.resolve("README.md"));
    private static final List<MarkdownFile> ALL = MarkdownFile.below(ROOT);

    // What the examples are compiled as.
    private static final List<Path> EXAMPLES = List.of(
            Path.of("src/test/java/com/juragpt/auditor/migrations/ApiExamplesTest.java"),
            Path.of("src/it/spring-boot/src/main/java/com/juragpt/sample/SchemaCheck.java"));

    private static final Pattern GOAL = Pattern.compile("(?<![\\w-])migrations:([a-z-]+)");
    private static final Pattern PARAMETER = Pattern.compile("-D(migrations\\.(?!test\\.)\\w+)");
    private static final Pattern PROBLEM = Pattern.compile("Problem\\.([A-Z_]+)");
    private static final Pattern FAULT = Pattern.compile("`(\\w+(?:Test|IT)#\\w+)`");
    private static final Pattern QUOTED = Pattern.compile(" {4}\\[(INFO|ERROR)] ");
    private static final Pattern COLUMN = Pattern.compile(" {4}(\\S+) (\\w+)( .*)?");

    @Test
    void everyProblemIsInTheRunbookOnce() {
        List<String> inTheRunbook =
                MarkdownFile.read(ROOT.resolve("docs/runbook.md")).rowsUnder("## What a refusal means").stream()
                        .map(row -> row.get(0)).toList();

        assertThat(inTheRunbook).containsExactlyInAnyOrderElementsOf(
                Arrays.stream(Problem.values()).map(problem -> "`" + problem.code() + "`").toList());
    }

    @Test
    void everyParameterIsInTheConfigurationOnceWithItsGoalsAndItsDefault() throws Exception {
        Map<String, Parameter> parameters = parameters();

        List<List<String>> rows = README.rowsUnder("## Configuration");

        assertThat(rows).extracting(row -> row.get(0)).containsExactlyInAnyOrderElementsOf(
                parameters.keySet().stream().map(name -> "`" + name + "`").toList());
        Set<String> all = parameters.values().stream().flatMap(parameter -> parameter.goals().stream())
                .collect(toCollection(TreeSet::new));
        for (List<String> row : rows) {
            Parameter parameter = parameters.get(row.get(0).replace("`", ""));
            assertThat(row.get(1).split(", ")).as("goals of %s", row.get(0)).containsExactlyInAnyOrder(
                    parameter.goals().equals(all) ? new String[] {"all"}
                            : parameter.goals().stream().map(goal -> "`" + goal + "`").toArray(String[]::new));
            Set<String> defaults = new HashSet<>(parameter.byDefault().values());
            if (defaults.size() == 1) {
                assertThat(row.get(3)).as("default of %s", row.get(0)).isEqualTo("`" + defaults.iterator().next() + "`");
            } else {
                parameter.byDefault().forEach((goal, value) -> assertThat(row.get(3)).as("defaults of %s", row.get(0))
                        .contains("`" + goal + "`: `" + value + "`"));
            }
        }
    }

    @Test
    void everyGoalAndParameterThatIsNamedExists() throws Exception {
        Map<String, Parameter> parameters = parameters();
        Set<String> goals = parameters.values().stream().flatMap(parameter -> parameter.goals().stream())
                .collect(toCollection(TreeSet::new));
        goals.add("help");
        List<String> unknown = new ArrayList<>();
        for (MarkdownFile file : ALL) {
            for (String line : file.lines()) {
                find(GOAL, line).filter(goal -> !goals.contains(goal)).forEach(goal -> unknown.add(file + ": " + goal));
                find(PARAMETER, line).filter(name -> !parameters.containsKey(name))
                        .forEach(name -> unknown.add(file + ": " + name));
            }
        }

        assertThat(unknown).isEmpty();
    }

    @Test
    void everyProblemThatIsNamedExists() {
        List<String> known = Arrays.stream(Problem.values()).map(Enum::name).toList();

        List<String> named = ALL.stream().flatMap(file -> file.lines().stream()).flatMap(line -> find(PROBLEM, line)).toList();

        assertThat(named).isNotEmpty().allSatisfy(problem -> assertThat(known).contains(problem));
    }

    @Test
    void everyRuleIsInThePageOnceAndAsTheCodeHasIt() {
        assertThat(MarkdownFile.read(ROOT.resolve("docs/check.md")).rowsUnder("## The rules"))
                .extracting(row -> List.of(row.get(0), row.get(2), row.get(3)))
                .containsExactlyElementsOf(Arrays.stream(Rule.values()).map(rule -> List.of("`" + rule.code() + "`",
                        rule.isConvention() ? "yes" : "", rule.isHarmful() ? "yes" : "")).toList());
    }

    @Test
    void everyTestOfAFaultThatIsNamedExists() throws IOException {
        List<String> named = MarkdownFile.read(ROOT.resolve("docs/reliability.md")).lines().stream()
                .flatMap(line -> find(FAULT, line)).toList();
        assertThat(named).hasSizeGreaterThan(15);
        for (String test : named) {
            String[] parts = test.split("#");
            assertThat(
                    Files.readString(ROOT.resolve("src/test/java/com/juragpt/auditor/migrations/faults/" + parts[0] + ".java")))
                    .contains(" void " + parts[1] + "(");
        }
    }

    @Test
    void everyRelativeLinkLeadsSomewhere() {
        List<String> broken = new ArrayList<>();
        for (MarkdownFile file : ALL) {
            for (String link : file.links()) {
                if (!link.matches("[a-z]+:.*") && !leadsSomewhere(file, link)) {
                    broken.add(file + ": " + link);
                }
            }
        }

        assertThat(ALL).hasSizeGreaterThan(10);
        assertThat(broken).isEmpty();
    }

    private static boolean leadsSomewhere(MarkdownFile from, String link) {
        String[] parts = link.split("#", 2);
        Path target = parts[0].isEmpty() ? from.path() : from.path().resolveSibling(parts[0]).normalize();
        return Files.exists(target) && (parts.length == 1 || MarkdownFile.read(target).anchors().contains(parts[1]));
    }

    @Test
    void everyJavaExampleIsPartOfWhatIsCompiled() throws IOException {
        List<String> compiled = new ArrayList<>();
        for (Path file : EXAMPLES) {
            compiled.add(onOneLine(Files.readString(ROOT.resolve(file))));
        }
        List<String> examples = ALL.stream().flatMap(file -> file.blocks("java").stream()).toList();

        assertThat(examples).hasSizeGreaterThan(15).allSatisfy(
                example -> assertThat(compiled).anySatisfy(source -> assertThat(source).contains(onOneLine(example))));
    }

    @Test
    void revisionInTheReadmeKeepsTheConventionsAndIsReversible(TestDatabase database, @TempDir Path folder) throws IOException {
        copyChangelog(folder);
        List<String> blocks = README.blocks("yaml");
        for (String block : blocks.subList(0, 2)) {
            Path file = folder.resolve(block.lines().findFirst().orElseThrow().replace("# ", ""));
            Files.createDirectories(file.getParent());
            Files.writeString(file, block);
        }
        Path revision = folder.resolve("changelog/001-initial-schema/revision.yaml");
        Files.writeString(folder.resolve("changelog/002-answer-feedback/revision.yaml"),
                Files.readString(revision).replace("001", "002"));
        Files.writeString(folder.resolve(ChangelogRunner.MASTER), blocks.get(2), StandardOpenOption.APPEND);

        assertThat(ChangelogFindings.in(folder)).isEmpty();
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults()
                .withChangelog(ChangelogRunner.MASTER, new DirectoryResourceAccessor(folder)).withOnDataLoss(OnDataLoss.ARCHIVE));
        migrations.updateTo("001");
        database.execute("INSERT INTO verification_log (verification_id, created_at, answer_text, answer_hash, confidence_score,"
                + " trust_label) VALUES ('1', now(), 'answer', 'hash', 0.97, 'high')");
        assertThat(migrations.rehearse().steps()).hasSize(5).allMatch(RehearsalReport.Step::isReversible)
                .noneMatch(RehearsalReport.Step::destroysData);
        for (int i = 0; i < 2; i++) {
            migrations.update();
            assertThat(database.query("SELECT language FROM verification_log")).containsExactly(List.of("de"));
            assertThat(database.query("SELECT indisvalid FROM pg_index"
                    + " WHERE indexrelid = 'ix_verification_log_language'::regclass")).containsExactly(List.of("t"));
            assertThat(database.query("SELECT pg_get_serial_sequence('answer_feedback', 'id')"))
                    .containsExactly(List.of("public.answer_feedback_id_seq"));
            assertThat(database.query("SELECT attidentity FROM pg_attribute WHERE attrelid = 'answer_feedback'::regclass"
                    + " AND attname = 'id'")).containsExactly(List.of(""));
            migrations.rollback(migrations.planRollbackTo("001"));
        }
    }

    private static void copyChangelog(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(ROOT.resolve("changelog"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = folder.resolve(ROOT.relativize(file));
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
    }

    @Test
    void refusalInTheReadmeIsWhatARollbackSays(TestDatabase database) {
        Migrations migrations = Migrations.of(database.dataSource(), MigrationOptions.defaults());
        migrations.update();
        migrations.tag("v1.4");
        database.execute("INSERT INTO verification_log (verification_id, created_at, answer_text, answer_hash, confidence_score,"
                + " trust_label) SELECT n::text, now(), 'answer', md5(n::text), 0.97, 'high' FROM generate_series(1, 18204) n");
        RollbackPlan plan = migrations.planRollbackTo("base");
        String refusal = catchThrowable(() -> migrations.rollback(plan)).getMessage();

        List<String> shown = README.lines().stream().filter(line -> QUOTED.matcher(line).lookingAt())
                .map(line -> QUOTED.matcher(line).replaceFirst("")).toList();

        assertThat(shown).isNotEmpty();
        assertThat((PlanText.of(plan) + "\n" + refusal).replace(plan.database(), "auditor on localhost:5432").lines())
                .containsSubsequence(shown);
    }

    @Test
    void pictureOfTheSchemaShowsWhatTheChangelogBuilds(TestDatabase database) {
        Migrations.of(database.dataSource(), MigrationOptions.defaults()).update();
        List<String> built = database.query("""
                SELECT table_name || '.' || column_name || ' ' || replace(replace(replace(
                         format_type(atttypid, atttypmod), 'character varying', 'varchar'),
                         'timestamp without time zone', 'timestamp'), ' ', '_')
                  FROM information_schema.columns JOIN pg_attribute
                       ON attrelid = to_regclass(table_name) AND attname = column_name
                 WHERE table_schema = 'public' AND table_name NOT LIKE 'databasechangelog%'
                 ORDER BY table_name, ordinal_position""").stream().map(row -> row.get(0)).toList();

        List<String> shown = new ArrayList<>();
        String table = null;
        for (String line : MarkdownFile.read(ROOT.resolve("docs/schema.md")).blocks("mermaid").get(0).lines().toList()) {
            Matcher column = COLUMN.matcher(line);
            if (line.endsWith(" {")) {
                table = line.strip().split(" ")[0];
            } else if (column.matches()) {
                shown.add(table + "." + column.group(2) + " " + column.group(1));
            }
        }

        assertThat(shown).containsExactlyInAnyOrderElementsOf(built);
    }

    /**
     * @param goals that have it
     * @param byDefault its default; null if there is none
     */
    private record Parameter(Set<String> goals, Map<String, String> byDefault) {}

    /** What a user can set, by its name on the command line; of the goal {@code help}, which Maven's tools generate, nothing. */
    private static Map<String, Parameter> parameters()
            throws IOException, SAXException, ParserConfigurationException, URISyntaxException {
        Path classes = Path.of(Migrations.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Element plugin = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(classes.resolve("META-INF/maven/plugin.xml").toFile()).getDocumentElement();
        Map<String, Parameter> parameters = new TreeMap<>();
        for (Element mojo : children(plugin, "mojo")) {
            String goal = children(mojo, "goal").get(0).getTextContent();
            Element configuration = children(mojo, "configuration").get(0);
            for (Element value : children(configuration, "*")) {
                String expression = value.getTextContent();
                if (!goal.equals("help") && expression.startsWith("${")) {
                    String name = expression.substring(2, expression.length() - 1);
                    Parameter parameter =
                            parameters.computeIfAbsent(name, key -> new Parameter(new TreeSet<>(), new TreeMap<>()));
                    parameter.goals().add(goal);
                    if (value.hasAttribute("default-value")) {
                        parameter.byDefault().put(goal, value.getAttribute("default-value"));
                    }
                }
            }
        }
        return parameters;
    }

    /** The elements of a name, at any depth. */
    private static List<Element> children(Element parent, String name) {
        NodeList found = parent.getElementsByTagName(name);
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < found.getLength(); i++) {
            elements.add((Element) found.item(i));
        }
        return elements;
    }

    private static Stream<String> find(Pattern pattern, String line) {
        return pattern.matcher(line).results().map(result -> result.group(1));
    }

    private static String onOneLine(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }
}
