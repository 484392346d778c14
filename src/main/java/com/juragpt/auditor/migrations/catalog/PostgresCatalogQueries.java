package com.juragpt.auditor.migrations.catalog;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The current schema from {@code pg_catalog}, with definitions as the server writes them. Each query returns the oid of the
 * object that a row belongs to, an object's kind and name, then one column for each property; NULL is the absence of a property.
 *
 * @see <a href="https://www.postgresql.org/docs/current/catalogs.html">PostgreSQL, System Catalogs</a>
 */
final class PostgresCatalogQueries {

    // Without the objects of extensions; a row type belongs to its relation, an array or multirange to its type.
    private static final String OWN = """
            WITH ignored(name) AS (VALUES ('databasechangelog'), ('databasechangeloglock'), ('alembic_version')),
                 relation AS (
                     SELECT c.*, quote_ident(c.relname) AS name FROM pg_class c
                      WHERE c.relnamespace = quote_ident(current_schema())::regnamespace
                        AND c.relname::text NOT IN (SELECT i.name FROM ignored i)
                        AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid
                                           AND deptype = 'e')),
                 routine AS (
                     SELECT p.*, quote_ident(p.proname) || '('
                            || coalesce((SELECT string_agg(format_type(t.oid, NULL), ', ' ORDER BY t.n)
                                           FROM unnest(p.proargtypes) WITH ORDINALITY AS t(oid, n)), '') || ')' AS name
                       FROM pg_proc p
                      WHERE p.pronamespace = quote_ident(current_schema())::regnamespace
                        AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid
                                           AND deptype = 'e')),
                 own_type AS (
                     SELECT t.*, quote_ident(t.typname) AS name FROM pg_type t
                      WHERE t.typnamespace = quote_ident(current_schema())::regnamespace
                        AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'b' AND t.typcategory <> 'A'
                             OR t.typtype = 'c' AND (SELECT relkind FROM pg_class WHERE oid = t.typrelid) = 'c')
                        AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_type'::regclass AND objid = t.oid
                                           AND deptype = 'e'))
            """;

    private static final String TABLES = """
            SELECT oid, CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                                ELSE 'table' END,
                   name,
                   pg_get_viewdef(CASE WHEN relkind IN ('v', 'm') THEN oid END, true) AS definition,
                   CASE relpersistence WHEN 'u' THEN 'unlogged' WHEN 't' THEN 'temporary' END AS persistence,
                   pg_get_partkeydef(oid) AS partition_key,
                   pg_get_expr(relpartbound, oid) AS partition_bound,
                   (SELECT string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno) FROM pg_inherits
                     WHERE inhrelid = relation.oid) AS parent,
                   CASE WHEN reloftype <> 0 THEN format_type(reloftype, NULL) END AS of_type,
                   (SELECT string_agg(option, ', ' ORDER BY option)
                      FROM (SELECT unnest(relation.reloptions)
                            UNION ALL SELECT 'toast.' || unnest(t.reloptions) FROM pg_class t WHERE t.oid = relation.reltoastrelid)
                           AS own_and_toast(option)) AS options,
                   (SELECT nullif(amname, current_setting('default_table_access_method')) FROM pg_am WHERE pg_am.oid = relam)
                       AS access_method,
                   CASE WHEN relkind = 'r' THEN
                        CASE relreplident WHEN 'f' THEN 'full' WHEN 'n' THEN 'nothing' WHEN 'i' THEN 'index' END END
                       AS replica_identity,
                   CASE WHEN relforcerowsecurity THEN 'forced, ' ELSE '' END
                       || CASE WHEN relrowsecurity THEN 'on' WHEN relforcerowsecurity THEN 'off' END AS row_security,
                   (SELECT srvname || coalesce(' (' || array_to_string(ftoptions, ', ') || ')', '') FROM pg_foreign_table
                           JOIN pg_foreign_server s ON s.oid = ftserver WHERE ftrelid = relation.oid) AS server,
                   CASE WHEN relowner <> current_user::regrole THEN pg_get_userbyid(relowner) END AS owned_by_role,
                   obj_description(oid, 'pg_class') AS comment
              FROM relation WHERE relkind IN ('r', 'p', 'f', 'v', 'm')""";

    // From PostgreSQL 18 on a NOT NULL may be there without having been checked.
    private static final String COLUMNS = """
            SELECT r.oid, 'column', r.name || '.' || quote_ident(a.attname),
                   row_number() OVER (PARTITION BY r.oid ORDER BY a.attnum) AS position,
                   format_type(a.atttypid, a.atttypmod) AS type,
                   CASE WHEN NOT a.attnotnull THEN 'yes'
                        WHEN EXISTS (SELECT FROM pg_constraint WHERE conrelid = r.oid AND contype = 'n' AND NOT convalidated
                                        AND conkey = ARRAY[a.attnum]) THEN 'no, but not validated'
                        ELSE 'no' END AS nullable,
                   CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid, true) END AS "default",
                   CASE a.attgenerated WHEN '' THEN NULL WHEN 's' THEN 'stored: ' ELSE 'virtual: ' END
                       || pg_get_expr(d.adbin, d.adrelid, true) AS generated,
                   CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END AS identity,
                   CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END AS collation,
                   CASE WHEN r.relkind <> 'v' AND a.attstorage <> t.typstorage
                        THEN CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended'
                                               WHEN 'm' THEN 'main' END END AS storage,
                   CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression,
                   nullif(a.attstattarget, -1) AS statistics_target,
                   (SELECT string_agg(option, ', ' ORDER BY option) FROM unnest(a.attoptions) AS option) AS options,
                   col_description(r.oid, a.attnum) AS comment
              FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid
                   JOIN pg_type t ON t.oid = a.atttypid
                   LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
             WHERE r.relkind IN ('r', 'p', 'f', 'c', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped""";

    private static final String SEQUENCES = """
            SELECT relation.oid, 'sequence', name, format_type(seqtypid, NULL) AS type, seqstart AS start, seqincrement AS increment,
                   seqmin AS minimum, seqmax AS maximum, seqcache AS cache, CASE WHEN seqcycle THEN 'yes' END AS cycle,
                   (SELECT refobjid::regclass || '.' || quote_ident(attname) FROM pg_depend
                           JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
                     WHERE classid = 'pg_class'::regclass AND objid = relation.oid AND refclassid = 'pg_class'::regclass
                       AND deptype IN ('a', 'i')) AS owner,
                   CASE relpersistence WHEN 'u' THEN 'unlogged' WHEN 't' THEN 'temporary' END AS persistence,
                   CASE WHEN relowner <> current_user::regrole THEN pg_get_userbyid(relowner) END AS owned_by_role,
                   obj_description(relation.oid, 'pg_class') AS comment
              FROM relation JOIN pg_sequence ON seqrelid = relation.oid""";

    // From PostgreSQL 18 on NOT NULL is a constraint too; the column says it already. A foreign key of another schema's table is
    // part of this schema as far as it keeps its tables from being dropped.
    private static final String CONSTRAINTS = """
            SELECT c.oid, 'constraint', r.name || '.' || quote_ident(c.conname), pg_get_constraintdef(c.oid, true) AS definition,
                   obj_description(c.oid, 'pg_constraint') AS comment
              FROM pg_constraint c JOIN relation r ON r.oid = c.conrelid
             WHERE c.contype <> 'n'
            UNION ALL
            SELECT c.oid, 'foreign key from elsewhere', c.conrelid::regclass || '.' || quote_ident(c.conname),
                   pg_get_constraintdef(c.oid, true), obj_description(c.oid, 'pg_constraint')
              FROM pg_constraint c JOIN relation r ON r.oid = c.confrelid JOIN pg_class o ON o.oid = c.conrelid
             WHERE c.contype = 'f' AND c.conparentid = 0 AND o.relnamespace <> r.relnamespace""";

    private static final String INDEXES = """
            SELECT c.oid, 'index', quote_ident(c.relname), pg_get_indexdef(c.oid, 0, true) AS definition, t.name AS "table",
                   CASE WHEN NOT (i.indisvalid AND i.indisready AND i.indislive) THEN 'invalid' END AS state,
                   CASE WHEN i.indisreplident THEN 'yes' END AS replica_identity,
                   CASE WHEN i.indisclustered THEN 'yes' END AS clustered,
                   (SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = c.oid) AS parent,
                   (SELECT string_agg(a.attname || ' ' || a.attstattarget, ', ' ORDER BY a.attnum) FROM pg_attribute a
                     WHERE a.attrelid = c.oid AND a.attstattarget >= 0) AS statistics_target,
                   obj_description(c.oid, 'pg_class') AS comment
              FROM relation t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class c ON c.oid = i.indexrelid""";

    private static final String TRIGGERS = """
            SELECT t.oid, 'trigger', r.name || '.' || quote_ident(t.tgname), pg_get_triggerdef(t.oid, true) AS definition,
                   CASE t.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'enabled on replicas' WHEN 'A' THEN 'always enabled'
                                    END AS state,
                   obj_description(t.oid, 'pg_trigger') AS comment
              FROM pg_trigger t JOIN relation r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal""";

    private static final String RULES = """
            SELECT w.oid, 'rule', r.name || '.' || quote_ident(w.rulename), pg_get_ruledef(w.oid, true) AS definition,
                   CASE w.ev_enabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'enabled on replicas' WHEN 'A' THEN 'always enabled'
                                     END AS state,
                   obj_description(w.oid, 'pg_rewrite') AS comment
              FROM pg_rewrite w JOIN relation r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN'""";

    private static final String POLICIES = """
            SELECT p.oid, 'policy', r.name || '.' || quote_ident(p.polname),
                   CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete'
                                 ELSE 'all' END AS command,
                   CASE WHEN p.polpermissive THEN 'yes' ELSE 'no' END AS permissive,
                   (SELECT string_agg(name, ', ' ORDER BY name)
                      FROM (SELECT CASE oid WHEN 0 THEN 'public' ELSE pg_get_userbyid(oid) END AS name
                              FROM unnest(p.polroles) AS oid) role) AS roles,
                   pg_get_expr(p.polqual, p.polrelid, true) AS "using",
                   pg_get_expr(p.polwithcheck, p.polrelid, true) AS "check",
                   obj_description(p.oid, 'pg_policy') AS comment
              FROM pg_policy p JOIN relation r ON r.oid = p.polrelid""";

    private static final String STATISTICS = """
            SELECT s.oid, 'statistics', quote_ident(s.stxname), pg_get_statisticsobjdef_columns(s.oid) AS definition,
                   array_to_string(s.stxkind, '') AS kinds, r.name AS "table",
                   obj_description(s.oid, 'pg_statistic_ext') AS comment
              FROM pg_statistic_ext s JOIN relation r ON r.oid = s.stxrelid""";

    // The definition names the routine with its schema, whatever the search path is; a body may name the schema on purpose.
    private static final String ROUTINES = """
            SELECT oid, CASE prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
                   name,
                   CASE WHEN prokind <> 'a' THEN
                        head || substr(pg_get_functiondef(CASE WHEN prokind <> 'a' THEN oid END),
                                       length(head || quote_ident(current_schema()) || '.') + 1) END AS definition,
                   CASE WHEN prokind = 'a' THEN format_type(prorettype, NULL) END AS returns,
                   (SELECT concat_ws(', ', 'kind ' || aggkind::text, 'sfunc ' || aggtransfn::text,
                                     'stype ' || format_type(aggtranstype, NULL), 'initcond ' || agginitval,
                                     'finalfunc ' || nullif(aggfinalfn::text, '-'),
                                     'combinefunc ' || nullif(aggcombinefn::text, '-'),
                                     'msfunc ' || nullif(aggmtransfn::text, '-'),
                                     'sortop ' || nullif(aggsortop::regoper::text, '0'), 'parallel ' || proparallel::text)
                      FROM pg_aggregate WHERE aggfnoid = routine.oid) AS aggregate,
                   CASE WHEN proowner <> current_user::regrole THEN pg_get_userbyid(proowner) END AS owned_by_role,
                   obj_description(oid, 'pg_proc') AS comment
              FROM routine, LATERAL (SELECT 'CREATE OR REPLACE '
                                            || CASE prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END AS head) h""";

    private static final String TYPES = """
            SELECT oid, CASE typtype WHEN 'd' THEN 'domain' ELSE 'type' END, name,
                   CASE typtype WHEN 'e' THEN 'enum' WHEN 'r' THEN 'range' WHEN 'c' THEN 'composite' WHEN 'b' THEN 'base'
                                ELSE format_type(typbasetype, typtypmod) END AS type,
                   (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum
                     WHERE enumtypid = own_type.oid) AS labels,
                   (SELECT concat_ws(', ', format_type(rngsubtype, NULL),
                                     'collation ' || nullif(rngcollation::regcollation::text, '-'),
                                     'canonical ' || nullif(rngcanonical::text, '-'),
                                     'subtype_diff ' || nullif(rngsubdiff::text, '-'))
                      FROM pg_range WHERE rngtypid = own_type.oid) AS subtype,
                   CASE WHEN typtype = 'd' THEN CASE WHEN typnotnull THEN 'no' ELSE 'yes' END END AS nullable,
                   CASE WHEN typtype = 'd' THEN pg_get_expr(typdefaultbin, 'pg_type'::regclass) END AS "default",
                   CASE WHEN typtype = 'd'
                             AND typcollation <> (SELECT b.typcollation FROM pg_type b WHERE b.oid = own_type.typbasetype)
                        THEN typcollation::regcollation::text END AS collation,
                   (SELECT string_agg(quote_ident(conname) || ' ' || pg_get_constraintdef(oid, true), ', ' ORDER BY conname)
                      FROM pg_constraint WHERE contypid = own_type.oid AND contype <> 'n') AS checks,
                   CASE WHEN typowner <> current_user::regrole THEN pg_get_userbyid(typowner) END AS owned_by_role,
                   obj_description(oid, 'pg_type') AS comment
              FROM own_type""";

    // Objects of rarer kinds are only listed, without their properties.
    private static final String OTHERS = """
            SELECT o.oid, i.type, replace(i.identity, quote_ident(current_schema()) || '.', ''),
                   obj_description(o.oid, o.catalog) AS comment
              FROM (SELECT 'pg_collation' AS catalog, oid, collnamespace AS namespace FROM pg_collation
                    UNION ALL SELECT 'pg_operator', oid, oprnamespace FROM pg_operator
                    UNION ALL SELECT 'pg_opclass', oid, opcnamespace FROM pg_opclass
                    UNION ALL SELECT 'pg_opfamily', oid, opfnamespace FROM pg_opfamily
                    UNION ALL SELECT 'pg_conversion', oid, connamespace FROM pg_conversion
                    UNION ALL SELECT 'pg_ts_config', oid, cfgnamespace FROM pg_ts_config
                    UNION ALL SELECT 'pg_ts_dict', oid, dictnamespace FROM pg_ts_dict
                    UNION ALL SELECT 'pg_ts_parser', oid, prsnamespace FROM pg_ts_parser
                    UNION ALL SELECT 'pg_ts_template', oid, tmplnamespace FROM pg_ts_template
                   ) o, pg_identify_object(o.catalog::regclass, o.oid, 0) i
             WHERE o.namespace = quote_ident(current_schema())::regnamespace
               AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.catalog::regclass AND d.objid = o.oid
                                  AND d.deptype = 'e')""";

    // No entry means the server's own default, which for routines and types lets everybody use them. The owner may do
    // everything. What an object has from its creation on, by ALTER DEFAULT PRIVILEGES or the server, is marked.
    private static final String GRANTS = """
            , object(oid, name, owner, kind, acl) AS (
                  SELECT oid, name, relowner, CASE relkind WHEN 'S' THEN 's' ELSE 'r' END, relacl FROM relation
                  UNION ALL SELECT r.oid, r.name || '.' || quote_ident(c.attname), r.relowner, 'c', c.attacl
                              FROM relation r JOIN pg_attribute c ON c.attrelid = r.oid WHERE c.attacl IS NOT NULL
                  UNION ALL SELECT oid, name, proowner, 'f', proacl FROM routine
                  UNION ALL SELECT oid, name, typowner, 'T', typacl FROM own_type),
              by_role(owner, kind, acl, namespace) AS (
                  SELECT o.owner, o.kind, d.defaclacl, d.defaclnamespace
                    FROM (SELECT DISTINCT owner, kind FROM object) o
                         JOIN pg_default_acl d ON d.defaclrole = o.owner
                              AND d.defaclobjtype = (CASE o.kind WHEN 's' THEN 'S' ELSE o.kind END)::"char"
                              AND d.defaclnamespace IN (0, quote_ident(current_schema())::regnamespace)),
              initial(owner, kind, privilege, grantee) AS (
                  SELECT r.owner, r.kind, a.privilege_type, a.grantee FROM by_role r, aclexplode(r.acl) a
                  UNION SELECT o.owner, o.kind, a.privilege_type, a.grantee
                          FROM (SELECT DISTINCT owner, kind FROM object WHERE kind <> 'c') o,
                               aclexplode(acldefault(o.kind::"char", o.owner)) a
                         WHERE NOT EXISTS (SELECT FROM by_role r WHERE r.owner = o.owner AND r.kind = o.kind AND r.namespace = 0))
            SELECT o.oid, 'grant', lower(a.privilege_type) || ' on ' || o.name || ' to '
                            || CASE a.grantee WHEN 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
                   CASE WHEN bool_or(a.is_grantable) THEN 'yes' END AS grantable,
                   CASE WHEN EXISTS (SELECT FROM initial i WHERE i.owner = o.owner AND i.kind = o.kind
                                        AND i.privilege = a.privilege_type AND i.grantee = a.grantee)
                        THEN 'yes' END AS by_default
              FROM object o, aclexplode(coalesce(o.acl, CASE WHEN o.kind <> 'c' THEN acldefault(o.kind::"char", o.owner) END)) a
             WHERE a.grantee <> o.owner
             GROUP BY o.oid, o.name, o.owner, o.kind, a.privilege_type, a.grantee""";

    private static final List<String> OF_EVERY_KIND = List.of(TABLES, COLUMNS, SEQUENCES, CONSTRAINTS, INDEXES, TRIGGERS, RULES,
            POLICIES, STATISTICS, ROUTINES, TYPES);

    /** What the whole schema has. */
    static final List<String> ALL = Stream.concat(OF_EVERY_KIND.stream(), Stream.of(OTHERS, GRANTS)).map(OWN::concat)
            .map(PostgresCatalogQueries::inPlace).toList();

    /**
     * The catalog that the oids of each query are from, where it is one alone. The kinds of {@link #OTHERS} come last, and are too
     * rare to be read one by one.
     */
    static final List<String> CATALOGS = List.of("pg_class", "pg_class", "pg_class", "pg_constraint", "pg_class", "pg_trigger",
            "pg_rewrite", "pg_policy", "pg_statistic_ext", "pg_proc", "pg_type");

    // So written that no index can serve it: the server would go through all objects of the schema, which are most of them. It
    // would do so as well for what a query names twice, unless it may look for it twice.
    private static final String SOME_OWN = OWN.replaceAll("(\\w\\.\\w+namespace) = ", "$1 IS NOT DISTINCT FROM ")
            .replace(" AS (\n", " AS NOT MATERIALIZED (\n");

    /** What some objects have: the queries of {@link #CATALOGS} in their order, with one array of oids as each parameter. */
    static final List<String> SOME = OF_EVERY_KIND.stream()
            .map(query -> SOME_OWN + " SELECT * FROM (" + query + ") part WHERE oid = ANY (?::oid[])")
            .map(PostgresCatalogQueries::inPlace).toList();

    /** What some relations, routines and types have been granted, with the same array as each parameter. */
    static final String SOME_GRANTS =
            SOME_OWN.replaceAll("WHERE (\\w)\\.(\\w+namespace)", "WHERE $1.oid = ANY (?::oid[]) AND $1.$2") + GRANTS;

    /** The number of the query for grants. */
    static final int GRANTS_QUERY = ALL.size() - 1;

    /** The catalogs of what can be granted. */
    static final List<String> GRANTABLE = List.of("pg_class", "pg_proc", "pg_type");

    /** The numbers of all queries of which there is one for some objects. */
    static final List<Integer> ALL_OF_SOME =
            Stream.concat(IntStream.range(0, CATALOGS.size()).boxed(), Stream.of(GRANTS_QUERY)).toList();

    private PostgresCatalogQueries() {
    }

    // The server's own functions for comments are queries in SQL, which it parses and plans anew in each query that calls them.
    private static String inPlace(String query) {
        String comment =
                "(SELECT description FROM pg_description WHERE objoid = $1 AND classoid = %s::regclass AND objsubid = %s)";
        return query.replaceAll("obj_description\\(([\\w.]+), ([\\w.']+)\\)", comment.formatted("$2", "0"))
                .replaceAll("col_description\\(([\\w.]+), ([\\w.]+)\\)", comment.formatted("'pg_class'", "$2"));
    }

    /**
     * The numbers of the queries that tell of an object.
     *
     * @param catalog that its row is in
     * @param kind of a relation its {@code relkind}; of a type its {@code typtype}, for an array {@code A}, and for a row the kind
     *     of its relation; else null
     */
    static List<Integer> tellingOf(String catalog, String kind) {
        boolean isType = catalog.equals("pg_type");
        if (kind == null && !isType && !catalog.equals("pg_class")) {
            int query = CATALOGS.indexOf(catalog);
            return query < 0 ? List.of() : catalog.equals("pg_proc") ? List.of(query, GRANTS_QUERY) : List.of(query);
        }
        if (kind == null) {
            return List.of();
        }
        switch (kind) {
            case "r", "p", "f", "v", "m":
                return isType ? List.of() : numbersOf(TABLES, COLUMNS, GRANTS);
            case "c":
                return isType ? numbersOf(TYPES, GRANTS) : numbersOf(COLUMNS);
            case "S":
                return numbersOf(SEQUENCES, GRANTS);
            case "i", "I":
                return numbersOf(INDEXES);
            case "e", "d", "b":
                return numbersOf(TYPES, GRANTS);
            default:
                return List.of();
        }
    }

    /** The numbers of the queries that may tell of a property. */
    static List<Integer> tellingOf(String property) {
        return switch (property) {
            case "checks" -> numbersOf(TYPES);
            case "parent" -> numbersOf(TABLES, INDEXES);
            default -> IntStream.range(0, ALL.size()).boxed().toList();
        };
    }

    private static List<Integer> numbersOf(String... queries) {
        return Stream.of(queries).map(query -> query.equals(GRANTS) ? GRANTS_QUERY : OF_EVERY_KIND.indexOf(query)).toList();
    }
}
