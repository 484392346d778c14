package com.juragpt.auditor.migrations.check;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import liquibase.change.Change;
import liquibase.change.ColumnConfig;
import liquibase.change.core.AddColumnChange;
import liquibase.change.core.CreateTableChange;
import liquibase.change.core.ModifyDataTypeChange;
import liquibase.database.Database;
import liquibase.datatype.DataTypeFactory;

/** The types that a changelog gives to its columns, and which of their changes write every row of a table anew. */
final class ColumnTypes {

    enum Effect {
        KEEPS_ROWS,
        REWRITES,
        NOT_KNOWN
    }

    // What is evaluated anew for each row; another function may be so too, but that only a server knows.
    private static final Pattern VOLATILE =
            Pattern.compile("(?is).*\\bDEFAULT\\b.*\\b(?:random|gen_random_uuid|uuid_generate_v\\d\\w*"
                    + "|uuidv\\d|clock_timestamp|timeofday|nextval)\\s*\\(.*");
    private static final Pattern COUNTING_OR_STORED = Pattern.compile(
            "(?is)(?:(?:small|big)?serial\\b.*|.*\\bGENERATED\\b.*(?:\\bAS\\s+IDENTITY\\b|\\bSTORED\\b).*)");
    private static final Pattern NOT_NULL = Pattern.compile("(?is).*\\b(?:NOT\\s+NULL|PRIMARY\\s+KEY)\\b.*");
    private static final Pattern DEFAULT = Pattern.compile("(?is).*\\bDEFAULT\\b(?!\\s+NULL\\b).*");
    private static final Pattern TEXT = Pattern.compile("(?:varchar|character varying)\\s*(?:\\(\\s*(\\d+)\\s*\\))?|text");

    private final Database database;
    private final Map<String, String> types = new HashMap<>();

    ColumnTypes(Database database) {
        this.database = database;
    }

    /** @param definition of a new column, without its name */
    static boolean isWrittenIntoEveryRow(String definition) {
        return VOLATILE.matcher(definition).matches() || COUNTING_OR_STORED.matcher(definition).matches();
    }

    /** @param definition of a new column, without its name */
    static boolean needsAValue(String definition) {
        return NOT_NULL.matcher(definition).matches() && !DEFAULT.matcher(definition).matches();
    }

    void learn(Change change) {
        if (change instanceof CreateTableChange made) {
            learn(made.getTableName(), made.getColumns());
        } else if (change instanceof AddColumnChange made) {
            learn(made.getTableName(), made.getColumns());
        } else if (change instanceof ModifyDataTypeChange made) {
            types.put(key(made.getTableName(), made.getColumnName()), normal(made.getNewDataType()));
        }
    }

    private void learn(String table, List<? extends ColumnConfig> columns) {
        columns.stream().filter(column -> column.getType() != null)
                .forEach(column -> types.put(key(table, column.getName()), normal(column.getType())));
    }

    /** What the change of a column's type does to the rows: texts that only become longer are left as they are. */
    Effect changeTo(StatementForm form) {
        String before = types.get(key(form.table(), form.name()));
        Matcher after = TEXT.matcher(form.detail().toLowerCase(Locale.ROOT));
        if (before == null) {
            return after.matches() ? Effect.NOT_KNOWN : Effect.REWRITES;
        }
        Matcher old = TEXT.matcher(before);
        return before.equals(normal(form.detail())) || old.matches() && after.matches() && length(after) >= length(old)
                ? Effect.KEEPS_ROWS : Effect.REWRITES;
    }

    private static long length(Matcher text) {
        return text.group(1) == null ? Long.MAX_VALUE : Long.parseLong(text.group(1));
    }

    private String normal(String type) {
        return DataTypeFactory.getInstance().fromDescription(type, database).toDatabaseDataType(database).toSql()
                .toLowerCase(Locale.ROOT);
    }

    private static String key(String table, String column) {
        return String.valueOf(table).toLowerCase(Locale.ROOT) + "." + String.valueOf(column).toLowerCase(Locale.ROOT);
    }
}
