package com.juragpt.auditor.migrations.render;

import static com.juragpt.auditor.migrations.render.Samples.applied;
import static com.juragpt.auditor.migrations.render.Samples.status;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.juragpt.auditor.migrations.api.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class StatusJsonTest {

    @Test
    void theFormatIsTheDocumentedOne() {
        Status status = status("001", 0, List.of("base"), applied("000-tag-base", "base"),
                Samples.unrecorded("002-add-index", Status.State.PENDING_OUT_OF_ORDER));

        assertThat(StatusJson.of(status)).isEqualTo("""
                {
                  "format" : 1,
                  "database" : "auditor on db:5432",
                  "server" : "PostgreSQL 15.19",
                  "revision" : "001",
                  "appliedAfterRevision" : 0,
                  "pending" : 1,
                  "tags" : [
                    "base"
                  ],
                  "lock" : null,
                  "archives" : [ ],
                  "changesets" : [
                    {
                      "id" : "000-tag-base",
                      "author" : "juragpt",
                      "file" : "changelog/a.yaml",
                      "state" : "applied",
                      "executed" : "2026-11-22T17:01:02",
                      "deployment" : "5365830991",
                      "tags" : [
                        "base"
                      ]
                    },
                    {
                      "id" : "002-add-index",
                      "author" : "juragpt",
                      "file" : "changelog/c.yaml",
                      "state" : "pending-out-of-order",
                      "executed" : null,
                      "deployment" : null,
                      "tags" : [ ]
                    }
                  ]
                }""");
    }

    @Test
    void aHeldLockSaysWhoAndSinceWhen() {
        assertThat(StatusJson.of(Samples.every()))
                .contains("\"holder\" : \"server process 4711 (user deployer)\"", "\"since\" : \"2026-11-23T09:00:00Z\"");
    }

    @Test
    void anArchiveSaysWhatIsKnownOfIt() {
        assertThat(StatusJson.of(Samples.every())).contains("""
                  "archives" : [
                    {
                      "name" : "rollback_20260101_000000",
                      "format" : 0,
                      "rolledBackTo" : null,
                      "time" : null,
                      "role" : "deployer",
                      "deployments" : [ ],
                      "rolledBack" : [ ],
                      "copies" : 2,
                      "rows" : null
                    },
                    {
                      "name" : "rollback_20261122_101530",
                      "format" : 1,
                      "rolledBackTo" : "v1.2",
                      "time" : "2026-11-22T10:15:30Z",
                      "role" : "deployer",
                      "deployments" : [
                        "5365830991"
                      ],
                      "rolledBack" : [
                        "002-try"
                      ],
                      "copies" : 1,
                      "rows" : 18204
                    }
                  ],
                """);
    }

    @Test
    void whatIsOddInANameIsEscaped() throws IOException {
        List<String> names = List.of("a \"quoted\" name", "back\\slash", "line\nend", "Prüfung ✅");

        String json = StatusJson.of(status(null, 0, names));

        assertThat(strings(json)).containsSubsequence(names);
    }

    @Test
    void theDocumentationNamesEveryFieldAndEveryState() throws IOException {
        String documentation = Files.readString(Path.of("docs", "status-json.md"));

        assertThat(fields(StatusJson.of(Samples.every())))
                .allSatisfy(field -> assertThat(documentation).contains("`" + field + "`"));
        assertThat(Status.State.values()).extracting(state -> state.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .allSatisfy(state -> assertThat(documentation).contains("`" + state + "`"));
    }

    private static List<String> strings(String json) throws IOException {
        return values(json, JsonToken.VALUE_STRING);
    }

    private static List<String> fields(String json) throws IOException {
        return values(json, JsonToken.FIELD_NAME);
    }

    private static List<String> values(String json, JsonToken kind) throws IOException {
        List<String> values = new ArrayList<>();
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == kind) {
                    values.add(parser.getText());
                }
            }
        }
        return values;
    }
}
