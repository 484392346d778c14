package com.juragpt.auditor.migrations.render;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.api.Finding;
import com.juragpt.auditor.migrations.api.RehearsalReport;
import com.juragpt.auditor.migrations.api.Review;
import com.juragpt.auditor.migrations.api.Review.Changeset;
import com.juragpt.auditor.migrations.api.Review.Way;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** A {@link Review} for programs, in the format that {@code docs/review.md} describes. */
public final class ReviewJson {

    /** Raised when a reader of the old format would misread the new one; new fields alone do not raise it. */
    private static final int FORMAT = 1;

    private ReviewJson() {
    }

    /** One JSON object, indented, with a line feed at the end. */
    public static String of(Review review) {
        StringWriter text = new StringWriter();
        DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter);
        try (JsonGenerator json = new JsonFactory().createGenerator(text).setPrettyPrinter(printer)) {
            write(review, json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text + "\n";
    }

    private static void write(Review review, JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeNumberField("format", FORMAT);
        json.writeStringField("digest", review.digest());
        json.writeStringField("database", review.database());
        json.writeStringField("server", review.server());
        json.writeStringField("revision", review.state().revision());
        json.writeStringField("revisionAfter", review.revisionAfter());
        json.writeNumberField("applied", review.state().point().rows());
        json.writeStringField("history", review.state().point().fingerprint());
        write("updateObstacles", review.updateObstacles(), json);
        write("rollbackObstacles", review.rollbackObstacles(), json);
        json.writeArrayFieldStart("changesets");
        for (Changeset changeset : review.changesets()) {
            write(changeset, json);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("tables");
        for (Review.Table table : review.tables()) {
            write(table, json);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("findings");
        for (Finding finding : review.findings()) {
            json.writeStartObject();
            json.writeStringField("rule", finding.rule().code());
            json.writeBooleanField("harmful", finding.rule().isHarmful());
            json.writeStringField("file", finding.file());
            json.writeNumberField("line", finding.line());
            json.writeStringField("changeset", finding.changeset());
            json.writeStringField("what", finding.what());
            json.writeStringField("repair", finding.repair());
            json.writeStringField("accepted", finding.accepted());
            json.writeEndObject();
        }
        json.writeEndArray();
        write(review.rehearsal(), json);
        json.writeEndObject();
    }

    private static void write(Changeset changeset, JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", changeset.id());
        json.writeStringField("author", changeset.author());
        json.writeStringField("file", changeset.file());
        json.writeStringField("checksum", changeset.checksum());
        json.writeStringField("comment", changeset.record().comments());
        json.writeStringField("tag", changeset.record().tag());
        json.writeStringField("outcome", word(changeset.outcome()));
        write("update", changeset.up(), json);
        write("rollback", changeset.down(), json);
        json.writeEndObject();
    }

    private static void write(String direction, Way way, JsonGenerator json) throws IOException {
        json.writeObjectFieldStart(direction);
        write("sql", way.sql(), json);
        json.writeBooleanField("outsideOfTransaction", way.outside());
        writeLosses(way.losses(), json);
        write("obstacles", way.obstacles(), json);
        json.writeEndObject();
    }

    private static void writeLosses(List<DataLoss> losses, JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("losses");
        for (DataLoss loss : losses) {
            json.writeStartObject();
            json.writeStringField("kind", word(loss.kind()));
            json.writeStringField("table", loss.table());
            json.writeStringField("column", loss.column());
            json.writeNumberField("rows", loss.rows());
            json.writeBooleanField("estimated", loss.estimated());
            json.writeStringField("statement", loss.statement());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void write(Review.Table table, JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", table.name());
        if (table.size() == null) {
            json.writeNullField("rows");
            json.writeNullField("bytes");
        } else {
            json.writeNumberField("rows", table.size().rows());
            json.writeNumberField("bytes", table.size().bytes());
        }
        write("changesets", table.changesets(), json);
        json.writeArrayFieldStart("changes");
        for (Review.Change change : table.changes()) {
            json.writeStartObject();
            json.writeStringField("object", change.object());
            json.writeStringField("before", change.before());
            json.writeStringField("after", change.after());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void write(RehearsalReport rehearsal, JsonGenerator json) throws IOException {
        if (rehearsal == null) {
            json.writeNullField("rehearsal");
            return;
        }
        json.writeObjectFieldStart("rehearsal");
        write("milliseconds", rehearsal.took(), json);
        json.writeArrayFieldStart("steps");
        for (RehearsalReport.Step step : rehearsal.steps()) {
            json.writeStartObject();
            json.writeStringField("id", step.id());
            json.writeBooleanField("reversible", step.isReversible());
            write("upMilliseconds", step.up(), json);
            write("downMilliseconds", step.down(), json);
            json.writeBooleanField("withoutConcurrently", step.plain());
            json.writeArrayFieldStart("locks");
            for (RehearsalReport.Lock lock : step.locks()) {
                json.writeStartObject();
                json.writeStringField("relation", lock.relation());
                json.writeStringField("mode", lock.mode());
                json.writeStringField("blocks", word(lock.blocks()));
                json.writeEndObject();
            }
            json.writeEndArray();
            write("rewritten", step.rewritten(), json);
            write("faults", step.faults(), json);
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void write(String field, Duration time, JsonGenerator json) throws IOException {
        if (time == null) {
            json.writeNullField(field);
        } else {
            json.writeNumberField(field, time.toMillis());
        }
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static void write(String field, List<String> values, JsonGenerator json) throws IOException {
        json.writeFieldName(field);
        json.writeArray(values.toArray(String[]::new), 0, values.size());
    }
}
