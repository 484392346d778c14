package com.juragpt.auditor.migrations.archive;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Tables, what a revision adds to them, and rows, drawn by lot: everything of which a rollback deletes a part. */
final class GeneratedArchive {

    /** What comes before the revision, as SQL. */
    private final List<String> before = new ArrayList<>();
    /** The revision's changesets, as YAML. */
    private final List<String> changesets = new ArrayList<>();
    /** What the service writes then. */
    private final List<String> writes = new ArrayList<>();
    private final List<String> tables = new ArrayList<>();
    private Random random;
    private String overwriting;

    /** A type, and expressions of values of it. */
    private record Type(String name, String... values) {}

    private static final List<Type> TYPES = List.of(
            new Type("smallint", "-32768", "32767", "0"),
            new Type("integer", "-2147483648", "2147483647", "7"),
            new Type("bigint", "-9223372036854775808", "9223372036854775807"),
            new Type("numeric", "'NaN'", "'Infinity'", "1e-300", "-1e300", "1.10", "1.1000", "0.00"),
            new Type("numeric(12,4)", "99999999.9999", "-0.0001"),
            new Type("real", "'NaN'", "'-Infinity'", "0.1", "'-0'", "1.17549435e-38", "3.4028235e38"),
            new Type("double precision", "'NaN'", "0.1", "0.30000000000000004", "'-0'", "5e-324", "1.7976931348623157e308"),
            new Type("boolean", "true", "false"),
            new Type("text", "''", "'NULL'", "'Prüfung ✅ ⚖️'", "E'a\\tb\\n\\r\\\\\"''{},()'", "repeat('ä', 9000)", "' '"),
            new Type("varchar(20)", "'a  '", "''", "'日本語'"),
            new Type("char(5)", "'a'", "'ab  '", "''"),
            new Type("bytea", "'\\x'", "'\\x00ff5c27'", "decode(repeat('00ff', 3000), 'hex')"),
            new Type("date", "'infinity'", "'-infinity'", "'0044-03-15 BC'", "'5874897-12-31'"),
            new Type("timestamp", "'infinity'", "'2026-01-02 03:04:05.678901'", "'294276-12-31 23:59:59.999999'"),
            new Type("timestamptz", "'-infinity'", "'2026-03-29 02:30:00.000001+01'", "'4713-01-01 00:00:00+00 BC'"),
            new Type("time", "'24:00:00'", "'00:00:00.000001'"),
            new Type("timetz", "'12:00:00.5+14:59'"),
            new Type("interval", "'1 year -3 days 04:05:06.789'", "'-178000000 years'", "'0'"),
            new Type("uuid", "'00000000-0000-0000-0000-000000000000'", "gen_random_uuid()"),
            new Type("inet", "'10.0.0.1/8'", "'10.0.0.1/32'", "'::1'"),
            new Type("cidr", "'10.0.0.0/8'"),
            new Type("macaddr", "'08:00:2b:01:02:03'"),
            new Type("json", "'{\"a\":1, \"a\" : 2}'", "'null'", "' [ 1.10 ] '", "'\"ä\"'"),
            new Type("jsonb", "'{\"b\":1.10,\"a\":null}'", "'null'", "'[]'", "'1e2'"),
            new Type("jsonpath", "'$.a[*] ? (@ > 1)'"),
            new Type("point", "'(0.1,-0)'", "'(NaN,Infinity)'"),
            new Type("box", "'(1,1),(0,0)'"),
            new Type("bit(3)", "B'101'"),
            new Type("varbit", "B''", "B'1011'"),
            new Type("tsvector", "'a:1A fat:2B,4C cat:5D'"),
            new Type("pg_lsn", "'16/B374D848'"),
            new Type("oid", "4294967295"),
            new Type("int4range", "'empty'", "'[1,5)'", "'(,)'"),
            new Type("numrange", "'[1.10,2.0]'"),
            new Type("tstzrange", "'[2026-01-01 00:00+00,infinity)'"),
            new Type("int8multirange", "'{}'", "'{[1,3),[5,7)}'"),
            new Type("int[]", "'{}'", "'{{1,NULL},{3,4}}'", "'[-1:0]={7,8}'"),
            new Type("text[]", "ARRAY['', NULL, 'NULL', '\"', E'\\\\', 'ä,b', '{}']", "'{}'"),
            new Type("box[]", "'{(1,1),(0,0);(2,2),(1,1)}'"),
            new Type("bytea[]", "ARRAY['\\x00'::bytea, NULL]"),
            new Type("mood", "'calm'", "'very wild'", "'ä''\"'"),
            new Type("mood[]", "'{calm,\"very wild\",NULL}'", "'{}'"),
            new Type("even", "2", "-4"),
            new Type("short_text", "'ä'", "'\"('"),
            new Type("even[]", "'{2,4}'"),
            new Type("pair", "ROW(NULL, NULL)", "ROW(1, ARRAY['a,\"b', NULL, ')'])", "ROW(NULL, '{}')"),
            new Type("pair[]", "ARRAY[ROW(1, NULL)::pair, NULL, ROW(NULL, NULL)::pair]"),
            new Type("nest", "ROW(ROW(1, '{x}')::pair, 'calm', '2026-01-02 03:04:05+00', 0.1, '1 day')",
                    "ROW(NULL, NULL, NULL, NULL, NULL)"),
            new Type("moods", "'[\"very wild\",calm]'", "'empty'"),
            new Type("\"Groß Type\"", "'x'"));

    private static final List<String> NAMES = List.of("plain", "\"MixedCase\"", "\"größe ✅\"", "\"o'n\"\"e\"", "\"select\"",
            "\"with space\"", "\"日本語の名前\"", "\"a.b\"", "\"äöüäöüäöüäöüäöüäöüäöüäöüäö\"");

    /** @param seeds each draws tables of its own; several are deployed, rolled back and restored together */
    GeneratedArchive(List<Long> seeds) {
        before.add("""
                CREATE TYPE mood AS ENUM ('very wild', 'calm', 'ä''"');
                CREATE DOMAIN even AS int CHECK (VALUE %% 2 = 0); CREATE DOMAIN short_text AS varchar(3);
                CREATE TYPE pair AS (a int, b text[]);
                CREATE TYPE nest AS (p pair, m mood, t timestamptz, f double precision, i interval);
                CREATE TYPE moods AS RANGE (subtype = mood);
                CREATE DOMAIN "Groß Type" AS text""".replace("%%", "%"));
        int number = 0;
        for (long seed : seeds) {
            random = new Random(seed);
            int last = number + 1 + random.nextInt(3);
            addTable(number++, true);
            while (number < last) {
                addTable(number++, false);
            }
        }
    }

    String before() {
        return String.join(";\n", before);
    }

    String[] changesets() {
        return changesets.toArray(String[]::new);
    }

    String writes() {
        return String.join(";\n", writes);
    }

    List<String> tables() {
        return tables;
    }

    private void addTable(int number, boolean first) {
        String table = name(NAMES.get(random.nextInt(NAMES.size())), String.valueOf(number));
        String key = random.nextInt(3) == 0 ? "\"Größe id\"" : "id";
        int shape = random.nextInt(8);
        List<String> columns = new ArrayList<>();
        switch (shape) {
            case 0 -> columns.add(key + " serial PRIMARY KEY");
            case 1 -> columns.add(key + " int GENERATED ALWAYS AS IDENTITY PRIMARY KEY");
            case 2 -> columns.add(key + " bigint GENERATED BY DEFAULT AS IDENTITY (INCREMENT -3 START -1)");
            case 3 -> columns.add(key + " int");
            default -> columns.add(key + " int NOT NULL UNIQUE");
        }
        List<Type> types = new ArrayList<>();
        int width = 1 + random.nextInt(6);
        for (int c = 0; c < width; c++) {
            types.add(any(TYPES));
            columns.add(column(c) + " " + types.get(c).name());
        }
        if (random.nextBoolean()) {
            columns.add("twice bigint GENERATED ALWAYS AS (" + key + "::bigint * 2) STORED");
        }
        if (shape == 4 && !first) {
            columns.add("boss int REFERENCES " + table + "(" + key + ")");
        }
        boolean partitioned = shape == 5;
        boolean inherited = shape == 6;
        String create = "CREATE TABLE " + table + " (" + String.join(", ", columns) + ")";
        List<String> all = new ArrayList<>(List.of(table));
        if (partitioned) {
            create = create + " PARTITION BY HASH (" + key + ");\nCREATE TABLE " + name(table, "_0") + " PARTITION OF " + table
                    + " FOR VALUES WITH (MODULUS 2, REMAINDER 0);\nCREATE TABLE " + name(table, "_1") + " PARTITION OF " + table
                    + " FOR VALUES WITH (MODULUS 2, REMAINDER 1)";
        } else if (inherited) {
            create = create + ";\nCREATE TABLE " + name(table, "_0") + " (more text) INHERITS (" + table + ")";
            all.add(name(table, "_0"));
        }
        tables.addAll(all);
        int what = inherited ? 1 + random.nextInt(3) : random.nextInt(4);
        String id = "change-" + number;
        switch (what) {
            case 0 -> changesets.add(changeset(id, create, "dropTable: {tableName: " + yaml(table) + "}"));
            case 1 -> {
                before.add(create);
                String added = random.nextBoolean() ? "\"Neue Größe\"" : "added";
                Type type = any(TYPES);
                String rule = random.nextInt(3) == 0 ? " DEFAULT " + any(type) : random.nextInt(4) == 0
                        ? " NOT NULL DEFAULT " + any(type) : "";
                changesets.add(changeset(id, "ALTER TABLE " + table + " ADD COLUMN " + added + " " + type.name() + rule,
                        "dropColumn: {tableName: " + yaml(table) + ", columnName: " + yaml(added) + "}"));
                types.add(type);
            }
            case 2 -> {
                before.add(create);
                String seed = shape == 2 ? "" : "INSERT INTO " + table + " (" + key + ", " + column(0)
                        + ") OVERRIDING SYSTEM VALUE VALUES (1, "
                        + any(types.get(0)).replace("gen_random_uuid()", "'ffffffff-ffff-ffff-ffff-ffffffffffff'")
                        + "), (2, NULL)";
                changesets.add(changeset(id, seed.isEmpty() ? "SELECT 1" : seed,
                        "delete: {tableName: " + yaml(table) + "}"));
            }
            default -> {
                before.add(create);
                // A value that the rollback leaves as it is is not the rollback's loss, though the next update overwrites it.
                overwriting = types.get(0).values().length > 1 && random.nextBoolean() ? any(types.get(0)) : "NULL";
                changesets.add(changeset(id, "UPDATE " + table + " SET " + column(0) + " = " + any(types.get(0)),
                        "sql: {sql: " + yaml("UPDATE " + table + " SET " + column(0) + " = "
                                + overwriting, false) + "}"));
            }
        }
        for (String each : all) {
            write(each, key, types, what, shape);
        }
        overwriting = null;
    }

    private void write(String table, String key, List<Type> types, int what, int shape) {
        boolean added = what == 1;
        List<String> names = new ArrayList<>();
        for (int c = 0; c < types.size(); c++) {
            names.add(added && c == types.size() - 1 ? null : column(c));
        }
        if (added) {
            String last = changesets.get(changesets.size() - 1);
            names.set(types.size() - 1, last.contains("Neue Größe") ? "\"Neue Größe\"" : "added");
        }
        boolean isFilled = added && changesets.get(changesets.size() - 1).contains(" DEFAULT");
        int rows = random.nextInt(7);
        for (int r = 0; r < rows; r++) {
            List<String> values = new ArrayList<>();
            for (int c = 0; c < types.size(); c++) {
                // NULL is nothing to lose: where the changelog fills it with something, nobody archives that it was there.
                boolean mustBe = isFilled && c == types.size() - 1 || what == 3 && c == 0;
                values.add(random.nextInt(5) == 0 && !mustBe ? "NULL" : any(types.get(c)));
            }
            boolean byItself = shape <= 2 && what != 2;
            writes.add("INSERT INTO " + table + " (" + (byItself ? "" : key + ", ") + String.join(", ", names) + ") "
                    + (byItself ? "" : "OVERRIDING SYSTEM VALUE ") + "VALUES ("
                    + (byItself ? "" : shape == 3 ? random.nextInt(3) + ", " : 10 + r + ", ") + String.join(", ", values) + ")");
        }
        // What the changelog wrote is changed too, and numbers are drawn that no row has.
        if (what != 2 || shape != 3) {
            // Of a table without a key nobody can say that what the update inserts is the row that was changed.
            writes.add("UPDATE " + table + " SET " + names.get(0) + " = " + any(types.get(0)) + " WHERE " + key + " = 2");
        }
        if (random.nextBoolean() && shape <= 2) {
            writes.add("DELETE FROM " + table + " WHERE " + key + " > 3 OR " + key + " < -4");
        }
    }

    private static String changeset(String id, String sql, String rollback) {
        return "id: '" + id + "'\nobjectQuotingStrategy: QUOTE_ALL_OBJECTS\nchanges:\n  - sql:\n      sql: |\n" + sql.indent(8)
                + "rollback:\n  - " + rollback + "\n";
    }

    /** The name without its quotes, as a text in YAML. */
    private static String yaml(String name) {
        return yaml(name.startsWith("\"") ? name.substring(1, name.length() - 1).replace("\"\"", "\"") : name, true);
    }

    private static String yaml(String text, boolean ignored) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    /** The name with something at its end, within its quotes. */
    private static String name(String name, String end) {
        return name.endsWith("\"") ? name.substring(0, name.length() - 1) + end + "\"" : name + end;
    }

    private static String column(int number) {
        return number % 3 == 1 ? "\"Spalte Ä" + number + "\"" : "c" + number;
    }

    private <T> T any(List<T> some) {
        return some.get(random.nextInt(some.size()));
    }

    private String any(Type type) {
        String value;
        do {
            value = "(" + type.values()[random.nextInt(type.values().length)] + ")::" + type.name();
        } while (value.equals(overwriting));
        return value;
    }
}
