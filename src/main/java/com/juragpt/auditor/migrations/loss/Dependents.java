package com.juragpt.auditor.migrations.loss;

import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Sql;
import com.juragpt.auditor.migrations.connection.SqlAction;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import liquibase.exception.LiquibaseException;

/**
 * Finds what keeps PostgreSQL from dropping a plan's tables: foreign keys, views and heirs that the plan itself does not drop
 * before. The server is not asked until somebody wants to know.
 */
final class Dependents {

    // Most tables have none, which is known from an index.
    private static final String HAS_DEPENDENTS = """
            SELECT EXISTS (SELECT FROM pg_depend
                            WHERE refclassid = 'pg_class'::regclass AND refobjid = to_regclass(?) AND deptype = 'n')""";

    // What, in words; the relation that holds on; the constraint, if it is one; the columns whose end is the constraint's too.
    private static final String DEPENDENTS = """
            SELECT format('foreign key %I of %s depends on it', conname, conrelid::regclass), conrelid::regclass::text, conname,
                   ARRAY(SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey))::text[]
              FROM pg_constraint
             WHERE contype = 'f' AND confrelid = to_regclass(?) AND conrelid <> confrelid AND conparentid = 0
                   AND oid IN (SELECT objid FROM pg_depend
                                WHERE refclassid = 'pg_class'::regclass AND refobjid = to_regclass(?))
            UNION
            SELECT CASE relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END || c.oid::regclass || ' depends on it', c.oid::regclass::text,
                   NULL, '{}'
              FROM pg_depend d JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                   JOIN pg_class c ON c.oid = ev_class
             WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass(?) AND ev_class <> d.refobjid
            UNION
            SELECT 'table ' || inhrelid::regclass || ', which inherits from it', inhrelid::regclass::text, NULL, '{}'
              FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
             WHERE inhparent = to_regclass(?) AND NOT relispartition
             ORDER BY 1""";

    private final MigrationContext context;
    private final Set<String> dropped = new HashSet<>();
    private final List<SqlAction> steps = new ArrayList<>();
    private final List<String> found = new ArrayList<>();
    private boolean certain = true;

    Dependents(MigrationContext context) {
        this.context = context;
    }

    /** A statement was seen whose effect on other objects is not known: from here on nothing can be said. */
    void losesSight() {
        certain = false;
    }

    void dropsView(String view) {
        if (context.onPostgres()) {
            steps.add(() -> dropped.add(String.valueOf(Sql.text(context.connection(), "SELECT to_regclass(?)::text", view))));
        }
    }

    void dropsColumn(String tableNow, String column) {
        steps.add(() -> dropped.add(key(tableNow, column)));
    }

    void dropsConstraint(String tableNow, String constraint) {
        steps.add(() -> dropped.add(key(tableNow, constraint)));
    }

    /**
     * The table is dropped next.
     *
     * @param tableNow as PostgreSQL itself names it
     */
    void dropsTable(String changeset, String tableNow, boolean cascade) {
        if (!context.onPostgres()) {
            return;
        }
        if (certain && !cascade) {
            steps.add(() -> find(changeset, tableNow));
        }
        steps.add(() -> dropped.add(tableNow));
    }

    private void find(String changeset, String tableNow) throws SQLException {
        if (!Sql.test(context.connection(), HAS_DEPENDENTS, tableNow).orElse(true)) {
            return;
        }
        try (PreparedStatement query = context.connection().prepareStatement(DEPENDENTS)) {
            for (int i = 1; i <= 4; i++) {
                query.setString(i, tableNow);
            }
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    Set<String> keys = new TreeSet<>(Set.of(row.getString(2)));
                    if (row.getString(3) != null) {
                        keys.add(key(row.getString(2), row.getString(3)));
                        for (String column : (String[]) row.getArray(4).getArray()) {
                            keys.add(key(row.getString(2), column));
                        }
                    }
                    if (Collections.disjoint(dropped, keys)) {
                        found.add(changeset + "  cannot drop table " + tableNow + ": " + row.getString(1));
                    }
                }
            }
        }
    }

    /** A line for each, in the order of the plan. */
    List<String> found() throws LiquibaseException, SQLException {
        for (SqlAction step : steps) {
            step.run();
        }
        steps.clear();
        return List.copyOf(found);
    }

    private static String key(String table, String part) {
        return table + " " + part.replace("\"", "");
    }
}
