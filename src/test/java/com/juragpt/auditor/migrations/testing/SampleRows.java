package com.juragpt.auditor.migrations.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Rows that are in the tables before a revision is deployed, for what it does to data to show.
 *
 * @param after the id of the changeset after which the tables exist
 * @param inserts SQL statements, for every kind of database
 */
public record SampleRows(String after, List<String> inserts) {

    /** For tables that stay empty. */
    public static final SampleRows NONE = new SampleRows("", List.of());

    private static final String FILE = "/com/juragpt/auditor/migrations/sample-rows.sql";

    /** Rows for the tables that revision 001 makes. */
    public static SampleRows ofRevision001() {
        try (InputStream stream = SampleRows.class.getResourceAsStream(FILE)) {
            String sql = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            return new SampleRows("001-tag-revision", Arrays.stream(sql.split(";\\R")).filter(each -> !each.isBlank()).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
