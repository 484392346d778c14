package com.juragpt.auditor.migrations.testing;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a schema holds, a line an object, so that two schemas can be compared line by line. Left out are Liquibase's own
 * two tables, names that the database made up, and the data.
 */
public final class CatalogText {

    private static final List<String> POSTGRESQL = List.of(
            """
            SELECT CASE relkind WHEN 'r' THEN 'table ' WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view '
                                ELSE 'relation of kind ' || relkind::text || ' ' END
                   || relname || CASE relpersistence WHEN 'p' THEN '' ELSE ' persistence ' || relpersistence::text END
                   || coalesce(' AS ' || pg_get_viewdef(oid), '')
            FROM own_relation WHERE relkind NOT IN ('i', 'I', 'S', 'c')
            ORDER BY 1
            """,
            """
            SELECT 'column ' || relname || '.' || attname || ' '
                   || row_number() OVER (PARTITION BY attrelid ORDER BY attnum) || ' '
                   || format_type(atttypid, atttypmod)
                   || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END
                   || CASE WHEN attidentity = '' THEN '' ELSE ' IDENTITY ' || attidentity::text END
                   || CASE WHEN attgenerated = '' THEN '' ELSE ' GENERATED ' || attgenerated::text END
                   || coalesce(' DEFAULT ' || pg_get_expr(adbin, adrelid), '')
                   || coalesce((SELECT ' COLLATE ' || collname FROM pg_collation c
                                WHERE c.oid = attcollation AND collname <> 'default'), '')
            FROM own_relation JOIN pg_attribute ON attrelid = own_relation.oid
                 LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
            WHERE relkind NOT IN ('i', 'I', 'S') AND attnum > 0 AND NOT attisdropped
            ORDER BY relname, attnum
            """,
            // From PostgreSQL 18 on, NOT NULL is a constraint too; the column's line has it already.
            """
            SELECT 'constraint ' || relname || '.' || conname || ' ' || pg_get_constraintdef(pg_constraint.oid)
            FROM own_relation JOIN pg_constraint ON conrelid = own_relation.oid
            WHERE contype <> 'n'
            ORDER BY 1
            """,
            """
            SELECT 'index ' || pg_get_indexdef(indexrelid) || CASE WHEN indisvalid THEN '' ELSE ' INVALID' END
            FROM own_relation JOIN pg_index ON indrelid = own_relation.oid
            ORDER BY 1
            """,
            """
            SELECT 'sequence ' || relname || ' ' || format_type(seqtypid, NULL) || ' START ' || seqstart
                   || ' INCREMENT ' || seqincrement || ' MIN ' || seqmin || ' MAX ' || seqmax || ' CACHE ' || seqcache
                   || CASE WHEN seqcycle THEN ' CYCLE' ELSE '' END
                   || coalesce((SELECT ' OWNED BY ' || refobjid::regclass || '.' || attname
                                FROM pg_depend JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
                                WHERE classid = 'pg_class'::regclass AND objid = own_relation.oid AND deptype IN ('a', 'i')), '')
            FROM own_relation JOIN pg_sequence ON seqrelid = own_relation.oid
            ORDER BY 1
            """,
            """
            SELECT 'trigger ' || pg_get_triggerdef(pg_trigger.oid)
            FROM own_relation JOIN pg_trigger ON tgrelid = own_relation.oid
            WHERE NOT tgisinternal
            ORDER BY 1
            """,
            """
            SELECT 'routine ' || oid::regprocedure || ' ' || md5(prosrc)
            FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
            ORDER BY 1
            """,
            """
            SELECT 'type ' || typname || ' ' || typtype::text
                   || coalesce(' ' || format_type(nullif(typbasetype, 0), typtypmod), '')
                   || coalesce((SELECT ' ' || string_agg(enumlabel, ', ' ORDER BY enumsortorder) FROM pg_enum
                                WHERE enumtypid = pg_type.oid), '')
            FROM pg_type
            WHERE typnamespace = current_schema()::regnamespace AND typtype IN ('e', 'd', 'r')
            ORDER BY 1
            """,
            """
            SELECT 'comment on ' || pg_describe_object(classoid, pg_description.objoid, objsubid) || ': ' || description
            FROM pg_description JOIN own_relation ON objoid = own_relation.oid AND classoid = 'pg_class'::regclass
            ORDER BY 1
            """);

    private static final String POSTGRESQL_OWN_RELATIONS = """
            WITH own_relation AS (
                SELECT * FROM pg_class
                WHERE relnamespace = current_schema()::regnamespace
                AND relname NOT IN ('databasechangelog', 'databasechangeloglock'))
            """;

    private static final List<String> H2 = List.of(
            """
            SELECT LOWER(TABLE_TYPE) || ' ' || T.TABLE_NAME || COALESCE(' AS ' || VIEW_DEFINITION, '')
                   || COALESCE(' comment ' || T.REMARKS, '')
            FROM INFORMATION_SCHEMA.TABLES T LEFT JOIN INFORMATION_SCHEMA.VIEWS V
                 ON V.TABLE_SCHEMA = T.TABLE_SCHEMA AND V.TABLE_NAME = T.TABLE_NAME
            WHERE T.TABLE_SCHEMA = 'PUBLIC' AND T.TABLE_NAME NOT IN ('DATABASECHANGELOG', 'DATABASECHANGELOGLOCK')
            ORDER BY 1
            """,
            """
            SELECT 'column ' || TABLE_NAME || '.' || COLUMN_NAME || ' ' || ORDINAL_POSITION || ' '
                   || DATA_TYPE_SQL(TABLE_SCHEMA, TABLE_NAME, 'TABLE', DTD_IDENTIFIER)
                   || CASE IS_NULLABLE WHEN 'NO' THEN ' NOT NULL' ELSE '' END
                   || CASE IS_IDENTITY WHEN 'YES' THEN ' IDENTITY ' || IDENTITY_GENERATION ELSE '' END
                   || COALESCE(' DEFAULT ' || COLUMN_DEFAULT, '') || COALESCE(' comment ' || REMARKS, '')
            FROM INFORMATION_SCHEMA.COLUMNS
            WHERE TABLE_SCHEMA = 'PUBLIC' AND TABLE_NAME NOT IN ('DATABASECHANGELOG', 'DATABASECHANGELOGLOCK')
            ORDER BY TABLE_NAME, ORDINAL_POSITION
            """,
            """
            SELECT 'constraint ' || TABLE_NAME || '.' || C.CONSTRAINT_NAME || ' ' || CONSTRAINT_TYPE
                   || COALESCE((SELECT ' (' || LISTAGG(COLUMN_NAME, ', ') WITHIN GROUP (ORDER BY ORDINAL_POSITION) || ')'
                                FROM INFORMATION_SCHEMA.KEY_COLUMN_USAGE K
                                WHERE K.CONSTRAINT_SCHEMA = C.CONSTRAINT_SCHEMA AND K.CONSTRAINT_NAME = C.CONSTRAINT_NAME), '')
                   || COALESCE((SELECT ' ' || CHECK_CLAUSE FROM INFORMATION_SCHEMA.CHECK_CONSTRAINTS K
                                WHERE K.CONSTRAINT_SCHEMA = C.CONSTRAINT_SCHEMA AND K.CONSTRAINT_NAME = C.CONSTRAINT_NAME), '')
            FROM INFORMATION_SCHEMA.TABLE_CONSTRAINTS C
            WHERE TABLE_SCHEMA = 'PUBLIC' AND TABLE_NAME NOT IN ('DATABASECHANGELOG', 'DATABASECHANGELOGLOCK')
            ORDER BY 1
            """,
            """
            SELECT LOWER(INDEX_TYPE_NAME) || ' ' || TABLE_NAME || '.'
                   || CASE WHEN IS_GENERATED THEN '(generated)' ELSE INDEX_NAME END
                   || (SELECT ' (' || LISTAGG(COLUMN_NAME || ' ' || ORDERING_SPECIFICATION, ', ')
                                      WITHIN GROUP (ORDER BY ORDINAL_POSITION) || ')'
                       FROM INFORMATION_SCHEMA.INDEX_COLUMNS C
                       WHERE C.INDEX_SCHEMA = I.INDEX_SCHEMA AND C.INDEX_NAME = I.INDEX_NAME)
            FROM INFORMATION_SCHEMA.INDEXES I
            WHERE TABLE_SCHEMA = 'PUBLIC' AND TABLE_NAME NOT IN ('DATABASECHANGELOG', 'DATABASECHANGELOGLOCK')
            ORDER BY 1
            """,
            """
            SELECT 'sequence ' || SEQUENCE_NAME || ' ' || DATA_TYPE || ' START ' || START_VALUE || ' INCREMENT ' || INCREMENT
            FROM INFORMATION_SCHEMA.SEQUENCES WHERE SEQUENCE_SCHEMA = 'PUBLIC'
            ORDER BY 1
            """);

    private CatalogText() {
    }

    /** The connection's current schema on PostgreSQL; the schema PUBLIC on H2. */
    public static List<String> of(Connection connection) {
        try {
            boolean postgresql = connection.getMetaData().getDatabaseProductName().equals("PostgreSQL");
            List<String> lines = new ArrayList<>();
            for (String query : postgresql ? POSTGRESQL : H2) {
                Rows.of(connection, postgresql ? POSTGRESQL_OWN_RELATIONS + query : query).forEach(row -> lines.add(row.get(0)));
            }
            return lines;
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }
}
