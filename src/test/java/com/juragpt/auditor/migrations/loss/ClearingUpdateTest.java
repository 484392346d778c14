package com.juragpt.auditor.migrations.loss;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Only an update whose effect is certain is read. */
class ClearingUpdateTest {

    @Test
    void readsTableColumnsAndCondition() {
        assertThat(ClearingUpdate.of("UPDATE public.\"Law\" SET title = NULL, \"Short Title\"=null WHERE id IN (1, 2);"))
                .contains(new ClearingUpdate("public.\"Law\"", List.of("title", "\"Short Title\""), "WHERE id IN (1, 2)"));
        assertThat(ClearingUpdate.of("update law\nset title = NULL")).contains(new ClearingUpdate("law", List.of("title"), ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UPDATE law SET title = 'x'", "UPDATE law SET title = NULL, n = 1",
        "UPDATE law SET title = NULL; DELETE FROM law",
        "UPDATE law SET title = NULL WHERE id = 1; DROP TABLE law", "UPDATE law SET title = NULL WHERE wipe(id)",
        "UPDATE law SET title = NULL WHERE id IN (SELECT \"do it\"(1))", "UPDATE law SET title = NULL FROM other",
        "UPDATE law SET title = NULL RETURNING id", "DELETE FROM law", "WITH x AS (DELETE FROM law) UPDATE law SET title = NULL"})
    void readsNothingElse(String sql) {
        assertThat(ClearingUpdate.of(sql)).isEmpty();
    }
}
