package com.juragpt.auditor.migrations.testing;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import liquibase.resource.DirectoryResourceAccessor;

/**
 * A changelog that is drawn by lot from what changelogs are made of: contexts, labels, dbms, preconditions with every answer,
 * runOnChange, runAlways, failOnError, SQL in files, includes, whole folders, logical file paths, property substitution, quoted
 * and mixed-case names, several schemas, identities that repeat. The same seed gives the same changelog.
 */
public final class GeneratedChangelog {

    /** A name for the master file. */
    public static final String FILE = "changelog/generated.yaml";

    private static final List<String> ANSWERS = List.of("CONTINUE", "CONTINUE", "MARK_RAN", "MARK_RAN", "WARN", "HALT");
    private static final List<String> CONTEXTS = List.of("a", "b", "a or b", "a and b", "!a", "c");
    private static final List<String> DBMS =
            List.of("postgresql", "h2", "'!h2'", "'!postgresql'", "'postgresql,h2'", "mysql", "all");

    private final Random random;
    private final Path root;
    private final String schema;
    private final String contexts;
    private final String labels;
    private final List<String> tables = new ArrayList<>();
    private final Map<String, List<String>> files = new LinkedHashMap<>();
    private final Map<String, String> others = new LinkedHashMap<>();
    private int number;
    private int tags;

    /** @param root an empty folder */
    public GeneratedChangelog(long seed, Path root) {
        random = new Random(seed);
        this.root = root;
        contexts = one(List.of("", "a", "b", "a,b", "c"));
        labels = one(List.of("", "", "x", "!y"));
        schema = one(List.of("other", "Other Schema"));
        grow(6 + random.nextInt(10));
    }

    /** Adds changesets, in files of their own. */
    public void grow(int changesets) {
        if (number == 0) {
            // On H2, Liquibase looks for a schema's name in upper case, even where it quotes it.
            put("changelog/0-base.yaml", changeset("base", "  - sql: {dbms: '!h2', sql: 'CREATE SCHEMA \"" + schema + "\"'}\n"
                    + "  - sql: {dbms: h2, sql: 'CREATE SCHEMA \"" + schema.toUpperCase(Locale.ROOT) + "\"'}\n", ""));
            put("changelog/0-base.yaml", changeset("log", "  - createTable: {tableName: ran, columns: [{column: {name: what,"
                    + " type: varchar(200)}}]}\n", ""));
            put("changelog/0-base.yaml", createTable());
        }
        String file = "changelog/" + (1 + files.size()) + "-part.yaml";
        for (int i = 0; i < changesets; i++) {
            if (chance(4)) {
                file = "changelog/" + (chance(3) ? "folder/" : "") + (1 + files.size()) + "-part.yaml";
            }
            put(file, draw());
        }
        write();
    }

    /** Edits one changeset, as nobody should: another text in a change that may have run. Says whether there was one to edit. */
    public boolean edit() {
        List<String> candidates =
                files.keySet().stream().filter(file -> files.get(file).stream().anyMatch(c -> c.contains("edit-me")))
                        .toList();
        if (candidates.isEmpty()) {
            return false;
        }
        List<String> file = files.get(one(candidates));
        for (int i = 0; i < file.size(); i++) {
            if (file.get(i).contains("edit-me")) {
                file.set(i, file.get(i).replace("edit-me", "edited"));
                write();
                return true;
            }
        }
        return false;
    }

    /** This changelog in the contexts and labels to run in, drawn as well. */
    public MigrationOptions options() {
        try {
            return MigrationOptions.defaults().withChangelog(FILE, new DirectoryResourceAccessor(root))
                    .withFilter(contexts, labels);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The text of all files, for a failure's message. */
    public String text() {
        StringBuilder text = new StringBuilder();
        try (Stream<Path> all = Files.walk(root)) {
            for (Path path : all.filter(Files::isRegularFile).sorted().toList()) {
                text.append("# ").append(root.relativize(path)).append('\n').append(Files.readString(path)).append('\n');
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private String draw() {
        return switch (random.nextInt(16)) {
            case 0, 1 -> createTable();
            case 2 -> addColumn();
            case 3, 4 -> insert();
            case 5 -> changeset("update-" + ++number, "  - update: {tableName: ran, columns: [{column: {name: what, value:"
                    + " edit-me}}], where: what = 'nothing'}\n", attributes(true));
            case 6, 7 -> sqlForOne();
            case 8 -> sqlFile();
            case 9 -> view();
            case 10 -> changeset("always-" + ++number, ran("always-" + number), attributes(false) + "runAlways: true\n");
            case 11 -> changeset("fails-" + ++number, "  - sql: {sql: INSERT INTO nowhere VALUES (1)}\n", "failOnError: false\n");
            case 12 -> repeated();
            case 13 -> changeset("tag-" + ++number, "  - tagDatabase: {tag: 't" + ++tags + "'}\n", "");
            case 14 -> changeset("property-" + ++number, ran("${who} ${unknown} edit-me"), attributes(true));
            default -> changeset("several-" + ++number, ran("one") + "  - sql: {dbms: " + one(DBMS) + ", sql: \"INSERT INTO ran"
                    + " VALUES ('two')\"}\n" + ran("three edit-me"), attributes(true));
        };
    }

    private String createTable() {
        String name = one(List.of("plain_", "Mixed", "with space ", "select_")) + ++number;
        boolean other = chance(3);
        tables.add((other ? "schemaName: " + schema + ", " : "") + "tableName: " + name);
        return changeset("create-" + number,
                "  - createTable: {" + tables.get(tables.size() - 1) + ", columns: [{column: {name: id,"
                        + " type: int, constraints: {primaryKey: true, primaryKeyName: pk_" + number
                        + "}}}, {column: {name: Note " + number
                        + ", type: varchar(100), defaultValue: edit-me}}]}\n",
                "objectQuotingStrategy: QUOTE_ALL_OBJECTS\n");
    }

    private String addColumn() {
        return changeset("add-" + ++number, "  - addColumn: {" + one(tables) + ", columns: [{column: {name: Added" + number
                + ", type: int}}]}\n", "objectQuotingStrategy: QUOTE_ALL_OBJECTS\n" + attributes(true));
    }

    private String insert() {
        return changeset("insert-" + ++number, "  - insert: {" + one(tables) + ", columns: [{column: {name: id, valueNumeric: "
                + number + "}}]}\n", "objectQuotingStrategy: QUOTE_ALL_OBJECTS\n" + attributes(true));
    }

    private String sqlForOne() {
        return changeset("sql-" + ++number, "  - sql: {dbms: " + one(DBMS) + ", sql: \"INSERT INTO ran VALUES ('sql " + number
                + " edit-me')\"}\n", attributes(true) + (chance(4) ? "runOnChange: true\n" : ""));
    }

    private String sqlFile() {
        String file = "changelog/sql/" + ++number + ".sql";
        others.put(file,
                "-- a remark\nINSERT INTO ran VALUES ('file " + number + "; not two');\nINSERT INTO ran VALUES ('second');\n");
        return changeset("file-" + number, "  - sqlFile: {path: " + file + (chance(2) ? ", dbms: " + one(DBMS) : "")
                + (chance(3) ? ", stripComments: true" : "") + "}\n", attributes(true));
    }

    private String view() {
        return changeset("view-" + ++number, "  - createView: {viewName: v" + number + ", replaceIfExists: true, selectQuery:"
                + " \"SELECT what FROM ran WHERE what = 'edit-me'\"}\n", "runOnChange: true\n" + attributes(false));
    }

    /** Twice the same id, author and file, told apart by the context. */
    private String repeated() {
        if (contexts.isEmpty()) {
            // Then both would run, and Liquibase refuses the changelog.
            return insert();
        }
        String id = "twice-" + ++number;
        return changeset(id, ran("for a"), "context: a\n") + changeset(id, ran("for others, edit-me"), "context: '!a'\n");
    }

    private static String ran(String text) {
        return "  - insert: {tableName: ran, columns: [{column: {name: what, value: \"" + text + "\"}}]}\n";
    }

    private String attributes(boolean preconditions) {
        StringBuilder text = new StringBuilder();
        if (chance(4)) {
            text.append(one(List.of("context: '", "contextFilter: '"))).append(one(CONTEXTS)).append("'\n");
        }
        if (chance(6)) {
            text.append("labels: ").append(one(List.of("x", "y", "x,y"))).append('\n');
        }
        if (chance(6)) {
            text.append("dbms: ").append(one(DBMS)).append('\n');
        }
        if (chance(12)) {
            text.append("ignore: true\n");
        }
        if (chance(10)) {
            text.append("logicalFilePath: moved/").append(random.nextInt(3)).append(".yaml\n");
        }
        if (chance(10)) {
            text.append("comment: a remark\n");
        }
        if (preconditions && chance(3)) {
            text.append(preconditions());
        }
        return text.toString();
    }

    private String preconditions() {
        String check = one(List.of("sqlCheck: {expectedResult: 1, sql: SELECT 1}", "sqlCheck: {expectedResult: 1, sql: SELECT 0}",
                "sqlCheck: {expectedResult: 1, sql: SELECT 1 FROM nowhere}", "dbms: {type: h2}", "dbms: {type: postgresql}",
                "tableExists: {tableName: ran}", "tableExists: {tableName: nowhere}",
                "not: [{tableExists: {tableName: nowhere}}]",
                "changeLogPropertyDefined: {property: who}"));
        return "preConditions:\n  - onFail: " + one(ANSWERS) + "\n  - onError: " + one(ANSWERS) + "\n  - " + check + "\n";
    }

    private static String changeset(String id, String changes, String attributes) {
        return "  - changeSet:\n" + ("id: '" + id + "'\nauthor: lot\n" + attributes + "changes:\n" + changes).indent(6);
    }

    private void put(String file, String changeset) {
        files.computeIfAbsent(file, f -> new ArrayList<>()).add(changeset);
    }

    private void write() {
        StringBuilder master = new StringBuilder("databaseChangeLog:\n  - property: {name: who, value: nobody}\n");
        files.forEach((file, changesets) -> {
            put(Path.of(file),
                    "databaseChangeLog:\n" + (file.hashCode() % 5 == 0 ? "  - logicalFilePath: logical/" + file + "\n" : "")
                            + String.join("", changesets));
            if (!file.startsWith("changelog/folder/")) {
                master.append("  - include: {file: ").append(file)
                        .append(file.hashCode() % 7 == 0 ? ", context: '!c'" : "").append("}\n");
            }
        });
        others.forEach((file, text) -> put(Path.of(file), text));
        if (files.keySet().stream().anyMatch(file -> file.startsWith("changelog/folder/"))) {
            master.append("  - includeAll: {path: changelog/folder}\n");
        }
        put(Path.of(FILE), master.toString());
    }

    private void put(Path file, String text) {
        try {
            Files.createDirectories(root.resolve(file).getParent());
            Files.writeString(root.resolve(file), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean chance(int oneIn) {
        return random.nextInt(oneIn) == 0;
    }

    private <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }
}
