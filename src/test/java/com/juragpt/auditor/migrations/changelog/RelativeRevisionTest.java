package com.juragpt.auditor.migrations.changelog;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.testing.DeploymentFixture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RelativeRevisionTest extends DeploymentFixture {

    @BeforeEach
    void threeRevisions() {
        changelog.of(revision("base"), table("one"), revision("001"), table("two"), table("three"), revision("002"),
                table("four"),
                revision("003"));
    }

    @Test
    void updateGoesForwardByRevisionsAndBaseIsNone() {
        assertThat(migrations().updateTo("+1").revision()).isEqualTo("001");
        assertThat(tables()).containsExactly("one");
        assertThat(migrations().updateTo("+2").revision()).isEqualTo("003");
        assertThat(tables()).containsExactly("four", "one", "three", "two");
    }

    @Test
    void rollbackGoesBackByRevisionsAndItsPlanNamesTheTag() {
        migrations().update();
        migrations().tag("v1");

        assertThat(migrations().planRollbackTo("-1").tag()).isEqualTo("002");
        rollbackTo("-1");
        assertThat(tags()).containsExactly("base", "001", "002");
        assertThat(tables()).containsExactly("one", "three", "two");
        rollbackTo("-2");
        assertThat(tags()).containsExactly("base");
        assertThat(tables()).isEmpty();
    }

    @Test
    void changesetsAfterTheRevisionGoWithTheStepBack() {
        migrations().updateTo("001");
        migrations().updateBy(1);

        rollbackTo("-1");

        assertThat(history()).containsExactly("tag-base");
    }

    @Test
    void moreRevisionsThanThereAreAreRefused() {
        migrations().updateTo("002");

        assertThat(refused(Problem.COUNT_OUT_OF_RANGE, () -> migrations().updateTo("+2")))
                .contains("Cannot update by +2 revisions in ", "present revision: 002", "revisions that follow: 003");
        assertThat(refused(Problem.COUNT_OUT_OF_RANGE, () -> migrations().planRollbackTo("-3")))
                .contains("Cannot roll back by -3 revisions in ", "present revision: 002",
                        "revisions that come before: base, 001");
        refused(Problem.COUNT_OUT_OF_RANGE, () -> migrations().updateTo("+0"));
        refused(Problem.COUNT_OUT_OF_RANGE, () -> migrations().planRollbackTo("-0"));
        rollbackTo("base");
        assertThat(refused(Problem.COUNT_OUT_OF_RANGE, () -> migrations().planRollbackTo("-1")))
                .contains("Cannot roll back by -1 revision in ", "present revision: base", "revisions that come before: none");
    }

    @Test
    void aTagOfThatVeryNameIsMeantFirst() {
        changelog.of(revision("base"), revision("001"), revision("+1"), table("two"), revision("003"));
        migrations().updateTo("base");
        migrations().tag("-1");
        migrations().updateTo("+1");
        assertThat(tags()).containsExactly("base", "-1", "001", "+1");
        migrations().update();

        assertThat(migrations().planRollbackTo("-1").tag()).isEqualTo("-1");
    }

    @Test
    void withoutBaseTheFirstStepIsTheFirstRevision() {
        changelog.of(table("one"), revision("001"), table("two"), revision("002"));
        assertThat(migrations().updateTo("+1").revision()).isEqualTo("001");
        refused(Problem.COUNT_OUT_OF_RANGE, () -> migrations().planRollbackTo("-1"));
        refused(Problem.UNKNOWN_REVISION, () -> migrations().updateTo("1"));
        refused(Problem.UNKNOWN_TAG, () -> migrations().planRollbackTo("+1"));
    }
}
