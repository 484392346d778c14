package com.juragpt.auditor.migrations.catalog;

import java.util.List;

/**
 * The schema PUBLIC out of H2's INFORMATION_SCHEMA, in the form of {@link PostgresCatalogQueries}. Names that H2 made up are
 * left out, as they are others in each database.
 */
final class H2CatalogQueries {

    private static final String OWN = """
            TABLE_SCHEMA = 'PUBLIC' AND TABLE_NAME NOT IN ('DATABASECHANGELOG', 'DATABASECHANGELOGLOCK', 'ALEMBIC_VERSION')
            """;

    private static final String TABLES = """
            SELECT CASE T.TABLE_TYPE WHEN 'VIEW' THEN 'view' ELSE 'table' END, LOWER(T.TABLE_NAME),
                   V.VIEW_DEFINITION AS "definition", T.REMARKS AS "comment"
              FROM INFORMATION_SCHEMA.TABLES T LEFT JOIN INFORMATION_SCHEMA.VIEWS V USING (TABLE_SCHEMA, TABLE_NAME)
             WHERE\s""" + OWN;

    private static final String COLUMNS = """
            SELECT 'column', LOWER(TABLE_NAME || '.' || COLUMN_NAME), ORDINAL_POSITION AS "position",
                   DATA_TYPE_SQL(TABLE_SCHEMA, TABLE_NAME, 'TABLE', DTD_IDENTIFIER) AS "type",
                   LOWER(IS_NULLABLE) AS "nullable", COLUMN_DEFAULT AS "default",
                   GENERATION_EXPRESSION AS "generated", LOWER(IDENTITY_GENERATION) AS "identity", REMARKS AS "comment"
              FROM INFORMATION_SCHEMA.COLUMNS WHERE\s""" + OWN;

    private static final String CONSTRAINTS = """
            SELECT 'constraint', LOWER(TABLE_NAME || '.' || CONSTRAINT_NAME), CONSTRAINT_TYPE AS "type",
                   (SELECT LISTAGG(COLUMN_NAME, ', ') WITHIN GROUP (ORDER BY ORDINAL_POSITION)
                      FROM INFORMATION_SCHEMA.KEY_COLUMN_USAGE K
                     WHERE K.CONSTRAINT_SCHEMA = C.CONSTRAINT_SCHEMA AND K.CONSTRAINT_NAME = C.CONSTRAINT_NAME) AS "columns",
                   (SELECT CHECK_CLAUSE FROM INFORMATION_SCHEMA.CHECK_CONSTRAINTS K
                     WHERE K.CONSTRAINT_SCHEMA = C.CONSTRAINT_SCHEMA AND K.CONSTRAINT_NAME = C.CONSTRAINT_NAME) AS "check"
              FROM INFORMATION_SCHEMA.TABLE_CONSTRAINTS C WHERE\s""" + OWN;

    private static final String INDEXES = """
            SELECT 'index', LOWER(INDEX_NAME), INDEX_TYPE_NAME || ' on ' || TABLE_NAME || ' ('
                   || (SELECT LISTAGG(COLUMN_NAME || ' ' || ORDERING_SPECIFICATION, ', ')
                              WITHIN GROUP (ORDER BY ORDINAL_POSITION)
                         FROM INFORMATION_SCHEMA.INDEX_COLUMNS C
                        WHERE C.INDEX_SCHEMA = I.INDEX_SCHEMA AND C.INDEX_NAME = I.INDEX_NAME) || ')' AS "definition"
              FROM INFORMATION_SCHEMA.INDEXES I WHERE NOT IS_GENERATED AND\s""" + OWN;

    private static final String SEQUENCES = """
            SELECT 'sequence', LOWER(SEQUENCE_NAME), DATA_TYPE AS "type", START_VALUE AS "start", INCREMENT AS "increment"
              FROM INFORMATION_SCHEMA.SEQUENCES
             WHERE SEQUENCE_SCHEMA = 'PUBLIC' AND SEQUENCE_NAME NOT LIKE 'SYSTEM\\_SEQUENCE\\_%'""";

    static final List<String> ALL = List.of(TABLES, COLUMNS, CONSTRAINTS, INDEXES, SEQUENCES);

    private H2CatalogQueries() {
    }
}
