package com.juragpt.auditor.migrations.check;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.CheckReport;
import com.juragpt.auditor.migrations.api.Finding;
import com.juragpt.auditor.migrations.api.Rule;
import com.juragpt.auditor.migrations.testing.RealChangelog;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** In changelogs that others have deployed for years the check finds what is wrong and nothing else, and knows the line of each of their changesets. */
class CheckOfRealChangelogsTest {

    /** What Liquibase ignores in GRAVITEE: defaults inside of constraints, and a primary key among columns. */
    private static final List<String> IGNORED = List.of(
            "liquibase/changelogs/v1_14_0/schema.yml:354: 1.14.0: Liquibase ignores 'default' in constraints",
            "liquibase/changelogs/v1_14_0/schema.yml:511: 1.14.0: Liquibase ignores 'default' in constraints",
            "liquibase/changelogs/v1_14_0/schema.yml:512: 1.14.0: Liquibase ignores 'default' in constraints",
            "liquibase/changelogs/v3_4_0/schema.yml:39: 3.4.0: Liquibase ignores 'addPrimaryKey' in columns");

    @ParameterizedTest
    @EnumSource(names = {"CAMUNDA", "FLOWABLE_APP", "GRAVITEE"})
    void onlyWhatIsWrongIsFound(RealChangelog real) {
        assertOnlyWhatIsWrongIsFound(real);
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @EnumSource
    void onlyWhatIsWrongIsFoundInAnyOfThem(RealChangelog real) {
        assertOnlyWhatIsWrongIsFound(real);
    }

    private static void assertOnlyWhatIsWrongIsFound(RealChangelog real) {
        CheckReport report = Migrations.check(real.options());

        assertThat(report.findings()).extracting(finding -> finding.headline().replaceFirst(";.*", ""))
                .isEqualTo(real == RealChangelog.GRAVITEE ? IGNORED : List.of());
        assertThat(report.changesets()).isPositive();
    }

    @ParameterizedTest
    @Tag("exhaustive")
    @EnumSource
    void everyChangesetHasALine(RealChangelog real) {
        CheckReport report = Migrations.check(real.options().withCheck(true, Set.of(Rule.CHANGESET_NAME)));

        assertThat(report.findings()).filteredOn(finding -> finding.rule() == Rule.CHANGESET_NAME)
                .hasSizeBetween(1, report.changesets()).extracting(Finding::line).allMatch(line -> line > 0);
    }
}
