package com.juragpt.auditor.migrations.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A statement that ends the transaction is found wherever it stands, and nothing else is taken for one. */
class TransactionControlTest {

    @ParameterizedTest
    @ValueSource(strings = {"COMMIT", "commit;", "  end ", "END WORK", "ROLLBACK", "rollback transaction", "ABORT", "BEGIN",
        "begin read write", "START TRANSACTION READ WRITE", "start\n transaction", "PREPARE TRANSACTION 'x'",
        "COMMIT AND CHAIN", "ROLLBACK PREPARED 'x'", "INSERT INTO t VALUES (1); COMMIT", "SELECT 1;\n-- why\nCOMMIT;",
        "/* a /* nested */ comment */ COMMIT", "-- x\n\n/* y */ ROLLBACK; BEGIN READ WRITE; CREATE TABLE t (id int); COMMIT",
        "SELECT $$ quoted ; $$; ROLLBACK", "SELECT 'a;b'; END"})
    void isRefused(String sql) {
        assertThatThrownBy(() -> TransactionControl.refuse(sql)).isInstanceOfSatisfying(SQLException.class,
                e -> assertThat(e.getSQLState()).isEqualTo("2D000"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"SELECT 'COMMIT'", "SELECT 1 AS \"end\"", "ROLLBACK TO SAVEPOINT a", "ROLLBACK WORK TO a",
        "rollback transaction to savepoint a", "PREPARE p AS SELECT 1", "COMMENT ON TABLE t IS 'x; COMMIT;'",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.a := 1; RETURN NEW; END $$",
        "CREATE FUNCTION g() RETURNS int LANGUAGE plpgsql AS $body$BEGIN\n RETURN 1; END;$body$; SELECT 1",
        "DO $$ BEGIN PERFORM 1; END $$", "-- COMMIT;\nSELECT 1", "/* COMMIT; */ SELECT 1",
        "SELECT CASE WHEN true THEN 1 END", "CREATE TABLE start (id int)", "SELECT E'it\\'s; COMMIT'",
        "CREATE FUNCTION h() RETURNS int LANGUAGE SQL BEGIN ATOMIC SELECT 1; SELECT 2; END"})
    void isLetThrough(String sql) {
        assertThatCode(() -> TransactionControl.refuse(sql)).doesNotThrowAnyException();
    }
}
