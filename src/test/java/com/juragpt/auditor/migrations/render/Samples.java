package com.juragpt.auditor.migrations.render;

import com.juragpt.auditor.migrations.api.Archive;
import com.juragpt.auditor.migrations.api.LockHolder;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.api.Status.Changeset;
import com.juragpt.auditor.migrations.api.Status.State;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.List;

/** Sample results of the API. */
final class Samples {

    static final String DATABASE = "auditor on db:5432";

    private static final LocalDateTime FIRST = LocalDateTime.of(2026, 11, 22, 17, 1, 2, 345_000_000);
    private static final LocalDateTime SECOND = LocalDateTime.of(2026, 11, 23, 9, 0);

    private Samples() {
    }

    static Changeset applied(String id, String... tags) {
        return new Changeset(id, "juragpt", "changelog/a.yaml", State.APPLIED, FIRST, "5365830991", List.of(tags));
    }

    static Changeset second(String id, State state) {
        return new Changeset(id, "juragpt", "changelog/b.yaml", state, SECOND, "5451234567", List.of());
    }

    static Changeset unrecorded(String id, State state) {
        return new Changeset(id, "juragpt", "changelog/c.yaml", state, null, null, List.of());
    }

    static Status status(String revision, int after, List<String> tags, Changeset... changesets) {
        return new Status(DATABASE, "PostgreSQL 15.19", revision, after, tags, List.of(changesets), null);
    }

    /** One changeset in each state. */
    static Status every() {
        return new Status(DATABASE, "PostgreSQL 15.19", "001", 5, List.of("base", "001", "v1.2"), List.of(
                applied("000-tag-base", "base"),
                applied("001-create-verification-log"),
                applied("001-tag-revision", "001", "v1.2"),
                second("002-add-note", State.CHANGED),
                unrecorded("002-add-index", State.PENDING_OUT_OF_ORDER),
                second("002-guess", State.MARKED_RAN),
                second("002-try", State.FAILED),
                second("002-refresh-view", State.PENDING),
                unrecorded("002-convert", State.SKIPPED),
                unrecorded("003-create-table", State.PENDING),
                unrecorded("003-seed-test-data", State.EXCLUDED),
                second("004-from-the-future", State.UNKNOWN)),
                new LockHolder("server process 4711 (user deployer)", Instant.parse("2026-11-23T09:00:00.123456Z")))
                .withArchives(List.of(
                        new Archive("rollback_20260101_000000", 0, null, null, null, "deployer", List.of(), List.of(), 2, -1),
                        new Archive("rollback_20261122_101530", 1, "v1.2", Instant.parse("2026-11-22T10:15:30Z"),
                                Duration.ofDays(3), "deployer", List.of("5365830991"), List.of("002-try"), 1, 18204)));
    }
}
