package com.juragpt.auditor.migrations.draft;

import com.juragpt.auditor.migrations.catalog.Catalog;
import com.juragpt.auditor.migrations.catalog.CatalogReader;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import liquibase.CatalogAndSchema;
import liquibase.database.Database;
import liquibase.exception.LiquibaseException;
import liquibase.snapshot.DatabaseSnapshot;
import liquibase.snapshot.SnapshotControl;
import liquibase.snapshot.SnapshotGeneratorFactory;
import liquibase.structure.DatabaseObject;
import liquibase.structure.core.Column;
import liquibase.structure.core.ForeignKey;
import liquibase.structure.core.Index;
import liquibase.structure.core.PrimaryKey;
import liquibase.structure.core.Sequence;
import liquibase.structure.core.Table;
import liquibase.structure.core.UniqueConstraint;
import liquibase.structure.core.View;

/**
 * One schema at one moment.
 *
 * @param database what Liquibase works with
 * @param snapshot what Liquibase sees of it
 * @param catalog all that it has; null where there is no server to ask
 * @param quotedDefaults the texts that are empty or hold a quote and are a column's default, as the server writes them, by
 *     {@code table.column}: Liquibase would lose the one and double the other
 * @param serials its columns that count up by a sequence that belongs to them, as {@code table.column}
 */
record SchemaState(Database database, DatabaseSnapshot snapshot, Catalog catalog, Map<String, String> quotedDefaults,
        Set<String> serials) {

    /** The kinds of objects that Liquibase can compare. */
    static final List<Class<? extends DatabaseObject>> KINDS = List.of(Table.class, View.class, Column.class, PrimaryKey.class,
            UniqueConstraint.class, Index.class, ForeignKey.class, Sequence.class);

    private static final String SERIALS =
            """
            SELECT c.relname || '.' || a.attname
              FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
             WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind IN ('r', 'p')
               AND a.attnum > 0 AND NOT a.attisdropped AND a.attidentity = '' AND a.atthasdef
               AND pg_get_serial_sequence(quote_ident(current_schema()) || '.' || quote_ident(c.relname), a.attname) IS NOT NULL""";

    private static final String QUOTED_DEFAULTS = """
            SELECT c.relname || '.' || a.attname AS name, pg_get_expr(d.adbin, d.adrelid) AS expression
              FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                   JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
             WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind IN ('r', 'p') AND a.attgenerated = ''
               AND (pg_get_expr(d.adbin, d.adrelid) LIKE '''%''''%' OR pg_get_expr(d.adbin, d.adrelid) LIKE '''''%')""";

    /** Reads the schema that a connection works in. */
    static SchemaState read(MigrationContext context) throws LiquibaseException, SQLException {
        return new SchemaState(context.database(), snapshot(context.database()), CatalogReader.read(context.connection()),
                context.onPostgres() ? quotedDefaults(context.connection()) : Map.of(),
                context.onPostgres() ? Set.copyOf(Sql.list(context.connection(), SERIALS)) : Set.of());
    }

    /** Reads what only Liquibase can. */
    static SchemaState read(Database database) throws LiquibaseException {
        return new SchemaState(database, snapshot(database), null, Map.of(), Set.of());
    }

    private static Map<String, String> quotedDefaults(Connection connection) throws SQLException {
        Map<String, String> defaults = new HashMap<>();
        try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(QUOTED_DEFAULTS)) {
            while (rows.next()) {
                defaults.put(rows.getString(1), rows.getString(2));
            }
        }
        return defaults;
    }

    private static DatabaseSnapshot snapshot(Database database) throws LiquibaseException {
        Class<?>[] kinds = KINDS.toArray(Class[]::new);
        return SnapshotGeneratorFactory.getInstance().createSnapshot(place(database), database, control(database, kinds));
    }

    @SuppressWarnings("unchecked")
    private static SnapshotControl control(Database database, Class<?>... kinds) {
        return new SnapshotControl(database, (Class<? extends DatabaseObject>[]) kinds);
    }

    CatalogAndSchema place() {
        return place(database);
    }

    private static CatalogAndSchema place(Database database) {
        return new CatalogAndSchema(database.getDefaultCatalogName(), database.getDefaultSchemaName());
    }
}
