package com.juragpt.auditor.migrations.loss;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.loss.PlainUpdate.Assignment;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Only an update whose parts are certain is read. */
class PlainUpdateTest {

    @Test
    void readsTableColumnsAndCondition() {
        assertThat(PlainUpdate.of("UPDATE public.\"Law\" SET title = NULL, \"Short Title\"=null WHERE id IN (1, 2);"))
                .contains(new PlainUpdate("public.\"Law\"", "public.\"Law\"",
                        List.of(new Assignment("title", "NULL"), new Assignment("\"Short Title\"", "null")), "", "id IN (1, 2)"));
        assertThat(PlainUpdate.of("update law\nset title = 'a, b WHERE c'")).contains(
                new PlainUpdate("law", "law", List.of(new Assignment("title", "'a, b WHERE c'")), "", ""));
        assertThat(PlainUpdate.of("UPDATE law AS l SET n = substring(t FROM 2), m = $$;$$ FROM a, (SELECT 1 WHERE true) b"
                + " WHERE a.id = l.id AND t IS DISTINCT FROM '('"))
                .contains(new PlainUpdate("law", "l",
                        List.of(new Assignment("n", "substring(t FROM 2)"), new Assignment("m", "$$;$$")),
                        "a, (SELECT 1 WHERE true) b", "a.id = l.id AND t IS DISTINCT FROM '('"));
        assertThat(PlainUpdate.of("UPDATE law l SET f = a IS DISTINCT FROM b")).get().extracting(PlainUpdate::from).isEqualTo("");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UPDATE law SET title = NULL; DELETE FROM law", "UPDATE ONLY law SET title = NULL",
        "UPDATE law SET title = NULL WHERE id = 1; DROP TABLE law", "UPDATE law SET (title, n) = ('x', 1)",
        "UPDATE law SET titles[1] = 'x'", "UPDATE law SET pair.a = 1", "UPDATE law SET title = NULL RETURNING id",
        "DELETE FROM law",
        "WITH x AS (DELETE FROM law) UPDATE law SET title = NULL", "UPDATE law * SET title = NULL"})
    void readsNothingElse(String sql) {
        assertThat(PlainUpdate.of(sql)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "title IS NULL | true", "id > 1 AND Title is null AND n = 'x OR y' | true", "law.title IS NULL AND (a OR b) | true",
        "title IS NULL OR id = 1 | false", "other.title IS NULL | false", "n BETWEEN 1 AND title IS NULL | false",
        "NOT title IS NULL | false", "n = 'AND title IS NULL AND' | false", "title IS NOT NULL | false",
        "CASE WHEN a AND title IS NULL AND b THEN true END | false", "titles IS NULL | false"})
    void knowsWhetherItFillsOnlyWhatIsEmpty(String where, boolean fills) {
        assertThat(PlainUpdate.of("UPDATE law SET title = 'x' WHERE " + where).orElseThrow().fills("title")).isEqualTo(fills);
    }
}
