package com.juragpt.auditor.migrations.check;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How to write, for a table that is in use, what would make its users wait. To be copied; each statement in a changeset of its own. */
final class SafeForms {

    private static final Pattern INDEX = Pattern.compile("(?is)(CREATE\\s+(?:UNIQUE\\s+)?INDEX)\\s+(.*)");
    private static final Pattern KEY = Pattern.compile("(?is).*?(UNIQUE|PRIMARY\\s+KEY)\\s*(\\(.*?\\)).*");

    String index(StatementForm form) {
        Matcher index = INDEX.matcher(form.detail());
        String concurrent = index.matches() ? index.group(1) + " CONCURRENTLY " + index.group(2) : form.detail();
        return concurrently(concurrent, form.name());
    }

    String key(StatementForm form) {
        Matcher key = KEY.matcher(form.detail());
        String name = name(form, "key");
        if (!key.matches()) {
            return "in a maintenance window: PostgreSQL has no other form for it";
        }
        return concurrently("CREATE UNIQUE INDEX CONCURRENTLY " + name + " ON " + table(form) + " " + key.group(2), form.name())
                + "\nthen " + sql(constraint(form, name, key.group(1).replaceAll("\\s+", " ") + " USING INDEX " + name));
    }

    String foreignKey(StatementForm form) {
        return "addForeignKeyConstraint with validate: false, or "
                + sql("ALTER TABLE " + table(form) + " " + form.detail() + " NOT VALID")
                + "\nthen " + validate(form);
    }

    String check(StatementForm form) {
        return sql("ALTER TABLE " + table(form) + " " + form.detail() + " NOT VALID") + "\nthen " + validate(form);
    }

    String notNull(StatementForm form) {
        String name = quoted(form.table() + "_" + form.name() + "_not_null");
        return sql(constraint(form, name, "CHECK (" + quoted(form.name()) + " IS NOT NULL) NOT VALID"))
                + "\nthen " + sql("ALTER TABLE " + table(form) + " VALIDATE CONSTRAINT " + name)
                + "\nthen addNotNullConstraint, which now looks at no row, and dropping the constraint " + name;
    }

    String filledColumn(StatementForm form) {
        return "addColumn without the default, then addDefaultValue, then an update of the rows that have none";
    }

    String newColumn(StatementForm form) {
        return "a new column of that type, which the service fills beside the old one; then an update of the other rows; the old column"
                + " goes in a later revision";
    }

    String notUsedAnyMore() {
        return "first deploy a service that does without it, then this";
    }

    private static String constraint(StatementForm form, String name, String definition) {
        return "ALTER TABLE " + table(form) + " ADD CONSTRAINT " + name + " " + definition;
    }

    private static String validate(StatementForm form) {
        return sql("ALTER TABLE " + table(form) + " VALIDATE CONSTRAINT " + name(form, "its_name"));
    }

    private static String concurrently(String sql, String name) {
        return "with runInTransaction: false, " + sql(sql) + "\nwhose rollback is "
                + sql("DROP INDEX CONCURRENTLY IF EXISTS " + (name == null ? "its_name" : quoted(name)));
    }

    private static String name(StatementForm form, String otherwise) {
        return quoted(form.name() == null ? form.table() + "_" + otherwise : form.name());
    }

    private static String table(StatementForm form) {
        return quoted(form.table());
    }

    private static String quoted(String name) {
        return name.matches("[a-z_][a-z0-9_]*") ? name : "\"" + name.replace("\"", "\"\"") + "\"";
    }

    private static String sql(String statement) {
        return "- sql: {sql: \"" + statement.replace("\"", "\\\"") + "\"}";
    }
}
