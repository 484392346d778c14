package com.juragpt.auditor.migrations.render;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.juragpt.auditor.migrations.api.Archive;
import com.juragpt.auditor.migrations.api.LockHolder;
import com.juragpt.auditor.migrations.api.Status;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;

/** A {@link Status} for programs, in the format that {@code docs/status-json.md} describes. */
public final class StatusJson {

    /** Raised when a reader of the old format would misread the new one; new fields alone do not raise it. */
    private static final int FORMAT = 1;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss");

    private StatusJson() {
    }

    /** One JSON object, indented, without a line feed at the end. */
    public static String of(Status status) {
        StringWriter text = new StringWriter();
        DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter);
        try (JsonGenerator json = new JsonFactory().createGenerator(text).setPrettyPrinter(printer)) {
            write(status, json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static void write(Status status, JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeNumberField("format", FORMAT);
        json.writeStringField("database", status.database());
        json.writeStringField("server", status.product());
        json.writeStringField("revision", status.revision());
        json.writeNumberField("appliedAfterRevision", status.appliedAfterRevision());
        json.writeNumberField("pending", status.pending().size());
        write("tags", status.tags(), json);
        write(status.lock(), json);
        json.writeArrayFieldStart("archives");
        for (Archive archive : status.archives()) {
            write(archive, json);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("changesets");
        for (Status.Changeset changeset : status.changesets()) {
            write(changeset, json);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void write(LockHolder lock, JsonGenerator json) throws IOException {
        if (lock == null) {
            json.writeNullField("lock");
            return;
        }
        json.writeObjectFieldStart("lock");
        json.writeStringField("holder", lock.who());
        json.writeStringField("since", lock.since() == null ? null
                : lock.since().truncatedTo(ChronoUnit.SECONDS).toString());
        json.writeEndObject();
    }

    private static void write(Archive archive, JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", archive.name());
        json.writeNumberField("format", archive.format());
        json.writeStringField("rolledBackTo", archive.tag());
        json.writeStringField("time", archive.time() == null ? null : archive.time().truncatedTo(ChronoUnit.SECONDS).toString());
        json.writeStringField("role", archive.role());
        write("deployments", archive.deployments(), json);
        write("rolledBack", archive.changesets(), json);
        json.writeNumberField("copies", archive.tables());
        if (archive.rows() < 0) {
            json.writeNullField("rows");
        } else {
            json.writeNumberField("rows", archive.rows());
        }
        json.writeEndObject();
    }

    private static void write(Status.Changeset changeset, JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", changeset.id());
        json.writeStringField("author", changeset.author());
        json.writeStringField("file", changeset.file());
        json.writeStringField("state", changeset.state().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        json.writeStringField("executed", changeset.executed() == null ? null : TIME.format(changeset.executed()));
        json.writeStringField("deployment", changeset.deployment());
        write("tags", changeset.tags(), json);
        json.writeEndObject();
    }

    private static void write(String field, List<String> values, JsonGenerator json) throws IOException {
        json.writeFieldName(field);
        json.writeArray(values.toArray(String[]::new), 0, values.size());
    }
}
