package com.juragpt.auditor.migrations.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a statement of PostgreSQL's SQL does to a table, as far as its text is certain about it.
 *
 * @param kind what it does
 * @param table its name without quotes and schema; null where it is about none
 * @param name of the index, constraint or column; null where it has none
 * @param detail the type, the kind of the constraint, or the default
 */
record StatementForm(Kind kind, String table, String name, String detail) {

    enum Kind {
        CREATES_TABLE,
        CREATES_INDEX,
        CREATES_INDEX_CONCURRENTLY,
        ADDS_COLUMN,
        ADDS_FOREIGN_KEY,
        ADDS_CHECK,
        ADDS_KEY,
        SETS_NOT_NULL,
        CHANGES_TYPE,
        RENAMES,
        DROPS,
        DROPS_INDEX_CONCURRENTLY,
        /** Locks no table that is in use for longer than a moment, or rows only. */
        OTHER,
        UNKNOWN
    }

    private static final String NAME = "((?:\"(?:[^\"]|\"\")+\"|[a-zA-Z_][a-zA-Z0-9_$]*))";
    private static final String TABLE = "(?:(?:\"[^\"]+\"|[a-zA-Z_][a-zA-Z0-9_$]*)\\s*\\.\\s*)?" + NAME;
    private static final String MAYBE = "(?:IF\\s+(?:NOT\\s+)?EXISTS\\s+)?";

    private static final Pattern COMMENTS = Pattern.compile("(?s)/\\*.*?\\*/|--[^\\n]*");
    private static final Pattern CREATE_TABLE = statement("CREATE\\s+(?:UNLOGGED\\s+)?TABLE\\s+" + MAYBE + TABLE + "\\b.*");
    private static final Pattern CREATE_INDEX =
            statement("CREATE\\s+(?:UNIQUE\\s+)?INDEX\\s+(CONCURRENTLY\\s+)?" + MAYBE + "(?:" + NAME
                    + "\\s+)?ON\\s+(?:ONLY\\s+)?" + TABLE + "\\s*(?:\\(|USING).*");
    private static final Pattern DROP_INDEX = statement("DROP\\s+INDEX\\s+CONCURRENTLY\\s+IF\\s+EXISTS\\s.*");
    private static final Pattern DROP_TABLE = statement("DROP\\s+TABLE\\s+" + MAYBE + TABLE + ".*");
    private static final Pattern ALTER_TABLE = statement("ALTER\\s+TABLE\\s+" + MAYBE + "(?:ONLY\\s+)?" + TABLE + "\\s+(.*)");
    private static final Pattern OTHER_STATEMENT =
            statement("(?:INSERT|UPDATE|DELETE|SELECT|WITH|COMMENT\\s+ON|GRANT|REVOKE|SET|ANALYZE|"
                    + "(?:CREATE|ALTER|DROP)\\s+(?:OR\\s+REPLACE\\s+)?(?:VIEW|FUNCTION|PROCEDURE|AGGREGATE|SEQUENCE|TYPE|DOMAIN|SCHEMA|EXTENSION"
                    + "|TRIGGER|RULE|POLICY|ROLE|COLLATION)|DROP\\s+INDEX)\\b.*");

    private static final Pattern ADD_CONSTRAINT = statement("ADD\\s+(?:CONSTRAINT\\s+" + NAME
            + "\\s+)?(FOREIGN\\s+KEY|CHECK|UNIQUE|PRIMARY\\s+KEY|EXCLUDE)\\b(.*)");
    private static final Pattern ADD_COLUMN = statement("ADD\\s+(?:COLUMN\\s+)?" + MAYBE + NAME + "\\s+(.*)");
    private static final Pattern SET_NOT_NULL = statement("ALTER\\s+(?:COLUMN\\s+)?" + NAME + "\\s+SET\\s+NOT\\s+NULL");
    private static final Pattern CHANGE_TYPE = statement("ALTER\\s+(?:COLUMN\\s+)?" + NAME
            + "\\s+(?:SET\\s+DATA\\s+)?TYPE\\s+(.*?)(?:\\s+USING\\s.*)?");
    private static final Pattern RENAME = statement("RENAME\\s+(?!CONSTRAINT\\b)(?:(?:COLUMN\\s+)?" + NAME + "\\s+)?TO\\s+.*");
    private static final Pattern DROP_COLUMN =
            statement("DROP\\s+(?!CONSTRAINT\\b)(?:COLUMN\\s+)?" + MAYBE + NAME + "(?:\\s.*)?");

    private static Pattern statement(String regex) {
        return Pattern.compile("(?is)" + regex);
    }

    /** One for each action of an ALTER TABLE, else just one. */
    static List<StatementForm> of(String sql) {
        String text = COMMENTS.matcher(sql).replaceAll(" ").strip().replaceAll(";\\s*$", "");
        Matcher alter = ALTER_TABLE.matcher(text);
        if (alter.matches()) {
            String table = plain(alter.group(1));
            return actions(alter.group(2)).stream().map(action -> ofAction(table, action)).toList();
        }
        Matcher index = CREATE_INDEX.matcher(text);
        if (index.matches()) {
            return List.of(new StatementForm(index.group(1) == null ? Kind.CREATES_INDEX : Kind.CREATES_INDEX_CONCURRENTLY,
                    plain(index.group(3)), plain(index.group(2)), text));
        }
        Matcher create = CREATE_TABLE.matcher(text);
        if (create.matches()) {
            return List.of(new StatementForm(Kind.CREATES_TABLE, plain(create.group(1)), null, null));
        }
        Matcher drop = DROP_TABLE.matcher(text);
        if (drop.matches()) {
            return List.of(new StatementForm(Kind.DROPS, plain(drop.group(1)), null, null));
        }
        if (DROP_INDEX.matcher(text).matches()) {
            return List.of(new StatementForm(Kind.DROPS_INDEX_CONCURRENTLY, null, null, null));
        }
        return List.of(new StatementForm(OTHER_STATEMENT.matcher(text).matches() ? Kind.OTHER : Kind.UNKNOWN, null, null, null));
    }

    private static StatementForm ofAction(String table, String action) {
        Matcher constraint = ADD_CONSTRAINT.matcher(action);
        if (constraint.matches()) {
            return ofConstraint(table, plain(constraint.group(1)), constraint.group(2), action);
        }
        Matcher notNull = SET_NOT_NULL.matcher(action);
        if (notNull.matches()) {
            return new StatementForm(Kind.SETS_NOT_NULL, table, plain(notNull.group(1)), null);
        }
        Matcher type = CHANGE_TYPE.matcher(action);
        if (type.matches()) {
            return new StatementForm(Kind.CHANGES_TYPE, table, plain(type.group(1)), type.group(2).strip());
        }
        Matcher rename = RENAME.matcher(action);
        if (rename.matches()) {
            return new StatementForm(Kind.RENAMES, table, plain(rename.group(1)), null);
        }
        Matcher column = ADD_COLUMN.matcher(action);
        if (column.matches()) {
            return new StatementForm(Kind.ADDS_COLUMN, table, plain(column.group(1)), column.group(2));
        }
        Matcher drop = DROP_COLUMN.matcher(action);
        return drop.matches() ? new StatementForm(Kind.DROPS, table, plain(drop.group(1)), null)
                : new StatementForm(Kind.OTHER, table, null, null);
    }

    private static StatementForm ofConstraint(String table, String name, String kind, String action) {
        String upper = action.toUpperCase(Locale.ROOT).replaceAll("\\s+", " ");
        if (upper.contains(" NOT VALID") || upper.contains(" USING INDEX ")) {
            return new StatementForm(Kind.OTHER, table, name, action);
        }
        return new StatementForm(switch (kind.toUpperCase(Locale.ROOT).charAt(0)) {
            case 'F' -> Kind.ADDS_FOREIGN_KEY;
            case 'C' -> Kind.ADDS_CHECK;
            default -> Kind.ADDS_KEY;
        }, table, name, action);
    }

    /** The actions of an ALTER TABLE: what stands between commas outside of parentheses and quotes. */
    private static List<String> actions(String text) {
        List<String> actions = new ArrayList<>();
        int depth = 0;
        int start = 0;
        char quote = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (c == '\'' || c == '"') {
                quote = c;
            } else if (c == '(') {
                depth++;
            } else if (c == ')') {
                depth--;
            } else if (c == ',' && depth == 0) {
                actions.add(text.substring(start, i).strip());
                start = i + 1;
            }
        }
        actions.add(text.substring(start).strip());
        return actions;
    }

    private static String plain(String name) {
        return Optional.ofNullable(name).map(given -> given.startsWith("\"")
                ? given.substring(1, given.length() - 1).replace("\"\"", "\"") : given.toLowerCase(Locale.ROOT)).orElse(null);
    }
}
