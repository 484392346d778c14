package com.juragpt.auditor.migrations.catalog;

import java.util.List;

/**
 * The current schema out of {@code pg_catalog}, with definitions in the server's own words. Each query gives an object's kind
 * and name, then its properties, a column each.
 *
 * @see <a href="https://www.postgresql.org/docs/current/catalogs.html">PostgreSQL, System Catalogs</a>
 */
final class PostgresCatalogQueries {

    // What extensions brought is theirs; a composite or row type comes with its relation.
    private static final String OWN = """
            WITH ignored(name) AS (VALUES ('databasechangelog'), ('databasechangeloglock'), ('alembic_version')),
                 extension(classid, objid) AS (SELECT d.classid, d.objid FROM pg_depend d WHERE d.deptype = 'e'),
                 relation AS (
                     SELECT c.* FROM pg_class c
                      WHERE c.relnamespace = current_schema()::regnamespace
                        AND c.relname::text NOT IN (SELECT name FROM ignored)
                        AND NOT EXISTS (SELECT FROM extension e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)),
                 routine AS (
                     SELECT p.* FROM pg_proc p
                      WHERE p.pronamespace = current_schema()::regnamespace
                        AND NOT EXISTS (SELECT FROM extension e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid)),
                 own_type AS (
                     SELECT t.* FROM pg_type t
                      WHERE t.typnamespace = current_schema()::regnamespace
                        AND (t.typtype IN ('e', 'd', 'r')
                             OR t.typtype = 'c' AND (SELECT relkind FROM pg_class WHERE oid = t.typrelid) = 'c')
                        AND NOT EXISTS (SELECT FROM extension e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid))
            """;

    private static final String TABLES = """
            SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                                ELSE 'table' END,
                   relname,
                   pg_get_viewdef(CASE WHEN relkind IN ('v', 'm') THEN oid END, true) AS definition,
                   CASE relpersistence WHEN 'u' THEN 'unlogged' WHEN 't' THEN 'temporary' END AS persistence,
                   pg_get_partkeydef(oid) AS partition_key,
                   pg_get_expr(relpartbound, oid) AS partition_bound,
                   (SELECT string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno) FROM pg_inherits
                     WHERE inhrelid = relation.oid) AS parent,
                   array_to_string(reloptions, ', ') AS options,
                   CASE WHEN relrowsecurity THEN CASE WHEN relforcerowsecurity THEN 'forced' ELSE 'on' END END AS row_security,
                   obj_description(oid, 'pg_class') AS comment
              FROM relation WHERE relkind IN ('r', 'p', 'f', 'v', 'm')""";

    private static final String COLUMNS = """
            SELECT 'column', r.relname || '.' || a.attname,
                   row_number() OVER (PARTITION BY r.oid ORDER BY a.attnum) AS position,
                   format_type(a.atttypid, a.atttypmod) AS type,
                   CASE WHEN a.attnotnull THEN 'no' ELSE 'yes' END AS nullable,
                   CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS "default",
                   CASE WHEN a.attgenerated <> '' THEN a.attgenerated::text || ' ' || pg_get_expr(d.adbin, d.adrelid) END
                       AS generated,
                   CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END AS identity,
                   (SELECT collname FROM pg_collation WHERE oid = a.attcollation AND collname <> 'default') AS collation,
                   col_description(r.oid, a.attnum) AS comment
              FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid
                   LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
             WHERE r.relkind IN ('r', 'p', 'f', 'c') AND a.attnum > 0 AND NOT a.attisdropped""";

    private static final String SEQUENCES = """
            SELECT 'sequence', relname, format_type(seqtypid, NULL) AS type, seqstart AS start, seqincrement AS increment,
                   seqmin AS minimum, seqmax AS maximum, seqcache AS cache, CASE WHEN seqcycle THEN 'yes' END AS cycle,
                   (SELECT refobjid::regclass || '.' || attname FROM pg_depend
                           JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
                     WHERE classid = 'pg_class'::regclass AND objid = relation.oid AND refclassid = 'pg_class'::regclass
                       AND deptype IN ('a', 'i')) AS owner,
                   obj_description(relation.oid, 'pg_class') AS comment
              FROM relation JOIN pg_sequence ON seqrelid = relation.oid""";

    // From PostgreSQL 18 on NOT NULL is a constraint too; the column says it already.
    private static final String CONSTRAINTS = """
            SELECT 'constraint', coalesce(r.relname || '.', '') || c.conname, pg_get_constraintdef(c.oid, true) AS definition,
                   obj_description(c.oid, 'pg_constraint') AS comment
              FROM pg_constraint c JOIN relation r ON r.oid = c.conrelid
             WHERE c.contype <> 'n'""";

    private static final String INDEXES = """
            SELECT 'index', c.relname, pg_get_indexdef(c.oid, 0, true) AS definition,
                   CASE WHEN NOT i.indisvalid THEN 'no' END AS valid,
                   CASE WHEN i.indisreplident THEN 'yes' END AS replica_identity,
                   CASE WHEN i.indisclustered THEN 'yes' END AS clustered,
                   obj_description(c.oid, 'pg_class') AS comment
              FROM relation t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class c ON c.oid = i.indexrelid""";

    private static final String TRIGGERS = """
            SELECT 'trigger', r.relname || '.' || t.tgname, pg_get_triggerdef(t.oid, true) AS definition,
                   CASE t.tgenabled WHEN 'O' THEN NULL WHEN 'D' THEN 'disabled' ELSE t.tgenabled::text END AS state,
                   obj_description(t.oid, 'pg_trigger') AS comment
              FROM pg_trigger t JOIN relation r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal""";

    private static final String RULES = """
            SELECT 'rule', r.relname || '.' || w.rulename, pg_get_ruledef(w.oid, true) AS definition
              FROM pg_rewrite w JOIN relation r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN'""";

    private static final String POLICIES = """
            SELECT 'policy', r.relname || '.' || p.polname, p.polcmd AS command,
                   CASE WHEN p.polpermissive THEN 'yes' ELSE 'no' END AS permissive,
                   (SELECT string_agg(CASE role WHEN 0 THEN 'public' ELSE pg_get_userbyid(role) END, ', ' ORDER BY role)
                      FROM unnest(p.polroles) AS role) AS roles,
                   pg_get_expr(p.polqual, p.polrelid, true) AS "using",
                   pg_get_expr(p.polwithcheck, p.polrelid, true) AS "check"
              FROM pg_policy p JOIN relation r ON r.oid = p.polrelid""";

    private static final String STATISTICS = """
            SELECT 'statistics', s.stxname, pg_get_statisticsobjdef_columns(s.oid) AS definition,
                   array_to_string(s.stxkind, '') AS kinds, s.stxrelid::regclass AS "table"
              FROM pg_statistic_ext s JOIN relation r ON r.oid = s.stxrelid""";

    // The definition names the routine with its schema, whatever the search path is.
    private static final String ROUTINES = """
            SELECT CASE prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
                   oid::regprocedure::text,
                   CASE WHEN prokind <> 'a'
                        THEN replace(pg_get_functiondef(CASE WHEN prokind <> 'a' THEN oid END),
                                     quote_ident(current_schema()) || '.', '')
                        ELSE prorettype::regtype::text END AS definition,
                   obj_description(oid, 'pg_proc') AS comment
              FROM routine""";

    private static final String TYPES = """
            SELECT CASE typtype WHEN 'd' THEN 'domain' ELSE 'type' END, typname,
                   CASE typtype WHEN 'e' THEN 'enum' WHEN 'r' THEN 'range' WHEN 'c' THEN 'composite'
                                ELSE format_type(typbasetype, typtypmod) END AS type,
                   (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum
                     WHERE enumtypid = own_type.oid) AS labels,
                   (SELECT format_type(rngsubtype, NULL) FROM pg_range WHERE rngtypid = own_type.oid) AS subtype,
                   CASE WHEN typtype = 'd' AND typnotnull THEN 'no' END AS nullable, typdefault AS "default",
                   (SELECT string_agg(conname || ' ' || pg_get_constraintdef(oid, true), ', ' ORDER BY conname)
                      FROM pg_constraint WHERE contypid = own_type.oid AND contype <> 'n') AS checks,
                   obj_description(oid, 'pg_type') AS comment
              FROM own_type""";

    // The owner may do everything anyway, and the catalog does not compare owners.
    private static final String GRANTS = """
            SELECT 'grant', lower(g.privilege) || ' on ' || g.object || ' to ' || g.grantee,
                   CASE WHEN bool_or(g.grantable) THEN 'yes' END AS grantable
              FROM (
                    SELECT a.privilege_type AS privilege, r.relname::text AS object, a.is_grantable AS grantable,
                           CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END AS grantee
                      FROM relation r, aclexplode(r.relacl) a WHERE a.grantee <> r.relowner
                    UNION ALL
                    SELECT a.privilege_type, r.relname || '.' || c.attname, a.is_grantable,
                           CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END
                      FROM relation r JOIN pg_attribute c ON c.attrelid = r.oid, aclexplode(c.attacl) a
                     WHERE a.grantee <> r.relowner
                    UNION ALL
                    SELECT a.privilege_type, p.oid::regprocedure::text, a.is_grantable,
                           CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END
                      FROM routine p, aclexplode(p.proacl) a WHERE a.grantee <> p.proowner
                    UNION ALL
                    SELECT a.privilege_type, t.typname::text, a.is_grantable,
                           CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END
                      FROM own_type t, aclexplode(t.typacl) a WHERE a.grantee <> t.typowner
                   ) g
             GROUP BY 2""";

    static final List<String> ALL = List.of(TABLES, COLUMNS, SEQUENCES, CONSTRAINTS, INDEXES, TRIGGERS, RULES, POLICIES,
            STATISTICS, ROUTINES, TYPES, GRANTS).stream().map(OWN::concat).toList();

    private PostgresCatalogQueries() {
    }
}
