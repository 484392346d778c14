package com.juragpt.auditor.migrations.archive;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an archive says of itself, as the comment on its schema: everybody may read that, while the archive is its owner's.
 *
 * @param format the version of the archive's form
 * @param tag where the rollback ended; null if an update made it
 * @param time when it was made
 * @param role who made it
 * @param deployments whose changesets were rolled back
 * @param changesets that were rolled back
 * @param tables how many copies there are
 * @param rows how many rows they have
 */
record ArchiveComment(int format, String tag, Instant time, String role, List<String> deployments, List<String> changesets,
        int tables, long rows) {

    /** Raised when a version that writes the old form could not restore the new one. */
    static final int FORMAT = 1;

    /** What each begins with. */
    static final String BEGIN = "{\"auditor-migrations-archive\":";

    private static final String MARK = "auditor-migrations-archive";

    /** The comment as text. */
    String text() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            json.writeNumberField(MARK, format);
            if (tag != null) {
                json.writeStringField("rolledBackTo", tag);
            }
            json.writeStringField("time", time.toString());
            json.writeStringField("role", role);
            write("deployments", deployments, json);
            write("changesets", changesets, json);
            json.writeNumberField("tables", tables);
            json.writeNumberField("rows", rows);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static void write(String field, List<String> values, JsonGenerator json) throws IOException {
        json.writeFieldName(field);
        json.writeArray(values.toArray(String[]::new), 0, values.size());
    }

    /** Reads a comment; empty for one that is something else, or that somebody edited. */
    static Optional<ArchiveComment> read(String comment) {
        if (comment == null || !comment.startsWith(BEGIN)) {
            return Optional.empty();
        }
        Map<String, List<String>> fields = new LinkedHashMap<>();
        try (JsonParser json = new JsonFactory().createParser(comment)) {
            String field = null;
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                if (token == JsonToken.FIELD_NAME) {
                    field = json.getText();
                    fields.put(field, new ArrayList<>());
                } else if (token.isScalarValue() && field != null) {
                    fields.get(field).add(json.getText());
                }
            }
            return Optional.of(new ArchiveComment(Integer.parseInt(one(fields, MARK)),
                    fields.containsKey("rolledBackTo") ? one(fields, "rolledBackTo") : null,
                    Instant.parse(one(fields, "time")), one(fields, "role"), many(fields, "deployments"),
                    many(fields, "changesets"), Integer.parseInt(one(fields, "tables")), Long.parseLong(one(fields, "rows"))));
        } catch (IOException | DateTimeException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static String one(Map<String, List<String>> fields, String field) throws IOException {
        if (many(fields, field).size() != 1) {
            throw new IOException("not one value of " + field);
        }
        return many(fields, field).get(0);
    }

    private static List<String> many(Map<String, List<String>> fields, String field) {
        return fields.getOrDefault(field, List.of());
    }
}
