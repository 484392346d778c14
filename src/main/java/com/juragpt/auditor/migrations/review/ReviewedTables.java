package com.juragpt.auditor.migrations.review;

import com.juragpt.auditor.migrations.api.Review.Changeset;
import com.juragpt.auditor.migrations.api.Review.Size;
import com.juragpt.auditor.migrations.api.Review.Table;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The tables that SQL names. A name is looked for as a word: that finds every table that is named, now and then one that only
 * happens to be called like a column, and none that a function or a trigger reaches.
 */
final class ReviewedTables {

    private static final String SIZES = """
            SELECT quote_ident(relname), CASE WHEN reltuples > 0 THEN reltuples::bigint ELSE pg_stat_get_live_tuples(oid) END,
                   pg_total_relation_size(oid)
              FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
               AND relkind IN ('r', 'p', 'm', 'f') AND relname NOT IN ('databasechangelog', 'databasechangeloglock')
             ORDER BY relname""";

    private static final Pattern CREATE =
            Pattern.compile("(?i)\\bCREATE\\s+(?:UNLOGGED\\s+)?TABLE\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?"
                    + "((?:\"(?:[^\"]|\"\")+\"|[a-z_][a-z0-9_$]*)(?:\\.(?:\"(?:[^\"]|\"\")+\"|[a-z_][a-z0-9_$]*))?)");
    private static final Pattern RENAME = Pattern.compile("(?i)\\bALTER\\s+TABLE\\s+\\S+\\s+RENAME\\s+TO\\s+(\"[^\"]+\"|\\w+)");

    private ReviewedTables() {
    }

    /** The tables that the changesets name, in the order of their names. */
    static List<Table> of(List<Changeset> changesets, MigrationContext context) throws SQLException {
        Map<String, Size> sizes = context.isOffline() ? new LinkedHashMap<>() : sizes(context);
        for (Changeset changeset : changesets) {
            for (String sql : changeset.up().sql()) {
                for (Pattern made : List.of(CREATE, RENAME)) {
                    Matcher matcher = made.matcher(sql);
                    while (matcher.find()) {
                        sizes.putIfAbsent(matcher.group(1), null);
                    }
                }
            }
        }
        Map<String, Table> tables = new TreeMap<>();
        sizes.forEach((name, size) -> {
            List<String> naming = new ArrayList<>();
            for (Changeset changeset : changesets) {
                if (changeset.up().sql().stream().anyMatch(sql -> names(name, sql))) {
                    naming.add(changeset.id());
                }
            }
            if (!naming.isEmpty()) {
                tables.put(name, new Table(name, size, List.copyOf(naming), List.of()));
            }
        });
        return List.copyOf(tables.values());
    }

    private static boolean names(String table, String sql) {
        return Pattern.compile("(?i)(?<![\\w$\"])" + Pattern.quote(table) + "(?![\\w$\"])").matcher(sql).find();
    }

    private static Map<String, Size> sizes(MigrationContext context) throws SQLException {
        Map<String, Size> sizes = new LinkedHashMap<>();
        try (Statement statement = context.connection().createStatement(); ResultSet row = statement.executeQuery(SIZES)) {
            while (row.next()) {
                sizes.put(row.getString(1), new Size(row.getLong(2), row.getLong(3)));
            }
        }
        return sizes;
    }
}
