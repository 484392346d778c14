package com.juragpt.auditor.migrations.render;

import static com.juragpt.auditor.migrations.render.Samples.applied;
import static com.juragpt.auditor.migrations.render.Samples.status;
import static com.juragpt.auditor.migrations.render.Samples.unrecorded;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.api.Status.State;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StatusTableTest {

    @Test
    void aCurrentDatabaseIsAtTheHead() {
        Status current = status("001", 0, List.of("base", "001"), applied("000-tag-base", "base"), applied("001-create-log"),
                applied("001-tag-revision", "001"));

        assertThat(StatusTable.of(current)).isEqualTo("""
                database  auditor on db:5432 (PostgreSQL 15.19)
                revision  001 (head)
                tags      base, 001
                pending   nothing
                lock      free

                deployment 5365830991, 2026-11-22 17:01:02
                  applied  000-tag-base      tag base
                  applied  001-create-log
                  applied  001-tag-revision  tag 001""");
    }

    @Test
    void anEmptyDatabaseHasNoRevisionAndEverythingIsPending() {
        assertThat(StatusTable.of(status(null, 0, List.of(), unrecorded("000-tag-base", State.PENDING)))).isEqualTo("""
                database  auditor on db:5432 (PostgreSQL 15.19)
                revision  none yet
                tags      none
                pending   1 changeset
                lock      free

                not deployed
                  pending  000-tag-base""");
    }

    @Test
    void everyStateHasItsWordsAndEveryDeploymentItsHeading() {
        Status every = Samples.every();

        assertThat(StatusTable.of(every)).isEqualTo("""
                database  auditor on db:5432 (PostgreSQL 15.19)
                revision  001 and 5 changesets further
                tags      base, 001, v1.2
                pending   3 changesets
                          1 before an applied one: move it to the end of the changelog, as
                          mvn migrations:new -Dmigrations.renumber=… does
                lock      held by %s
                archives  rollback_20260101_000000: 2 copies, does not say of what
                          rollback_20261122_101530: 18 204 rows of 1 table or column, 3 days old
                            from the rollback to 'v1.2' by deployer

                deployment 5365830991, 2026-11-22 17:01:02
                  applied                        000-tag-base                 tag base
                  applied                        001-create-verification-log
                  applied                        001-tag-revision             tags 001, v1.2

                deployment 5451234567, 2026-11-23 09:00:00
                  changed since it was applied   002-add-note
                  marked as run                  002-guess
                  failed                         002-try
                  pending again                  002-refresh-view
                  unknown here                   004-from-the-future

                not deployed
                  pending before an applied one  002-add-index
                  skipped by its precondition    002-convert
                  pending                        003-create-table
                  excluded                       003-seed-test-data"""
                .formatted(every.lock()));
    }

    @Test
    void aPendingChangesetKeepsARevisionFromBeingTheHead() {
        assertThat(StatusTable.of(status("001", 0, List.of("001"), applied("a", "001"), unrecorded("b", State.PENDING))))
                .contains("revision  001\n");
    }

    @Test
    void aChangesetAfterARevisionIsCounted() {
        assertThat(StatusTable.of(status("001", 1, List.of("001"), applied("a", "001"), applied("b"))))
                .contains("revision  001 and 1 changeset further\n");
    }

    @Test
    void whatWasNeverGivenADeploymentIsListedAsThat() {
        Status.Changeset old = new Status.Changeset("old", "a", "f", State.APPLIED, applied("x").executed(), null, List.of());

        assertThat(StatusTable.of(status("001", 0, List.of(), old))).contains("deployment not recorded, 2026-11-22 17:01:02");
    }

    @Test
    void aHundredTagsStillFitATerminal() {
        List<String> tags = IntStream.range(0, 100).mapToObj(i -> "release-2026-11-22." + i).toList();
        List<Status.Changeset> changesets = new ArrayList<>(Samples.every().changesets());
        changesets.add(applied("005-create-ix-verification-log-verification-identity", tags.toArray(String[]::new)));

        String table = StatusTable.of(status("001", 0, tags, changesets.toArray(Status.Changeset[]::new)));

        assertThat(table.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(92));
        assertThat(table).contains(tags);
    }
}
