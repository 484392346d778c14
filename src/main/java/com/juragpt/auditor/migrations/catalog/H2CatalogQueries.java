package com.juragpt.auditor.migrations.catalog;

import java.util.List;

/**
 * The schema PUBLIC from H2's INFORMATION_SCHEMA, in the form of {@link PostgresCatalogQueries} but for its {@link H2Constraints}. Names that H2 has generated are
 * left out, because they differ from database to database.
 */
final class H2CatalogQueries {

    private static final String OWN = """
            TABLE_SCHEMA = 'PUBLIC' AND TABLE_NAME NOT IN ('DATABASECHANGELOG', 'DATABASECHANGELOGLOCK', 'ALEMBIC_VERSION')
            """;

    private static final String TABLES = """
            SELECT 0, CASE TABLE_TYPE WHEN 'VIEW' THEN 'view' ELSE 'table' END, LOWER(TABLE_NAME),
                   (SELECT VIEW_DEFINITION FROM INFORMATION_SCHEMA.VIEWS V
                     WHERE V.TABLE_SCHEMA = T.TABLE_SCHEMA AND V.TABLE_NAME = T.TABLE_NAME) AS "definition", REMARKS AS "comment"
              FROM INFORMATION_SCHEMA.TABLES T WHERE\s""" + OWN;

    private static final String COLUMNS = """
            SELECT 0, 'column', LOWER(TABLE_NAME || '.' || COLUMN_NAME), ORDINAL_POSITION AS "position",
                   COALESCE(DOMAIN_NAME, DATA_TYPE_SQL(TABLE_SCHEMA, TABLE_NAME, 'TABLE', DTD_IDENTIFIER)) AS "type",
                   LOWER(IS_NULLABLE) AS "nullable", COLUMN_DEFAULT AS "default",
                   GENERATION_EXPRESSION AS "generated", LOWER(IDENTITY_GENERATION) AS "identity", REMARKS AS "comment"
              FROM INFORMATION_SCHEMA.COLUMNS WHERE\s""" + OWN;

    private static final String INDEXES = """
            SELECT 0, 'index', LOWER(INDEX_NAME), INDEX_TYPE_NAME || ' on ' || TABLE_NAME || ' ('
                   || (SELECT LISTAGG(COLUMN_NAME || ' ' || ORDERING_SPECIFICATION, ', ')
                              WITHIN GROUP (ORDER BY ORDINAL_POSITION)
                         FROM INFORMATION_SCHEMA.INDEX_COLUMNS C
                        WHERE C.INDEX_SCHEMA = I.INDEX_SCHEMA AND C.INDEX_NAME = I.INDEX_NAME) || ')' AS "definition",
                   LOWER(TABLE_NAME) AS "table", REMARKS AS "comment"
              FROM INFORMATION_SCHEMA.INDEXES I WHERE NOT IS_GENERATED AND\s""" + OWN;

    private static final String TRIGGERS = """
            SELECT 0, 'trigger', LOWER(EVENT_OBJECT_TABLE || '.' || TRIGGER_NAME),
                   ACTION_TIMING || ' ' || EVENT_MANIPULATION || ' FOR EACH ' || ACTION_ORIENTATION || ' ' || JAVA_CLASS
                       AS "definition", REMARKS AS "comment"
              FROM INFORMATION_SCHEMA.TRIGGERS WHERE TRIGGER_SCHEMA = 'PUBLIC'""";

    private static final String SEQUENCES = """
            SELECT 0, 'sequence', LOWER(SEQUENCE_NAME), DATA_TYPE AS "type", START_VALUE AS "start", INCREMENT AS "increment",
                   MINIMUM_VALUE AS "minimum", MAXIMUM_VALUE AS "maximum", LOWER(CYCLE_OPTION) AS "cycle", REMARKS AS "comment"
              FROM INFORMATION_SCHEMA.SEQUENCES
             WHERE SEQUENCE_SCHEMA = 'PUBLIC' AND SEQUENCE_NAME NOT LIKE 'SYSTEM\\_SEQUENCE\\_%'""";

    private static final String DOMAINS = """
            SELECT 0, 'domain', LOWER(DOMAIN_NAME), DATA_TYPE_SQL(DOMAIN_SCHEMA, DOMAIN_NAME, 'DOMAIN', 'TYPE') AS "type",
                   DOMAIN_DEFAULT AS "default",
                   (SELECT LISTAGG(CHECK_CLAUSE, ', ') WITHIN GROUP (ORDER BY CHECK_CLAUSE)
                      FROM INFORMATION_SCHEMA.DOMAIN_CONSTRAINTS N JOIN INFORMATION_SCHEMA.CHECK_CONSTRAINTS B
                           USING (CONSTRAINT_SCHEMA, CONSTRAINT_NAME)
                     WHERE N.DOMAIN_SCHEMA = D.DOMAIN_SCHEMA AND N.DOMAIN_NAME = D.DOMAIN_NAME) AS "checks", REMARKS AS "comment"
              FROM INFORMATION_SCHEMA.DOMAINS D WHERE DOMAIN_SCHEMA = 'PUBLIC'""";

    private static final String ROUTINES = """
            SELECT 0, LOWER(ROUTINE_TYPE), LOWER(ROUTINE_NAME),
                   COALESCE(ROUTINE_DEFINITION, EXTERNAL_NAME) AS "definition", REMARKS AS "comment"
              FROM INFORMATION_SCHEMA.ROUTINES WHERE ROUTINE_SCHEMA = 'PUBLIC'""";

    static final List<String> ALL = List.of(TABLES, COLUMNS, INDEXES, TRIGGERS, SEQUENCES, DOMAINS, ROUTINES);

    private H2CatalogQueries() {
    }
}
