package com.juragpt.auditor.migrations.loss;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.loss.PlainSql.Form;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Only forms whose effect is certain are read. */
class PlainSqlTest {

    @Test
    void readsWhatIsDroppedAndDeleted() {
        assertThat(PlainSql.of("drop table if exists a, public.\"B, c\" cascade"))
                .contains(new PlainSql(Form.DROP_TABLE, List.of("a", "public.\"B, c\""), "", true));
        assertThat(PlainSql.of("ALTER TABLE a DROP COLUMN b"))
                .contains(new PlainSql(Form.DROP_COLUMN, List.of("a", "b"), "", false));
        assertThat(PlainSql.of("DELETE FROM a WHERE id IN (1, 2);"))
                .contains(new PlainSql(Form.DELETE, List.of("a"), "WHERE id IN (1, 2)", false));
        assertThat(PlainSql.of("TRUNCATE TABLE a")).contains(new PlainSql(Form.DELETE, List.of("a"), "", false));
        assertThat(PlainSql.of("ALTER TABLE a ALTER b TYPE numeric(9, 2) USING (b::numeric(9, 2))"))
                .contains(new PlainSql(Form.CHANGE_TYPE, List.of("a", "b"), "numeric(9, 2)", false));
    }

    @ParameterizedTest
    @ValueSource(strings = {"DROP INDEX CONCURRENTLY i", "DROP VIEW IF EXISTS v", "DROP FUNCTION f(int)", "DROP TRIGGER t ON a",
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2'", "COMMENT ON TABLE a IS 'x'",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a USING gin (b, c DESC) WHERE d IS NULL", "GRANT SELECT ON a TO b"})
    void readsWhatKeepsAllData(String sql) {
        assertThat(PlainSql.of(sql)).get().extracting(PlainSql::form).isEqualTo(Form.KEEPS_DATA);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DROP VIEW v CASCADE", "DROP TYPE t CASCADE", "DROP SCHEMA s", "DROP EXTENSION e", "DROP SEQUENCE s",
        "DROP OWNED BY me", "DROP TABLE a; DROP TABLE b", "ALTER TABLE a DROP COLUMN b, DROP COLUMN c", "DELETE FROM a USING b",
        "ALTER TABLE a DROP CONSTRAINT c CASCADE", "DELETE FROM ONLY a", "DELETE FROM a WHERE f(id)", "DELETE FROM a AS x",
        "TRUNCATE a CASCADE", "TRUNCATE a, b", "ALTER TABLE a ALTER b TYPE int USING f(b)", "CREATE INDEX i ON a (f(b))",
        "CREATE INDEX i ON a (b) WHERE f(c)", "ALTER TABLE a ALTER b TYPE int USING b::text::int", "CREATE TABLE b AS SELECT f()",
        "CREATE UNIQUE INDEX i ON a ((b || c))", "SELECT 1", "CALL p()", "DO 'x'", "DROP VIEW v; DROP TABLE a"})
    void readsNothingElse(String sql) {
        assertThat(PlainSql.of(sql)).isEmpty();
    }
}
